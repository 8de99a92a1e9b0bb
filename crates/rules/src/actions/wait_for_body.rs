//! `wait-for-body`: holds the message until its body, or enough of it, is there.

use std::time::Duration;

use base::units::parse_size;
use diag::codes;
use keyword::{Doc, Example};
use sample::compile::problem_of;
use sample::{Problem, Txn};

use super::args::{action_word, need, time, wrong};
use super::message::Side;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome, Wait};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "wait-for-body",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "wait until the message's body was received",
        long: "At most for `time`, and at most until the buffer is full. With `at-least`, so many bytes are enough. Rules \
               behind it can look at the body.",
        examples: &[Example::usage("http-request wait-for-body time 1s at-least 1k")],
    },
};

#[derive(Debug)]
struct WaitForBody {
    side: Side,
    time: Duration,
    /// 0: all of it.
    bytes_min: usize,
}

impl Action for WaitForBody {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let message = self.side.message(txn);
        let is_enough = self.bytes_min > 0 && message.body.len() >= self.bytes_min;
        if message.body_is_complete || message.body_is_final || is_enough {
            return Outcome::Continue;
        }
        Outcome::Wait(Wait::Body { time: self.time, bytes_min: self.bytes_min })
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let (mut wait, mut bytes_min) = (None, 0);
    loop {
        if words.eat("time") {
            wait = Some(time(words, "the time")?);
        } else if words.eat("at-least") {
            let word = need(words, "the number of bytes")?;
            let bytes = parse_size(&word.text).ok().and_then(|n| usize::try_from(n).ok());
            bytes_min = bytes.ok_or_else(|| wrong(word, format!("`{}` is no size", word.lossy())))?;
        } else if !words.eat("use-large-buffer") {
            break;
        }
    }
    let Some(time) = wait else {
        return Err(problem_of(
            codes::ACTION_ARGUMENT,
            action_word(words).span,
            "`wait-for-body` needs `time` and how long to wait at most",
        ));
    };
    Ok(Box::new(WaitForBody { side: Side::of(compile.kind), time, bytes_min }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::action::{Kinds, Outcome, Wait};
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn waits_until_there_is_enough() {
        let mut txn = request("POST / HTTP/1.1", &[]);
        let rule = "wait-for-body time 1s at-least 3";
        let Outcome::Wait(wait) = run(Kinds::HTTP_REQUEST, rule, &mut txn) else { panic!() };
        assert_eq!(wait, Wait::Body { time: Duration::from_secs(1), bytes_min: 3 });
        txn.req.body.extend_from_slice(b"abc");
        assert!(matches!(run(Kinds::HTTP_REQUEST, rule, &mut txn), Outcome::Continue));
        assert!(matches!(run(Kinds::HTTP_REQUEST, "wait-for-body time 5", &mut txn), Outcome::Wait(_)));
        txn.req.body_is_complete = true;
        assert!(matches!(run(Kinds::HTTP_REQUEST, "wait-for-body time 5", &mut txn), Outcome::Continue));
    }

    #[test]
    fn the_time_must_be_there() {
        for wrong in
            ["wait-for-body", "wait-for-body time", "wait-for-body at-least 5", "wait-for-body time x"]
        {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
