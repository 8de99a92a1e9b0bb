//! Users and groups by name: from `/etc/passwd` and `/etc/group`, so that looking one up works in a bare root and
//! needs nothing of the C library's name services.

use diag::codes;
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;

use crate::names::NameTable;

/// The number of a user.
///
/// # Errors
/// When `/etc/passwd` cannot be read or has no such user.
pub(crate) fn user(word: &Word, names: &NameTable) -> Result<u32, Problem> {
    look_up(word, b"/etc/passwd", "user", names)
}

/// The number of a group.
///
/// # Errors
/// When `/etc/group` cannot be read or has no such group.
pub(crate) fn group(word: &Word, names: &NameTable) -> Result<u32, Problem> {
    look_up(word, b"/etc/group", "group", names)
}

/// A number that was given instead of a name.
///
/// # Errors
/// Anything but a number of 32 bits.
pub(crate) fn number(word: &Word) -> Result<u32, Problem> {
    base::bytes::parse_decimal(&word.text)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| problem_of(codes::NUMBER, word.span, format!("`{}` is no numeric id", word.lossy())))
}

fn look_up(word: &Word, path: &[u8], kind: &str, names: &NameTable) -> Result<u32, Problem> {
    let text = names.file(path).map_err(|error| {
        let text = format!("the {kind} `{}` cannot be looked up: {error}", word.lossy());
        problem_of(codes::FILE_UNREADABLE, word.span, text)
    })?;
    let lines = || text.split(|byte| *byte == b'\n');
    if let Some(id) = lines().find_map(|line| entry(line, &word.text)) {
        return Ok(id);
    }
    let name = word.lossy().to_string();
    let known: Vec<&str> = lines()
        .filter_map(|line| std::str::from_utf8(line.split(|byte| *byte == b':').next()?).ok())
        .collect();
    let mut problem = problem_of(codes::UNKNOWN_ACCOUNT, word.span, format!("no {kind} is called `{name}`"));
    problem.suggestion = diag::nearest(&name, known.into_iter()).map(str::to_owned);
    Err(problem)
}

/// The third field of a line `name:password:id:...`.
fn entry(line: &[u8], name: &[u8]) -> Option<u32> {
    let mut fields = line.split(|byte| *byte == b':');
    (fields.next()? == name).then_some(())?;
    u32::try_from(base::bytes::parse_decimal(fields.nth(1)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::{FileId, Span};
    use syntax::Quoting;

    #[test]
    fn names_are_found_in_the_files() {
        let names = NameTable::new(Box::new(|path| match path {
            b"/etc/passwd" => Ok(b"root:x:0:0::/root:/bin/sh\nweb:x:99:98::/:/bin/false\n".to_vec()),
            _ => Err("no such file".to_owned()),
        }));
        let span = Span::line(FileId(0), 1);
        let word = |text: &str| Word { text: text.into(), span, quoting: Quoting::Bare };
        assert_eq!(user(&word("web"), &names).unwrap(), 99);
        assert_eq!(user(&word("wbe"), &names).unwrap_err().suggestion.as_deref(), Some("web"));
        assert!(group(&word("web"), &names).is_err());
        assert_eq!(number(&word("12")).unwrap(), 12);
        assert!(number(&word("x")).is_err());
    }
}
