//! `neg`, `cpl`, `bool`, `not`, `odd`, `even`: one integer changed or judged.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::{Convert, ConvertFn};
use crate::txn::Txn;

/// A row of this family.
const fn unary(
    name: &'static str,
    out: Type,
    run: ConvertFn,
    brief: &'static str,
    examples: &'static [Example],
) -> Convert {
    let doc = Doc { brief, long: "", examples };
    Convert { name, aliases: &[], params: &[], input: Type::Int, out, check: None, run, doc }
}

pub(super) static NEG: Convert = unary(
    "neg",
    Type::Int,
    neg,
    "the integer with the other sign",
    &[
        Example { text: "neg", input: "5", output: "-5" },
        Example { text: "neg", input: "-9223372036854775808", output: "9223372036854775807" },
    ],
);

fn neg<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Int(n.checked_neg().unwrap_or(i64::MAX)))
}

pub(super) static CPL: Convert =
    unary("cpl", Type::Int, cpl, "bitwise complement", &[Example { text: "cpl", input: "5", output: "-6" }]);

fn cpl<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Int(!n))
}

pub(super) static BOOL: Convert = unary(
    "bool",
    Type::Bool,
    is_not_zero,
    "whether the integer is not 0",
    &[Example { text: "bool", input: "5", output: "1" }, Example { text: "bool", input: "0", output: "0" }],
);

fn is_not_zero<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Bool(n != 0))
}

pub(super) static NOT: Convert = unary(
    "not",
    Type::Bool,
    is_zero,
    "whether the integer is 0",
    &[Example { text: "not", input: "5", output: "0" }, Example { text: "not", input: "0", output: "1" }],
);

fn is_zero<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Bool(n == 0))
}

pub(super) static ODD: Convert = unary(
    "odd",
    Type::Bool,
    is_odd,
    "whether the integer is odd",
    &[Example { text: "odd", input: "5", output: "1" }, Example { text: "odd", input: "-4", output: "0" }],
);

fn is_odd<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Bool(n & 1 != 0))
}

pub(super) static EVEN: Convert = unary(
    "even",
    Type::Bool,
    is_even,
    "whether the integer is even",
    &[Example { text: "even", input: "5", output: "0" }, Example { text: "even", input: "-4", output: "1" }],
);

fn is_even<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_int().map(|n| Value::Bool(n & 1 == 0))
}
