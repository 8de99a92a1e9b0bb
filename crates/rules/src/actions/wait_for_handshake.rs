//! `wait-for-handshake`: holds the request until the client's TLS handshake is complete.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome, Wait};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "wait-for-handshake",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "wait until the client's TLS handshake is complete",
        long: "A request in early data (0-RTT) may be a repetition of somebody else's until then.",
        examples: &[Example::usage("http-request wait-for-handshake")],
    },
};

#[derive(Debug)]
struct WaitForHandshake;

impl Action for WaitForHandshake {
    fn run(&self, _: &mut Txn) -> Outcome {
        Outcome::Wait(Wait::Handshake)
    }
}

fn compile(_: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(WaitForHandshake))
}
