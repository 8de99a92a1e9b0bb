//! `del-headers-bin`: removes the fields whose names a list has.

use keyword::{Doc, Example};

use super::headers_bin::compile_del;
use crate::action::{ActionRow, Kinds};

pub(super) static ROW: ActionRow = ActionRow {
    name: "del-headers-bin",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile: compile_del,
    doc: Doc {
        brief: "remove the fields whose names a binary list has",
        long: "The list has names alone, each behind its length, and ends with an empty one. `-m` compares a part of \
               the names: `beg`, `end` or `sub`.",
        examples: &[Example::usage("http-response del-headers-bin var(txn.names) -m beg")],
    },
};
