//! `src`, `src_port`, `fc_src`, `fc_src_port`: the client's address, as rules and the PROXY protocol may have changed
//! it, and as the socket has it.

use super::{SOCKET_SRC, SRC, ip, port};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "src",
        Type::Addr,
        Needs::CLIENT,
        |txn, _, _| ip(SRC(&txn.session)),
        doc("the client's address", &[example("src", "", "192.0.2.1")]),
    ),
    &row(
        "src_port",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| port(SRC(&txn.session)),
        doc("the client's port", &[example("src_port", "", "1234")]),
    ),
    &row(
        "fc_src",
        Type::Addr,
        Needs::CLIENT,
        |txn, _, _| ip(SOCKET_SRC(&txn.session)),
        doc(
            "the client's address as the connection has it, whatever rules and the PROXY protocol say",
            &[example("fc_src", "", "192.0.2.1")],
        ),
    ),
    &row(
        "fc_src_port",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| port(SOCKET_SRC(&txn.session)),
        doc("the client's port as the connection has it", &[example("fc_src_port", "", "1234")]),
    ),
];

#[cfg(test)]
mod tests {
    use crate::testing::{eval, txn};

    #[test]
    fn a_changed_source_is_seen_by_one_of_both() {
        let mut txn = txn();
        txn.session.src = Some(([10, 0, 0, 9], 99).into());
        assert_eq!(eval("src", &txn).as_deref(), Some("10.0.0.9"));
        assert_eq!(eval("fc_src_port", &txn).as_deref(), Some("1234"));
        txn.session.src = None;
        assert_eq!(eval("src", &txn), None);
    }
}
