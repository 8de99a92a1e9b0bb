//! `bc_rtt`, `bc_rttvar`: the kernel's round-trip time of the connection to the server, and its variance.

use crate::fetches::client::rtt::{in_unit, of};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "bc_rtt",
        Needs::SERVER,
        |txn, args, _| in_unit(txn.server_rtt_us.map(|(mean, _)| mean), args),
        "mean round-trip time to the server",
    ),
    &of(
        "bc_rttvar",
        Needs::SERVER,
        |txn, args, _| in_unit(txn.server_rtt_us.map(|(_, variance)| variance), args),
        "variance of the round-trip time to the server",
    ),
];
