//! What holds for any file: laying it out changes no word, and laying it out again changes nothing.

use diag::{Diagnostics, Sources};
use lockgate_rewrite::{format, upgrade};
use proptest::prelude::*;
use syntax::{Environment, Facts, Reader, Version};

struct AnyProgram;

impl Facts for AnyProgram {
    fn version(&self) -> Version {
        Version::parse(b"3.5-dev5").expect("a version")
    }
}

type Words = Vec<Vec<u8>>;
/// With its line.
type Message = (u32, String);

/// The words of every line that counts, and the messages with their lines.
fn read(text: &[u8]) -> (Vec<Words>, Vec<Message>) {
    let mut sources = Sources::new();
    let file = sources.add("any", text.to_vec());
    let mut env = Environment::new();
    env.set("A", "one  two");
    let mut diags = Diagnostics::new();
    let mut reader = Reader::new(&sources, file);
    let mut lines = Vec::new();
    while let Some(line) = reader.next(&mut env, &AnyProgram, &mut diags) {
        lines.push(line.words.into_iter().map(|word| word.text).collect());
    }
    let is_about_the_end = |d: &&diag::Diagnostic| d.code == Some(diag::codes::NO_LAST_NEWLINE);
    let told = diags.iter().filter(|d| !is_about_the_end(d));
    (lines, told.map(|d| (d.span.map_or(0, |span| span.line), d.message.clone())).collect())
}

/// Lines of real words with odd pieces among them.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "global", "defaults", "frontend", "listen", "server", "acl", "timeout", "bind", ".if", ".elif", ".else",
            ".endif", "1", "0", "reqirep", "reqadd", "block", "if", "http-request", "log-format", "option",
            "httpchk", "no", "^Host:\\ (.*)", "Host:\\ \\1", "clitimeout", "nbproc", ":80",
        ]),
        2 => prop::sample::select(vec![" ", "  ", "\t", "\n", "\n", "\n", "\r\n", " # ", "#"]),
        1 => prop::sample::select(vec!["\"", "'", "\\", "\\ ", "$A", "\"$A\"", "\"${A[*]}\"", "\"${B-x\"y}\"", "\\x4", "{", "}", "\r"]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| {
        let mut text = String::new();
        for piece in pieces {
            text.push_str(piece);
            if piece.bytes().all(|b| b.is_ascii_alphanumeric()) {
                text.push(' ');
            }
        }
        text.into_bytes()
    })
}

proptest! {
    #[test]
    fn laying_out_changes_no_word(text in text()) {
        let new = format(&text);
        prop_assert_eq!(read(&text), read(&new));
        prop_assert_eq!(format(&new), new);
    }

    #[test]
    fn any_bytes_are_laid_out(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let new = format(&text);
        prop_assert_eq!(read(&text), read(&new));
        prop_assert_eq!(format(&new), new);
        let _ = upgrade(&text);
    }

    #[test]
    fn a_file_without_changes_stays(text in text()) {
        let done = upgrade(&text);
        let whole = if text.is_empty() || text.ends_with(b"\n") { text.clone() } else { [&text[..], b"\n"].concat() };
        if done.changes.iter().all(|change| change.kind == lockgate_rewrite::Kind::Kept) {
            prop_assert_eq!(done.text, whole);
        }
    }
}
