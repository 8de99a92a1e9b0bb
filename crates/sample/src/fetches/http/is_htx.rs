//! `internal.strm.is_htx`: whether the stream carries HTTP messages rather than bytes.

use state::proxy::Mode;

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "internal.strm.is_htx",
    Type::Bool,
    Needs::STREAM,
    |txn, _, _| Value::Bool(txn.frontend.mode == Mode::Http || txn.backend.mode == Mode::Http).into(),
    doc(
        "whether the stream carries HTTP messages rather than bytes",
        &[example("internal.strm.is_htx", "", "1")],
    ),
);
