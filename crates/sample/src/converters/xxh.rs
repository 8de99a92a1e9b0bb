//! `xxh32`, `xxh64`, `xxh3`: xxHash, fast and well spread, for keys and not for secrets.

use keyword::{Doc, Example};
use state::value::{Type, Value};
use twox_hash::{XxHash3_64, XxHash32, XxHash64};

use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// A row of this family.
const fn xxh(
    name: &'static str,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::optional("seed", Kind::Int)] },
        input: Type::Bin,
        out: Type::Int,
        check: None,
        run,
        doc: Doc { brief, long: "The seed is 0 unless the argument says otherwise.", examples },
    }
}

fn hashed(value: Value<'_>, args: &Args, hash: fn(u64, &[u8]) -> i64) -> Option<Value<'static>> {
    let seed = args.int(0).unwrap_or(0).cast_unsigned();
    Some(Value::Int(hash(seed, &value.to_str())))
}

fn low_bits(seed: u64) -> u32 {
    let [.., a, b, c, d] = seed.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

pub(super) static XXH32: Convert =
    xxh("xxh32", xxh32, "32-bit xxHash", &[Example { text: "xxh32", input: "abc", output: "852579327" }]);

fn xxh32<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, |seed, bytes| i64::from(XxHash32::oneshot(low_bits(seed), bytes)))
}

pub(super) static XXH64: Convert = xxh(
    "xxh64",
    xxh64,
    "64-bit xxHash, as a signed number",
    &[Example { text: "xxh64", input: "abc", output: "4952883123889572249" }],
);

fn xxh64<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, |seed, bytes| XxHash64::oneshot(seed, bytes).cast_signed())
}

pub(super) static XXH3: Convert = xxh(
    "xxh3",
    xxh3,
    "64-bit XXH3, as a signed number",
    &[Example { text: "xxh3", input: "abc", output: "8696274497037089104" }],
);

fn xxh3<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, |seed, bytes| XxHash3_64::oneshot_with_seed(seed, bytes).cast_signed())
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn known_values_over_all_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        let key = super::super::codec::base64_encode(&all);
        for (name, unseeded, seeded) in [
            ("xxh32", "1497633363", "1070421674"),
            ("xxh64", "2282408585429094475", "-4689339368900765961"),
            ("xxh3", "-7779787747613135503", "5930632130106562027"),
        ] {
            assert_eq!(convert(&format!("b64dec,{name}"), &key).as_deref(), Some(unseeded), "{name}");
            assert_eq!(convert(&format!("b64dec,{name}(1)"), &key).as_deref(), Some(seeded), "{name}");
        }
    }
}
