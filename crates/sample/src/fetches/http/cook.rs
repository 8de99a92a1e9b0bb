//! `req.cook`, `res.cook`: a cookie's value.

use http::cookie::{Cookie, cookies, set_cookie};
use http::message::Head;

use super::{REQUEST, RESPONSE, any_text, walked, with_head};
use crate::fetches::prelude::*;

/// The name of a cookie.
pub(super) const NAME: &[Param] = &[Param::optional("name", Kind::Str)];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["cook"],
        params: NAME,
        texts: Some(Texts::Each(|txn, args, accept| {
            any_text(txn, REQUEST, accept, |head| values(sent(head), args))
        })),
        ..row(
            "req.cook",
            Type::Str,
            Needs::REQUEST,
            |txn, args, walk| with_head(txn, REQUEST, |head| one_of(sent(head), args, walk, Value::str)),
            Doc {
                brief: "value of a cookie that the client sends",
                long: "Of several with that name the last; an ACL tries all. Without a name, the first cookie.",
                examples: &[
                    example("req.cook(a)", "GET / HTTP/1.1\nCookie: a=1; b=2; a=3", "3"),
                    example("cook(b)", "GET / HTTP/1.1\nCookie: a=1; b=2", "2"),
                    example("cookie", "GET / HTTP/1.1\nCookie: a=1; b=2", "1"),
                ],
            },
        )
    },
    &Fetch {
        aliases: &["scook", "set-cookie"],
        params: NAME,
        texts: Some(Texts::Each(|txn, args, accept| {
            any_text(txn, RESPONSE, accept, |head| values(set(head), args))
        })),
        ..row(
            "res.cook",
            Type::Str,
            Needs::RESPONSE,
            |txn, args, walk| with_head(txn, RESPONSE, |head| one_of(set(head), args, walk, Value::str)),
            Doc {
                brief: "value of a cookie that the server sets",
                long: "Of several with that name the last; an ACL tries all. Without a name, the first cookie.",
                examples: &[
                    example("res.cook(a)", "HTTP/1.1 200 OK\nSet-Cookie: a=1; Path=/\nSet-Cookie: b=2", "1"),
                    example("scook(b)", "HTTP/1.1 200 OK\nSet-Cookie: b=2", "2"),
                ],
            },
        )
    },
];

/// The cookies of a request.
pub(super) fn sent(head: &Head) -> impl Iterator<Item = Cookie<'_>> {
    head.fields.all(b"cookie").flat_map(cookies)
}

/// The cookies that a response sets.
pub(super) fn set(head: &Head) -> impl Iterator<Item = Cookie<'_>> {
    head.fields.all(b"set-cookie").filter_map(set_cookie)
}

/// The values of the cookies that `args` names, of all without a name.
pub(super) fn values<'a>(
    all: impl Iterator<Item = Cookie<'a>>,
    args: &'a Args,
) -> impl Iterator<Item = &'a [u8]> {
    let name = args.str(0).unwrap_or_default();
    all.filter(move |cookie| name.is_empty() || cookie.name == name).map(|cookie| cookie.value)
}

/// The last of these values, or the first without a name; each in turn for an ACL.
pub(super) fn one_of<'a>(
    all: impl Iterator<Item = Cookie<'a>>,
    args: &'a Args,
    walk: &mut Walk,
    made: fn(&'a [u8]) -> Value<'a>,
) -> Fetched<'a> {
    let has_name = args.str(0).is_some_and(|name| !name.is_empty());
    walked(
        walk,
        values(all, args),
        |found| if has_name { found.last() } else { found.next() },
        |value| made(value).into(),
    )
}
