//! `req.len`, `res.len`: how many bytes are there to look at.

use super::{bytes, is_over};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["req_len"],
        ..row(
            "req.len",
            Type::Int,
            Needs::REQUEST_BYTES,
            |txn, _, walk| len(txn, &txn.req, walk),
            doc("bytes of the request to look at", &[]),
        )
    },
    &row(
        "res.len",
        Type::Int,
        Needs::RESPONSE_BYTES,
        |txn, _, walk| len(txn, &txn.res, walk),
        doc("bytes of the response to look at", &[]),
    ),
];

fn len<'a>(txn: &Txn, message: &Message, walk: &mut Walk) -> Fetched<'a> {
    walk.may_change = !is_over(message);
    count(bytes(txn, message).map_or(0, <[u8]>::len))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};

    #[test]
    fn counts_what_is_there() {
        assert_eq!(ask("req.len", &tcp(b"")), "0");
        assert_eq!(ask("req_len", &tcp(b"abc")), "3");
    }
}
