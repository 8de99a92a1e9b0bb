//! `set-dst-port`: replace the port that the client connected to.

use keyword::{Doc, Example};
use sample::Problem;

use super::address::{self, End, Part};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-dst-port",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION.and(Kinds::TCP_SESSION).and(Kinds::TCP_CONTENT).and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "replace the port that the client connected to",
        long: "The address is kept.",
        examples: &[Example::usage("http-request set-dst-port int(4000)")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    address::compile(End::Destination, Part::Port, words, compile)
}
