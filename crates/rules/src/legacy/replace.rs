//! `reqrep` and `rsprep`: lines that match become something else.

use diag::codes;
use sample::compile::problem_of;
use sample::{Problem, Txn};
use state::regexp::{Regex, check_template, expand};

use super::lines::{self, Place};
use super::side::Side;
use super::start_line;
use crate::action::{Action, Outcome};
use crate::words::{Words, need};

#[derive(Debug)]
struct Replace {
    side: Side,
    regex: Regex,
    template: Box<[u8]>,
}

/// Reads the template.
pub(super) fn compile(side: Side, regex: Regex, words: &mut Words<'_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the replacement")?;
    check_template(&word.text)
        .map_err(|error| problem_of(codes::ACTION_ARGUMENT, word.span, error.to_string()))?;
    Ok(Box::new(Replace { side, regex, template: word.text.as_slice().into() }))
}

impl Action for Replace {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let mut text = Vec::new();
        if self.expanded(txn, Place::Start, &mut text) {
            // As in 1.5, the expression is not tried on the fields then.
            return self.set_start(txn, &text);
        }
        let mut i = 0;
        while i < self.side.head(txn).fields.len() {
            if self.expanded(txn, Place::Field(i), &mut text) {
                i += self.set_field(txn, i, &text);
            } else {
                i += 1;
            }
        }
        Outcome::Continue
    }
}

impl Replace {
    /// Fills `text` with what the line at `place` becomes; false if it does not match.
    fn expanded(&self, txn: &Txn, place: Place, text: &mut Vec<u8>) -> bool {
        let matches = |line: &[u8]| {
            // Most lines do not match, and telling so is cheaper than finding groups.
            if !self.regex.is_match(line) {
                return false;
            }
            text.clear();
            let captures = self.regex.captures(line);
            captures.is_some_and(|captures| expand(&self.template, line, &captures, text).is_ok())
        };
        lines::with_line(self.side, txn, place, matches).unwrap_or(false)
    }

    fn set_start(&self, txn: &mut Txn, text: &[u8]) -> Outcome {
        if !self.side.has_room(txn, text.len()) {
            return self.side.spoilt(txn);
        }
        let mut lines = lines::split(text);
        let line = lines.next().unwrap_or_default();
        let head = self.side.head_mut(txn);
        if start_line::set(head, line).is_err() {
            return self.side.spoilt(txn);
        }
        let more: Vec<_> = lines.filter_map(lines::field).collect();
        if !more.is_empty() {
            lines::insert(head, 0, &more);
        }
        Outcome::Continue
    }

    /// Answers how many fields stand in the place of the old one.
    fn set_field(&self, txn: &mut Txn, i: usize, text: &[u8]) -> usize {
        if !self.side.has_room(txn, text.len()) {
            // 1.5 leaves the line as it is, too.
            txn.count_failed_rewrite();
            return 1;
        }
        let replaced = lines::replace_field(self.side.head_mut(txn), i, text);
        if replaced.refused > 0 {
            txn.count_failed_rewrite();
        }
        replaced.fields
    }
}
