//! `set-fc-mark`: set the netfilter mark of packets to the client.

use keyword::{Doc, Example};
use sample::Problem;

use super::socket::{self, Property};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-fc-mark",
    aliases: &["set-mark"],
    kinds: Kinds::TCP.and(Kinds::HTTP_REQUEST).and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "set the netfilter mark of packets to the client",
        long: "A number or an expression. Needs the capability to administer the network.",
        examples: &[Example::usage("http-response set-fc-mark 10")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    socket::compile(Property::ClientMark, words, compile)
}
