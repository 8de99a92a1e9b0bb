//! `fc_http_major`: the version of HTTP that the client's connection speaks.

use http::message::Version;

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "fc_http_major",
    Type::Int,
    Needs::CLIENT,
    run,
    doc(
        "1 for HTTP/1, 2 for HTTP/2, 0 while it is not known",
        &[example("fc_http_major", "GET / HTTP/1.0", "1")],
    ),
);

fn run<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    Value::Int(if txn.req.is_here() { major(txn.req.head.version()) } else { 0 }).into()
}

/// The major number of `version`.
pub(in crate::fetches) const fn major(version: Version) -> i64 {
    match version {
        Version::Http2 => 2,
        Version::Http3 => 3,
        Version::Http10 | Version::Http11 | Version::Other => 1,
    }
}
