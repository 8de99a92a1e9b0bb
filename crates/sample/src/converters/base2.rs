//! `base2`: bytes in binary notation.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "base2",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Str,
    check: None,
    run: base2,
    doc: Doc {
        brief: "eight binary digits for each byte",
        long: "",
        examples: &[Example { text: "base2", input: "az", output: "0110000101111010" }],
    },
};

fn base2<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let bytes = value.to_str();
    let mut out = Vec::with_capacity(bytes.len() * 8);
    for byte in bytes.iter() {
        out.extend((0..8).rev().map(|bit| b'0' + (byte >> bit & 1)));
    }
    Some(Value::string(out))
}
