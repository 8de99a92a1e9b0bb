//! `path`, `pathq`: the path of the request's URI, without and with its query string.

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &of_subject(
        row(
            "path",
            Type::Str,
            Needs::REQUEST,
            |txn, _, _| with_head(txn, REQUEST, |head| head.path().map(Value::str).into()),
            doc(
                "path of the request's URI, up to the question mark",
                &[
                    example("path", "GET /a/b?c=1 HTTP/1.1", "/a/b"),
                    example("path", "GET http://host/a?b HTTP/1.1", "/a"),
                ],
            ),
        ),
        Subject::Path,
    ),
    &of_subject(
        row(
            "pathq",
            Type::Str,
            Needs::REQUEST,
            |txn, _, _| with_head(txn, REQUEST, |head| head.path_and_query().map(Value::str).into()),
            doc(
                "path of the request's URI with its query string",
                &[example("pathq", "GET http://host/a/b?c=1 HTTP/1.1", "/a/b?c=1")],
            ),
        ),
        Subject::PathAndQuery,
    ),
];

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn an_asterisk_has_no_path() {
        let txn = exchange("OPTIONS * HTTP/1.1");
        assert_eq!(eval("path", &txn), None);
        assert_eq!(eval("pathq", &txn), None);
    }
}
