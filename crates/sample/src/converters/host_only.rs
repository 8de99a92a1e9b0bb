//! `host_only`: the host of a `Host` field, in lower case and without its port.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "host_only",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Str,
    check: None,
    run: host_only,
    doc: Doc {
        brief: "host without port, in lower case",
        long: "",
        examples: &[
            Example { text: "host_only", input: "Example.COM:8080", output: "example.com" },
            Example { text: "host_only", input: "[::1]:80", output: "[::1]" },
            Example { text: "host_only", input: "[::1]", output: "[::1]" },
            Example { text: "host_only", input: "127.0.0.1", output: "127.0.0.1" },
        ],
    },
};

fn host_only<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let end = host_end(&text);
    Some(Value::string(text[..end].to_ascii_lowercase()))
}

/// Where the host of `text` ends: before the last colon, unless that stands in the brackets of an IPv6 address.
pub(super) fn host_end(text: &[u8]) -> usize {
    let last = text.iter().rposition(|byte| matches!(byte, b':' | b']'));
    last.filter(|at| text[*at] == b':').unwrap_or(text.len())
}
