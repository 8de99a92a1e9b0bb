//! `method`: the request's method.

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "method",
    Type::Method,
    Needs::STREAM,
    |txn, _, _| {
        with_head(txn, REQUEST, |head| Value::Method(head.method_kind(), head.method().into()).into())
    },
    doc(
        "the request's method",
        &[example("method", "GET / HTTP/1.1", "GET"), example("method", "FROB / HTTP/1.1", "FROB")],
    ),
);
