//! `dst_conn`: connections of the frontend that this one came to.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "dst_conn",
    Type::Int,
    Needs::CLIENT,
    |txn, _, _| count(txn.frontend.frontend_sessions.get()),
    doc("connections now at the frontend that this one came to", &[example("dst_conn", "", "0")]),
);
