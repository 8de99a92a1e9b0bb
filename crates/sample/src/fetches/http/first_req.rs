//! `http_first_req`: whether this is the connection's first request.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "http_first_req",
    Type::Bool,
    Needs::STREAM,
    run,
    doc(
        "whether this is the first request of its connection",
        &[example("http_first_req", "GET / HTTP/1.1", "1")],
    ),
);

fn run<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    super::with_head(txn, super::REQUEST, |_| Value::Bool(txn.session.requests <= 1).into())
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn later_requests() {
        let mut txn = exchange("GET / HTTP/1.1");
        txn.session.requests = 2;
        assert_eq!(eval("http_first_req", &txn).as_deref(), Some("0"));
    }
}
