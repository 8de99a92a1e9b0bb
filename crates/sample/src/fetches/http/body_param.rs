//! `req.body_param`: a parameter of a form in the request's body.

use http::uri::NameCase;

use super::{REQUEST, body, url_param, walked, with_head};
use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    params: &[Param::optional("name", Kind::Str), Param::optional("i", Kind::Str)],
    check: Some(body::check),
    ..row(
        "req.body_param",
        Type::Bin,
        Needs::REQUEST_BODY,
        run,
        Doc {
            brief: "value of the first parameter of this name in the body, as it stands there",
            long: "The body is read as `a=1&b=2`, whatever its type. `i` as the second argument compares names without \
                   case.",
            examples: &[
                example("req.body_param(b)", "POST / HTTP/1.1\n\na=1&b=2", "2"),
                example("req.body_param(B,i)", "POST / HTTP/1.1\n\na=1&b=2", "2"),
            ],
        },
    )
};

fn run<'a>(txn: &'a Txn, args: &'a Args, walk: &mut Walk) -> Fetched<'a> {
    let case = match args.str(1).and_then(<[u8]>::first) {
        Some(b'i') => NameCase::Insensitive,
        _ => NameCase::Sensitive,
    };
    with_head(txn, REQUEST, |_| {
        let values = url_param::named(&txn.req.body, args.str(0).unwrap_or_default(), b'&', case);
        walked(walk, values, |all| all.next(), |value| Value::bin(value).into())
    })
}
