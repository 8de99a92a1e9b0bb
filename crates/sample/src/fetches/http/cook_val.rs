//! `req.cook_val`, `res.cook_val`: a cookie's value as a number.

use super::cook::{NAME, one_of, sent, set};
use super::{REQUEST, RESPONSE, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["cook_val"],
        params: NAME,
        ..row(
            "req.cook_val",
            Type::Int,
            Needs::REQUEST,
            |txn, args, walk| with_head(txn, REQUEST, |head| one_of(sent(head), args, walk, number)),
            doc(
                "`req.cook` as a number",
                &[example("req.cook_val(n)", "GET / HTTP/1.1\nCookie: n=12", "12")],
            ),
        )
    },
    &Fetch {
        aliases: &["scook_val"],
        params: NAME,
        ..row(
            "res.cook_val",
            Type::Int,
            Needs::RESPONSE,
            |txn, args, walk| with_head(txn, RESPONSE, |head| one_of(set(head), args, walk, number)),
            doc(
                "`res.cook` as a number",
                &[example("res.cook_val(n)", "HTTP/1.1 200 OK\nSet-Cookie: n=12; Secure", "12")],
            ),
        )
    },
];

fn number<'a>(value: &'a [u8]) -> Value<'a> {
    Value::Int(leading_int(value))
}
