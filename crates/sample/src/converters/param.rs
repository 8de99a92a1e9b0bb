//! `param`: a parameter of a query string or of another list of `name=value`.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::{codec, text};
use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "param",
    aliases: &[],
    params: &[Param::required("name", Kind::Str), Param::optional("delimiter", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: param,
    doc: Doc {
        brief: "value of a parameter in `name=value` pairs",
        long: "The delimiter is `&` unless the second argument, a character or its code as `0xHH`, says \
               otherwise. A name without `=` has an empty value.",
        examples: &[
            Example { text: "param(test)", input: "test=1&b=4&d", output: "1" },
            Example { text: "param(test)", input: "testing=123&test=4", output: "4" },
            Example { text: "param(b,;)", input: "a=1;b=2", output: "2" },
            Example { text: "param(test,0x26)", input: "a=b&test=t&c=d", output: "t" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let delimiter = match args.str(1) {
        None => return Ok(()),
        Some([byte]) => *byte,
        Some([b'0', b'x', high, low]) => match (codec::hex_digit(*high), codec::hex_digit(*low)) {
            (Some(high), Some(low)) => high << 4 | low,
            _ => return Err(bad_delimiter(compile)),
        },
        Some(_) => return Err(bad_delimiter(compile)),
    };
    args.list[1] = Arg::Str([delimiter].into());
    Ok(())
}

fn bad_delimiter(compile: &Compile<'_>) -> Problem {
    compile.problem("the delimiter of `param` is one character, or `0x` and two digits")
}

fn param<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let name = args.str(0)?;
    let delimiter = args.str(1).and_then(<[u8]>::first).copied().unwrap_or(b'&');
    let text = value.to_str();
    let mut start = 0;
    while start < text.len() {
        let end = memchr::memchr(delimiter, &text[start..]).map_or(text.len(), |len| start + len);
        match text[start..end].strip_prefix(name) {
            Some(b"") => return Some(Value::str(b"")),
            Some([b'=', ..]) => return Some(Value::Str(text::cut(text, start + name.len() + 1..end))),
            Some(_) | None => start = end + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn a_name_alone_is_an_empty_value_and_a_missing_name_none() {
        assert_eq!(convert("param(test)", "a=b&test&c=d").as_deref(), Some(""));
        assert_eq!(convert("param(test)", "test=").as_deref(), Some(""));
        assert_eq!(convert("param(test)", "a=b&test").as_deref(), Some(""));
        assert_eq!(convert("param(test)", "a=b&c=d"), None);
        assert_eq!(convert("param(test)", "testing=123"), None);
    }

    #[test]
    fn delimiters_that_cannot_be() {
        for text in ["param(a,)", "param(a,bc)", "param(a,0xZZ)", "param(a,b,c)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
