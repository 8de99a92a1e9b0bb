//! `ssl_fc`: whether the client speaks TLS.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "ssl_fc",
    Type::Bool,
    Needs::CLIENT,
    |txn, _, _| Value::Bool(txn.session.listener.is_tls).into(),
    doc("whether the client's connection is over TLS", &[example("ssl_fc", "", "0")]),
);
