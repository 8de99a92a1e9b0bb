//! `set-map`: give a key of a map's file a value.

use keyword::{Doc, Example};
use sample::Problem;

use super::pattern_edit::{self, Edit};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-map",
    aliases: &["add-map"],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "give a key of a map's file a value",
        long: "The map is that of all converters that read this file; the file itself does not change. A key that is not there is added.",
        examples: &[Example::usage("http-request set-map(virt@last) %[src] %[req.hdr(X-Value)]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    pattern_edit::compile(Edit::SetMap, words, compile)
}
