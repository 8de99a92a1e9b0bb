//! Rulesets: rules in the order of the configuration, run until one of them decides.

use std::sync::Arc;

use sample::Txn;

use crate::acl::{Condition, Subjects, Tri};
use crate::action::{Action, LogCall, Outcome, Service, Wait};
use crate::observe::{NoTrace, Observer, Place};
use crate::reply::Reply;

/// One rule: an action and the condition under which it runs.
#[derive(Debug)]
pub struct Rule {
    /// `None`: always.
    pub condition: Option<Condition>,
    /// What it does.
    pub action: Box<dyn Action>,
    /// Where it stands, for explanations and `last_rule_file`.
    pub place: Place,
}

/// Rules in order.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// How a ruleset ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// All rules ran, or one said stop.
    Pass,
    /// Send this answer.
    Reply(Arc<Reply>),
    /// Send this answer; the exchange counts as denied.
    Deny(Arc<Reply>),
    /// Hold the client for `timeout tarpit`, then as `Deny`.
    Tarpit(Arc<Reply>),
    /// Close without an answer.
    Reject,
    /// Close as silently as possible.
    SilentDrop,
    /// Rule `resume` needs more data; run again from there when there is some.
    NotYet {
        /// Index of the rule to ask again.
        resume: usize,
    },
    /// Wait, then go on at `resume`.
    Wait {
        /// What for.
        wait: Wait,
        /// Index of the rule to go on with.
        resume: usize,
    },
    /// A service answers.
    Service(Service),
    /// Write a log line, then go on at `resume`.
    Log {
        /// What the rule says of it.
        call: LogCall,
        /// Index of the rule to go on with.
        resume: usize,
    },
    /// An internal failure: 500.
    Fail,
}

impl Verdict {
    /// Whether a client whose connection or session the rules were asked about may come in.
    #[must_use]
    pub fn lets_pass(&self) -> bool {
        match self {
            Verdict::Pass | Verdict::NotYet { .. } | Verdict::Wait { .. } | Verdict::Log { .. } => true,
            Verdict::Reply(_)
            | Verdict::Deny(_)
            | Verdict::Tarpit(_)
            | Verdict::Reject
            | Verdict::SilentDrop
            | Verdict::Service(_)
            | Verdict::Fail => false,
        }
    }
}

/// What a rule does whose condition cannot be told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// Ask again when more data came.
    Wait,
    /// No more will come: an unknown condition is false.
    IsFalse,
}

impl Ruleset {
    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Runs the rules from index `from` on.
    pub fn run(&self, txn: &mut Txn, from: usize, undecided: Undecided) -> Verdict {
        self.run_watched(txn, from, undecided, &mut NoTrace)
    }

    /// As [`Ruleset::run`], and tells `observer` what happens.
    pub fn run_watched<O: Observer>(
        &self,
        txn: &mut Txn,
        from: usize,
        undecided: Undecided,
        observer: &mut O,
    ) -> Verdict {
        let mut subjects = Subjects::default();
        for (index, rule) in self.rules.iter().enumerate().skip(from) {
            observer.rule(rule.place);
            match rule.condition.as_ref().map_or(Tri::Yes, |c| c.test_among(txn, &mut subjects, observer)) {
                Tri::Yes => {}
                Tri::No => continue,
                Tri::NotYet if undecided == Undecided::Wait => return Verdict::NotYet { resume: index },
                // What is not there counts as absent, which may well make the whole true (`unless`, `!`).
                Tri::NotYet if rule.condition.as_ref().is_some_and(|c| c.decide_watched(txn, observer)) => {}
                Tri::NotYet => continue,
            }
            observer.before_action(txn);
            let outcome = rule.action.run(txn);
            subjects.forget();
            observer.after_action(txn, &outcome);
            let verdict = match outcome {
                Outcome::Continue | Outcome::CloseAfter => continue,
                Outcome::NotYet if undecided == Undecided::Wait => return Verdict::NotYet { resume: index },
                Outcome::NotYet => continue,
                Outcome::Wait(wait) => return Verdict::Wait { wait, resume: index + 1 },
                Outcome::Log(call) => return Verdict::Log { call, resume: index + 1 },
                Outcome::Stop => Verdict::Pass,
                Outcome::Reply(reply) => Verdict::Reply(reply),
                Outcome::Deny(reply) => Verdict::Deny(reply),
                Outcome::Tarpit(reply) => Verdict::Tarpit(reply),
                Outcome::Reject => Verdict::Reject,
                Outcome::SilentDrop => Verdict::SilentDrop,
                Outcome::Service(service) => Verdict::Service(service),
                Outcome::Fail => Verdict::Fail,
            };
            txn.last_rule = Some((rule.place.file, rule.place.line));
            return verdict;
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration may hold many thousands of them, and requests walk along them.
    #[test]
    fn a_rule_fits_a_line_of_memory() {
        assert!(size_of::<Rule>() <= 64, "{}", size_of::<Rule>());
    }
}
