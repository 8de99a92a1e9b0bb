//! `close`: closes the connection to the server, and with it the client's.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "close",
    aliases: &[],
    kinds: Kinds::TCP_RESPONSE,
    compile,
    doc: Doc {
        brief: "close the connection to the server",
        long: "",
        examples: &[Example::usage("tcp-response content close")],
    },
};

#[derive(Debug)]
struct Close;

impl Action for Close {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Reject
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Close))
}
