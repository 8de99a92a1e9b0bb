//! `add-header`: adds a field behind those that are there.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::header::{NamedFormat, named_format};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "add-header",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "add a field, whatever others of its name there are",
        long: "",
        examples: &[Example::usage("http-response add-header Via lb1")],
    },
};

#[derive(Debug)]
struct AddHeader(NamedFormat);

impl Action for AddHeader {
    fn run(&self, txn: &mut Txn) -> Outcome {
        self.0.add(txn, |_, _| {})
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(AddHeader(named_format(words, compile)?)))
}

#[cfg(test)]
mod tests {
    use crate::action::Kinds;
    use crate::actions::testing::{fields, request, run};

    #[test]
    fn keeps_what_is_there() {
        let mut txn = request("GET / HTTP/1.1", &[("X-A", "1")]);
        run(Kinds::HTTP_REQUEST, "add-header X-A 2", &mut txn);
        assert_eq!(fields(&txn.req), ["X-A: 1", "X-A: 2"]);
    }
}
