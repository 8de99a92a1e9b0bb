//! `ub64enc`: bytes in the base64 alphabet for URLs, without padding (RFC 4648, section 5).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "ub64enc",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Str,
    check: None,
    run: ub64enc,
    doc: Doc {
        brief: "bytes in base64 for URLs, without padding",
        long: "",
        examples: &[
            Example { text: "ub64enc", input: "f", output: "Zg" },
            Example { text: "ub64enc", input: "fo", output: "Zm8" },
            Example { text: "ub64enc", input: "foo", output: "Zm9v" },
            Example { text: "b64dec,ub64enc", input: "FPucA9l/Etl+", output: "FPucA9l_Etl-" },
        ],
    },
};

fn ub64enc<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::string(codec::base64url_encode(&value.to_str())))
}
