//! `req.hdrs`, `res.hdrs`: all headers as text.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

const fn of(name: &'static str, needs: Needs, run: FetchFn, examples: &'static [Example]) -> Fetch {
    row(
        name,
        Type::Bin,
        needs,
        run,
        Doc {
            brief: "all headers as text, names in lower case",
            long: "One line each and an empty line at the end, without the start line.",
            examples,
        },
    )
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.hdrs",
        Needs::REQUEST,
        |txn, _, _| lines(txn, REQUEST),
        &[example(
            "req.hdrs",
            "GET / HTTP/1.1\nHost: h\nX-A: 1",
            "host: h\\x0d\\x0ax-a: 1\\x0d\\x0a\\x0d\\x0a",
        )],
    ),
    &of(
        "res.hdrs",
        Needs::RESPONSE,
        |txn, _, _| lines(txn, RESPONSE),
        &[example("res.hdrs", "HTTP/1.1 204 No", "\\x0d\\x0a")],
    ),
];

fn lines(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |head| {
        let mut out = Vec::new();
        for (name, value) in &head.fields {
            out.extend(name.iter().map(u8::to_ascii_lowercase));
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        Value::binary(out).into()
    })
}
