//! `bc_src`, `bc_src_port`, `bc_dst`, `bc_dst_port`: both ends of the connection to the server.

use crate::fetches::prelude::*;

const fn of(name: &'static str, out: Type, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, out, Needs::SERVER, run, Doc::brief(brief))
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "bc_dst",
        Type::Addr,
        |txn, _, _| txn.server_dst.map(|addr| Value::ip(addr.ip())).into(),
        "the server's address",
    ),
    &of(
        "bc_dst_port",
        Type::Int,
        |txn, _, _| txn.server_dst.map(|addr| Value::Int(i64::from(addr.port()))).into(),
        "the server's port",
    ),
    &Fetch {
        check: Some(check),
        ..of(
            "bc_src",
            Type::Addr,
            |txn, _, _| txn.server_src.map(|addr| Value::ip(addr.ip())).into(),
            "the local address of the connection to the server",
        )
    },
    &Fetch {
        check: Some(check),
        ..of(
            "bc_src_port",
            Type::Int,
            |txn, _, _| txn.server_src.map(|addr| Value::Int(i64::from(addr.port()))).into(),
            "the local port of the connection to the server",
        )
    },
];

fn check(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.server_src = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn only_once_connected() {
        let mut txn = exchange("HTTP/1.1 200 OK");
        assert_eq!(eval("bc_dst", &txn), None);
        txn.server_dst = Some(([10, 0, 0, 7], 8080).into());
        txn.server_src = Some(([10, 0, 0, 1], 40_000).into());
        assert_eq!(eval("bc_dst", &txn).as_deref(), Some("10.0.0.7"));
        assert_eq!(eval("bc_dst_port", &txn).as_deref(), Some("8080"));
        assert_eq!(eval("bc_src_port", &txn).as_deref(), Some("40000"));
    }
}
