//! `bc_rtt`, `bc_rttvar`: the kernel's round-trip time of the connection to the server, and its variance.

use crate::fetches::client::rtt::{UNIT, check_unit, in_unit};
use crate::fetches::prelude::*;

const fn of(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch {
        params: UNIT,
        check: Some(check),
        ..row(
            name,
            Type::Int,
            Needs::SERVER,
            run,
            Doc {
                brief,
                long: "In milliseconds, or in microseconds with the argument `us`. Without a value where the kernel \
                       knows none.",
                examples: &[],
            },
        )
    }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "bc_rtt",
        |txn, args, _| in_unit(txn.server_rtt_us.map(|(mean, _)| mean), args),
        "mean round-trip time to the server",
    ),
    &of(
        "bc_rttvar",
        |txn, args, _| in_unit(txn.server_rtt_us.map(|(_, variance)| variance), args),
        "variance of the round-trip time to the server",
    ),
];

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.rtt = true;
    check_unit(args, compile)
}
