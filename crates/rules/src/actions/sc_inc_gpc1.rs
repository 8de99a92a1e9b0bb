//! `sc-inc-gpc1`: add 1 to the second general-purpose counter of a stick counter's entry.

use keyword::{Doc, Example};
use sample::Problem;
use state::table::Gpc;

use super::counter;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "sc-inc-gpc1",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "add 1 to the second general-purpose counter of a stick counter's entry",
        long: "As `sc-inc-gpc0`.",
        examples: &[Example::usage("tcp-request connection sc-inc-gpc1(1)")],
    },
};

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    counter::increment_named(Gpc::One, words)
}
