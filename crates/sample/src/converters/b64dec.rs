//! `b64dec`: the bytes that padded base64 stands for (RFC 4648, section 4).

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "b64dec",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Bin,
    check: None,
    run: b64dec,
    doc: Doc {
        brief: "bytes from base64 with padding; no value when it is malformed",
        long: "",
        examples: &[Example { text: "b64dec", input: "aGVsbG8gd29ybGQ=", output: "hello world" }],
    },
};

fn b64dec<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    codec::base64_decode(&value.to_str()).map(Value::binary)
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn malformed_base64_has_no_value() {
        assert_eq!(convert("b64dec", "Zg="), None);
        assert_eq!(convert("b64dec", "Z*=="), None);
    }
}
