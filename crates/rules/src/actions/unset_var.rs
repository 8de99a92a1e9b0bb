//! `unset-var`: removes a variable.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::{action_word, wrong};
use super::variable::Target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "unset-var",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "remove a variable",
        long: "",
        examples: &[Example::usage("http-request unset-var(txn.host)")],
    },
};

#[derive(Debug)]
struct UnsetVar(Target);

impl Action for UnsetVar {
    fn run(&self, txn: &mut Txn) -> Outcome {
        self.0.unset(txn);
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, _: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let target = Target::compile(words)?;
    if target.is_conditional() {
        return Err(wrong(action_word(words), "`unset-var` takes no conditions"));
    }
    Ok(Box::new(UnsetVar(target)))
}
