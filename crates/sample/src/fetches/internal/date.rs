//! `date`, `date_us`, `accept_date`, `request_date`: seconds since 1970, or fractions of them.

use std::time::Duration;

use crate::fetches::prelude::*;
use crate::logformat::timers;

const UNIT: Param = Param::optional("unit", Kind::Str);

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: &[Param::optional("offset", Kind::Int), UNIT],
        check: Some(|args, compile| check_unit(args, 1, compile)),
        ..row(
            "date",
            Type::Int,
            Needs::NOTHING,
            |_, args, _| {
                let now = in_unit(base::clock::wall(), args, 1);
                Value::Int(now.saturating_add(args.int(0).unwrap_or(0))).into()
            },
            Doc {
                brief: "the time now, in seconds since 1970",
                long: "The first argument is added to it. The second is the unit of both: s, ms or us.",
                examples: &[Example::usage("date(3600),http_date"), Example::usage("date(0,ms)")],
            },
        )
    },
    &row(
        "date_us",
        Type::Int,
        Needs::NOTHING,
        |_, _, _| count(base::clock::wall().subsec_micros()),
        doc("microseconds of the second that passes now", &[]),
    ),
    &Fetch {
        params: &[UNIT],
        check: Some(|args, compile| check_unit(args, 0, compile)),
        ..row(
            "accept_date",
            Type::Int,
            Needs::CLIENT,
            |txn, args, _| Value::Int(in_unit(timers::start_wall(txn), args, 0)).into(),
            doc(
                "when the connection was accepted, or the exchange before this one was over, since 1970",
                &[Example::usage("accept_date(ms)")],
            ),
        )
    },
    &Fetch {
        params: &[UNIT],
        check: Some(|args, compile| check_unit(args, 0, compile)),
        ..row(
            "request_date",
            Type::Int,
            Needs::CLIENT,
            |txn, args, _| Value::Int(in_unit(timers::request_wall(txn), args, 0)).into(),
            doc(
                "when the first byte of the request arrived, since 1970",
                &[Example::usage("request_date(us)")],
            ),
        )
    },
];

/// Puts units a second in the place of the unit's name.
fn check_unit(args: &mut Args, index: usize, compile: &Compile<'_>) -> Result<(), Problem> {
    let per_second = match args.str(index) {
        None | Some(b"s") => 1,
        Some(b"ms") => 1_000,
        Some(b"us") => 1_000_000,
        Some(other) => {
            return Err(compile.problem(format!("`{}` is no unit of time: s, ms or us", base::Lossy(other))));
        }
    };
    if let Some(unit) = args.list.get_mut(index) {
        *unit = Arg::Int(per_second);
    }
    Ok(())
}

fn in_unit(time: Duration, args: &Args, index: usize) -> i64 {
    let value = match args.int(index).unwrap_or(1) {
        1_000 => time.as_millis(),
        1_000_000 => time.as_micros(),
        _ => u128::from(time.as_secs()),
    };
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn units_and_offsets() {
        let txn = testing::txn();
        assert_eq!(testing::eval("accept_date", &txn).unwrap(), "1700000000");
        assert_eq!(testing::eval("accept_date(us)", &txn).unwrap(), "1700000000000000");
        let now = |text| testing::eval(text, &txn).unwrap().parse::<i64>().unwrap();
        assert!((now("date(-100)") - (now("date") - 100)).abs() <= 2);
        assert!((now("date(0,ms)") / 1000 - now("date")).abs() <= 2);
        assert!((0..1_000_000).contains(&now("date_us")));
        assert!(testing::try_expr("date(0,h)").is_err());
    }
}
