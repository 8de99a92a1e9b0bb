//! `replace-header`: rewrites the whole values of a field.

use keyword::{Doc, Example};
use sample::Problem;

use super::replace::{InField, Replacement};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
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

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    InField::compile(Replacement::apply, words, compile)
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
