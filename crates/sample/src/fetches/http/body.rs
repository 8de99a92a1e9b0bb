//! `req.body`, `req.body_len`, `req.body_size` and the same of the response: the body as far as it was buffered.

use super::{REQUEST, RESPONSE, Side, with_head};
use crate::fetches::prelude::*;

const WAIT: &str = "What has arrived and was kept: `option http-buffer-request` or `wait-for-body` sees to it that this is \
                    as much as there is room for.";

const fn of(name: &'static str, out: Type, needs: Needs, run: FetchFn, doc: Doc) -> Fetch {
    Fetch { check: Some(check), ..row(name, out, needs, run, doc) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "req.body",
        Type::Bin,
        Needs::REQUEST_BODY,
        |txn, _, _| body(txn, REQUEST),
        Doc {
            brief: "the request's body",
            long: WAIT,
            examples: &[example("req.body", "POST / HTTP/1.1\nHost: h\n\nab=c", "ab=c")],
        },
    ),
    &of(
        "req.body_len",
        Type::Int,
        Needs::REQUEST_BODY,
        |txn, _, _| len(txn, REQUEST),
        Doc {
            brief: "length of the request's body as far as it is there",
            long: WAIT,
            examples: &[example("req.body_len", "POST / HTTP/1.1\n\nabc", "3")],
        },
    ),
    &of(
        "req.body_size",
        Type::Int,
        Needs::REQUEST_BODY,
        |txn, _, _| size(txn, REQUEST),
        doc(
            "length of the request's body as announced, or as far as it is there",
            &[example("req.body_size", "POST / HTTP/1.1\n\nabc", "3")],
        ),
    ),
    &of(
        "res.body",
        Type::Bin,
        Needs::RESPONSE_BODY,
        |txn, _, _| body(txn, RESPONSE),
        Doc {
            brief: "the response's body",
            long: WAIT,
            examples: &[example("res.body", "HTTP/1.1 200 OK\n\nabc", "abc")],
        },
    ),
    &of(
        "res.body_len",
        Type::Int,
        Needs::RESPONSE_BODY,
        |txn, _, _| len(txn, RESPONSE),
        Doc {
            brief: "length of the response's body as far as it is there",
            long: WAIT,
            examples: &[example("res.body_len", "HTTP/1.1 200 OK\n\nabc", "3")],
        },
    ),
    &of(
        "res.body_size",
        Type::Int,
        Needs::RESPONSE_BODY,
        |txn, _, _| size(txn, RESPONSE),
        doc(
            "length of the response's body as announced, or as far as it is there",
            &[example("res.body_size", "HTTP/1.1 200 OK\n\nabc", "3")],
        ),
    ),
];

/// The engine buffers bodies only where a rule looks at them.
pub(super) fn check(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    if compile.place.is_response() {
        compile.uses.response_body = true;
    } else {
        compile.uses.request_body = true;
    }
    Ok(())
}

fn body(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |_| Value::bin(&side(txn).body).into())
}

fn len(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |_| count(side(txn).body.len()))
}

fn size(txn: &Txn, side: Side) -> Fetched<'_> {
    with_head(txn, side, |_| {
        let message = side(txn);
        let there = u64::try_from(message.body.len()).unwrap_or(u64::MAX);
        count(message.length.map_or(there, |announced| announced.max(there)))
    })
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn an_announced_size() {
        let mut txn = exchange("POST / HTTP/1.1\n\nab");
        txn.req.length = Some(10);
        assert_eq!(eval("req.body_size", &txn).as_deref(), Some("10"));
        assert_eq!(eval("req.body_len", &txn).as_deref(), Some("2"));
    }
}
