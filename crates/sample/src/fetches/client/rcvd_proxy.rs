//! `fc_rcvd_proxy`: whether the connection began with a PROXY protocol header.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "fc_rcvd_proxy",
    Type::Bool,
    Needs::CLIENT,
    |txn, _, _| Value::Bool(txn.session.expects_proxy).into(),
    doc("whether the connection began with a PROXY protocol header", &[example("fc_rcvd_proxy", "", "0")]),
);
