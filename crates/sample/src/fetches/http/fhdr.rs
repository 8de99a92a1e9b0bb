//! `req.fhdr`, `res.fhdr`: the whole value of a header, commas included.

use super::hdr::{PARAMS, check, occurrence};
use super::{REQUEST, RESPONSE, Side, walked, with_head};
use crate::fetches::prelude::*;

const LONG: &str = "The second argument says which of several headers of that name: 1 is the first, -1 the last, which is \
                    also what is taken without it. An ACL without it tries all.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: PARAMS,
        check: Some(check),
        ..row(
            "req.fhdr",
            Type::Str,
            Needs::REQUEST,
            |txn, args, walk| value(txn, REQUEST, args, walk),
            Doc {
                brief: "the whole value of a request header",
                long: LONG,
                examples: &[
                    example("req.fhdr(x)", "GET / HTTP/1.1\nX: a, b\nX: c, d", "c, d"),
                    example("req.fhdr(x,1)", "GET / HTTP/1.1\nX: a, b\nX: c, d", "a, b"),
                ],
            },
        )
    },
    &Fetch {
        params: PARAMS,
        check: Some(check),
        ..row(
            "res.fhdr",
            Type::Str,
            Needs::RESPONSE,
            |txn, args, walk| value(txn, RESPONSE, args, walk),
            Doc {
                brief: "the whole value of a response header",
                long: LONG,
                examples: &[example(
                    "res.fhdr(date)",
                    "HTTP/1.1 200 OK\nDate: Sun, 06 Nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov 1994 08:49:37 GMT",
                )],
            },
        )
    },
];

fn value<'a>(txn: &'a Txn, side: Side, args: &'a Args, walk: &mut Walk) -> Fetched<'a> {
    let Some(name) = args.field(0) else { return Fetched::Absent };
    with_head(txn, side, |head| match occurrence(args) {
        Some(number) => http::lists::value(&head.fields, name, number).map(trimmed).into(),
        None => walked(walk, head.fields.all(name), |all| all.last(), |value| trimmed(value).into()),
    })
}

/// Rules may have written blanks around a value; they are not part of it.
fn trimmed(value: &[u8]) -> Value<'_> {
    Value::str(value.trim_ascii())
}
