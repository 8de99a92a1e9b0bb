//! `length`: how many bytes a text has.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "length",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: length,
    doc: Doc {
        brief: "number of bytes",
        long: "",
        examples: &[
            Example { text: "length", input: "hello", output: "5" },
            Example { text: "length", input: "", output: "0" },
        ],
    },
};

fn length<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::count(value.to_str().len() as u64))
}
