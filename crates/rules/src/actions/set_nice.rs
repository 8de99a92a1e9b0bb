//! `set-nice`: HAProxy's scheduling priority of an exchange. Accepted and without effect: tasks here run in the order
//! in which they become ready.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::need;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-nice",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::TCP_RESPONSE).and(Kinds::HTTP_REQUEST).and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "accepted for HAProxy's sake; has no effect",
        long: "In HAProxy a number from -1024 to 1024 that makes the exchange more or less favoured among others.",
        examples: &[Example::usage("http-request set-nice 100")],
    },
};

#[derive(Debug)]
struct SetNice;

impl Action for SetNice {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    need(words, "the number")?;
    Ok(Box::new(SetNice))
}
