//! `rand`: a random number.

use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = Fetch {
    params: &[Param::optional("range", Kind::Int)],
    check: Some(check),
    ..row(
        "rand",
        Type::Int,
        Needs::NOTHING,
        run,
        Doc {
            brief: "a random number",
            long: "At least 0 and below the argument, or below 2^32 without one. Not for secrets.",
            examples: &[Example::usage("rand(100)")],
        },
    )
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.int(0) {
        Some(n) if n <= 0 => Err(compile.problem("the range of `rand` must be above 0")),
        _ => Ok(()),
    }
}

fn run<'a>(_: &'a Txn, args: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let random = i64::from(next());
    Value::Int(match args.int(0) {
        // Scaled rather than divided, so that the low bits need not be good.
        Some(range) => i64::try_from((i128::from(random) * i128::from(range)) >> 32).unwrap_or(0),
        None => random,
    })
    .into()
}

/// The next number of this thread's generator (xorshift64*), seeded by the standard library's random hash keys.
fn next() -> u32 {
    use std::cell::Cell;
    use std::hash::{BuildHasher, RandomState};
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u8) | 1);
    }
    let mut x = STATE.get();
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    STATE.set(x);
    let [a, b, c, d, ..] = x.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use crate::testing::{eval, try_expr, txn};

    #[test]
    fn within_its_range_and_not_constant() {
        let txn = txn();
        let all: Vec<i64> = (0..200).map(|_| eval("rand(10)", &txn).unwrap().parse().unwrap()).collect();
        assert!(all.iter().all(|n| (0..10).contains(n)));
        assert!((0..10).all(|n| all.contains(&n)), "{all:?}");
        assert!(try_expr("rand(0)").is_err());
    }
}
