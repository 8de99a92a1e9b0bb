//! `-dC`: the configuration as it is written, cut into words, without remarks; under a key without what nobody outside may
//! read (management guide, chapter 3, `-dC`). Nothing is checked but that the lines can be read.
//!
//! Under a key a line keeps what faults are looked for with: keywords, times, numbers. Names, addresses and paths are made
//! unreadable, and what stands behind is left out: `[...]`.

use std::borrow::Cow;
use std::process::ExitCode;

use ::control::anonymous;
use diag::{Diagnostics, Sources};
use keyword::Sections;
use syntax::{Reader, Word};

use crate::options::{Options, Written};
use crate::report::{Failed, Report, print};
use crate::{check_config, environment, files};

/// Writes the files of the command line.
pub(crate) fn run(options: &Options, written: Written) -> ExitCode {
    let report = Report::new(options);
    let mut sources = Sources::new();
    if let Err(Failed(diags)) = check_config::enter_directory(options) {
        report.tell(&diags, &sources);
        return ExitCode::FAILURE;
    }
    let found = files::expand(&options.files).and_then(|names| {
        let ids = files::read(&names, &mut sources)?;
        Ok((names, ids))
    });
    let (names, ids) = match found {
        Ok(found) => found,
        Err(diags) => {
            report.tell(&diags, &sources);
            return ExitCode::FAILURE;
        }
    };
    let local_peer = options.local_peer.clone().unwrap_or_else(environment::hostname);
    let mut env = environment::presets(&local_peer, &names);
    let mut diags = Diagnostics::default();
    for file in ids {
        let mut reader = Reader::new(&sources, file);
        while let Some((number, words)) = reader.next_written(&mut env, &mut diags) {
            let words: Vec<Cow<'_, str>> =
                words.iter().map(Word::lossy).map(|word| word.to_string().into()).collect();
            let before = if written.has_numbers { format!("{number}\t") } else { String::new() };
            print(&(before + &line(&words, written.key) + "\n"));
        }
    }
    report.tell(&diags, &sources);
    if diags.has_errors() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A line, without its end.
fn line(words: &[Cow<'_, str>], key: Option<u32>) -> String {
    let first = words.first().map_or("", |word| word);
    let opens = Sections::opened_by(first).is_some();
    match key {
        None if opens => spaced(words),
        None => format!("\t{}", spaced(words)),
        Some(key) if opens => match words.get(1) {
            Some(name) => format!("{first} {}", anonymous::id(key, name)),
            None => first.to_owned(),
        },
        Some(_) if first.is_empty() => "\t".to_owned(),
        Some(key) => format!("\t{}", hidden(words, key)),
    }
}

/// The words, a space behind each.
fn spaced(words: &[Cow<'_, str>]) -> String {
    words.iter().map(|word| format!("{word} ")).collect()
}

/// What is shown of a word.
#[derive(Clone, Copy)]
enum Part {
    /// All of it.
    Plain,
    /// A name.
    Name,
    /// A path.
    Path,
    /// An address.
    Address,
    /// Something else that is nobody's business.
    Text,
}

/// What a line that is not under `rest` ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The parts alone: further words are passed over.
    Cut,
    /// A space, and `[...]` if there is more.
    Open,
}

use End::{Cut, Open};
use Part::{Address, Name, Path, Plain, Text};

/// The lines of which something is shown that is not simply their first three words: their first words, what is shown of the
/// words, and the end.
static SHAPES: &[(&[&str], &[Part], End)] = &[
    (&["maxconn"], &[Plain, Plain], Cut),
    (&["stats", "timeout"], &[Plain, Plain, Plain], Cut),
    (&["stats", "maxconn"], &[Plain, Plain, Plain], Cut),
    (&["stats", "socket"], &[Plain, Plain, Address], Open),
    (&["stats", "auth"], &[Plain, Plain, Text], Cut),
    (&["timeout"], &[Plain, Plain, Plain], Cut),
    (&["mode"], &[Plain, Plain], Cut),
    (&["user"], &[Plain, Name], Open),
    (&["bind"], &[Plain, Address], Open),
    (&["server"], &[Plain, Name, Address], Open),
    (&["redirect", "prefix"], &[Plain, Plain, Path], Open),
    (&["redirect", "location"], &[Plain, Plain, Path], Open),
    (&["acl"], &[Plain, Name, Plain], Open),
    (&["log", "global"], &[Plain, Plain], Open),
    (&["log"], &[Plain, Address], Open),
    (&["peer"], &[Plain, Name, Address], Open),
    (&["use_backend"], &[Plain, Name], Open),
    (&["default_backend"], &[Plain, Name], Cut),
    (&["source"], &[Plain, Address], Open),
    (&["nameserver"], &[Plain, Name, Address], Open),
    (&["http-request"], &[Plain, Plain], Open),
    (&["http-response"], &[Plain, Plain], Open),
    (&["http-after-response"], &[Plain, Plain], Open),
    (&["filter"], &[Plain, Plain], Open),
    (&["errorfile"], &[Plain, Plain, Path], Cut),
    (&["cookie"], &[Plain, Name, Plain], Open),
];

/// The usual: three words.
const USUAL: (&[Part], End) = (&[Plain, Plain, Plain], Open);

/// A line under a key, without the tab before it.
fn hidden(words: &[Cow<'_, str>], key: u32) -> String {
    let begins =
        |start: &[&str]| start.iter().enumerate().all(|(at, word)| words.get(at).is_some_and(|w| w == word));
    if begins(&["anonkey"]) {
        return "anonkey [...]".to_owned();
    }
    let shape = SHAPES.iter().find(|(start, _, _)| begins(start));
    let (parts, end) = shape.map_or(USUAL, |(_, parts, end)| (*parts, *end));
    let shown: Vec<Cow<'_, str>> =
        words.iter().zip(parts).map(|(word, part)| show(word, *part, key)).collect();
    match end {
        Cut => shown.join(" "),
        Open if words.len() > parts.len() => spaced(&shown) + "[...]",
        Open => spaced(&shown),
    }
}

fn show(word: &str, part: Part, key: u32) -> Cow<'_, str> {
    match part {
        Plain => word.into(),
        Name => anonymous::id(key, word).into(),
        Path => anonymous::path(key, word).into(),
        Address => anonymous::address(key, word),
        Text => anonymous::name(Some(key), word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, key: Option<u32>) -> String {
        let words: Vec<Cow<'_, str>> = text.split_whitespace().map(Cow::from).collect();
        line(&words, key)
    }

    #[test]
    fn without_a_key_words_stay() {
        for (text, line) in [
            ("global", "global "),
            ("stats socket /x level admin", "\tstats socket /x level admin "),
            ("", "\t"),
            (".if defined(X)", "\t.if defined(X) "),
        ] {
            assert_eq!(shown(text, None), line);
        }
    }

    #[test]
    fn a_key_hides_as_in_haproxy() {
        for (text, line) in [
            ("frontend fe from base", "frontend ID(0f3ebb)"),
            ("global", "global"),
            ("anonkey 7", "\tanonkey [...]"),
            ("maxconn 100", "\tmaxconn 100"),
            ("stats timeout 5s", "\tstats timeout 5s"),
            ("stats socket ipv4@127.0.0.1:9999", "\tstats socket ipv4@127.0.0.1:9999 "),
            ("user joe", "\tuser ID(b89725) "),
            ("user joe password x", "\tuser ID(b89725) [...]"),
            ("log 10.0.0.9:514 local0", "\tlog IPV4(44fe22):514 [...]"),
            ("log stdout format raw local0", "\tlog stdout [...]"),
            ("log global", "\tlog global "),
            ("errorfile 503 /etc/errors/503.http", "\terrorfile 503 PATH(6b3202)"),
            ("option httplog", "\toption httplog "),
            ("acl secret path_beg /admin /x", "\tacl ID(ac2229) path_beg [...]"),
            ("http-request deny if secret", "\thttp-request deny [...]"),
            ("redirect prefix https://secret.example if secret", "\tredirect prefix PATH(15cc81) [...]"),
            ("redirect scheme https code 301", "\tredirect scheme https [...]"),
            ("default_backend app", "\tdefault_backend ID(b49ea2)"),
            ("use-server s1 if secret", "\tuse-server s1 if [...]"),
            ("cookie SRV insert indirect", "\tcookie ID(839fb6) insert [...]"),
            ("stats auth admin:password", "\tstats auth c43bfe"),
            ("server s1 192.168.0.1:8080 check", "\tserver ID(8e467b) IPV4(dcf75b):8080 [...]"),
            ("server s3 192.168.0.1", "\tserver ID(007073) IPV4(dcf75b) "),
            ("nameserver dns1 10.0.0.53:53", "\tnameserver ID(7534ff) IPV4(066b60):53 "),
        ] {
            assert_eq!(shown(text, Some(5)), line);
        }
    }

    #[test]
    fn what_stands_behind_the_option() {
        assert_eq!(Written::read(""), Written { key: None, has_numbers: false });
        assert_eq!(Written::read("5,line"), Written { key: Some(5), has_numbers: true });
        assert_eq!(Written::read("line"), Written { key: None, has_numbers: true });
    }
}
