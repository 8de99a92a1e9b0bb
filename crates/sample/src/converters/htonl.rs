//! `htonl`: the low 32 bits of an integer as four bytes in network order.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "htonl",
    aliases: &[],
    params: &[],
    input: Type::Int,
    out: Type::Bin,
    check: None,
    run: htonl,
    doc: Doc {
        brief: "integer as four bytes, most significant first",
        long: "",
        examples: &[Example { text: "htonl,hex", input: "258", output: "00000102" }],
    },
};

fn htonl<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let [.., a, b, c, d] = value.to_int()?.to_be_bytes();
    Some(Value::binary(vec![a, b, c, d]))
}
