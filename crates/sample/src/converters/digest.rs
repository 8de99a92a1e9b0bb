//! `digest`: a digest of bytes by the name of its algorithm.

use super::algorithm::Algorithm;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "digest",
    aliases: &[],
    params: &[Param::required("algorithm", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: digest,
    doc: Doc {
        brief: "digest by a named algorithm",
        long: "The algorithms are md5, sha1, sha224, sha256, sha384, sha512, sha512-224 and sha512-256.",
        examples: &[
            Example {
                text: "digest(sha1),hex,lower",
                input: "2",
                output: "da4b9237bacccdf19c0760cab7aec4a8359010b0",
            },
            Example {
                text: "digest(sha224),hex,lower",
                input: "2",
                output: "58b2aaa0bfae7acc021b3260e941117b529b2e69de878fd7d45c61a9",
            },
            Example { text: "digest(md5),hex,lower", input: "", output: "d41d8cd98f00b204e9800998ecf8427e" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    args.prepared = Some(Box::new(Algorithm::argument(args, 0, compile)?));
    Ok(())
}

fn digest<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::binary(args.prepared::<Algorithm>()?.digest(&value.to_str())))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn algorithms_that_do_not_exist() {
        assert!(refusal("digest").is_some());
        assert!(refusal("digest(sha3000)").is_some());
        assert!(refusal("digest(SHA256)").is_none());
    }
}
