//! `hostname`: this machine's name.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "hostname",
    Type::Str,
    Needs::NOTHING,
    |txn, _, _| Value::str(txn.runtime.process.hostname.as_bytes()).into(),
    doc("this machine's name", &[Example::usage("hostname")]),
);
