//! `set-fc-tos`: set the type-of-service byte of packets to the client.

use keyword::{Doc, Example};
use sample::Problem;

use super::socket::{self, Property};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-fc-tos",
    aliases: &["set-tos"],
    kinds: Kinds::TCP.and(Kinds::HTTP_REQUEST).and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "set the type-of-service byte of packets to the client",
        long: "A number or an expression; the upper six bits are the DSCP.",
        examples: &[Example::usage("http-response set-fc-tos 0x2e")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    socket::compile(Property::ClientTos, words, compile)
}
