//! What PCRE accepts must mean the same after the translation.

use super::*;
use crate::pattern::Case;
use crate::regexp::Regex;

/// An expression with what it matches and what it does not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check(rows: &[Row]) {
    for (source, yes, no) in rows {
        let regex =
            Regex::new(source.as_bytes(), Case::Sensitive).unwrap_or_else(|e| panic!("{source}: {e}"));
        for text in *yes {
            assert!(regex.is_match(text.as_bytes()), "{source} should match {text:?}");
        }
        for text in *no {
            assert!(!regex.is_match(text.as_bytes()), "{source} should not match {text:?}");
        }
    }
}

#[test]
fn escapes_that_are_not_needed() {
    check(&[
        (r"^\/a\-b\_c\ d\%\@\'\~\#\&$", &["/a-b_c d%@'~#&"], &["/a"]),
        (r#"^\"x\"$"#, &["\"x\""], &["x"]),
        (r"^\<a\>$", &["<a>"], &["a"]),
        (r"^\:\,\;\!\=$", &[":,;!="], &[]),
        (r"^a\Q.*\Eb$", &["a.*b"], &["axxb"]),
    ]);
}

#[test]
fn braces_that_repeat_nothing() {
    check(&[
        (r"^a{b$", &["a{b"], &["ab"]),
        (r"^{}$", &["{}"], &[""]),
        (r"^a{,3}$", &["a{,3}"], &["aa"]),
        (r"^a{2}$", &["aa"], &["a", "a{2}"]),
        (r"^a{1,}b{0,1}$", &["a", "aab"], &["b", "abb"]),
        (r"^\{[^}]+}$", &["{x}"], &["{}"]),
    ]);
}

#[test]
fn classes() {
    check(&[
        (r"^[[]$", &["["], &["]"]),
        (r"^[a[b]$", &["a", "[", "b"], &["]"]),
        (r"^[]a]+$", &["]a"], &["["]),
        (r"^[^]a]$", &["["], &["]", "a"]),
        (r"^[a-c-]+$", &["a-c"], &["d"]),
        (r"^[-a]+$", &["-a"], &["b"]),
        (r"^[\w-.]+$", &["a-b.c"], &["a b"]),
        (r"^[a-\d]+$", &["a-7"], &["b"]),
        (r"^[[:alpha:][:digit:]_]+$", &["aB3_"], &["-"]),
        (r"^[[:^space:]]+$", &["ab"], &["a b"]),
        (r"^[&&~~|-]+$", &["&~-|"], &["a"]),
        (r"^[\b]$", &["\x08"], &["b"]),
        (r"^[\h]$", &[" ", "\t"], &["\n"]),
        (r"^[\]\[\\\/]+$", &["][\\/"], &["a"]),
        (r"^[\x41-\x43\060]+$", &["ABC0"], &["D"]),
        (r"^[^\n]$", &["a"], &["\n"]),
        (r"^[:alpha]$", &["a", ":", "p"], &["z"]),
        (r"^[\Q^]\Ex]+$", &["^]x"], &["Q"]),
        (r"^[ #]+$", &[" #"], &["a"]),
    ]);
}

#[test]
fn escapes_with_another_name() {
    check(&[
        (r"^a\hb$", &["a b", "a\tb"], &["a\nb"]),
        (r"^\Aab\Z$", &["ab"], &["abc"]),
        (r"^a\Rb$", &["a\r\nb", "a\nb"], &["ab"]),
        (r"^\N+$", &["ab"], &["a\nb"]),
        (r"^\x2f\057\x{2f}\o{57}$", &["////"], &["x"]),
        (r"^\cA\e\a\t$", &["\x01\x1b\x07\t"], &[]),
        (r"^\x$", &["\0"], &["x"]),
        (r"^\101$", &["A"], &[]),
        (r"^a\.b\$\^\|\(\)\*\+\?$", &["a.b$^|()*+?"], &["axb"]),
    ]);
}

#[test]
fn groups_of_every_kind() {
    check(&[
        (r"^(?:a|b)(c)$", &["ac", "bc"], &["c"]),
        (r"^(?i)abc$", &["ABC"], &["x"]),
        (r"^a(?i:b)c$", &["aBc"], &["aBC"]),
        (r"^(?i-s:b)$", &["B"], &[]),
        (r"^(?<name>a)(?'other'b)(?P<third>c)$", &["abc"], &[]),
        (r"^a(?#comment)b$", &["ab"], &[]),
        (r"^(|a)$", &["", "a"], &["b"]),
        (r"(?s)^a.b$", &["a\nb"], &[]),
        (r"(?m)^b$", &["a\nb"], &[]),
    ]);
}

#[test]
fn possessive_quantifiers_where_they_change_nothing() {
    check(&[
        (r"^a++b$", &["aab"], &["b"]),
        (r"^[^/]*+/x$", &["abc/x"], &["abcx"]),
        (r"^\d{2,3}+$", &["12", "123"], &["1"]),
        (r"^(a++)", &["aa"], &["b"]),
    ]);
    for (source, at) in [(r"a++a", 1), (r"^.*+x", 2), (r"(ab)++c", 4), (r"(a++)b", 2), (r"a++\w", 1)] {
        let error = translate(source.as_bytes()).unwrap_err();
        assert_eq!(error, RegexError::NeedsPcre { at, what: "a possessive quantifier" }, "{source}");
    }
}

#[test]
fn what_needs_pcre_is_named_with_its_place() {
    for (source, at, what) in [
        (r"ab(?=c)", 2, "a look-ahead"),
        (r"(?!c)", 0, "a look-ahead"),
        (r"a(?<=c)", 1, "a look-behind"),
        (r"a(?<!c)", 1, "a look-behind"),
        (r"(a)\1", 3, "a back reference"),
        (r"(?>a)", 0, "an atomic group"),
        (r"(a(?1)?)", 2, "a recursion"),
        (r"\p{L}", 0, "a Unicode property"),
        (r"a\Kb", 1, "\\K"),
    ] {
        assert_eq!(translate(source.as_bytes()), Err(RegexError::NeedsPcre { at, what }), "{source}");
    }
    let error = Regex::new(b"ab(?=c)", Case::Sensitive).unwrap_err();
    assert_eq!(error.to_string(), "a look-ahead at offset 2 needs pcre2");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (source, at) in [("ab[c", 2), ("x[]", 1), ("a\\", 1), (r"\x{100}", 0), ("[b-a]", 1), ("a(?Q)", 1)] {
        let error = translate(source.as_bytes()).unwrap_err();
        assert!(matches!(error, RegexError::Syntax { at: found, .. } if found == at), "{source}: {error}");
    }
    for source in ["(a", "a)", "*a", "a{3,2}"] {
        assert!(Regex::new(source.as_bytes(), Case::Sensitive).is_err(), "{source}");
    }
}

proptest::proptest! {
    #[test]
    fn any_quoted_text_matches_itself(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..20)) {
        let mut source = b"^".to_vec();
        for byte in &text {
            if !byte.is_ascii_alphanumeric() {
                source.push(b'\\');
            }
            source.push(*byte);
        }
        source.push(b'$');
        let regex = Regex::new(&source, Case::Sensitive).unwrap();
        proptest::prop_assert!(regex.is_match(&text));
    }

    #[test]
    fn no_input_panics(source in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
        let _ = Regex::new(&source, Case::Sensitive);
    }

    #[test]
    fn no_likely_input_panics(source in r"[\[\]\\(){}?*+^$|:<>=!#,0-9a-zQER. '-]{0,24}") {
        let _ = Regex::new(source.as_bytes(), Case::Insensitive);
    }
}
