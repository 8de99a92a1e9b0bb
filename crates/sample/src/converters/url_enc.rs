//! `url_enc`: percent-encoding of all but unreserved characters (RFC 3986, section 2.3).

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "url_enc",
    aliases: &[],
    params: &[Param::required("kind", Kind::Str)],
    input: Type::Str,
    out: Type::Str,
    check: Some(check),
    run: url_enc,
    doc: Doc {
        brief: "text percent-encoded for a query string",
        long: "",
        examples: &[
            Example { text: "url_enc", input: "foo=bar+42 42 ", output: "foo%3Dbar%2B42%2042%20" },
            Example { text: "url_enc(query)", input: "a~b", output: "a~b" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.str(0) {
        None | Some(b"" | b"query") => Ok(()),
        Some(other) => Err(compile.problem(format!("`url_enc` knows `query` only, not `{}`", Lossy(other)))),
    }
}

fn url_enc<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.iter().all(|byte| is_unreserved(*byte)) {
        return Some(Value::Str(text));
    }
    let mut out = Vec::with_capacity(text.len() * 2);
    for byte in text.iter().copied() {
        if is_unreserved(byte) {
            out.push(byte);
        } else {
            out.push(b'%');
            codec::push_hex(&mut out, byte);
        }
    }
    Some(Value::string(out))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn kinds_that_do_not_exist() {
        assert!(refusal("url_enc(path)").is_some());
    }
}
