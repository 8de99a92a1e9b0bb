//! `set-uri`: replace the whole target of the request.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-uri",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "replace the whole target of the request",
        long: "An authority in the new target becomes the value of the Host field.",
        examples: &[Example::usage("http-request set-uri https://example.com%[pathq]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::set::<target::Uri>(words, compile)
}
