//! `base64`: bytes in base64, with padding (RFC 4648, section 4).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "base64",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Str,
    check: None,
    run: base64,
    doc: Doc {
        brief: "bytes in base64, with padding",
        long: "",
        examples: &[
            Example { text: "base64", input: "hello world", output: "aGVsbG8gd29ybGQ=" },
            Example { text: "base64", input: "f", output: "Zg==" },
        ],
    },
};

fn base64<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::string(codec::base64_encode(&value.to_str())))
}
