//! `query`: the request's query string.

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    params: &[Param::optional("option", Kind::Str)],
    check: Some(check),
    ..row(
        "query",
        Type::Str,
        Needs::REQUEST,
        run,
        Doc {
            brief: "what follows the question mark of the request's URI",
            long: "With the argument `with_qm` it begins with the question mark, unless nothing follows that.",
            examples: &[
                example("query", "GET /a?b=c HTTP/1.1", "b=c"),
                example("query(with_qm)", "GET /a?b=c HTTP/1.1", "?b=c"),
                example("query", "GET /a? HTTP/1.1", ""),
            ],
        },
    )
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.str(0) {
        None | Some(b"" | b"with_qm") => Ok(()),
        Some(other) => {
            Err(compile.problem(format!("`{}` is no option of `query`: with_qm", base::Lossy(other))))
        }
    }
}

fn run<'a>(txn: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    with_head(txn, REQUEST, |head| {
        let Some(query) = head.query() else { return Fetched::Absent };
        let uri = head.uri();
        let with_mark = args.str(0).is_some_and(|option| !option.is_empty()) && !query.is_empty();
        Value::str(if with_mark { &uri[uri.len() - query.len() - 1..] } else { query }).into()
    })
}
