//! `last_entity`, `last_rule_file`, `last_rule_line`: the rule that ended a ruleset last.

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "last_rule_file",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| txn.last_rule_file().map(|file| Value::str(file.as_bytes())).into(),
        doc("file of the final rule that was applied last", &[]),
    ),
    &row(
        "last_rule_line",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| txn.last_rule.map(|(_, line)| Value::Int(i64::from(line))).into(),
        doc("line of the final rule that was applied last", &[]),
    ),
    &row(
        "last_entity",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| {
            let place = txn.last_rule_file().zip(txn.last_rule);
            let place = place.map(|(file, (_, line))| format!("{file}:{line}"));
            place.map(|place| Value::string(place.into_bytes())).into()
        },
        doc("file and line of the rule that interrupted the evaluation last", &[]),
    ),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::testing::{eval, runtime, txn};

    #[test]
    fn only_after_a_rule() {
        let mut txn = txn();
        assert_eq!(eval("last_rule_line", &txn), None);
        let mut runtime = runtime();
        runtime.files.push("lb.cfg".into());
        txn.runtime = Arc::new(runtime);
        txn.last_rule = Some((diag::FileId(0), 12));
        assert_eq!(eval("last_rule_file", &txn).as_deref(), Some("lb.cfg"));
        assert_eq!(eval("last_rule_line", &txn).as_deref(), Some("12"));
        assert_eq!(eval("last_entity", &txn).as_deref(), Some("lb.cfg:12"));
    }
}
