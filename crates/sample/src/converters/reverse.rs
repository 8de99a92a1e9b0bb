//! `reverse`: a text from its last byte to its first.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "reverse",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: reverse,
    doc: Doc {
        brief: "bytes in reverse order",
        long: "",
        examples: &[
            Example { text: "reverse", input: "example.com", output: "moc.elpmaxe" },
            Example { text: "reverse", input: "ab cd", output: "dc ba" },
            Example { text: "reverse,concat(.)", input: "example.com", output: "moc.elpmaxe." },
        ],
    },
};

fn reverse<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let mut text = value.to_str().into_owned();
    text.reverse();
    Some(Value::string(text))
}
