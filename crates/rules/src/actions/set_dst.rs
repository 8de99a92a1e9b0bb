//! `set-dst`: replace the address that the client connected to.

use keyword::{Doc, Example};
use sample::Problem;

use super::address::{self, End, Part};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-dst",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION.and(Kinds::TCP_SESSION).and(Kinds::TCP_CONTENT).and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "replace the address that the client connected to",
        long: "Where a server's address is left out (`0.0.0.0`) it is also what is connected to. The port is kept.",
        examples: &[Example::usage("http-request set-dst ipv4(127.0.0.1)")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    address::compile(End::Destination, Part::Address, words, compile)
}
