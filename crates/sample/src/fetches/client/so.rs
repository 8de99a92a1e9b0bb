//! `so_id`, `so_name`: the `bind` line that the connection came through.

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "so_id",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| count(txn.session.listener.id),
        doc("numeric id of the `bind` line that the connection came through", &[example("so_id", "", "1")]),
    ),
    &row(
        "so_name",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| txn.session.listener.name.as_ref().map(|name| Value::str(name.as_bytes())).into(),
        doc("`name` of the `bind` line that the connection came through, if it has one", &[]),
    ),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::testing::{eval, txn};
    use crate::txn::ListenerFacts;

    #[test]
    fn a_named_listener() {
        let mut txn = txn();
        assert_eq!(eval("so_name", &txn), None);
        txn.session.listener =
            Arc::new(ListenerFacts { name: Some("https".into()), ..ListenerFacts::default() });
        assert_eq!(eval("so_name", &txn).as_deref(), Some("https"));
    }
}
