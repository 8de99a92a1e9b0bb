//! `upper`: ASCII letters in upper case.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "upper",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: upper,
    doc: Doc {
        brief: "ASCII letters in upper case",
        long: "",
        examples: &[Example { text: "upper", input: "Host.Example", output: "HOST.EXAMPLE" }],
    },
};

fn upper<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    if !text.iter().any(u8::is_ascii_lowercase) {
        return Some(Value::Str(text));
    }
    Some(Value::string(text.to_ascii_uppercase()))
}
