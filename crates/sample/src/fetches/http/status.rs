//! `status`, `server_status`, `txn.status`: the response's status.

use super::{RESPONSE, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "status",
        Type::Int,
        Needs::RESPONSE,
        |txn, _, _| with_head(txn, RESPONSE, |head| count(head.status())),
        doc("status of the response", &[example("status", "HTTP/1.1 404 Not Found", "404")]),
    ),
    &row(
        "server_status",
        Type::Int,
        Needs::RESPONSE,
        |txn, _, _| known(txn.log.server_status),
        doc("status that the server sent, whatever became of it", &[]),
    ),
    &row(
        "txn.status",
        Type::Int,
        Needs::STREAM,
        |txn, _, _| match with_head(txn, RESPONSE, |head| count(head.status())) {
            Fetched::Value(status) => status.into(),
            Fetched::Absent | Fetched::NotYet => known(txn.log.status),
        },
        doc("status of the response, whoever made it", &[example("txn.status", "HTTP/1.1 302 Found", "302")]),
    ),
];

fn known<'a>(status: u16) -> Fetched<'a> {
    if status == 0 { Fetched::Absent } else { count(status) }
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn of_replies_made_here() {
        let mut txn = exchange("HTTP/1.1 200 OK");
        assert_eq!(eval("server_status", &txn), None);
        txn.res.head.set_status(403, None);
        txn.log.server_status = 200;
        assert_eq!(eval("status", &txn).as_deref(), Some("403"));
        assert_eq!(eval("server_status", &txn).as_deref(), Some("200"));
    }
}
