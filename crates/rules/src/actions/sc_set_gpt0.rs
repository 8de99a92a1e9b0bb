//! `sc-set-gpt0`: set the first general-purpose tag of a stick counter's entry.

use keyword::{Doc, Example};
use sample::Problem;

use super::counter;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "sc-set-gpt0",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "set the first general-purpose tag of a stick counter's entry",
        long: "The stick counter's number stands in parentheses, 0 if left out; a number or an expression follows.",
        examples: &[Example::usage("http-request sc-set-gpt0(1) 1337")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    counter::set_tag(words, compile)
}
