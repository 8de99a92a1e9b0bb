//! `ub64dec`: the bytes that unpadded base64 in the alphabet for URLs stands for (RFC 4648, section 5).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "ub64dec",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Bin,
    check: None,
    run: ub64dec,
    doc: Doc {
        brief: "bytes from base64 for URLs, without padding",
        long: "",
        examples: &[
            Example { text: "ub64dec", input: "Zg", output: "f" },
            Example { text: "ub64dec", input: "Zm9vYmE", output: "fooba" },
            Example { text: "ub64dec,hex,lower", input: "FPucA9l_Etl-", output: "14fb9c03d97f12d97e" },
        ],
    },
};

fn ub64dec<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    codec::base64url_decode(&value.to_str()).map(Value::binary)
}
