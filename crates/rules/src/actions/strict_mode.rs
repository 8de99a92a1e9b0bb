//! `strict-mode`: whether a rewrite that fails makes the exchange fail.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{need, wrong};
use super::message::Side;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "strict-mode",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "say whether a rewrite that fails makes the exchange fail",
        long: "On at first for each message; holds for the rules behind it. A rewrite fails when the message no longer \
               fits the buffer or would be invalid; the client then gets a 500. With `off` the rule is skipped.",
        examples: &[Example::usage("http-request strict-mode off")],
    },
};

#[derive(Debug)]
struct StrictMode {
    side: Side,
    is_on: bool,
}

impl Action for StrictMode {
    fn run(&self, txn: &mut Txn) -> Outcome {
        *self.side.is_strict(txn) = self.is_on;
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "`on` or `off`")?;
    let is_on = match word.text.to_ascii_lowercase().as_slice() {
        b"on" => true,
        b"off" => false,
        _ => return Err(wrong(word, "`strict-mode` is `on` or `off`")),
    };
    Ok(Box::new(StrictMode { side: Side::of(compile.kind), is_on }))
}
