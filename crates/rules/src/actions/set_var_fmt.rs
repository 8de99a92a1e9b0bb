//! `set-var-fmt`: keeps what a format says in a variable.

use keyword::{Doc, Example};
use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};
use state::Value;

use super::args::{format, need};
use super::message::rendered;
use super::variable::Target;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-var-fmt",
    aliases: &[],
    kinds: Kinds::ALL,
    compile,
    doc: Doc {
        brief: "set a variable to the text that a format makes",
        long: "Conditions may follow the name as with `set-var`.",
        examples: &[Example::usage("http-request set-var-fmt(txn.from) %[src]:%[src_port]")],
    },
};

#[derive(Debug)]
struct SetVarFmt {
    target: Target,
    format: LogFormat,
}

impl Action for SetVarFmt {
    fn run(&self, txn: &mut Txn) -> Outcome {
        rendered(&self.format, txn, |text, txn| self.target.set(Value::str(text), txn));
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let target = Target::compile(words)?;
    need(&mut words.clone(), "the format")?;
    Ok(Box::new(SetVarFmt { target, format: format(words, "the format", Style::Text, compile)? }))
}
