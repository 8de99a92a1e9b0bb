//! `set-query`: replace the query of the request's target.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-query",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "replace the query of the request's target",
        long: "The question mark is put in front where it is missing; the path is kept.",
        examples: &[Example::usage("http-request set-query %[query,regsub(%3D,=,g)]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::set::<target::Query>(words, compile)
}
