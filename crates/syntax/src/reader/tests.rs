//! Whole files: which lines come out, and what is said about the others.

use super::*;
use crate::facts::TestFacts;
use diag::Severity;

/// The lines with their words joined by `|`, and the diagnostics as `line:column message`. The text gets its last line
/// feed here.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    read_as_it_is(&if text.is_empty() { String::new() } else { format!("{text}\n") })
}

fn read_as_it_is(text: &str) -> (Vec<String>, Vec<String>) {
    let mut sources = Sources::new();
    let file = sources.add("a.cfg", text.as_bytes().to_vec());
    let mut env = Environment::new();
    env.set("LISTEN_PORT", "80");
    let mut diags = Diagnostics::new();
    let mut reader = Reader::new(&sources, file);
    let mut lines = Vec::new();
    while let Some(line) = reader.next(&mut env, &TestFacts, &mut diags) {
        let words: Vec<_> = line.words.iter().map(|word| word.lossy().to_string()).collect();
        lines.push(words.join("|"));
    }
    assert!(reader.next(&mut env, &TestFacts, &mut diags).is_none());
    let told = diags.iter().map(|diagnostic| {
        let span = diagnostic.span.unwrap();
        let guess = diagnostic.suggestion.as_ref().map(|guess| format!(" -> {guess}")).unwrap_or_default();
        assert!(diagnostic.code.is_some());
        format!("{}:{} {}{guess}", span.line, span.column, diagnostic.message)
    });
    (lines, told.collect())
}

#[track_caller]
fn lines(text: &str, expected: &[&str]) {
    let (lines, told) = read(text);
    assert_eq!(lines, expected);
    assert_eq!(told, [""; 0]);
}

#[track_caller]
fn tells(text: &str, expected: &[&str]) {
    assert_eq!(read(text).1, expected);
}

#[test]
fn plain_lines() {
    lines("global\n\n  # x\n\tmaxconn 10 # y\r\nlisten \"a b\"", &["global", "maxconn|10", "listen|a b"]);
    lines("", &[]);
}

#[test]
fn a_last_line_without_line_feed_counts_and_is_told() {
    let (lines, told) = read_as_it_is("global\n  maxconn 10");
    assert_eq!(lines, ["global", "maxconn|10"]);
    assert_eq!(told, ["2:0 the last line does not end in a line feed: the file may have been cut off"]);
    assert_eq!(read_as_it_is("global\n").1, [""; 0]);
}

#[test]
fn blocks() {
    lines(".if 1\na\n.else\nb\n.endif\nc", &["a", "c"]);
    lines(".if 0\na\n.elif 0\nb\n.elif 1\nc\n.elif 1\nd\n.else\ne\n.endif", &["c"]);
    lines(".if 0\na\n.else\nb\n.endif # x", &["b"]);
    lines(".if 0\n.if 1\na\n.else\nb\n.endif\n.elif 1\nc\n.endif", &["c"]);
    lines(".if 1\n.if 0\na\n.else\nb\n.endif\nc\n.endif", &["b", "c"]);
    lines(".if\na\n.endif\n.if \"${NO-}\"\nb\n.endif", &[]);
    lines(".if version_atleast(2.4) && feature( X)\na\n.elif streq(\"$LISTEN_PORT\",80)\nb\n.endif", &["b"]);
}

#[test]
fn skipped_blocks_are_not_judged() {
    lines(".if 0\n.alert x\n.foo\na \"\"\n.if nonsense\n.elif nonsense\n.endif\n.endif\n", &[]);
    lines(".if 1\n.elif nonsense\n.endif\n", &[]);
    tells(".if 0\na \"b\n.endif", &["2:3 this quote is never closed"]);
}

#[test]
fn blocks_out_of_order() {
    tells(".endif\n", &["1:1 `.endif` without `.if`"]);
    tells(".elif 1\n.else", &["1:1 `.elif` without `.if`", "2:1 `.else` without `.if`"]);
    tells(
        ".if 0\n.else\n  .elif 1\n.else\n.endif",
        &["3:3 `.elif` after `.else`", "4:1 `.else` after `.else`"],
    );
    tells(".if 1\n .if 1", &["1:1 this `.if` has no `.endif`", "2:2 this `.if` has no `.endif`"]);
    tells(".if 1\n.else x\n.endif", &["2:7 unexpected argument `x` for `.else`"]);
}

#[test]
fn a_bad_condition_takes_no_branch_and_points_at_its_place() {
    let (lines, told) = read(".if 1 && version_atlest(2)\na\n.elif 1\nb\n.else\nc\n.endif\nd");
    assert_eq!(lines, ["d"]);
    let message = "bad condition in `.if`: `version_atlest` is no predicate";
    assert_eq!(told, [format!("1:10 {message} -> version_atleast")]);
    tells(".if (1\n.endif", &["1:5 bad condition in `.if`: `)` is missing"]);
    tells(".if \"1 x\"\n.endif", &["1:5 bad condition in `.if`: nothing more was expected here"]);
}

