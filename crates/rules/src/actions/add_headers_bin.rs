//! `add-headers-bin`: adds the fields of a list at once.

use keyword::{Doc, Example};

use super::headers_bin::{Present, compile_add};
use crate::action::{ActionRow, Kinds};

pub(super) static ROW: ActionRow = ActionRow {
    name: "add-headers-bin",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile: |words, compile| compile_add(words, compile, Present::Kept),
    doc: Doc {
        brief: "add the fields of a binary list",
        long: "The list is as `req.hdrs_bin` makes it. `prefix` takes only the names that begin with it. \
               Fields that say how the message is sent, such as `Content-Length`, are left alone.",
        examples: &[Example::usage("http-request add-headers-bin var(txn.fields)")],
    },
};
