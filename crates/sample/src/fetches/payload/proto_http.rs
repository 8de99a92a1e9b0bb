//! `req.proto_http`: whether the client speaks HTTP.

use http::h1::{Leniency, Limits, Parser, Progress, Role};
use http::message::Head;

use super::{is_over, too_short};
use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    aliases: &["req_proto_http"],
    ..row(
        "req.proto_http",
        Type::Bool,
        Needs::STREAM,
        run,
        Doc {
            brief: "true when the client's bytes are a complete HTTP request head",
            long: "In TCP mode it waits until they are or cannot be any more.",
            examples: &[example("req.proto_http", "GET / HTTP/1.1", "1")],
        },
    )
};

fn run<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let Some(bytes) = super::bytes(txn, &txn.req) else {
        return match txn.req.presence {
            Presence::Here => Value::Bool(true).into(),
            Presence::Waiting => Fetched::NotYet,
            Presence::Never => Fetched::Absent,
        };
    };
    let mut parser = Parser::new(Role::Request, Leniency::Strict, Limits::default());
    match parser.parse(bytes, &mut Head::new()) {
        Ok(Progress::Done { .. }) => Value::Bool(true).into(),
        Ok(Progress::Partial) if is_over(&txn.req) => Fetched::Absent,
        Ok(Progress::Partial) => too_short(&txn.req),
        Err(_) => Fetched::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};

    #[test]
    fn in_tcp_mode() {
        assert_eq!(ask("req.proto_http", &tcp(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "1");
        assert_eq!(ask("req_proto_http", &tcp(b"GET / HTTP/1.1\r\nHost")), "...");
        assert_eq!(ask("req_proto_http", &tcp(b"\x16\x03\x01\x00")), "-");
    }
}
