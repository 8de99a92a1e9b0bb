//! `secure_memcmp`: whether bytes equal a variable's, found out in a time that does not depend on where they differ.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "secure_memcmp",
    aliases: &[],
    params: &[Param::required("variable", Kind::Str)],
    input: Type::Bin,
    out: Type::Bool,
    check: Some(check),
    run: secure_memcmp,
    doc: Doc {
        brief: "whether the bytes equal a variable's, compared in constant time",
        long: "Only the lengths show in the time taken.",
        examples: &[Example { text: "set-var(txn.hash),secure_memcmp(txn.hash)", input: "abc", output: "1" }],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    operand::check_var(args, 0, compile)?;
    if args.var(0).is_none() {
        return Err(compile.problem("`secure_memcmp` needs the name of a variable"));
    }
    Ok(())
}

fn secure_memcmp<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    let other = txn.var(args.var(0)?)?;
    if !other.type_of().casts_to(Type::Bin) {
        return None;
    }
    let (left, right) = (value.to_str(), other.cast(Type::Bin)?.to_str());
    Some(Value::Bool(left.len() == right.len() && differing_bits(&left, &right) == 0))
}

/// Looks at every byte, whatever it has found; `black_box` keeps the compiler from leaving early.
fn differing_bits(left: &[u8], right: &[u8]) -> u8 {
    left.iter().zip(right).fold(0, |found, (a, b)| std::hint::black_box(found | (a ^ b)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert_in, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn equal_and_not() {
        let txn = txn();
        txn.set_var(VarRef::parse(b"txn.raw").unwrap(), Value::str(b"1"));
        let equal = |input: &str| convert_in(&txn, "b64dec,secure_memcmp(txn.raw)", input.as_bytes());
        assert_eq!(equal("MQ==").as_deref(), Some("1"));
        assert_eq!(equal("Mg==").as_deref(), Some("0"));
        assert_eq!(equal("MTE=").as_deref(), Some("0"));
    }
}
