//! `userlist` sections (configuration manual, chapter 12.1): users, their passwords, their groups.

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use state::userlist::{Password, Userlist};
use syntax::Word;

use super::value;
use crate::load::Section;
use crate::model::Config;

pub(super) const KEYWORDS: &[&str] = &["group", "user"];

/// Parses all `userlist` sections in the order of the file, which is the order that expressions number them in.
pub(crate) fn parse_all(list: &[Section], config: &mut Config, diags: &mut Diagnostics) {
    for section in list.iter().filter(|section| section.kind == Sections::USERLIST) {
        let header = &section.header;
        let Some(name) = header.words.get(1) else {
            diags.push(
                Diagnostic::error("a `userlist` needs a name").at(header.span).code(codes::SECTION_NAME),
            );
            continue;
        };
        let name = value::text(name);
        if config.userlists.iter().any(|list| list.name() == &*name) {
            let text = format!("a userlist `{name}` exists already; the first one counts");
            diags.push(Diagnostic::warning(text).at(header.span).code(codes::DUPLICATE));
        }
        config.userlists.push(parse(section, &name, diags));
    }
}

/// What the lines of a section declare, before groups and users are put together.
#[derive(Default)]
struct Declared<'l> {
    groups: Vec<(&'l Word, Vec<&'l str>)>,
    users: Vec<(&'l Word, Password, Vec<&'l str>)>,
}

fn parse(section: &Section, name: &str, diags: &mut Diagnostics) -> Userlist {
    let mut declared = Declared::default();
    for line in &section.lines {
        let mut words = Words::new(line, 0);
        let parsed = match line.words[0].text.as_slice() {
            b"group" => group(&mut words, &mut declared),
            b"user" => user(&mut words, &mut declared, diags),
            _ => Err(super::other::unknown(&line.words[0], KEYWORDS, section.kind)),
        };
        if let Err(problem) = parsed {
            diags.push(*problem);
        }
    }
    together(name, declared, diags)
}

/// `group NAME [users U,...]`.
fn group<'l>(words: &mut Words<'l>, declared: &mut Declared<'l>) -> Result<(), Problem> {
    words.next();
    let name = words.need("the group's name")?;
    let mut users = Vec::new();
    while let Some(word) = words.next() {
        value::choice(word, &["users"])?;
        users.extend(names(words.need("the users")?)?);
    }
    if declared.groups.iter().any(|(known, _)| known.text == name.text) {
        return Err(problem_of(
            codes::DUPLICATE,
            name.span,
            format!("a group `{}` exists already", name.lossy()),
        ));
    }
    declared.groups.push((name, users));
    Ok(())
}

/// `user NAME [password HASH|insecure-password TEXT] [groups G,...]`.
fn user<'l>(
    words: &mut Words<'l>,
    declared: &mut Declared<'l>,
    diags: &mut Diagnostics,
) -> Result<(), Problem> {
    words.next();
    let name = words.need("the user's name")?;
    let mut password = None;
    let mut groups = Vec::new();
    while let Some(word) = words.next() {
        match value::choice(word, &["password", "insecure-password", "groups"])? {
            0 => password = Some(encrypted(words.need("the encrypted password")?, diags)),
            1 => password = Some(Password::Plain(value::bytes(words.need("the password")?))),
            _ => groups.extend(names(words.need("the groups")?)?),
        }
    }
    if declared.users.iter().any(|(known, ..)| known.text == name.text) {
        let text = format!("a user `{}` exists already; the first one counts", name.lossy());
        diags.push(Diagnostic::warning(text).at(name.span).code(codes::DUPLICATE));
        return Ok(());
    }
    // Nothing encrypts to this, so a user without a password never passes.
    let password = password.unwrap_or_else(|| Password::Crypt("*".into()));
    declared.users.push((name, password, groups));
    Ok(())
}

fn encrypted(word: &Word, diags: &mut Diagnostics) -> Password {
    /// What crypt(3) began with in its oldest form: two characters of salt, eleven of hash.
    const DES_BYTES: usize = 13;
    const BEGINNINGS: &[&[u8]] = &[b"$1$", b"$2a$", b"$2b$", b"$2x$", b"$2y$", b"$5$", b"$6$"];
    let is_known = BEGINNINGS.iter().any(|beginning| word.text.starts_with(beginning))
        || (word.text.len() == DES_BYTES && !word.text.starts_with(b"$"));
    if !is_known {
        let text = "this password is encrypted in a way that is not known here: the user cannot log in";
        let note = "`$5$` and `$6$` (SHA-256, SHA-512), `$2` (bcrypt), `$1$` (MD5) and DES are known";
        diags.push(Diagnostic::warning(text).at(word.span).code(codes::NO_EFFECT).note(note));
    }
    Password::Crypt(value::text(word))
}

/// A list of names with commas between them.
fn names(word: &Word) -> Result<Vec<&str>, Problem> {
    match word.as_str() {
        Some(text) => Ok(text.split(',').filter(|name| !name.is_empty()).collect()),
        None => Err(problem(word.span, format!("`{}` is no list of names", word.lossy()))),
    }
}

fn together(name: &str, declared: Declared<'_>, diags: &mut Diagnostics) -> Userlist {
    let mut list = Userlist::new(name);
    let known: Vec<&str> = declared.groups.iter().filter_map(|(group, _)| group.as_str()).collect();
    for (user, password, groups) in declared.users {
        for group in groups.iter().filter(|group| !known.contains(group)) {
            let mut wrong = Diagnostic::error(format!("no group is called `{group}`"))
                .at(user.span)
                .code(codes::UNKNOWN_ACCOUNT);
            wrong.suggestion = diag::nearest(group, known.iter().copied()).map(str::to_owned);
            diags.push(wrong);
        }
        list.add_user(&value::text(user), password, groups);
    }
    for (group, users) in declared.groups {
        for unknown in list.add_group(&value::text(group), users) {
            diags.push(
                Diagnostic::error(format!("no user is called `{unknown}`"))
                    .at(group.span)
                    .code(codes::UNKNOWN_ACCOUNT),
            );
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, good, warnings};

    #[test]
    fn users_groups_and_passwords() {
        let text = "userlist l\n  group admins users root\n  group staff\n  user root insecure-password a\n  \
                    user eve insecure-password b groups staff,admins\n  user ghost\nuserlist m\n";
        let lists = good(text).userlists;
        assert_eq!((lists[0].name(), lists[1].name()), ("l", "m"));
        assert!(
            lists[0].check(b"root", b"a") && !lists[0].check(b"root", b"b") && !lists[0].check(b"ghost", b"")
        );
        assert!(lists[0].is_member(b"root", b"admins") && lists[0].is_member(b"eve", b"staff"));
        assert!(!lists[0].is_member(b"root", b"staff"));
    }

    #[test]
    fn mistakes() {
        let errors_of = |line: &str| errors(&format!("userlist l\n  group staff\n  {line}\n")).join("\n");
        assert_eq!(errors_of("user a groups stuff"), "3:8 no group is called `stuff` -> staff");
        assert_eq!(errors_of("group x users nobody"), "3:9 no user is called `nobody`");
        assert_eq!(errors_of("usr a"), "3:3 unknown keyword `usr` in a userlist section -> user");
        assert!(errors_of("user a pasword x").ends_with("-> password"));
        assert!(warnings("userlist l\n  user a password $y$abc\n")[0].contains("cannot log in"));
    }
}
