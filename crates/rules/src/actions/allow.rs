//! `allow`: ends the evaluation of this HTTP ruleset; the message goes on.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "allow",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "end this HTTP ruleset and let the message go on",
        long: "Rules of the backend still run after the frontend's were ended.",
        examples: &[Example::usage("http-request allow")],
    },
};

#[derive(Debug)]
struct Allow;

impl Action for Allow {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Stop
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Allow))
}
