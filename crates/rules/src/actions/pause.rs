//! `pause`: holds the message for a while.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{Time, time_or_expr};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome, Wait};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "pause",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "wait for a time, then go on",
        long: "The time may be an expression, in milliseconds; without a value there is no wait.",
        examples: &[Example::usage("http-request pause 500ms"), Example::usage("http-request pause int(20)")],
    },
};

#[derive(Debug)]
struct Pause(Time);

impl Action for Pause {
    fn run(&self, txn: &mut Txn) -> Outcome {
        match self.0.get(txn) {
            Some(time) if !time.is_zero() => Outcome::Wait(Wait::Pause(time)),
            _ => Outcome::Continue,
        }
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Pause(time_or_expr(words, "the time", compile)?)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::action::{Kinds, Outcome, Wait};
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn times() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        for (rule, ms) in [("pause 2s", 2000), ("pause 15", 15)] {
            let Outcome::Wait(wait) = run(Kinds::HTTP_REQUEST, rule, &mut txn) else { panic!("{rule}") };
            assert_eq!(wait, Wait::Pause(Duration::from_millis(ms)));
        }
        assert!(matches!(run(Kinds::HTTP_REQUEST, "pause var(txn.none)", &mut txn), Outcome::Continue));
        for wrong in ["pause 0", "pause", "pause 5xs"] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
