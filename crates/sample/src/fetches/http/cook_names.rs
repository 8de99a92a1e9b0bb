//! `req.cook_names`, `res.cook_names`: the names of all cookies.

use http::cookie::Cookie;

use super::cook::{sent, set};
use super::{REQUEST, RESPONSE, with_head};
use crate::fetches::prelude::*;

const DELIMITER: &[Param] = &[Param::optional("delimiter", Kind::Str)];
const LONG: &str = "Separated by commas, or by the first character of the argument.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: DELIMITER,
        ..row(
            "req.cook_names",
            Type::Str,
            Needs::REQUEST,
            |txn, args, _| with_head(txn, REQUEST, |head| names(sent(head), args)),
            Doc {
                brief: "names of all cookies that the client sends",
                long: LONG,
                examples: &[
                    example("req.cook_names", "GET / HTTP/1.1\nCookie: a=1; b=2", "a,b"),
                    example("req.cook_names(-)", "GET / HTTP/1.1\nCookie: a=1; b=2\nCookie: c=3", "a-b-c"),
                ],
            },
        )
    },
    &Fetch {
        params: DELIMITER,
        ..row(
            "res.cook_names",
            Type::Str,
            Needs::RESPONSE,
            |txn, args, _| with_head(txn, RESPONSE, |head| names(set(head), args)),
            Doc {
                brief: "names of all cookies that the server sets",
                long: LONG,
                examples: &[example(
                    "res.cook_names",
                    "HTTP/1.1 200 OK\nSet-Cookie: a=1; Path=/\nSet-Cookie: b=2",
                    "a,b",
                )],
            },
        )
    },
];

fn names<'a>(all: impl Iterator<Item = Cookie<'a>>, args: &Args) -> Fetched<'a> {
    let delimiter = args.str(0).and_then(<[u8]>::first).copied().unwrap_or(b',');
    let mut out = Vec::new();
    for cookie in all {
        if !out.is_empty() {
            out.push(delimiter);
        }
        out.extend_from_slice(cookie.name);
    }
    Value::string(out).into()
}
