//! `del-acl`: remove a pattern from the list of an ACL's file.

use keyword::{Doc, Example};
use sample::Problem;

use super::pattern_edit::{self, Edit};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "del-acl",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "remove a pattern from the list of an ACL's file",
        long: "The list is that of all ACLs that read this file; the file itself does not change.",
        examples: &[Example::usage("http-request del-acl(virt@seen) %[src]")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    pattern_edit::compile(Edit::DelAcl, words, compile)
}
