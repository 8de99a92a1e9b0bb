//! `res.cache_hit`, `res.cache_name`, `res.comp`, `res.comp_algo`: whether a cache answered, and whether the answer is
//! compressed here. No cache answers in this version: a configuration that asks for one is refused.

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "res.cache_hit",
        Type::Bool,
        Needs::RESPONSE,
        |_, _, _| Value::Bool(false).into(),
        doc("whether the response came from a cache", &[example("res.cache_hit", "HTTP/1.1 200 OK", "0")]),
    ),
    &row(
        "res.cache_name",
        Type::Str,
        Needs::RESPONSE,
        |_, _, _| Fetched::Absent,
        doc("name of the cache that the response came from", &[]),
    ),
    &row(
        "res.comp",
        Type::Bool,
        Needs::RESPONSE,
        |txn, _, _| Value::Bool(txn.compression.is_some()).into(),
        doc("whether the response is compressed on its way", &[example("res.comp", "HTTP/1.1 200 OK", "0")]),
    ),
    &row(
        "res.comp_algo",
        Type::Str,
        Needs::RESPONSE,
        |txn, _, _| match txn.compression {
            Some(algorithm) => Value::str(algorithm.name().as_bytes()).into(),
            None => Fetched::Absent,
        },
        doc("how the response is compressed on its way", &[]),
    ),
];
