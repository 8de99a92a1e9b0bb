//! `bytes`: part of the bytes, by offset and length.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::{operand, text};
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "bytes",
    aliases: &[],
    params: &[Param::required("offset", Kind::Str), Param::optional("length", Kind::Str)],
    input: Type::Bin,
    out: Type::Bin,
    check: Some(check),
    run: bytes,
    doc: Doc {
        brief: "bytes from an offset, all that follow or a number of them",
        long: "Both arguments may be variables. What lies behind the end is left out; a variable that is \
               not set, or holds a negative number, leaves no value.",
        examples: &[
            Example { text: "bytes(0)", input: "012345", output: "012345" },
            Example { text: "bytes(1)", input: "012345", output: "12345" },
            Example { text: "bytes(0,3)", input: "012345", output: "012" },
            Example { text: "bytes(1,3)", input: "012345", output: "123" },
            Example { text: "bytes(5)", input: "012345", output: "5" },
            Example { text: "bytes(2,7)", input: "012345", output: "2345" },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    operand::check_int(args, 0, compile)?;
    operand::check_int(args, 1, compile)?;
    if args.int(0).is_some_and(|offset| offset < 0) {
        return Err(compile.problem("`bytes` takes an offset that is not negative"));
    }
    if args.int(1).is_some_and(|length| length <= 0) {
        return Err(compile.problem("`bytes` takes a length greater than 0"));
    }
    Ok(())
}

fn bytes<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let offset = usize::try_from(operand::int(args, 0, txn)?).ok()?;
    let length = match args.has(1) {
        true => usize::try_from(operand::int(args, 1, txn)?).ok()?,
        false => usize::MAX,
    };
    let bytes = value.to_str();
    let start = offset.min(bytes.len());
    let end = start.saturating_add(length).min(bytes.len());
    Some(Value::Bin(text::cut(bytes, start..end)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn offset_and_length_from_variables() {
        let txn = txn();
        let set = |name: &[u8], n| txn.set_var(VarRef::parse(name).unwrap(), Value::Int(n));
        for (start, length, expected) in
            [(1, 3, Some("123")), (99, 1, Some("")), (2, 7, Some("2345")), (-1, 3, None)]
        {
            set(b"txn.start", start);
            set(b"txn.length", length);
            assert_eq!(
                convert_in(&txn, "bytes(txn.start,txn.length)", b"012345").as_deref(),
                expected,
                "{start}"
            );
        }
        assert_eq!(convert_in(&txn, "bytes(1,txn.length)", b"012345").as_deref(), Some("123"));
        set(b"txn.length", -1);
        assert_eq!(convert_in(&txn, "bytes(0,txn.length)", b"012345"), None);
        assert_eq!(convert_in(&txn, "bytes(txn.never_set)", b"012345"), None);
    }

    #[test]
    fn constants_that_cannot_be() {
        for text in ["bytes(-1)", "bytes(0,-1)", "bytes(0,0)", "bytes(x)", "bytes(1,y)", "bytes(1,2,3)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
