//! `sha2`: a SHA-2 digest of bytes (RFC 6234).

use super::algorithm::Algorithm;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "sha2",
    aliases: &[],
    params: &[Param::optional("bits", Kind::Int)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: sha2,
    doc: Doc {
        brief: "SHA-2 digest of 224, 256, 384 or 512 bits",
        long: "256 bits unless the argument says otherwise.",
        examples: &[
            Example {
                text: "sha2,hex,lower",
                input: "1",
                output: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
            },
            Example {
                text: "sha2(224),hex,lower",
                input: "1",
                output: "e25388fde8290dc286a6164fa2d97e551b53498dcbf7bc378eb1f178",
            },
            Example {
                text: "sha2(384),hex,lower",
                input: "2",
                output: "d063457705d66d6f016e4cdd747db3af8d70ebfd36badd63de6c8ca4a9d8bfb5d874e7fbd750aa804dcaddae7eeef51e",
            },
            Example {
                text: "sha2(512),hex,lower",
                input: "1",
                output: "4dff4ea340f0a823f15d3f4f01ab62eae0e5da579ccb851f8db9dfe84c58b2b37b89903a740e1ee172da793a6e79d560e5f7f9bd058a12a280433ed6fa46510a",
            },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let bits = args.int(0).unwrap_or(256);
    let Some(algorithm) = Algorithm::sha2(bits) else {
        return Err(compile.problem(format!("`sha2` makes 224, 256, 384 or 512 bits, not {bits}")));
    };
    args.prepared = Some(Box::new(algorithm));
    Ok(())
}

fn sha2<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    Some(Value::binary(args.prepared::<Algorithm>()?.digest(&value.to_str())))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn lengths_that_do_not_exist() {
        assert!(refusal("sha2(512)").is_none());
        assert!(refusal("sha2(160)").is_some());
    }
}
