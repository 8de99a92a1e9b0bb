//! `cut_crlf`: a text up to its first line end.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::text;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "cut_crlf",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: cut_crlf,
    doc: Doc {
        brief: "text up to the first carriage return or line feed",
        long: "",
        examples: &[
            Example {
                text: "cut_crlf",
                input: "line
rest",
                output: "line",
            },
            Example { text: "cut_crlf", input: "line", output: "line" },
        ],
    },
};

fn cut_crlf<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let end = memchr::memchr2(b'\r', b'\n', &text).unwrap_or(text.len());
    Some(Value::Str(text::cut(text, 0..end)))
}
