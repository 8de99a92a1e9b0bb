//! `sc-add-gpc`: add a number to an element of the counters that a stick counter's entry has.

use keyword::{Doc, Example};
use sample::Problem;

use super::counter;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "sc-add-gpc",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "add a number to an element of the counters that a stick counter's entry has",
        long: "In the parentheses stand the element's number and the stick counter's; a number or an expression follows.",
        examples: &[Example::usage("http-request sc-add-gpc(1,0) int(10)")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    counter::add_element(words, compile)
}
