//! `wait_end`: true once nothing more can be waited for.

use super::is_over;
use crate::fetches::prelude::*;

pub(super) static ROW: Fetch = row(
    "wait_end",
    Type::Bool,
    Needs::NOTHING,
    run,
    Doc {
        brief: "true when the inspection delay is over or no more data can come",
        long: "As the last of several conditions it makes a rule wait for its end. Where nothing is inspected, as \
               among HTTP rules, it is true at once.",
        examples: &[example("wait_end", "GET / HTTP/1.1", "1")],
    },
);

fn run<'a>(txn: &'a Txn, _: &'a Args, _: &mut Walk) -> Fetched<'a> {
    let is_http = txn.frontend.mode == state::proxy::Mode::Http && txn.req.is_here();
    let message = if txn.res.presence == Presence::Here { &txn.res } else { &txn.req };
    if is_http || is_over(message) { Value::Bool(true).into() } else { Fetched::NotYet }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ask, tcp};

    #[test]
    fn waits() {
        let mut txn = tcp(b"x");
        assert_eq!(ask("wait_end", &txn), "...");
        txn.req.body_is_final = true;
        assert_eq!(ask("wait_end", &txn), "1");
    }
}
