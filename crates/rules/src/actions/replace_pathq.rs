//! `replace-pathq`: rewrite path and query of the request's target where they match a regular expression.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "replace-pathq",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "rewrite path and query of the request's target where they match a regular expression",
        long: "",
        examples: &[Example::usage("http-request replace-pathq ([^?]*)(\\\\?(.*))? /foo\\1\\2")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::replace::<target::PathAndQuery>(words, compile)
}
