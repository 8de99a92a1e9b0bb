//! `req.hdr_names`, `res.hdr_names`: the names of all headers.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

const DELIMITER: &[Param] = &[Param::optional("delimiter", Kind::Str)];

const fn of(name: &'static str, needs: Needs, run: FetchFn, examples: &'static [Example]) -> Fetch {
    Fetch {
        params: DELIMITER,
        ..row(
            name,
            Type::Str,
            needs,
            run,
            Doc {
                brief: "names of all headers in their order, in lower case",
                long: "Separated by commas, or by the first character of the argument.",
                examples,
            },
        )
    }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.hdr_names",
        Needs::REQUEST,
        |txn, args, _| names(txn, REQUEST, args),
        &[
            example("req.hdr_names", "GET / HTTP/1.1\nHost: h\nX-A: 1", "host,x-a"),
            example("req.hdr_names(|)", "GET / HTTP/1.1\nHost: h\nX-A: 1", "host|x-a"),
        ],
    ),
    &of(
        "res.hdr_names",
        Needs::RESPONSE,
        |txn, args, _| names(txn, RESPONSE, args),
        &[example("res.hdr_names", "HTTP/1.1 200 OK\nServer: s", "server")],
    ),
];

fn names<'a>(txn: &'a Txn, side: Side, args: &Args) -> Fetched<'a> {
    let delimiter = args.str(0).and_then(<[u8]>::first).copied().unwrap_or(b',');
    with_head(txn, side, |head| {
        let mut out = Vec::new();
        for (name, _) in &head.fields {
            if !out.is_empty() {
                out.push(delimiter);
            }
            out.extend(name.iter().map(u8::to_ascii_lowercase));
        }
        Value::string(out).into()
    })
}
