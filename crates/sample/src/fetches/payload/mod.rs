//! Bytes before they are understood (chapter 7.3.5): TCP content inspection.
//!
//! In HTTP mode the bytes of a head are not seen here; payload fetches have no value then, as ever.

use crate::rows::{Fetch, Fetched};
use crate::txn::{Message, Txn};
use state::proxy::Mode;

mod bytes;
mod client_hello;
mod distcc;
mod len;
mod proto_http;
mod rdp_cookie;
mod wait_end;

pub(super) static ROWS: &[&[&Fetch]] = &[
    &[&proto_http::ROW, &wait_end::ROW],
    bytes::ROWS,
    client_hello::ROWS,
    distcc::ROWS,
    len::ROWS,
    rdp_cookie::ROWS,
];

/// The bytes under inspection; `None` where messages are HTTP.
fn bytes<'a>(txn: &Txn, message: &'a Message) -> Option<&'a [u8]> {
    let is_http = txn.frontend.mode == Mode::Http || txn.backend.mode == Mode::Http;
    (!is_http || txn.is_byte_check).then_some(&message.body)
}

/// The answer when there are too few bytes: more may come, or not.
fn too_short(message: &Message) -> Fetched<'static> {
    if is_over(message) { Fetched::Absent } else { Fetched::NotYet }
}

/// Whether no more bytes can come into consideration.
fn is_over(message: &Message) -> bool {
    message.body_is_complete || message.body_is_final
}

#[cfg(test)]
pub(super) mod testing {
    use std::sync::Arc;

    use base::ProxyId;
    use state::proxy::{Mode, ProxySetup, Sides, Timeouts};
    use state::{Proxy, Runtime};

    use crate::compile::Place;
    use crate::expr::Expr;
    use crate::rows::Fetched;
    use crate::testing::{self, TestNames};
    use crate::txn::{Presence, Txn};

    /// An exchange in TCP mode that has received `bytes`.
    pub(in crate::fetches) fn tcp(bytes: &[u8]) -> Txn {
        let setup = ProxySetup {
            id: ProxyId(0),
            uuid: 1,
            name: testing::PROXY.into(),
            mode: Mode::Tcp,
            sides: Sides::Both,
            timeouts: Timeouts::default(),
            maxconn: 0,
            fullconn: 0,
            retries: 3,
        };
        let proxy = Arc::new(Proxy::new(setup, Vec::new(), 1));
        let mut runtime = Runtime::default();
        runtime.proxies.push(proxy);
        let mut txn = Txn::new(Arc::new(runtime), Box::new(testing::session()));
        txn.req.body = bytes.to_vec();
        if !bytes.is_empty() {
            txn.req.presence = Presence::Here;
        }
        txn
    }

    /// What an expression among content rules answers: its value as text, `-` without one, `...` for "not yet".
    pub(in crate::fetches) fn ask(text: &str, txn: &Txn) -> String {
        let (expr, _) = testing::compiling(Place::TcpContent, &TestNames::default(), |c| {
            Expr::compile(text.as_bytes(), c)
        });
        let expr = expr.unwrap_or_else(|problem| panic!("`{text}`: {}", problem.message));
        match expr.fetch(txn) {
            Fetched::Value(value) => testing::shown(value),
            Fetched::Absent => "-".to_owned(),
            Fetched::NotYet => "...".to_owned(),
        }
    }
}
