//! `dst`, `dst_port`, `fc_dst`, `fc_dst_port`: the address that the client connected to.

use super::{DST, SOCKET_DST, ip, port};
use crate::fetches::prelude::*;

const fn of(name: &'static str, out: Type, run: FetchFn, doc: Doc) -> Fetch {
    Fetch { check: Some(check), ..row(name, out, Needs::CLIENT, run, doc) }
}

/// It costs a system call, so it is asked for only where a rule wants it.
pub(super) fn check(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.dst = true;
    Ok(())
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "dst",
        Type::Addr,
        |txn, _, _| ip(DST(&txn.session)),
        doc("the address that the client connected to", &[example("dst", "", "192.0.2.2")]),
    ),
    &of(
        "dst_port",
        Type::Int,
        |txn, _, _| port(DST(&txn.session)),
        doc("the port that the client connected to", &[example("dst_port", "", "80")]),
    ),
    &of(
        "fc_dst",
        Type::Addr,
        |txn, _, _| ip(SOCKET_DST(&txn.session)),
        doc(
            "the local address of the client's connection, whatever rules and the PROXY protocol say",
            &[example("fc_dst", "", "192.0.2.2")],
        ),
    ),
    &of(
        "fc_dst_port",
        Type::Int,
        |txn, _, _| port(SOCKET_DST(&txn.session)),
        doc("the local port of the client's connection", &[example("fc_dst_port", "", "80")]),
    ),
];
