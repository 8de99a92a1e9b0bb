//! `accept`: ends the evaluation of this TCP ruleset; the connection goes on.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "accept",
    aliases: &[],
    kinds: Kinds::TCP,
    compile,
    doc: Doc {
        brief: "end this TCP ruleset and let the connection go on",
        long: "",
        examples: &[Example::usage("tcp-request connection accept")],
    },
};

#[derive(Debug)]
struct Accept;

impl Action for Accept {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Stop
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Accept))
}
