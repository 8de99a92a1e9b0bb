//! `sc-inc-gpc`: add 1 to an element of the counters that a stick counter's entry has.

use keyword::{Doc, Example};
use sample::Problem;

use super::counter;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "sc-inc-gpc",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "add 1 to an element of the counters that a stick counter's entry has",
        long: "In the parentheses stand the element's number and the stick counter's. The rate `gpc_rate` counts it as well.",
        examples: &[Example::usage("http-request sc-inc-gpc(1,0)")],
    },
};

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    counter::increment_element(words)
}
