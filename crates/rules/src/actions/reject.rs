//! `reject`: closes the connection without an answer.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "reject",
    aliases: &[],
    kinds: Kinds::TCP.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "close the connection without an answer",
        long: "Before the session began this costs the least of all ways to refuse a client, and nothing is logged.",
        examples: &[Example::usage("tcp-request connection reject"), Example::usage("http-request reject")],
    },
};

#[derive(Debug)]
struct Reject;

impl Action for Reject {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Reject
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Reject))
}
