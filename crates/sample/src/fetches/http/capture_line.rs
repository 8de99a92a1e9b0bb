//! `capture.req.method`, `capture.req.uri`, `capture.req.ver`, `capture.res.ver`: parts of the first line as it was
//! received, for use when the request is long gone.

use crate::fetches::prelude::*;
use crate::logformat::request_line::{Part, line, part};

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "capture.req.method",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| line(txn).map(|line| Value::str(part(Some(line), Part::Method))).into(),
        doc("the request's method as received", &[example("capture.req.method", "GET / HTTP/1.1", "GET")]),
    ),
    &row(
        "capture.req.uri",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| {
            let uri = line(txn).map(|line| part(Some(line), Part::Uri));
            uri.and_then(http::uri::path_and_query).map(Value::str).into()
        },
        doc(
            "path and query string of the request's URI as received",
            &[example("capture.req.uri", "GET http://h/a?b HTTP/1.1", "/a?b")],
        ),
    ),
    &row(
        "capture.req.ver",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| version(&txn.req),
        doc("the request's version as received", &[example("capture.req.ver", "GET / HTTP/1.0", "HTTP/1.0")]),
    ),
    &row(
        "capture.res.ver",
        Type::Str,
        Needs::STREAM,
        |txn, _, _| version(&txn.res),
        doc(
            "the response's version as received",
            &[example("capture.res.ver", "HTTP/1.1 200 OK", "HTTP/1.1")],
        ),
    ),
];

fn version(message: &Message) -> Fetched<'_> {
    match super::head(message) {
        Ok(head) => Value::str(head.version_text()).into(),
        Err(_) => Fetched::Absent,
    }
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn rules_do_not_change_it() {
        let mut txn = exchange("GET /before HTTP/1.1");
        txn.req.head.set_uri(b"/after");
        txn.req.head.set_method(b"POST");
        assert_eq!(eval("path", &txn).as_deref(), Some("/after"));
        assert_eq!(eval("capture.req.uri", &txn).as_deref(), Some("/before"));
        assert_eq!(eval("capture.req.method", &txn).as_deref(), Some("GET"));
    }
}
