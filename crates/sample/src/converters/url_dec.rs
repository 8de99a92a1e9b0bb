//! `url_dec`: percent-encoding removed (RFC 3986, section 2.1).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::{Args, Kind, Param};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "url_dec",
    aliases: &[],
    params: &[Param::optional("in_form", Kind::Int)],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: url_dec,
    doc: Doc {
        brief: "text with its %XX sequences decoded",
        long: "A `+` is a blank after the first question mark, and everywhere when the argument is not 0.",
        examples: &[
            Example {
                text: "url_dec",
                input: "/bla+%20?foo%3Dbar%2B42+42%20",
                output: "/bla+ ?foo=bar+42 42 ",
            },
            Example {
                text: "url_dec(1)",
                input: "/bla+%20?foo%3Dbar%2B42+42%20",
                output: "/bla  ?foo=bar+42 42 ",
            },
        ],
    },
};

fn url_dec<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let mut in_form = args.int(0).is_some_and(|n| n != 0);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let (high, low) = (codec::hex_digit(rest.next()?)?, codec::hex_digit(rest.next()?)?);
                out.push(high << 4 | low);
                continue;
            }
            b'+' if in_form => out.push(b' '),
            b'?' => {
                in_form = true;
                out.push(byte);
            }
            _ => out.push(byte),
        }
    }
    Some(Value::string(out))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn a_broken_sequence_has_no_value() {
        assert_eq!(convert("url_dec", "a%2"), None);
        assert_eq!(convert("url_dec", "a%zz"), None);
    }
}
