//! `replace-path`: rewrite the path of the request's target where it matches a regular expression.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "replace-path",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "rewrite the path of the request's target where it matches a regular expression",
        long: "The query is neither seen nor changed.",
        examples: &[Example::usage("http-request replace-path (.*) /foo\\1")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::replace::<target::Path>(words, compile)
}
