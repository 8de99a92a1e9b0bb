//! `replace-value`: rewrites the elements of a field whose values are comma-separated lists.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::header::field_name;
use super::message::{Done, Side, with_scratch};
use super::replace::Replacement;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
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

#[derive(Debug)]
struct ReplaceValue {
    side: Side,
    name: Box<[u8]>,
    replacement: Replacement,
}

impl Action for ReplaceValue {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let done = with_scratch(|template| {
            self.replacement.template(txn, template);
            with_scratch(|out| self.replace_all(txn, template, out))
        });
        self.side.done(done, txn)
    }
}

impl ReplaceValue {
    fn replace_all(&self, txn: &mut Txn, template: &[u8], out: &mut Vec<u8>) -> Done {
        let mut from = 0;
        while let Some(i) = self.side.message(txn).head.fields.position(&self.name, from) {
            from = i + 1;
            out.clear();
            match self.rewrite(self.side.message(txn).head.fields.value(i), template, out) {
                None => continue,
                Some(Done::Yes) if self.side.has_room(txn, out.len()) => {}
                Some(_) => return Done::No,
            }
            self.side.head_mut(txn).fields.replace_value_at(i, out);
            self.side.follow_host(txn, &self.name, out);
        }
        Done::Yes
    }

    /// Appends the list with its elements rewritten; `None` if none matches.
    fn rewrite(&self, value: &[u8], template: &[u8], out: &mut Vec<u8>) -> Option<Done> {
        let (mut copied, mut result) = (0, None);
        for element in http::lists::ranges(value) {
            let before = out.len();
            out.extend_from_slice(&value[copied..element.start]);
            match self.replacement.apply(&value[element.clone()], template, out) {
                None => out.truncate(before),
                Some(Done::No) => return Some(Done::No),
                Some(Done::Yes) => {
                    copied = element.end;
                    result = Some(Done::Yes);
                }
            }
        }
        out.extend_from_slice(&value[copied..]);
        result
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let side = Side::of(compile.kind);
    let name = field_name(words, compile)?;
    Ok(Box::new(ReplaceValue { side, name, replacement: Replacement::compile(words, compile)? }))
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
    }
}
