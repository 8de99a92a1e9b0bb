//! `set-bc-mark`: set the netfilter mark of packets to the server.

use keyword::{Doc, Example};
use sample::Problem;

use super::socket::{self, Property};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-bc-mark",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "set the netfilter mark of packets to the server",
        long: "A number or an expression. Needs the capability to administer the network.",
        examples: &[Example::usage("http-request set-bc-mark 10")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    socket::compile(Property::ServerMark, words, compile)
}
