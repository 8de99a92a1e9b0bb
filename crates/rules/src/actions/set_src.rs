//! `set-src`: replace the client's address.

use keyword::{Doc, Example};
use sample::Problem;

use super::address::{self, End, Part};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-src",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION.and(Kinds::TCP_SESSION).and(Kinds::TCP_CONTENT).and(Kinds::HTTP_REQUEST),
    compile,
    doc: Doc {
        brief: "replace the client's address",
        long: "From here on rules, logs and the server see the new address; the port is kept. In HTTP and content rules it holds for this exchange.",
        examples: &[Example::usage("http-request set-src req.hdr_ip(X-Forwarded-For,-1)")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    address::compile(End::Source, Part::Address, words, compile)
}
