//! `json`: text escaped for a JSON string (RFC 8259, section 7).

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "json",
    aliases: &[],
    params: &[Param::required("code", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: json,
    doc: Doc {
        brief: "text escaped for use in a JSON string",
        long: "What is not ASCII comes out as `\\uXXXX`. `ascii`, which holds without an argument, takes \
               each byte for a character. `utf8` has no value where the input is not UTF-8 or holds \
               characters beyond U+FFFF; `utf8s` leaves these out. `utf8p` and `utf8ps` do the same, but \
               accept characters that take more bytes than they need.",
        examples: &[
            Example { text: "json", input: "foo 1/2", output: "foo 1\\/2" },
            Example { text: "json", input: "a\"b\\c	d", output: "a\\\"b\\\\c\\td" },
            Example { text: "json(utf8)", input: "hé", output: "h\\u00e9" },
            Example { text: "json(ascii)", input: "é", output: "\\u00c3\\u00a9" },
        ],
    },
};

/// How the input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    /// Each byte is a character.
    Ascii,
    /// UTF-8; what is wrong is met in this way.
    Utf8(Lenience, Wrong),
}

/// What counts as wrong in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lenience {
    /// Everything that is not UTF-8.
    Strict,
    /// Characters that take more bytes than they need are taken for what they mean.
    Overlong,
}

/// What becomes of what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// There is no value.
    Fails,
    /// It is left out.
    IsSkipped,
}

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let code = match args.str(0).unwrap_or_default() {
        b"" | b"ascii" => Code::Ascii,
        b"utf8" => Code::Utf8(Lenience::Strict, Wrong::Fails),
        b"utf8s" => Code::Utf8(Lenience::Strict, Wrong::IsSkipped),
        b"utf8p" => Code::Utf8(Lenience::Overlong, Wrong::Fails),
        b"utf8ps" => Code::Utf8(Lenience::Overlong, Wrong::IsSkipped),
        other => {
            let other = Lossy(other);
            return Err(
                compile.problem(format!("`json` reads ascii, utf8, utf8s, utf8p or utf8ps, not `{other}`"))
            );
        }
    };
    args.prepared = Some(Box::new(code));
    Ok(())
}

fn json<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let mut out = Vec::with_capacity(text.len() + 8);
    match *args.prepared::<Code>()? {
        Code::Ascii => text.iter().for_each(|byte| push_escaped(&mut out, u16::from(*byte))),
        Code::Utf8(lenience, wrong) => {
            let mut rest = text.as_ref();
            while !rest.is_empty() {
                let (len, character) = decode(rest);
                rest = &rest[len..];
                let character =
                    character.filter(|c| lenience == Lenience::Overlong || bytes_needed(*c) == len);
                match character.and_then(|c| u16::try_from(c).ok()) {
                    Some(unit) => push_escaped(&mut out, unit),
                    None if wrong == Wrong::Fails => return None,
                    None => {}
                }
            }
        }
    }
    Some(Value::string(out))
}

fn push_escaped(out: &mut Vec<u8>, unit: u16) {
    let short = match unit {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        0x22 => b'"',
        0x2f => b'/',
        0x5c => b'\\',
        0x20..=0x7e => {
            out.extend(u8::try_from(unit));
            return;
        }
        _ => {
            out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// How many bytes the first sequence of `text` takes, and its character unless it is malformed or none that may be.
fn decode(text: &[u8]) -> (usize, Option<u32>) {
    let lead = text[0];
    let len = match lead {
        0..=0x7f => return (1, Some(u32::from(lead))),
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        0xf8..=0xfb => 5,
        0xfc..=0xfd => 6,
        0x80..=0xbf | 0xfe.. => return (1, None),
    };
    let Some(continuation) = text.get(1..len) else { return (1, None) };
    if let Some(good) = continuation.iter().position(|byte| byte & 0xc0 != 0x80) {
        return (good + 1, None);
    }
    let start = u32::from(lead & 0x7f >> len);
    let character = continuation.iter().fold(start, |c, byte| c << 6 | u32::from(byte & 0x3f));
    (len, Some(character).filter(|c| !matches!(c, 0xd800..=0xdfff | 0xfffe..=0xffff)))
}

/// How many bytes UTF-8 takes for a character.
fn bytes_needed(character: u32) -> usize {
    match character {
        0..=0x7f => 1,
        0x80..=0x7ff => 2,
        0x800..=0xffff => 3,
        0x1_0000..=0x1f_ffff => 4,
        0x20_0000..=0x3ff_ffff => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn what_is_wrong_fails_or_is_left_out() {
        assert_eq!(convert("json(utf8)", b"\xe0"), None);
        assert_eq!(convert("json(utf8s)", b"-\xe0-").as_deref(), Some("--"));
        assert_eq!(convert("json(utf8s)", b"a\xe2\x82b").as_deref(), Some("a\\u0002b").map(|_| "ab"));
        assert_eq!(convert("json(utf8p)", b"\xed\xa0\x80"), None);
        assert_eq!(convert("json(utf8ps)", b"a\xf0\x9f\x98\x80b").as_deref(), Some("ab"));
    }

    #[test]
    fn overlong_sequences_are_mended_where_that_is_asked_for() {
        assert_eq!(convert("json(utf8)", b"\xc1\x81"), None);
        assert_eq!(convert("json(utf8p)", b"\xc1\x81").as_deref(), Some("A"));
    }

    #[test]
    fn codes_that_do_not_exist() {
        assert!(refusal("json(latin1)").is_some());
    }
}
