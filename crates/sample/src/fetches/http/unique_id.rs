//! `unique-id`: what `unique-id-format` made of this request.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "unique-id",
    Type::Str,
    Needs::STREAM,
    |txn, _, _| txn.unique_id.as_deref().map(Value::str).into(),
    Doc {
        brief: "the identifier that `unique-id-format` makes for each request",
        long: "Without a value where the frontend has no `unique-id-format`.",
        examples: &[Example::usage("unique-id")],
    },
);

#[cfg(test)]
mod tests {
    use crate::testing::{eval, txn};

    #[test]
    fn once_made() {
        let mut txn = txn();
        assert_eq!(eval("unique-id", &txn), None);
        txn.unique_id = Some(b"7F000001:1".as_slice().into());
        assert_eq!(eval("unique-id", &txn).as_deref(), Some("7F000001:1"));
    }
}
