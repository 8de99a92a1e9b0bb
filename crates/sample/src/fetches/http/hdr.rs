//! `req.hdr`, `res.hdr`: one element of a header.

use http::message::Known;

use super::{REQUEST, RESPONSE, Side, any_text, head_says, walked, with_head};
use crate::fetches::prelude::*;

/// A name and which of its occurrences.
pub(super) const PARAMS: &[Param] =
    &[Param::optional("name", Kind::Field), Param::optional("occurrence", Kind::Int)];

const LONG: &str = "Headers of the same name are one list whose elements are separated by commas. The second argument \
                    says which: 1 is the first, -1 the last, which is also what is taken without it. An ACL without it \
                    tries all.";

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: PARAMS,
        check: Some(check),
        texts: Some(Texts::Each(|txn, args, accept| texts(txn, REQUEST, args, accept))),
        subject: Some(subject),
        ..row(
            "req.hdr",
            Type::Str,
            Needs::REQUEST,
            |txn, args, walk| element(txn, REQUEST, args, walk, |value| Some(Value::str(value))),
            Doc {
                brief: "an element of a request header",
                long: LONG,
                examples: &[
                    example("req.hdr(host)", "GET / HTTP/1.1\nHost: h", "h"),
                    example("hdr(x)", "GET / HTTP/1.1\nX: a, b\nX: c", "c"),
                    example("req.hdr(x,2)", "GET / HTTP/1.1\nX: a, b\nX: c", "b"),
                    example("req.hdr(x,-3)", "GET / HTTP/1.1\nX: a, b\nX: c", "a"),
                ],
            },
        )
    },
    &Fetch {
        aliases: &["shdr"],
        params: PARAMS,
        check: Some(check),
        texts: Some(Texts::Each(|txn, args, accept| texts(txn, RESPONSE, args, accept))),
        ..row(
            "res.hdr",
            Type::Str,
            Needs::RESPONSE,
            |txn, args, walk| element(txn, RESPONSE, args, walk, |value| Some(Value::str(value))),
            Doc {
                brief: "an element of a response header",
                long: LONG,
                examples: &[
                    example("res.hdr(vary,1)", "HTTP/1.1 200 OK\nVary: a, b", "a"),
                    example("hdr(vary)", "HTTP/1.1 200 OK\nVary: a, b", "b"),
                ],
            },
        )
    },
];

/// Occurrences reach back as far as is remembered while one header after the other is looked at.
pub(super) fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let back_max = i64::from(http::lists::OCCURRENCES_BACK_MAX);
    match args.int(1) {
        Some(number) if number < -back_max => {
            Err(compile.problem(format!("occurrences reach back to -{back_max}, not to {number}")))
        }
        _ => Ok(()),
    }
}

/// The occurrence asked for; `None` leaves the choice: the last one, or each in turn.
pub(super) fn occurrence(args: &Args) -> Option<i32> {
    args.int(1).filter(|number| *number != 0).map(|number| i32::try_from(number).unwrap_or(i32::MAX))
}

/// An element that `made` makes something of; who asks for each gets the next one that it does.
pub(super) fn element<'a>(
    txn: &'a Txn,
    side: Side,
    args: &'a Args,
    walk: &mut Walk,
    made: fn(&'a [u8]) -> Option<Value<'a>>,
) -> Fetched<'a> {
    let Some(name) = args.field(0) else { return Fetched::Absent };
    with_head(txn, side, |head| match occurrence(args) {
        Some(number) => http::lists::element(&head.fields, name, number).and_then(made).into(),
        None if walk.is_each => {
            walked(walk, http::lists::all(&head.fields, name).filter_map(made), |_| None, Into::into)
        }
        None => http::lists::element(&head.fields, name, -1).and_then(made).into(),
    })
}

/// The Host field of a request is there once.
fn subject(args: &Args) -> Option<Subject> {
    let is_host = args.field(0).is_some_and(|name| name.known() == Known::Host);
    (is_host && occurrence(args).is_none()).then_some(Subject::Host)
}

/// As [`element`] for who asks for each.
fn texts(txn: &Txn, side: Side, args: &Args, accept: &mut dyn FnMut(&[u8]) -> bool) -> Option<bool> {
    let Some(name) = args.field(0) else { return Some(false) };
    match occurrence(args) {
        Some(number) => any_text(txn, side, accept, |head| http::lists::element(&head.fields, name, number)),
        None => head_says(txn, side, |head| http::lists::any(&head.fields, name.into(), accept)),
    }
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};
    use crate::rows::{Fetched, Walk};
    use crate::testing::{self, shown, try_expr};

    #[test]
    fn an_acl_sees_all_elements() {
        let txn = exchange("GET / HTTP/1.1\nX: a, \"b,c\"\nY: n\nx: d");
        let expr = testing::expr("req.hdr(x)");
        let mut walk = Walk::each();
        let mut all = Vec::new();
        while let Fetched::Value(value) = expr.fetch_walk(&txn, &mut walk) {
            all.push(shown(value));
            assert_eq!(walk.more, all.len() < 3);
        }
        assert_eq!((all.join("|"), walk.more), ("a|\"b,c\"|d".to_owned(), false));
    }

    #[test]
    fn there_may_be_none() {
        let txn = exchange("GET / HTTP/1.1\nX: a");
        assert_eq!(eval("req.hdr(y)", &txn), None);
        assert_eq!(eval("req.hdr(x,2)", &txn), None);
        assert_eq!(eval("req.hdr(x,-2)", &txn), None);
        assert!(try_expr("req.hdr(x,-11)").is_err());
        assert_eq!(testing::expr("req.hdr(x)").fetch(&testing::txn()), Fetched::NotYet);
    }
}
