//! `req.ver`, `res.ver`: the version of HTTP in a start line.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["req_ver"],
        ..row(
            "req.ver",
            Type::Str,
            Needs::STREAM,
            |txn, _, _| version(txn, REQUEST),
            doc("version of HTTP in the request line", &[example("req.ver", "GET / HTTP/1.0", "1.0")]),
        )
    },
    &Fetch {
        aliases: &["resp_ver"],
        ..row(
            "res.ver",
            Type::Str,
            Needs::RESPONSE,
            |txn, _, _| version(txn, RESPONSE),
            doc("version of HTTP in the status line", &[example("res.ver", "HTTP/1.1 200 OK", "1.1")]),
        )
    },
];

fn version(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |head| {
        let text = head.version_text();
        Value::str(text.iter().position(|byte| *byte == b'/').map_or(text, |slash| &text[slash + 1..])).into()
    })
}
