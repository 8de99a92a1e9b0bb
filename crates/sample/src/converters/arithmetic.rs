//! `add`, `sub`, `mul`, `div`, `mod`, `and`, `or`, `xor`: integers computed with a constant or a variable.
//!
//! Nothing wraps: what does not fit 64 bits becomes the greatest or the smallest integer.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::operand;
use crate::args::{Args, Kind, Param};
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// A row of this family.
const fn binary(
    name: &'static str,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::required("operand", Kind::Str)] },
        input: Type::Int,
        out: Type::Int,
        check: Some(operand::check_first_int),
        run,
        doc: Doc {
            brief,
            long: "The operand is an integer or a variable; a variable that is not set, or is no number, \
                   leaves no value.",
            examples,
        },
    }
}

/// The input and the operand, both as integers, put through `compute`.
fn with_operand(
    value: &Value<'_>,
    args: &Args,
    txn: &Txn,
    compute: fn(i64, i64) -> i64,
) -> Option<Value<'static>> {
    Some(Value::Int(compute(value.to_int()?, operand::int(args, 0, txn)?)))
}

pub(super) static ADD: Convert = binary(
    "add",
    add,
    "sum, at most and at least what 64 bits hold",
    &[
        Example { text: "add(3)", input: "4", output: "7" },
        Example { text: "add(-5)", input: "4", output: "-1" },
        Example { text: "add(1)", input: "9223372036854775807", output: "9223372036854775807" },
    ],
);

fn add<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a.saturating_add(b))
}

pub(super) static SUB: Convert = binary(
    "sub",
    sub,
    "difference, at most and at least what 64 bits hold",
    &[
        Example { text: "sub(3)", input: "4", output: "1" },
        Example { text: "sub(-9223372036854775808)", input: "1", output: "9223372036854775807" },
    ],
);

fn sub<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a.saturating_sub(b))
}

pub(super) static MUL: Convert = binary(
    "mul",
    mul,
    "product, at most and at least what 64 bits hold",
    &[
        Example { text: "mul(-3)", input: "4", output: "-12" },
        Example { text: "mul(2)", input: "9223372036854775807", output: "9223372036854775807" },
        Example { text: "mul(-2)", input: "9223372036854775807", output: "-9223372036854775808" },
    ],
);

fn mul<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a.saturating_mul(b))
}

pub(super) static DIV: Convert = binary(
    "div",
    div,
    "quotient, rounded towards 0; by 0 the greatest integer",
    &[
        Example { text: "div(3)", input: "10", output: "3" },
        Example { text: "div(3)", input: "-10", output: "-3" },
        Example { text: "div(0)", input: "10", output: "9223372036854775807" },
    ],
);

fn div<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a.checked_div(b).unwrap_or(i64::MAX))
}

pub(super) static MOD: Convert = binary(
    "mod",
    modulo,
    "remainder of the division, with the sign of the input; by 0 it is 0",
    &[
        Example { text: "mod(3)", input: "10", output: "1" },
        Example { text: "mod(3)", input: "-10", output: "-1" },
        Example { text: "mod(0)", input: "10", output: "0" },
    ],
);

fn modulo<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a.checked_rem(b).unwrap_or(0))
}

pub(super) static AND: Convert =
    binary("and", and, "bitwise conjunction", &[Example { text: "and(6)", input: "12", output: "4" }]);

fn and<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a & b)
}

pub(super) static OR: Convert =
    binary("or", or, "bitwise disjunction", &[Example { text: "or(6)", input: "12", output: "14" }]);

fn or<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a | b)
}

pub(super) static XOR: Convert = binary(
    "xor",
    xor,
    "bitwise exclusive disjunction",
    &[Example { text: "xor(6)", input: "12", output: "10" }],
);

fn xor<'a>(value: Value<'a>, args: &'a Args, txn: &'a Txn) -> Option<Value<'a>> {
    with_operand(&value, args, txn, |a, b| a ^ b)
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, convert_in, refusal, txn};
    use state::Value;
    use state::vars::VarRef;

    #[test]
    fn operands_from_variables() {
        let txn = txn();
        txn.set_var(VarRef::parse(b"txn.n").unwrap(), Value::str(b"5x"));
        txn.set_var(VarRef::parse(b"txn.bytes").unwrap(), Value::bin(b"5"));
        assert_eq!(convert_in(&txn, "add(txn.n)", b"2").as_deref(), Some("7"));
        assert_eq!(convert_in(&txn, "add(txn.bytes)", b"2"), None);
        assert_eq!(convert_in(&txn, "add(txn.unset)", b"2"), None);
    }

    #[test]
    fn the_smallest_integer_divides_without_overflow() {
        assert_eq!(convert("div(-1)", "-9223372036854775808").as_deref(), Some("9223372036854775807"));
        assert_eq!(convert("mod(-1)", "-9223372036854775808").as_deref(), Some("0"));
    }

    #[test]
    fn operands_that_cannot_be() {
        for text in ["add(x)", "mul(1x)", "and(1,2)", "or(foo.bar)"] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }
}
