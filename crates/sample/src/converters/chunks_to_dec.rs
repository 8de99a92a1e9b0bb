//! `be2dec`, `le2dec`: bytes as decimal numbers, a number for each chunk.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

const PARAMS: &[Param] = &[
    Param::required("separator", Kind::Str),
    Param::required("chunk_size", Kind::Int),
    Param::optional("truncate", Kind::Int),
];

const LONG: &str = "The chunk size is 1 to 8 bytes. A last chunk that is shorter counts as well unless the third argument is 1.";

pub(super) static BE2DEC: Convert = Convert {
    name: "be2dec",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Str,
    check: Some(check),
    run: be2dec,
    doc: Doc {
        brief: "chunks of bytes as decimal numbers, most significant byte first",
        long: LONG,
        examples: &[
            Example { text: "be2dec(:,1)", input: "0123456789", output: "48:49:50:51:52:53:54:55:56:57" },
            Example { text: "be2dec(-,3)", input: "0123456789", output: "3158322-3355701-3553080-57" },
            Example { text: "be2dec(::,3,1)", input: "0123456789", output: "3158322::3355701::3553080" },
        ],
    },
};

pub(super) static LE2DEC: Convert = Convert {
    name: "le2dec",
    aliases: &[],
    params: PARAMS,
    input: Type::Bin,
    out: Type::Str,
    check: Some(check),
    run: le2dec,
    doc: Doc {
        brief: "chunks of bytes as decimal numbers, least significant byte first",
        long: LONG,
        examples: &[
            Example { text: "le2dec(:,1)", input: "0123456789", output: "48:49:50:51:52:53:54:55:56:57" },
            Example { text: "le2dec(-,3)", input: "0123456789", output: "3289392-3486771-3684150-57" },
            Example { text: "le2dec(::,3,1)", input: "0123456789", output: "3289392::3486771::3684150" },
        ],
    },
};

pub(super) fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if args.int(1).is_none_or(|size| !(1..=8).contains(&size)) {
        return Err(compile.problem("the chunk size must be 1 to 8"));
    }
    if args.int(2).is_some_and(|truncate| !(0..=1).contains(&truncate)) {
        return Err(compile.problem("the third argument must be 0 or 1"));
    }
    Ok(())
}

fn be2dec<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    decimal(&value.to_str(), args, |number, _, byte| number << 8 | byte)
}

fn le2dec<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    decimal(&value.to_str(), args, |number, at, byte| number | byte << (8 * at))
}

/// `add` puts the byte at an offset within its chunk into the number made of the bytes before it.
fn decimal(bytes: &[u8], args: &Args, add: fn(u64, usize, u64) -> u64) -> Option<Value<'static>> {
    let separator = args.str(0)?;
    let size = usize::try_from(args.int(1)?).ok()?;
    let mut out = Vec::new();
    for (n, chunk) in bytes.chunks(size).enumerate() {
        if chunk.len() < size && args.int(2) == Some(1) {
            break;
        }
        if n > 0 {
            out.extend_from_slice(separator);
        }
        let number = chunk.iter().enumerate().fold(0, |number, (at, byte)| add(number, at, u64::from(*byte)));
        out.extend_from_slice(number.to_string().as_bytes());
    }
    Some(Value::string(out))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn nothing_stays_nothing_and_eight_bytes_fit() {
        assert_eq!(convert("be2dec(:,2)", "").as_deref(), Some(""));
        assert_eq!(convert("b64dec,be2dec(:,8)", "//////////8=").as_deref(), Some("18446744073709551615"));
        assert_eq!(convert("b64dec,le2dec(:,8)", "AAAAAAAAAIA=").as_deref(), Some("9223372036854775808"));
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["be2dec", "be2dec(:)", "be2dec(:,0)", "be2dec(:,9)", "be2dec(:,1,2)", "le2dec(:,-1)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
