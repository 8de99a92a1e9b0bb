//! `set-method`: replaces the request's method.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::message::Done;
use super::target::{self, Edit};
use crate::action::{Action, ActionCompile, ActionRow, Kinds};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-method",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "replace the request's method",
        long: "Whether a body follows does not change with it.",
        examples: &[Example::usage("http-request set-method GET")],
    },
};

struct SetMethod;

impl Edit for SetMethod {
    fn apply(text: &[u8], txn: &mut Txn) -> Done {
        txn.req.head.set_method(text);
        Done::Yes
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    target::set::<SetMethod>(words, compile)
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{request, run};

    #[test]
    fn the_method_changes() {
        let mut txn = request("POST / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-method %[str(PUT)]", &mut txn);
        assert_eq!(txn.req.head.method(), b"PUT");
    }
}
