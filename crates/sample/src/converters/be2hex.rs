//! `be2hex`: bytes in hexadecimal with separators.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "be2hex",
    aliases: &[],
    params: &[
        Param::required("separator", Kind::Str),
        Param::optional("chunk_size", Kind::Int),
        Param::optional("truncate", Kind::Int),
    ],
    input: Type::Bin,
    out: Type::Str,
    check: Some(check),
    run: be2hex,
    doc: Doc {
        brief: "bytes in hexadecimal, separated by chunks",
        long: "Without a chunk size there is one chunk. A last chunk that is shorter counts as well \
               unless the third argument is 1.",
        examples: &[
            Example { text: "be2hex", input: "0123456789", output: "30313233343536373839" },
            Example { text: "be2hex(:,1)", input: "012", output: "30:31:32" },
            Example { text: "be2hex(--,3)", input: "0123456789", output: "303132--333435--363738--39" },
            Example { text: "be2hex(.,3,1)", input: "0123456789", output: "303132.333435.363738" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let has_separator = args.str(0).is_some_and(|separator| !separator.is_empty());
    let truncate = args.int(2).unwrap_or(0);
    if args.int(1).unwrap_or(0) <= 0 && (has_separator || truncate != 0) {
        return Err(compile.problem("the chunk size must be at least 1"));
    }
    if !(0..=1).contains(&truncate) {
        return Err(compile.problem("the third argument must be 0 or 1"));
    }
    Ok(())
}

fn be2hex<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let bytes = value.to_str();
    let separator = args.str(0)?;
    let size = args
        .int(1)
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0)
        .unwrap_or(usize::MAX);
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for (n, chunk) in bytes.chunks(size).enumerate() {
        if chunk.len() < size && args.int(2) == Some(1) {
            break;
        }
        if n > 0 {
            out.extend_from_slice(separator);
        }
        for byte in chunk {
            codec::push_hex(&mut out, *byte);
        }
    }
    Some(Value::string(out))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(convert("be2hex(:,2)", "").as_deref(), Some(""));
    }

    #[test]
    fn arguments_that_cannot_be() {
        for text in ["be2hex(:)", "be2hex(,0,1)", "be2hex(:,-1)", "be2hex(:,1,2)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
