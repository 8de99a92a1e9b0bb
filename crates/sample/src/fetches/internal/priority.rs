//! `prio_class`, `prio_offset`: where in a queue this request stands (`set-priority-class`, `set-priority-offset`).

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "prio_class",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| Value::Int(i64::from(txn.overrides.priority_class)).into(),
        doc("class that `set-priority-class` chose, 0 by default", &[example("prio_class", "", "0")]),
    ),
    &row(
        "prio_offset",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| Value::Int(i64::from(txn.overrides.priority_offset_ms)).into(),
        doc(
            "milliseconds that `set-priority-offset` chose, 0 by default",
            &[example("prio_offset", "", "0")],
        ),
    ),
];
