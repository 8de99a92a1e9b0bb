//! `set-headers-bin`: sets the fields of a list at once.

use keyword::{Doc, Example};

use super::headers_bin::{Present, compile_add};
use crate::action::{ActionRow, Kinds};

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-headers-bin",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile: |words, compile| compile_add(words, compile, Present::Replaced),
    doc: Doc {
        brief: "set the fields of a binary list, whatever they had before",
        long: "As `add-headers-bin`, but a field of the list takes the place of those of its name that are \
               there, earlier ones of the list among them.",
        examples: &[Example::usage("http-request set-headers-bin var(txn.fields)")],
    },
};
