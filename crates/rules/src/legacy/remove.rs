//! `reqdel` and `rspdel`: fields that match are removed.

use sample::Txn;
use state::regexp::Regex;

use super::lines::{self, Place};
use super::side::Side;
use crate::action::{Action, Outcome};

/// Removes the fields that match.
#[derive(Debug)]
pub(super) struct Remove {
    pub(super) side: Side,
    pub(super) regex: Regex,
}

impl Action for Remove {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let mut i = 0;
        while i < self.side.head(txn).fields.len() {
            let matches = |line: &[u8]| self.regex.is_match(line);
            if lines::with_line(self.side, txn, Place::Field(i), matches) == Some(true) {
                self.side.head_mut(txn).fields.remove_at(i);
            } else {
                i += 1;
            }
        }
        Outcome::Continue
    }
}
