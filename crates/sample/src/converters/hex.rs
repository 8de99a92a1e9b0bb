//! `hex`: bytes in hexadecimal, upper case.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "hex",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Str,
    check: None,
    run: hex,
    doc: Doc {
        brief: "two upper-case hexadecimal digits for each byte",
        long: "",
        examples: &[Example { text: "hex", input: "az~", output: "617A7E" }],
    },
};

fn hex<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let bytes = value.to_str();
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes.iter() {
        codec::push_hex(&mut out, *byte);
    }
    Some(Value::string(out))
}
