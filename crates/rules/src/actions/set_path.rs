//! `set-path`: replace the path of the request's target.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-path",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "replace the path of the request's target",
        long: "The query is kept. `set-pathq` replaces it as well.",
        examples: &[Example::usage("http-request set-path /%[hdr(host)]%[path]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::set::<target::Path>(words, compile)
}
