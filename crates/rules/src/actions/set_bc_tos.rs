//! `set-bc-tos`: set the type-of-service byte of packets to the server.

use keyword::{Doc, Example};
use sample::Problem;

use super::socket::{self, Property};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-bc-tos",
    aliases: &[],
    kinds: Kinds::TCP_CONTENT.and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "set the type-of-service byte of packets to the server",
        long: "A number or an expression; the upper six bits are the DSCP.",
        examples: &[Example::usage("http-request set-bc-tos 0x2e")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    socket::compile(Property::ServerTos, words, compile)
}
