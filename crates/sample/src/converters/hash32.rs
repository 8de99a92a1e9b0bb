//! `crc32`, `crc32c`, `djb2`, `sdbm`, `wt6`: 32-bit hashes, for spreading and for cheap fingerprints.

use keyword::{Doc, Example};
use state::balance::hash::{self, full};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// A row of this family.
const fn hash32(
    name: &'static str,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::optional("avalanche", Kind::Int)] },
        input: Type::Bin,
        out: Type::Int,
        check: None,
        run,
        doc: Doc {
            brief,
            long: "A 32-bit number. Where the argument is given and not 0, it is mixed once more, as `hash-type` does with \
                   `avalanche`.",
            examples,
        },
    }
}

fn hashed(value: Value<'_>, args: &Args, hash: fn(&[u8]) -> u32) -> Option<Value<'static>> {
    let hash = hash(&value.to_str());
    let mixed = if args.int(0).is_some_and(|n| n != 0) { full(hash) } else { hash };
    Some(Value::Int(i64::from(mixed)))
}

pub(super) static CRC32: Convert = hash32(
    "crc32",
    crc32,
    "CRC-32 as in gzip",
    &[Example { text: "crc32", input: "abc", output: "891568578" }],
);

fn crc32<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, hash::crc32)
}

pub(super) static CRC32C: Convert = hash32(
    "crc32c",
    crc32c,
    "CRC-32C (RFC 9260, appendix A)",
    &[Example { text: "crc32c", input: "abc", output: "910901175" }],
);

fn crc32c<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, hash::crc32c)
}

pub(super) static DJB2: Convert =
    hash32("djb2", djb2, "Bernstein's hash", &[Example { text: "djb2", input: "abc", output: "193485963" }]);

fn djb2<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, hash::djb2)
}

pub(super) static SDBM: Convert = hash32(
    "sdbm",
    sdbm,
    "hash of the sdbm library",
    &[Example { text: "sdbm", input: "abc", output: "807794786" }],
);

fn sdbm<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, hash::sdbm)
}

pub(super) static WT6: Convert = hash32(
    "wt6",
    wt6,
    "HAProxy's own hash, well spread over short keys",
    &[Example { text: "wt6", input: "abc", output: "2483038440" }],
);

fn wt6<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    hashed(value, args, hash::wt6)
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn known_values_over_all_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        for (name, plain, mixed) in [
            ("crc32", "688229491", "4230317029"),
            ("crc32c", "2621708363", "2242979626"),
            ("djb2", "2589693061", "600622701"),
            ("sdbm", "905707648", "3103804144"),
            ("wt6", "4090277559", "1192658767"),
        ] {
            let key = super::super::codec::base64_encode(&all);
            assert_eq!(convert(&format!("b64dec,{name}"), &key).as_deref(), Some(plain), "{name}");
            assert_eq!(convert(&format!("b64dec,{name}(1)"), &key).as_deref(), Some(mixed), "{name}");
        }
    }
}
