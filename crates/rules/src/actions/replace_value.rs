//! `replace-value`: rewrites the elements of a field whose values are comma-separated lists.

use keyword::{Doc, Example};
use sample::Problem;

use super::message::Done;
use super::replace::{InField, Replacement};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "replace-value",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "rewrite the elements of a header field's list that match a regular expression",
        long: "As `replace-header`, but the expression sees one element at a time; commas separate them.",
        examples: &[Example::usage(
            "http-request replace-value X-Forwarded-For ^192\\.168\\.(.*)$ 172.16.\\1",
        )],
    },
};

/// Appends the list with its elements rewritten; `None` if none matches. The blanks around an element that is rewritten
/// go with it.
fn elements(replacement: &Replacement, value: &[u8], template: &[u8], out: &mut Vec<u8>) -> Option<Done> {
    let (mut copied, mut result) = (0, None);
    for element in http::lists::ranges(value) {
        let before = out.len();
        out.extend_from_slice(value[copied..element.start].trim_ascii_end());
        match replacement.apply(&value[element.clone()], template, out) {
            None => out.truncate(before),
            Some(Done::No) => return Some(Done::No),
            Some(Done::Yes) => {
                let blanks =
                    value[element.end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                copied = element.end + blanks;
                result = Some(Done::Yes);
            }
        }
    }
    out.extend_from_slice(&value[copied..]);
    result
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    InField::compile(elements, words, compile)
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{fields, request, run};

    #[test]
    fn element_by_element() {
        let mut txn = request("GET / HTTP/1.1", &[("X", "192.168.1.1, 10.0.0.1,192.168.1.2"), ("X", "no")]);
        run(Kinds::HTTP_REQUEST, "replace-value X ^192\\\\.168\\\\.(.*)$ 172.16.\\1", &mut txn);
        assert_eq!(fields(&txn.req), ["X: 172.16.1.1, 10.0.0.1,172.16.1.2", "X: no"]);
        let mut txn = request("GET / HTTP/1.1", &[("X", "b, ab , c,, ad")]);
        run(Kinds::HTTP_REQUEST, "replace-value X a(.) <\\1>", &mut txn);
        assert_eq!(fields(&txn.req), ["X: b,<b>, c,,<d>"]);
    }
}
