//! `sha1`: the SHA-1 digest of bytes (RFC 3174).

use super::algorithm::Algorithm;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "sha1",
    aliases: &[],
    params: &[],
    input: Type::Bin,
    out: Type::Bin,
    check: None,
    run: sha1,
    doc: Doc {
        brief: "SHA-1 digest, 20 bytes",
        long: "",
        examples: &[
            Example { text: "sha1,hex", input: "", output: "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709" },
            Example {
                text: "sha1,hex,lower",
                input: "1",
                output: "356a192b7913b04c54574d18c28d46e6395428ab",
            },
        ],
    },
};

fn sha1<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::binary(Algorithm::Sha1.digest(&value.to_str())))
}
