//! `lower`: ASCII letters in lower case.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "lower",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: lower,
    doc: Doc {
        brief: "ASCII letters in lower case",
        long: "",
        examples: &[Example { text: "lower", input: "Host.Example", output: "host.example" }],
    },
};

fn lower<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    if !text.iter().any(u8::is_ascii_uppercase) {
        return Some(Value::Str(text));
    }
    Some(Value::string(text.to_ascii_lowercase()))
}
