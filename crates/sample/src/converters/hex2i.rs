//! `hex2i`: the number that hexadecimal digits stand for.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "hex2i",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: hex2i,
    doc: Doc {
        brief: "integer from hexadecimal digits",
        long: "",
        examples: &[
            Example { text: "hex2i", input: "ff", output: "255" },
            Example { text: "hex2i", input: "00C0", output: "192" },
            Example { text: "hex2i", input: "ffffffffffffffff", output: "-1" },
        ],
    },
};

fn hex2i<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let digits = text.iter().map(|byte| codec::hex_digit(*byte));
    let number = digits.into_iter().try_fold(0i64, |n, digit| Some(n << 4 | i64::from(digit?)))?;
    Some(Value::Int(number))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn other_characters_have_no_value() {
        assert_eq!(convert("hex2i", "12g"), None);
    }
}
