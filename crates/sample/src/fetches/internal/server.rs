//! `srv_id`, `srv_name`: the server of this exchange.

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "srv_id",
        Type::Int,
        Needs::SERVER,
        |txn, _, _| txn.server.as_ref().map(|server| Value::Int(i64::from(server.puid))).into(),
        doc("numeric id of the server that got the request", &[Example::usage("srv_id")]),
    ),
    &row(
        "srv_name",
        Type::Str,
        Needs::SERVER,
        |txn, _, _| txn.server.as_ref().map(|server| Value::str(server.name.as_bytes())).into(),
        doc("name of the server that got the request", &[Example::usage("srv_name")]),
    ),
];
