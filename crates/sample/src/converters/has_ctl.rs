//! `has_ctl`: whether bytes hold control characters.

use base::Lossy;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use crate::args::{Arg, Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "has_ctl",
    aliases: &[],
    params: &[Param::optional("set", Kind::Str)],
    input: Type::Bin,
    out: Type::Bool,
    check: Some(check),
    run: has_ctl,
    doc: Doc {
        brief: "whether any control character of a set is among the bytes",
        long: "The set is a mask, decimal or hexadecimal after `0x`, with a bit for each of the \
               characters 0 to 31 and bit 32 for 127; `any` is all of them, `http` carriage return, line \
               feed and NUL. Without an argument it is all but the tab.",
        examples: &[
            Example { text: "b64dec,has_ctl", input: "aGVsbG8gd29ybGQ=", output: "0" },
            Example { text: "b64dec,has_ctl()", input: "YQli", output: "0" },
            Example { text: "b64dec,has_ctl(any)", input: "YQli", output: "1" },
            Example { text: "b64dec,has_ctl(0x200)", input: "YQli", output: "1" },
            Example { text: "b64dec,has_ctl(http)", input: "YQ1i", output: "1" },
            Example { text: "b64dec,has_ctl(http)", input: "YQBi", output: "1" },
            Example { text: "b64dec,has_ctl(http)", input: "YQFi", output: "0" },
            Example { text: "b64dec,has_ctl", input: "YX9i", output: "1" },
        ],
    },
};

/// One bit for each of the characters 0 to 31, and one for 127.
const ALL: i64 = 0x1_FFFF_FFFF;

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let mask = match args.str(0).unwrap_or_default() {
        b"" => ALL & !(1 << b'\t'),
        b"any" => ALL,
        b"http" => 1 << b'\r' | 1 << b'\n' | 1,
        other => codec::c_int(other).ok_or_else(|| {
            compile
                .problem(format!("`{}` is no integer, `any` or `http`: argument of `has_ctl`", Lossy(other)))
        })?,
    };
    if mask & !ALL != 0 {
        return Err(compile.problem("`has_ctl` takes a mask of 33 bits"));
    }
    args.list = vec![Arg::Int(mask)];
    Ok(())
}

fn has_ctl<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let mask = args.int(0)?;
    let is_in = |byte: u8| match byte {
        0..32 => mask & 1 << byte != 0,
        127 => mask & 1 << 32 != 0,
        _ => false,
    };
    Some(Value::Bool(value.to_str().iter().any(|byte| is_in(*byte))))
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn masks_that_cannot_be() {
        assert!(refusal("has_ctl(bogus)").is_some());
        assert!(refusal("has_ctl(0x400000000)").is_some());
        assert_eq!(refusal("has_ctl(0x1FFFFFFFF)"), None);
    }
}
