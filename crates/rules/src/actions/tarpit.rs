//! `tarpit`: refuses a request after a while.

use std::sync::Arc;

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::answer;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::reply::Reply;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "tarpit",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "hold the request for `timeout tarpit`, then refuse it",
        long: "The status is 500 unless another is named; the words are those of `deny`. Nothing but this connection is \
               held while the client waits.",
        examples: &[Example::usage("http-request tarpit deny_status 429")],
    },
};

#[derive(Debug)]
struct Tarpit(Arc<Reply>);

impl Action for Tarpit {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Tarpit(self.0.clone())
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Tarpit(answer::refusal(words, 500, compile)?)))
}
