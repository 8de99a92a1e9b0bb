//! `src_is_local`, `dst_is_local`, `fc_src_is_local`, `fc_dst_is_local`: whether an address is one of this machine's.

use super::{DST, SOCKET_DST, SOCKET_SRC, SRC, dst, is_local};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &row(
        "src_is_local",
        Type::Bool,
        Needs::CLIENT,
        |txn, _, _| is_local(txn, SRC),
        doc("whether the client's address is one of this machine's", &[]),
    ),
    &Fetch {
        check: Some(dst::check),
        ..row(
            "dst_is_local",
            Type::Bool,
            Needs::CLIENT,
            |txn, _, _| is_local(txn, DST),
            doc("whether the address connected to is one of this machine's", &[]),
        )
    },
    &row(
        "fc_src_is_local",
        Type::Bool,
        Needs::CLIENT,
        |txn, _, _| is_local(txn, SOCKET_SRC),
        doc("`src_is_local` of the connection's own source", &[]),
    ),
    &Fetch {
        check: Some(dst::check),
        ..row(
            "fc_dst_is_local",
            Type::Bool,
            Needs::CLIENT,
            |txn, _, _| is_local(txn, SOCKET_DST),
            doc("`dst_is_local` of the connection's own destination", &[]),
        )
    },
];

#[cfg(test)]
mod tests {
    use crate::testing::{eval, txn};

    #[test]
    fn the_loopback_is_local_and_reserved_addresses_are_not() {
        let mut txn = txn();
        txn.session.src = Some(([127, 0, 0, 1], 5).into());
        txn.session.dst = Some(([240, 0, 0, 1], 80).into());
        assert_eq!(eval("src_is_local", &txn).as_deref(), Some("1"));
        assert_eq!(eval("dst_is_local", &txn).as_deref(), Some("0"));
    }
}
