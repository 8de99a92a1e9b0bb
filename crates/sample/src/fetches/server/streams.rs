//! `bc_glitches`, `bc_nb_streams`, `bc_settings_streams_limit`, `bs.aborted`, `bs.rst_code`: the server's connection as
//! what carries streams, one at a time on HTTP/1 and TCP.

use state::proxy::Mode;

use crate::fetches::prelude::*;

/// A number that is there while the server's connection is.
const fn of(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, Type::Int, Needs::SERVER, run, Doc::brief(brief))
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "bc_glitches",
        |txn, _, _| if txn.backend.mode == Mode::Http { connected(txn, 0) } else { Fetched::Absent },
        "protocol oddities counted on the server's connection, of which HTTP/1 has none",
    ),
    &of("bc_nb_streams", |txn, _, _| connected(txn, 1), "streams that the server's connection carries now"),
    &of(
        "bc_settings_streams_limit",
        |txn, _, _| connected(txn, 1),
        "streams that the server's connection can carry at once",
    ),
    &row(
        "bs.aborted",
        Type::Int,
        Needs::SERVER,
        |_, _, _| Value::Bool(false).into(),
        doc(
            "whether the server aborted this stream alone, which HTTP/1 and TCP cannot",
            &[example("bs.aborted", "HTTP/1.1 200 OK", "0")],
        ),
    ),
    &of(
        "bs.rst_code",
        |_, _, _| Fetched::Absent,
        "with which code the server reset the stream; none on HTTP/1 and TCP",
    ),
];

fn connected(txn: &Txn, number: i64) -> Fetched<'static> {
    txn.server_dst.map(|_| Value::Int(number)).into()
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn only_while_connected() {
        let mut txn = exchange("HTTP/1.1 200 OK");
        assert_eq!(eval("bc_nb_streams", &txn), None);
        txn.server_dst = txn.session.dst;
        for (name, wanted) in
            [("bc_nb_streams", "1"), ("bc_settings_streams_limit", "1"), ("bc_glitches", "0")]
        {
            assert_eq!(eval(name, &txn).as_deref(), Some(wanted), "{name}");
        }
    }
}