#[test]
fn a_directive_that_cannot_be_read_keeps_the_nest() {
    tells(".if \"x\n.else\n.endif\n", &["1:5 this quote is never closed"]);
    tells(".if 1\n.elif \"x\n.endif\n", &["2:7 this quote is never closed"]);
}

#[test]
fn messages() {
    let mut sources = Sources::new();
    let text = ".notice \"a $LISTEN_PORT\"\n.warning b\n.alert 'c d'\n.diag e\n.notice\n";
    let file = sources.add("a.cfg", text.as_bytes().to_vec());
    let mut env = Environment::new();
    env.set("LISTEN_PORT", "80");
    let mut diags = Diagnostics::new();
    assert!(Reader::new(&sources, file).next(&mut env, &TestFacts, &mut diags).is_none());
    let told: Vec<_> = diags.iter().map(|diag| (diag.severity, diag.message.as_str())).collect();
    let expected = [
        (Severity::Notice, "a 80"),
        (Severity::Warning, "b"),
        (Severity::Error, "c d"),
        (Severity::Diag, "e"),
        (Severity::Notice, ""),
    ];
    assert_eq!(told, expected);
    tells(".notice a b", &["1:11 unexpected argument `b` for `.notice`"]);
    tells(".notce a", &["1:1 unknown directive `.notce` -> .notice"]);
}

#[test]
fn everything_wrong_is_found_in_one_run() {
    let (lines, told) = read("a 'b\nc \\xg\nd\0e\n\"${f\"\ng");
    assert_eq!(lines, ["g"]);
    let expected = [
        "1:3 this quote is never closed",
        "2:3 `\\x` wants two hexadecimal digits",
        "3:2 a NUL byte in a configuration",
        "4:3 the brace of this variable is never closed",
    ];
    assert_eq!(told, expected);
}

#[test]
fn empty_words() {
    tells("bind \"\" ssl", &["1:6 argument 1 is empty"]);
    let unset = "argument 1 is empty because the variable `LISTEN_PROT` is not set -> LISTEN_PORT";
    tells("bind \"$LISTEN_PROT\" ssl", &[&format!("1:8 {unset}")]);
    tells("bind \"x$LISTEN_PROT\"", &["1:9 the variable `LISTEN_PROT` is not set -> LISTEN_PORT"]);
    let (lines, told) = read("\"\" bind :80\nbind \"${NO[*]}\" :80");
    assert_eq!(lines, ["bind|:80"]);
    assert_eq!(told, ["1:1 the first word is empty, so the line is not read"]);
}

#[test]
fn oddities_are_told() {
    tells("a\\", &["1:2 a backslash at the end does not join lines; it is part of the word"]);
    tells("a\rb", &["1:2 a carriage return ends the line; what follows is not read"]);
    tells("a\\x00b", &["1:2 the rest of the word is dropped after `\\x00`"]);
    tells(".if 0\na\\\n.endif", &[]);
}

#[test]
fn the_environment_is_read_as_it_is_at_each_line() {
    let mut sources = Sources::new();
    let text = b"a \"$X\" \"$.LINE\"\nb \"$X\" \"${.SECTION}\" \"$.FILE\"";
    let file = sources.add("a.cfg", text.to_vec());
    let mut env = Environment::new();
    let mut diags = Diagnostics::new();
    let mut reader = Reader::new(&sources, file);
    env.set("X", "1");
    env.set_section("left over");
    let first = reader.next(&mut env, &TestFacts, &mut diags).unwrap();
    assert!(first.words[1] == "1" && first.words[2] == "1");
    env.set("X", "2");
    env.set_section("www");
    let second = reader.next(&mut env, &TestFacts, &mut diags).unwrap();
    assert!(second.words[1] == "2" && second.words[2] == "www" && second.words[3] == "a.cfg");
    assert!(diags.is_empty());
}

#[test]
fn the_place_of_a_line_runs_from_its_first_word_to_its_last() {
    let mut sources = Sources::new();
    let file = sources.add("a.cfg", b"  acl x  path_reg 'a b'  # c\n".to_vec());
    let line = Reader::new(&sources, file)
        .next(&mut Environment::new(), &TestFacts, &mut Diagnostics::new())
        .unwrap();
    assert_eq!(line.span, Span { file, line: 1, column: 3, len: 21 });
    assert_eq!(crate::raw_tail(&sources, &line, 2), b"path_reg 'a b'");
}
