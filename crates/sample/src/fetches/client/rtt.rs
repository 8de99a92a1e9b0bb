//! `fc_rtt`, `fc_rttvar`: the kernel's round-trip time of the client's connection, and its variance; `fc_fackets`,
//! `fc_lost`, `fc_reordering`, `fc_retrans`, `fc_sacked`, `fc_unacked`: its counts of segments; `fc_saved_syn`: how it began.

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
        |txn, args, _| in_unit(txn.session.tcp_info.as_ref().map(|info| info.rtt_us), args),
        "mean round-trip time to the client",
    ),
    &of(
        "fc_rttvar",
        Needs::CLIENT,
        |txn, args, _| in_unit(txn.session.tcp_info.as_ref().map(|info| info.rttvar_us), args),
        "variance of the round-trip time to the client",
    ),
    &segments(
        "fc_fackets",
        |txn, _, _| told(txn, |info| info.fackets),
        "segments up to the last acknowledged selectively, on the client's connection",
    ),
    &segments("fc_lost", |txn, _, _| told(txn, |info| info.lost), "segments to the client taken for lost"),
    &segments(
        "fc_reordering",
        |txn, _, _| told(txn, |info| info.reordering),
        "reordering that the kernel allows for on the client's connection, in segments",
    ),
    &segments(
        "fc_retrans",
        |txn, _, _| told(txn, |info| info.retrans),
        "segments sent again to the client and not acknowledged since",
    ),
    &segments(
        "fc_sacked",
        |txn, _, _| told(txn, |info| info.sacked),
        "segments that the client acknowledged selectively",
    ),
    &segments(
        "fc_unacked",
        |txn, _, _| told(txn, |info| info.unacked),
        "segments sent to the client and not acknowledged",
    ),
    &Fetch {
        check: Some(|_, compile| {
            compile.uses.saved_syn = true;
            Ok(())
        }),
        ..row(
            "fc_saved_syn",
            Type::Bin,
            Needs::CLIENT,
            |txn, _, _| txn.session.saved_syn.as_ref().map(|bytes| Value::bin(bytes)).into(),
            Doc::brief(
                "the headers of the packet that opened the client's connection, where `tcp-ss` keeps them",
            ),
        )
    },
];

/// A count of segments; the argument is passed over, as ever.
const fn segments(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch {
        params: UNIT,
        check: Some(note_use),
        ..row(name, Type::Int, Needs::CLIENT, run, Doc::brief(brief))
    }
}

/// A number of the kernel's.
type Read = fn(&net::TcpInfo) -> u32;

fn told(txn: &Txn, read: Read) -> Fetched<'static> {
    txn.session.tcp_info.as_ref().map_or(Fetched::Absent, |info| count(read(info)))
}

fn note_use(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    compile.uses.rtt = true;
    Ok(())
}

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
    let in_unit =
        |micros: u32| if args.str(0) == Some(b"us") { micros } else { micros.saturating_add(500) / 1000 };
    micros.map_or(Fetched::Absent, |micros| count(in_unit(micros)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, try_expr, txn};

    #[test]
    fn units() {
        let mut txn = txn();
        assert_eq!(eval("fc_rtt", &txn), None);
        txn.session.tcp_info = Some(Box::new(net::TcpInfo {
            rtt_us: 12_500,
            rttvar_us: 678,
            lost: 3,
            ..net::TcpInfo::default()
        }));
        assert_eq!(eval("fc_rtt", &txn).as_deref(), Some("13"));
        assert_eq!(eval("fc_rtt(us)", &txn).as_deref(), Some("12500"));
        assert_eq!(eval("fc_rttvar(us)", &txn).as_deref(), Some("678"));
        assert_eq!(eval("fc_lost", &txn).as_deref(), Some("3"));
        assert_eq!(eval("fc_unacked", &txn).as_deref(), Some("0"));
        assert!(try_expr("fc_rtt(s)").is_err());
    }
}
