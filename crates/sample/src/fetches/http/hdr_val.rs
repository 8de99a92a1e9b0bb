//! `req.hdr_val`, `res.hdr_val`: a number in a header.

use super::hdr::{PARAMS, check, element};
use super::{REQUEST, RESPONSE};
use crate::fetches::prelude::*;

const fn of(
    name: &'static str,
    aliases: &'static [&'static str],
    needs: Needs,
    run: FetchFn,
    doc: Doc,
) -> Fetch {
    Fetch { aliases, params: PARAMS, check: Some(check), ..row(name, Type::Int, needs, run, doc) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.hdr_val",
        &["hdr_val"],
        Needs::REQUEST,
        |txn, args, walk| element(txn, REQUEST, args, walk, value),
        doc(
            "an element of a request header as a number",
            &[
                example("req.hdr_val(content-length)", "POST / HTTP/1.1\nContent-Length: 123", "123"),
                example("hdr_val(x)", "GET / HTTP/1.1\nX: -7 apples", "-7"),
            ],
        ),
    ),
    &of(
        "res.hdr_val",
        &["shdr_val"],
        Needs::RESPONSE,
        |txn, args, walk| element(txn, RESPONSE, args, walk, value),
        doc(
            "an element of a response header as a number",
            &[example("res.hdr_val(x,1)", "HTTP/1.1 200 OK\nX: 5, 6", "5")],
        ),
    ),
];

#[expect(clippy::unnecessary_wraps, reason = "as `element` wants it")]
fn value<'a>(text: &'a [u8]) -> Option<Value<'a>> {
    Some(Value::Int(leading_int(text)))
}
