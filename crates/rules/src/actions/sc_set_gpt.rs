//! `sc-set-gpt`: set an element of the tags that a stick counter's entry has.

use keyword::{Doc, Example};
use sample::Problem;

use super::counter;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "sc-set-gpt",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "set an element of the tags that a stick counter's entry has",
        long: "In the parentheses stand the element's number and the stick counter's; a number or an expression follows.",
        examples: &[Example::usage("http-request sc-set-gpt(1,0) 1337")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    counter::set_tag_element(words, compile)
}
