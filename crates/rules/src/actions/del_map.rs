//! `del-map`: remove a key from the list of a map's file.

use keyword::{Doc, Example};
use sample::Problem;

use super::pattern_edit::{self, Edit};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "del-map",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "remove a key from the list of a map's file",
        long: "The map is that of all converters that read this file; the file itself does not change.",
        examples: &[Example::usage("http-request del-map(virt@last) %[src]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    pattern_edit::compile(Edit::DelMap, words, compile)
}
