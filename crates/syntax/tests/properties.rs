//! What holds for any input at all.

use diag::{Diagnostics, Sources};
use lockgate_syntax::{Environment, Facts, Line, Reader, Version, evaluate, pieces, quoted, raw_tail};
use proptest::prelude::*;

struct AnyProgram;

impl Facts for AnyProgram {
    fn version(&self) -> Version {
        Version::parse(b"3.5-dev5").expect("a version")
    }
}

fn environment() -> Environment {
    let mut env = Environment::new();
    env.set("A", "one  two");
    env.set("B", "");
    env
}

/// Reads all of it; checks that places lie within their lines.
fn read(text: &[u8]) -> (Vec<Line>, Diagnostics) {
    let mut sources = Sources::new();
    let file = sources.add("any", text.to_vec());
    let mut env = environment();
    let mut diags = Diagnostics::new();
    let mut reader = Reader::new(&sources, file);
    let mut lines = Vec::new();
    while let Some(line) = reader.next(&mut env, &AnyProgram, &mut diags) {
        let spans = line.words.iter().map(|word| word.span).chain([line.span]);
        for span in spans.chain(diags.iter().filter_map(|diagnostic| diagnostic.span)) {
            let width = sources.line_text(file, span.line).len();
            assert!(span.column >= 1 && span.len >= 1);
            assert!(u64::from(span.column - 1) + u64::from(span.len) <= width as u64, "{span:?}");
        }
        assert!(raw_tail(&sources, &line, 0).len() >= line.words.len() - 1);
        assert!(line.words.iter().all(|word| !word.text.is_empty() && !word.text.contains(&0)));
        lines.push(line);
    }
    let _ = diag::render(&diags, &sources, diag::Format::People, 1);
    (lines, diags)
}

/// Bytes that are rich in what the reader treats specially.
fn spicy() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "\"",
            "'",
            "\\",
            "$",
            "${",
            "}",
            "[*]",
            "-",
            " ",
            "\t",
            "\n",
            "\r",
            "#",
            "\\x4",
            "\\x41",
            "A",
            "B",
            ".if ",
            ".elif ",
            ".else",
            ".endif",
            ".notice ",
            "\n.if 1\n",
            "\n.endif\n",
            "(",
            ")",
            "!",
            "&&",
            "||",
            "streq(",
            ",",
            "defined(",
            "1",
            "0",
            "\u{e9}",
            "\0",
            "${A[*]}",
            "$.LINE",
            "version_atleast(",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_places_exist(text in spicy()) {
        read(&text);
    }

    #[test]
    fn pieces_are_what_the_reader_makes_words_of(text in spicy()) {
        for line in text.split(|byte| *byte == b'\n') {
            let Some(pieces) = pieces(line) else { continue };
            let mut whole = line.to_vec();
            whole.push(b'\n');
            let (lines, diags) = read(&whole);
            let has_list = line.windows(3).any(|three| three == b"[*]");
            if let [read] = lines.as_slice() && !has_list && !diags.has_errors() {
                let spans = read.words.iter().map(|word| {
                    let start = word.span.column as usize - 1;
                    start..start + word.span.len as usize
                });
                prop_assert_eq!(pieces.words, spans.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn no_condition_panics(text in spicy()) {
        let _ = evaluate(&text, &environment(), &AnyProgram);
    }

    #[test]
    fn words_that_are_written_quoted_read_the_same(
        words in proptest::collection::vec(proptest::collection::vec(1u8..=255, 1..12), 1..6)
    ) {
        // A line that starts with a dot is a directive.
        let mut text = b"keyword".to_vec();
        for word in &words {
            text.push(b' ');
            text.extend(quoted(word));
        }
        text.push(b'\n');
        let (lines, diags) = read(&text);
        prop_assert!(diags.is_empty());
        prop_assert_eq!(lines.len(), 1);
        let read: Vec<_> = lines[0].words[1..].iter().map(|word| word.text.clone()).collect();
        prop_assert_eq!(read, words);
    }

    #[test]
    fn what_was_read_can_be_written_and_read_again(text in spicy()) {
        let (lines, _) = read(&text);
        for line in lines.iter().filter(|line| !line.words[0].text.starts_with(b".")) {
            let written: Vec<_> = line.words.iter().map(|word| quoted(&word.text)).collect();
            let (again, _) = read(&written.join(&b' '));
            prop_assert_eq!(again.len(), 1);
            let texts = |line: &Line| line.words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(line), texts(&again[0]));
        }
    }
}
