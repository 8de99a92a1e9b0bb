//! `base`, `baseq`: host and path together.

use http::message::Head;

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "base",
        Type::Str,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| joined(head, head.path())),
        Doc {
            brief: "the Host header and the path, one behind the other",
            long: "Without a Host the path alone, for `*` the Host alone.",
            examples: &[
                example("base", "GET /a?b HTTP/1.1\nHost: example.com:80", "example.com:80/a"),
                example("base", "GET /a HTTP/1.0", "/a"),
                example("base", "OPTIONS * HTTP/1.1\nHost: h", "h"),
            ],
        },
    ),
    &row(
        "baseq",
        Type::Str,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| joined(head, head.path_and_query())),
        doc(
            "the Host header, the path and the query string, one behind the other",
            &[example("baseq", "GET /a?b HTTP/1.1\nHost: example.com", "example.com/a?b")],
        ),
    ),
];

/// The Host header's first element.
pub(super) fn host(head: &Head) -> &[u8] {
    http::lists::element(&head.fields, b"host", 1).unwrap_or_default()
}

fn joined<'a>(head: &'a Head, path: Option<&'a [u8]>) -> Fetched<'a> {
    let host = host(head);
    if host.is_empty() {
        return path.map(Value::str).into();
    }
    let path = path.filter(|path| path.starts_with(b"/")).unwrap_or_default();
    if path.is_empty() { Value::str(host).into() } else { Value::string([host, path].concat()).into() }
}
