//! `always_true`, `always_false`: for rules under construction.

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "always_true",
        Type::Bool,
        Needs::NOTHING,
        |_, _, _| Value::Bool(true).into(),
        doc("true", &[example("always_true", "", "1")]),
    ),
    &row(
        "always_false",
        Type::Bool,
        Needs::NOTHING,
        |_, _, _| Value::Bool(false).into(),
        doc("false", &[example("always_false", "", "0")]),
    ),
];
