//! `url_param` (`urlp`), `urlp_val`: a parameter of the query string.

use http::uri::{NameCase, parameter_pairs};

use super::{REQUEST, any_text, walked, with_head};
use crate::fetches::prelude::*;

const PARAMS: &[Param] = &[
    Param::optional("name", Kind::Str),
    Param::optional("delimiter", Kind::Str),
    Param::optional("i", Kind::Str),
];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        aliases: &["urlp"],
        params: PARAMS,
        texts: Some(Texts::Each(|txn, args, accept| {
            any_text(txn, REQUEST, accept, |head| meant(head.uri(), args))
        })),
        ..row(
            "url_param",
            Type::Str,
            Needs::REQUEST,
            |txn, args, walk| find(txn, args, walk, Value::str),
            Doc {
                brief: "value of the first parameter of this name in the query string, as it stands there",
                long: "Without a name, of the first parameter whatever its name. The second argument is the character \
                       that the parameters begin behind, `?` by default; `i` as the third compares names without case.",
                examples: &[
                    example("url_param(a)", "GET /p?b=1&a=%20x&a=3 HTTP/1.1", "%20x"),
                    example("urlp(a,;)", "GET /p;a=1 HTTP/1.1", "1"),
                    example("urlp(A,,i)", "GET /p?a=1 HTTP/1.1", "1"),
                    example("urlp", "GET /p?x=1&y=2 HTTP/1.1", "1"),
                ],
            },
        )
    },
    &Fetch {
        aliases: &["url_param_val"],
        params: PARAMS,
        ..row(
            "urlp_val",
            Type::Int,
            Needs::REQUEST,
            |txn, args, walk| find(txn, args, walk, |value| Value::Int(leading_int(value))),
            doc("`url_param` as a number", &[example("urlp_val(n)", "GET /p?n=12x HTTP/1.1", "12")]),
        )
    },
];

fn find<'a>(txn: &'a Txn, args: &'a Args, walk: &mut Walk, made: fn(&'a [u8]) -> Value<'a>) -> Fetched<'a> {
    with_head(txn, REQUEST, |head| {
        walked(walk, meant(head.uri(), args), |all| all.next(), |value| made(value).into())
    })
}

/// The values of the parameters in `uri` that `args` mean.
fn meant<'a>(uri: &'a [u8], args: &'a Args) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = args.str(1).and_then(<[u8]>::first).copied().unwrap_or(b'?');
    let case = match args.str(2).and_then(<[u8]>::first) {
        Some(b'i') => NameCase::Insensitive,
        _ => NameCase::Sensitive,
    };
    let parameters = memchr::memchr(delimiter, uri).map(|mark| &uri[mark + 1..]);
    let name = args.str(0).unwrap_or_default();
    parameters.into_iter().flat_map(move |parameters| named(parameters, name, delimiter, case))
}

/// The values of all parameters called `name`, of all when it is empty.
pub(super) fn named<'a>(
    parameters: &'a [u8],
    name: &'a [u8],
    delimiter: u8,
    case: NameCase,
) -> impl Iterator<Item = &'a [u8]> {
    let is_meant = move |other: &[u8]| match case {
        NameCase::Sensitive => name.is_empty() || other == name,
        NameCase::Insensitive => name.is_empty() || other.eq_ignore_ascii_case(name),
    };
    parameter_pairs(parameters, delimiter).filter(move |(other, _)| is_meant(other)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::exchange;
    use crate::rows::{Fetched, Walk};
    use crate::testing::{expr, shown};

    #[test]
    fn an_acl_sees_them_all() {
        let (txn, expr) = (exchange("GET /?a=1&b=2&a=3"), expr("url_param(a)"));
        let mut walk = Walk::each();
        let mut all = Vec::new();
        while let Fetched::Value(value) = expr.fetch_walk(&txn, &mut walk) {
            all.push(shown(value));
        }
        assert_eq!((all, walk.more), (vec!["1".to_owned(), "3".to_owned()], false));
    }
}
