//! What lines become.

use super::*;

const PLACE: LinePlace = LinePlace { file: FileId(0), line: 1 };

fn environment() -> Environment {
    let mut env = Environment::new();
    env.set("A", "1 2");
    env.set("EMPTY", "");
    env.set("BLANKS", "  1   2 ");
    env.enter_file("a.cfg");
    env.enter_line(42);
    env
}

fn words(line: &str) -> Vec<String> {
    let lexed = lex(line.as_bytes(), PLACE, &environment(), Comments::Dropped).unwrap();
    lexed.words.iter().map(|word| word.lossy().to_string()).collect()
}

fn fails(line: &str) -> (LexErrorKind, usize) {
    let error = lex(line.as_bytes(), PLACE, &environment(), Comments::Dropped).err().unwrap();
    assert!(error.at.start < error.at.end && error.at.end <= line.len(), "{error:?}");
    (error.kind, error.at.start)
}

#[test]
fn blanks_and_comments() {
    assert_eq!(words("  bind\t:80   # x"), ["bind", ":80"]);
    assert_eq!(words("a\x0bb\x0cc"), ["a", "b", "c"]);
    assert_eq!(words("a#b c"), ["a"]);
    assert_eq!(words("# only a comment"), [""; 0]);
    assert_eq!(words(""), [""; 0]);
    assert_eq!(words(r#""a#b" 'c#d' e\#f"#), ["a#b", "c#d", "e#f"]);
}

#[test]
fn quotes() {
    assert_eq!(words(r#""a b"'c d'e"#), ["a bc de"]);
    assert_eq!(words(r#""it's" 'say "x"'"#), ["it's", "say \"x\""]);
    assert_eq!(words(r#"a "" '' b"""#), ["a", "", "", "b"]);
    assert_eq!(words(r"'\n $A ${'"), [r"\n $A ${"]);
}

#[test]
fn escapes() {
    assert_eq!(words(r#"a\ b \"x\" \'y\' \\ "\"\\\ ""#), ["a b", "\"x\"", "'y'", "\\", "\"\\ "]);
    assert_eq!(words(r"\t\n\r\x41\x7e"), ["\\x09\\x0a\\x0dA~"]);
    assert_eq!(words(r#"\1\. "\1""#), [r"\1\.", r"\1"]);
    assert_eq!(words(r#"\$A "\$A""#), [r"\$A", "$A"]);
    assert_eq!(words("a\\\tb"), ["a\\", "b"]);
    assert_eq!(words("a\\"), ["a\\"]);
}

#[test]
fn a_hash_is_escaped_only_where_it_would_be_a_comment() {
    let lexed = lex(br"a\#b #c", PLACE, &environment(), Comments::Kept).unwrap();
    assert!(lexed.words[0] == r"a\#b" && lexed.words[1] == "#c");
}

#[test]
fn variables_stand_in_weak_quotes_only() {
    assert_eq!(words(r#""$A" '$A' $A ${A}"#), ["1 2", "$A", "$A", "${A}"]);
    assert_eq!(words(r#""${A}x" "$A-x""#), ["1 2x", "1 2-x"]);
    assert_eq!(words(r#""${NO-de fault}" "${NO-}" "${EMPTY-x}""#), ["de fault", "", ""]);
    assert_eq!(words(r#""${NO-"q}""#), ["\"q"]);
    assert_eq!(words(r#""$NO" "x${NO}y""#), ["", "xy"]);
    assert_eq!(words(r#""${.FILE}:$.LINE:${.SECTION}""#), ["a.cfg:42:"]);
}

#[test]
fn lists_become_words() {
    assert_eq!(words(r#"x "${A[*]}" y"#), ["x", "1", "2", "y"]);
    assert_eq!(words(r#"x "${BLANKS[*]}" y"#), ["x", "1", "2", "y"]);
    assert_eq!(words(r#"pre"${A[*]}"post"#), ["pre1", "2post"]);
    assert_eq!(words(r#"x "${NO[*]}" "${EMPTY[*]}" y"#), ["x", "y"]);
    assert_eq!(words(r#""${NO[*]-a b}""#), ["a", "b"]);
    assert_eq!(words(r#""$A[*]""#), ["1 2[*]"]);
}

#[test]
fn a_carriage_return_ends_the_line() {
    assert_eq!(words("a b\r"), ["a", "b"]);
    assert_eq!(words("a\rb"), ["a"]);
    assert_eq!(words("a \r b"), ["a", "b"]);
    let lexed = lex(b"a\rb", PLACE, &environment(), Comments::Dropped).unwrap();
    assert_eq!(lexed.remarks[0].kind, RemarkKind::TextAfterReturn);
    assert_eq!(lexed.remarks[0].at, 1..2);
}

#[test]
fn errors_point_at_their_cause() {
    assert_eq!(fails(r#"a "b c"#), (LexErrorKind::UnclosedQuote, 2));
    assert_eq!(fails("a 'b \" c"), (LexErrorKind::UnclosedQuote, 2));
    assert_eq!(fails("\"a\rb\""), (LexErrorKind::UnclosedQuote, 0));
    assert_eq!(fails(r#""${A""#), (LexErrorKind::UnclosedBrace, 2));
    assert_eq!(fails(r#""${A-x""#), (LexErrorKind::UnclosedBrace, 2));
    assert_eq!(fails(r#""${A+x}""#), (LexErrorKind::UnclosedBrace, 2));
    assert_eq!(fails(r#""^/$""#), (LexErrorKind::VariableName, 4));
    assert_eq!(fails(r#""$"#), (LexErrorKind::VariableName, 1));
    assert_eq!(fails(r#""${.TIME}""#), (LexErrorKind::VariableName, 3));
    assert_eq!(fails(r#""${A[1]}""#), (LexErrorKind::Expansion, 4));
    assert_eq!(fails(r"a\x4"), (LexErrorKind::Hexadecimal, 1));
    assert_eq!(fails(r"a\x4g"), (LexErrorKind::Hexadecimal, 1));
}

#[test]
fn places_are_those_of_the_raw_words() {
    let lexed = lex(br#"  a\ b "x"'y'  "${A[*]}" # c"#, PLACE, &environment(), Comments::Dropped).unwrap();
    let places: Vec<_> =
        lexed.words.iter().map(|word| (word.span.column, word.span.len, word.quoting)).collect();
    let expected =
        [(3, 4, Quoting::Bare), (8, 6, Quoting::Quoted), (16, 9, Quoting::Quoted), (16, 9, Quoting::Quoted)];
    assert_eq!(places, expected);
}

#[test]
fn a_nul_cuts_the_word() {
    let lexed = lex(br"a\x00b\x41 c", PLACE, &environment(), Comments::Dropped).unwrap();
    assert!(lexed.words[0] == "a" && lexed.words[1] == "c");
    assert_eq!(lexed.remarks[0].kind, RemarkKind::NulEscape);
}

#[test]
fn a_line_does_not_grow_without_bound() {
    let mut env = Environment::new();
    env.set("A", vec![b'x'; LINE_BYTES_MAX / 2]);
    let line = br#""$A$A" "$A""#;
    let error = lex(line, PLACE, &env, Comments::Dropped).err().unwrap();
    assert_eq!(error.kind, LexErrorKind::TooLong);
}
