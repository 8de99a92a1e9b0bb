//! `req.hdr_cnt`, `res.hdr_cnt`, `req.fhdr_cnt`, `res.fhdr_cnt`: how many elements, or headers, there are.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

const NAME: &[Param] = &[Param::optional("name", Kind::Field)];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["hdr_cnt"],
        params: NAME,
        ..row(
            "req.hdr_cnt",
            Type::Int,
            Needs::REQUEST,
            |txn, args, _| elements(txn, REQUEST, args),
            doc(
                "number of elements of a request header, of all headers without a name",
                &[example("req.hdr_cnt(x)", "GET / HTTP/1.1\nX: a, b\nX: c", "3")],
            ),
        )
    },
    &Fetch {
        aliases: &["shdr_cnt"],
        params: NAME,
        ..row(
            "res.hdr_cnt",
            Type::Int,
            Needs::RESPONSE,
            |txn, args, _| elements(txn, RESPONSE, args),
            doc(
                "number of elements of a response header, of all headers without a name",
                &[
                    example("res.hdr_cnt(x)", "HTTP/1.1 200 OK\nX: a, b", "2"),
                    example("shdr_cnt(y)", "HTTP/1.1 200 OK", "0"),
                ],
            ),
        )
    },
    &Fetch {
        params: NAME,
        ..row(
            "req.fhdr_cnt",
            Type::Int,
            Needs::REQUEST,
            |txn, args, _| values(txn, REQUEST, args),
            doc(
                "number of request headers of this name, or of all",
                &[
                    example("req.fhdr_cnt(x)", "GET / HTTP/1.1\nX: a, b\nX: c", "2"),
                    example("req.fhdr_cnt", "GET / HTTP/1.1\nX: a, b\nY: c", "2"),
                ],
            ),
        )
    },
    &Fetch {
        params: NAME,
        ..row(
            "res.fhdr_cnt",
            Type::Int,
            Needs::RESPONSE,
            |txn, args, _| values(txn, RESPONSE, args),
            doc(
                "number of response headers of this name, or of all",
                &[example("res.fhdr_cnt(x)", "HTTP/1.1 200 OK\nX: a, b", "1")],
            ),
        )
    },
];

fn elements<'a>(txn: &'a Txn, side: Side, args: &Args) -> Fetched<'a> {
    with_head(txn, side, |head| {
        count(match args.field(0) {
            Some(name) => http::lists::element_count(&head.fields, name),
            None => head.fields.iter().map(|(_, value)| http::lists::elements(value).count()).sum(),
        })
    })
}

fn values<'a>(txn: &'a Txn, side: Side, args: &Args) -> Fetched<'a> {
    with_head(txn, side, |head| {
        count(args.field(0).map_or(head.fields.len(), |name| http::lists::value_count(&head.fields, name)))
    })
}
