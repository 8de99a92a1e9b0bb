//! `bc_be_queue`, `bc_srv_queue`, `bc_http_major`, `bc_reused`: how the server was reached.

use crate::fetches::client::http_major::major;
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "bc_be_queue",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| count(txn.log.backend_queue),
        doc("requests that were before this one in the backend's queue", &[example("bc_be_queue", "", "0")]),
    ),
    &row(
        "bc_srv_queue",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| count(txn.log.server_queue),
        doc("requests that were before this one in the server's queue", &[example("bc_srv_queue", "", "0")]),
    ),
    &row(
        "bc_http_major",
        Type::Int,
        Needs::SERVER,
        |txn, _, _| {
            let version = txn.res.is_here().then(|| major(txn.res.head.version()));
            version.map(Value::Int).into()
        },
        doc(
            "1 for HTTP/1, 2 for HTTP/2 on the server's side",
            &[example("bc_http_major", "HTTP/1.1 200 OK", "1")],
        ),
    ),
    &row(
        "bc_reused",
        Type::Bool,
        Needs::SERVER,
        |txn, _, _| Value::Bool(txn.is_server_reused).into(),
        doc(
            "whether the server's connection had been used before",
            &[example("bc_reused", "HTTP/1.1 200 OK", "0")],
        ),
    ),
];
