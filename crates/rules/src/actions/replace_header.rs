//! `replace-header`: rewrites the whole values of a field.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::header::field_name;
use super::message::{Done, Side, with_scratch};
use super::replace::Replacement;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "replace-header",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "rewrite the values of a header field that match a regular expression",
        long: "The expression sees the whole value, commas included; the replacement takes the place of all of it. \
               `replace-value` looks at the elements of a list one by one.",
        examples: &[Example::usage(
            "http-request replace-header Cookie foo=([^;]*);(.*) foo=\\1;ip=%[src];\\2",
        )],
    },
};

#[derive(Debug)]
struct ReplaceHeader {
    side: Side,
    name: Box<[u8]>,
    replacement: Replacement,
}

impl Action for ReplaceHeader {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let done = with_scratch(|template| {
            self.replacement.template(txn, template);
            with_scratch(|out| self.replace_all(txn, template, out))
        });
        self.side.done(done, txn)
    }
}

impl ReplaceHeader {
    fn replace_all(&self, txn: &mut Txn, template: &[u8], out: &mut Vec<u8>) -> Done {
        let mut from = 0;
        while let Some(i) = self.side.message(txn).head.fields.position(&self.name, from) {
            from = i + 1;
            out.clear();
            match self.replacement.apply(self.side.message(txn).head.fields.value(i), template, out) {
                None => continue,
                Some(Done::Yes) if self.side.has_room(txn, out.len()) => {}
                Some(_) => return Done::No,
            }
            self.side.head_mut(txn).fields.replace_value_at(i, out);
            self.side.follow_host(txn, &self.name, out);
        }
        Done::Yes
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let side = Side::of(compile.kind);
    let name = field_name(words, compile)?;
    Ok(Box::new(ReplaceHeader { side, name, replacement: Replacement::compile(words, compile)? }))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{fields, request, run};

    #[test]
    fn whole_values_that_match() {
        let mut txn = request("GET / HTTP/1.1", &[("X", "a=1, b=2"), ("x", "none"), ("X", "c=3")]);
        run(Kinds::HTTP_REQUEST, "replace-header X ^(.)=(.*)$ \\2:%[path]:\\1", &mut txn);
        assert_eq!(fields(&txn.req), ["X: 1, b=2:/:a", "x: none", "X: 3:/:c"]);
    }

    #[test]
    fn a_template_that_ends_in_a_backslash_fails() {
        let mut txn = request("GET / HTTP/1.1", &[("X", "a")]);
        assert!(matches!(run(Kinds::HTTP_REQUEST, "replace-header X a b\\\\", &mut txn), Outcome::Fail));
        assert_eq!(fields(&txn.req), ["X: a"]);
    }
}
