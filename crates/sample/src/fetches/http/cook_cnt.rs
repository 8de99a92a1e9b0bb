//! `req.cook_cnt`, `res.cook_cnt`: how many cookies there are.

use super::cook::{NAME, sent, set, values};
use super::{REQUEST, RESPONSE, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["cook_cnt"],
        params: NAME,
        ..row(
            "req.cook_cnt",
            Type::Int,
            Needs::REQUEST,
            |txn, args, _| with_head(txn, REQUEST, |head| count(values(sent(head), args).count())),
            doc(
                "number of cookies of this name, or of all, that the client sends",
                &[
                    example("req.cook_cnt(a)", "GET / HTTP/1.1\nCookie: a=1; b=2; a=3", "2"),
                    example("cook_cnt", "GET / HTTP/1.1\nCookie: a=1; b=2", "2"),
                    example("req.cook_cnt", "GET / HTTP/1.1", "0"),
                ],
            ),
        )
    },
    &Fetch {
        aliases: &["scook_cnt"],
        params: NAME,
        ..row(
            "res.cook_cnt",
            Type::Int,
            Needs::RESPONSE,
            |txn, args, _| with_head(txn, RESPONSE, |head| count(values(set(head), args).count())),
            doc(
                "number of cookies of this name, or of all, that the server sets",
                &[example("res.cook_cnt", "HTTP/1.1 200 OK\nSet-Cookie: a=1; Path=/\nSet-Cookie: b=2", "2")],
            ),
        )
    },
];
