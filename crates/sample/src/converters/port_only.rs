//! `port_only`: the port of a `Host` field.

use super::host_only::host_end;
use keyword::{Doc, Example};
use state::value::{Type, Value};

use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static ROW: Convert = Convert {
    name: "port_only",
    aliases: &[],
    params: &[],
    input: Type::Str,
    out: Type::Int,
    check: None,
    run: port_only,
    doc: Doc {
        brief: "port after a host, 0 when there is none",
        long: "",
        examples: &[
            Example { text: "port_only", input: "example.com:8080", output: "8080" },
            Example { text: "port_only", input: "[::1]:81", output: "81" },
            Example { text: "port_only", input: "[::1]", output: "0" },
            Example { text: "port_only", input: "example.com", output: "0" },
        ],
    },
};

fn port_only<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let text = value.to_str();
    let digits = text.get(host_end(&text) + 1..).unwrap_or_default();
    let port = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0u32, |port, byte| port.wrapping_mul(10).wrapping_add(u32::from(byte - b'0')));
    Some(Value::Int(i64::from(port)))
}
