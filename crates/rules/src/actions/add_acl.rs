//! `add-acl`: add a pattern to the list of an ACL's file.

use keyword::{Doc, Example};
use sample::Problem;

use super::pattern_edit::{self, Edit};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "add-acl",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "add a pattern to the list of an ACL's file",
        long: "The list is that of all ACLs that read this file; the file itself does not change. A pattern that is there already is not added again.",
        examples: &[Example::usage("http-request add-acl(virt@seen) %[src]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    pattern_edit::compile(Edit::AddAcl, words, compile)
}
