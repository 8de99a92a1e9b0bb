//! `reqadd` and `rspadd`: lines behind the others.

use diag::codes;
use sample::compile::problem_of;
use sample::{Problem, Txn};

use super::lines;
use super::side::Side;
use crate::action::{Action, Outcome};
use crate::words::{Words, need};

#[derive(Debug)]
struct Add {
    side: Side,
    /// More than one where the text has line ends.
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: Box<[u8]>,
    value: Box<[u8]>,
}

/// Reads the line to add.
pub(super) fn compile(side: Side, words: &mut Words<'_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the header line")?;
    let mut fields = Vec::new();
    for line in lines::split(&word.text).filter(|line| !line.is_empty()) {
        let Some((name, value)) = lines::field(line) else {
            let mut problem = problem_of(codes::ACTION_ARGUMENT, word.span, "this is no header line");
            problem.notes.push("it is one word, `Name:\\ value`, with its blanks protected".to_owned());
            return Err(problem);
        };
        fields.push(Field { name: name.into(), value: value.into() });
    }
    Ok(Box::new(Add { side, fields }))
}

impl Action for Add {
    fn run(&self, txn: &mut Txn) -> Outcome {
        // Interim responses are passed on as they are.
        if self.side == Side::Response && txn.res.head.status() < 200 {
            return Outcome::Continue;
        }
        for Field { name, value } in &self.fields {
            if !self.side.has_room(txn, name.len() + value.len()) {
                return self.side.spoilt(txn);
            }
            self.side.head_mut(txn).fields.push(&**name, value);
        }
        Outcome::Continue
    }
}
