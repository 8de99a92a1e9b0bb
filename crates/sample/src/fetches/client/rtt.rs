//! `fc_rtt`, `fc_rttvar`: the kernel's round-trip time of the client's connection, and its variance.

use crate::fetches::prelude::*;

/// A row of the family, on either side.
pub(in crate::fetches) const fn of(
    name: &'static str,
    needs: Needs,
    run: FetchFn,
    brief: &'static str,
) -> Fetch {
    Fetch {
        params: UNIT,
        check: Some(check),
        ..row(
            name,
            Type::Int,
            needs,
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
        "fc_rtt",
        Needs::CLIENT,
        |txn, args, _| in_unit(txn.session.rtt_us.map(|(mean, _)| mean), args),
        "mean round-trip time to the client",
    ),
    &of(
        "fc_rttvar",
        Needs::CLIENT,
        |txn, args, _| in_unit(txn.session.rtt_us.map(|(_, variance)| variance), args),
        "variance of the round-trip time to the client",
    ),
];

/// The unit of the value.
const UNIT: &[Param] = &[Param::optional("unit", Kind::Str)];

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.rtt = true;
    check_unit(args, compile)
}

/// `ms` or `us`, nothing else.
fn check_unit(args: &Args, compile: &Compile<'_>) -> Result<(), Problem> {
    match args.str(0) {
        None | Some(b"ms" | b"us") => Ok(()),
        Some(other) => Err(compile.problem(format!("`{}` is no unit here: ms or us", base::Lossy(other)))),
    }
}

/// Microseconds in the unit asked for.
pub(in crate::fetches) fn in_unit<'a>(micros: Option<u32>, args: &Args) -> Fetched<'a> {
    let per_unit = if args.str(0) == Some(b"us") { 1 } else { 1000 };
    micros.map_or(Fetched::Absent, |micros| count(micros / per_unit))
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, try_expr, txn};

    #[test]
    fn units() {
        let mut txn = txn();
        assert_eq!(eval("fc_rtt", &txn), None);
        txn.session.rtt_us = Some((12_345, 678));
        assert_eq!(eval("fc_rtt", &txn).as_deref(), Some("12"));
        assert_eq!(eval("fc_rtt(us)", &txn).as_deref(), Some("12345"));
        assert_eq!(eval("fc_rttvar(us)", &txn).as_deref(), Some("678"));
        assert!(try_expr("fc_rtt(s)").is_err());
    }
}
