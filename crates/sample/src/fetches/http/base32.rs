//! `base32`, `base32+src`, `url32`, `url32+src`: hashes of host and path, for tables with a key for each page.

use std::net::IpAddr;

use http::message::Head;
use state::balance::hash;

use super::{REQUEST, base, head, with_head};
use crate::fetches::prelude::*;

/// Which part of the URI is hashed behind the host.
#[derive(Clone, Copy)]
enum Part {
    Path,
    PathAndQuery,
}

const WITH_SRC: &str = "The source address follows the hash: 8 bytes for IPv4, 20 for IPv6.";

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "base32",
        Type::Int,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| hashed(head, Part::Path)),
        doc("32-bit hash of host and path", &[Example::usage("base32")]),
    ),
    &row(
        "base32+src",
        Type::Bin,
        Needs::REQUEST,
        |txn, _, _| with_src(txn, Part::Path),
        Doc { brief: "32-bit hash of host and path with the source address", long: WITH_SRC, examples: &[] },
    ),
    &row(
        "url32",
        Type::Int,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| hashed(head, Part::PathAndQuery)),
        doc("32-bit hash of host, path and query string", &[Example::usage("url32")]),
    ),
    &row(
        "url32+src",
        Type::Bin,
        Needs::REQUEST,
        |txn, _, _| with_src(txn, Part::PathAndQuery),
        Doc {
            brief: "32-bit hash of host, path and query with the source address",
            long: WITH_SRC,
            examples: &[],
        },
    ),
];

fn hash(head: &Head, part: Part) -> u32 {
    let (host, path) = match part {
        Part::Path => (base::host(head), head.path()),
        Part::PathAndQuery => (head.fields.get(b"host").unwrap_or_default(), head.path_and_query()),
    };
    let path = path.filter(|path| path.starts_with(b"/")).unwrap_or_default();
    hash::full(hash::sdbm(&[host, path].concat()))
}

fn hashed<'a>(head: &Head, part: Part) -> Fetched<'a> {
    Value::Int(i64::from(hash(head, part))).into()
}

fn with_src<'a>(txn: &Txn, part: Part) -> Fetched<'a> {
    let head = match head(&txn.req) {
        Ok(head) => head,
        Err(answer) => return answer,
    };
    let Some(src) = txn.session.src else { return Fetched::Absent };
    let mut out = hash(head, part).to_be_bytes().to_vec();
    match src.ip() {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
    Value::binary(out).into()
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn a_query_counts_for_one_of_them() {
        let hash =
            |text: &str, uri: &str| eval(text, &exchange(&format!("GET {uri} HTTP/1.1\nHost: h"))).unwrap();
        assert_eq!(hash("base32", "/a?b"), hash("base32", "/a"));
        assert_eq!(hash("base32", "/a"), hash("url32", "/a"));
        assert_ne!(hash("url32", "/a?b"), hash("url32", "/a"));
        let with_src = |text: &str| eval(text, &exchange("GET /a HTTP/1.1\nHost: h")).unwrap();
        assert_eq!(with_src("base32+src,hex").len(), 16);
        assert!(with_src("url32+src,hex").ends_with("C0000201"));
    }
}
