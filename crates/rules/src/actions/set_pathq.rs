//! `set-pathq`: replace path and query of the request's target.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-pathq",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "replace path and query of the request's target",
        long: "",
        examples: &[Example::usage("http-request set-pathq /%[hdr(host)]%[path]?%[query]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::set::<target::PathAndQuery>(words, compile)
}
