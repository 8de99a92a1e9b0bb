//! `reqallow`, `reqpass`, `reqdeny`, `reqtarpit`, `rspdeny`: what a line that matches decides.

use std::sync::Arc;

use sample::Txn;
use state::regexp::Regex;

use super::keyword::Verdict;
use super::lines::{self, Place};
use super::side::Side;
use crate::action::{Action, Outcome};
use crate::reply::Reply;

/// Decides when a line matches.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) side: Side,
    pub(super) regex: Regex,
    pub(super) verdict: Verdict,
}

impl Action for Judge {
    fn run(&self, txn: &mut Txn) -> Outcome {
        // Once a request is allowed, only rewrites go on.
        if self.side == Side::Request && txn.legacy.is_allowed {
            return Outcome::Continue;
        }
        if self.verdict == Verdict::Pass {
            self.pass(txn);
            return Outcome::Continue;
        }
        if !places(self.side, txn).any(|place| self.matches(txn, place)) {
            return Outcome::Continue;
        }
        let reply = |status| Arc::new(Reply::Error(status));
        match (self.verdict, self.side) {
            (Verdict::Deny, Side::Request) => Outcome::Deny(reply(403)),
            (Verdict::Deny, Side::Response) => Outcome::Deny(reply(502)),
            (Verdict::Tarpit, _) => Outcome::Tarpit(reply(500)),
            (Verdict::Allow | Verdict::Pass, _) => {
                txn.legacy.is_allowed = true;
                Outcome::Continue
            }
        }
    }
}

impl Judge {
    fn matches(&self, txn: &Txn, place: Place) -> bool {
        lines::with_line(self.side, txn, place, |line| self.regex.is_match(line)) == Some(true)
    }

    /// Takes the lines that match out of what the rules behind this one see. 1.5 promises as much in its manual.
    fn pass(&self, txn: &mut Txn) {
        let taken = |line: &[u8]| self.regex.is_match(line).then(|| Box::from(line));
        let passed: Vec<Box<[u8]>> = places(self.side, txn)
            .filter_map(|place| lines::with_line(self.side, txn, place, taken).flatten())
            .collect();
        txn.legacy.passed.extend(passed);
    }
}

/// All lines of the head, in order.
fn places(side: Side, txn: &Txn) -> impl Iterator<Item = Place> + use<> {
    let fields = side.head(txn).fields.len();
    std::iter::once(Place::Start).chain((0..fields).map(Place::Field))
}
