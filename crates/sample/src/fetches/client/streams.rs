//! `fc_glitches`, `fc_nb_streams`, `fc_settings_streams_limit`, `fs.aborted`, `fs.id`, `fs.rst_code`: the connection as
//! what carries streams. One connection of HTTP/1 or TCP carries one stream at a time and has no frames that could
//! abort it.

use state::proxy::Mode;

use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "fc_glitches",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| if is_http(txn) { count(0) } else { Fetched::Absent },
        doc(
            "protocol oddities counted on the client's connection, of which HTTP/1 has none",
            &[example("fc_glitches", "", "0")],
        ),
    ),
    &row(
        "fc_nb_streams",
        Type::Int,
        Needs::CLIENT,
        |_, _, _| count(1),
        doc("streams that the client's connection carries now", &[example("fc_nb_streams", "", "1")]),
    ),
    &row(
        "fc_settings_streams_limit",
        Type::Int,
        Needs::CLIENT,
        |_, _, _| count(1),
        doc(
            "streams that the client's connection can carry at once",
            &[example("fc_settings_streams_limit", "", "1")],
        ),
    ),
    &row(
        "fs.aborted",
        Type::Int,
        Needs::CLIENT,
        |_, _, _| Value::Bool(false).into(),
        doc(
            "whether the client aborted this stream alone, which HTTP/1 and TCP cannot",
            &[example("fs.aborted", "", "0")],
        ),
    ),
    &row(
        "fs.id",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| if is_http(txn) { count(txn.session.requests) } else { count(0) },
        doc(
            "number of the stream on its client connection: on HTTP/1 the requests so far, on TCP 0",
            &[example("fs.id", "", "1")],
        ),
    ),
    &row(
        "fs.rst_code",
        Type::Int,
        Needs::CLIENT,
        |_, _, _| Fetched::Absent,
        doc("with which code the client reset the stream; none on HTTP/1 and TCP", &[]),
    ),
];

fn is_http(txn: &Txn) -> bool {
    txn.frontend.mode == Mode::Http
}

#[cfg(test)]
mod tests {
    use super::super::super::payload::testing::{ask, tcp};

    #[test]
    fn in_tcp_mode() {
        let txn = tcp(b"");
        assert_eq!(ask("fc_glitches", &txn), "-");
        assert_eq!(ask("fs.id", &txn), "0");
        assert_eq!(ask("fs.rst_code", &txn), "-");
    }
}
