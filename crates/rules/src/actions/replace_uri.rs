//! `replace-uri`: rewrite the whole target of the request where it matches a regular expression.

use keyword::{Doc, Example};
use sample::Problem;

use super::target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "replace-uri",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "rewrite the whole target of the request where it matches a regular expression",
        long: "HTTP/2 clients send absolute targets where HTTP/1 clients do not, so `replace-path` is usually what is meant.",
        examples: &[Example::usage("http-request replace-uri ^http://(.*) https://\\1")],
    },
};

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::replace::<target::Uri>(words, compile)
}
