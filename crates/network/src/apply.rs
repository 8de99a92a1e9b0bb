//! Carrying a plan out, all of it or nothing.
//!
//! ```text
//!   snapshot -> plan -> step, step, step -> done
//!                              | one fails
//!                              v
//!                       snapshot -> plan back to the first snapshot -> steps
//! ```
//! The way back is planned anew instead of turning the steps round, because the kernel does more than it is told: it
//! drops the routes of a device that goes down, and other addresses with the first of a network.

use diag::Diagnostics;

use crate::file::NetworkFile;
use crate::machine::Snapshot;
use crate::plan::{plan, plan_back};
use crate::step::Step;

/// A machine whose network can be read and changed.
pub trait Machine {
    /// What its network is now.
    ///
    /// # Errors
    /// What the system says.
    fn snapshot(&mut self) -> Result<Snapshot, Refusal>;

    /// Makes one change.
    ///
    /// # Errors
    /// What the system says.
    fn carry_out(&mut self, step: &Step) -> Result<(), Refusal>;
}

/// What the system says when it does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// A file was not applied.
#[derive(Debug)]
pub enum Error {
    /// The machine could not be looked at; nothing was changed.
    Look(Refusal),
    /// The file does not fit the machine; nothing was changed.
    File(Diagnostics),
    /// A step failed.
    Step(Box<FailedStep>),
}

/// The step that failed, and what became of the others.
#[derive(Debug)]
pub struct FailedStep {
    /// It.
    pub step: Step,
    /// What the system said.
    pub refusal: Refusal,
    /// Whether everything is as before.
    pub undone: Undone,
}

/// What became of the steps before the one that failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Undone {
    /// Everything is as it was.
    All,
    /// These steps would still be needed, for what the system said.
    Not(Vec<(Step, Refusal)>),
    /// The machine could not be looked at any more.
    Unknown(Refusal),
}

/// Brings a machine to the state that a file says; returns what was done.
///
/// # Errors
/// Why nothing was changed, or which step failed and whether the others were undone.
pub fn apply(file: &NetworkFile, machine: &mut impl Machine) -> Result<Vec<Step>, Error> {
    let before = machine.snapshot().map_err(Error::Look)?;
    let steps = plan(file, &before).map_err(Error::File)?;
    for step in &steps {
        if let Err(refusal) = machine.carry_out(step) {
            let undone = undo(file, &before, machine);
            return Err(Error::Step(Box::new(FailedStep { step: step.clone(), refusal, undone })));
        }
    }
    Ok(steps)
}

fn undo(file: &NetworkFile, before: &Snapshot, machine: &mut impl Machine) -> Undone {
    let now = match machine.snapshot() {
        Ok(now) => now,
        Err(refusal) => return Undone::Unknown(refusal),
    };
    let mut left = Vec::new();
    for step in plan_back(file, before, &now) {
        if let Err(refusal) = machine.carry_out(&step) {
            left.push((step, refusal));
        }
    }
    if left.is_empty() { Undone::All } else { Undone::Not(left) }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use diag::FileId;

    use super::*;
    use crate::machine::{Address, Link, Origin};

    /// A machine that keeps addresses and nothing else, and refuses one step.
    struct Fake {
        snapshot: Snapshot,
        refuses: &'static str,
        done: VecDeque<String>,
    }

    impl Machine for Fake {
        fn snapshot(&mut self) -> Result<Snapshot, Refusal> {
            Ok(self.snapshot.clone())
        }

        fn carry_out(&mut self, step: &Step) -> Result<(), Refusal> {
            let shown = step.to_string();
            if !self.refuses.is_empty() && shown.contains(self.refuses) {
                return Err(Refusal("no".to_owned()));
            }
            let addresses = &mut self.snapshot.links[0].addresses;
            match step {
                Step::AddAddress(_, prefix) => {
                    addresses.push(Address { prefix: *prefix, origin: Origin::Set });
                }
                Step::RemoveAddress(_, prefix) => addresses.retain(|own| own.prefix != *prefix),
                Step::RestoreAddress(..) => {}
                Step::Mtu(..)
                | Step::Link(..)
                | Step::AddRoute(..)
                | Step::ReplaceRoute(..)
                | Step::RemoveRoute(..) => panic!("{shown}"),
            }
            self.done.push_back(shown);
            Ok(())
        }
    }

    fn fake(refuses: &'static str) -> Fake {
        let link = Link { index: 1, name: "eth0".to_owned(), is_up: true, mtu: 1500, addresses: Vec::new() };
        let snapshot = Snapshot { links: vec![link], routes: Vec::new() };
        Fake { snapshot, refuses, done: VecDeque::new() }
    }

    fn file(text: &str) -> NetworkFile {
        crate::file::read(FileId(0), text.as_bytes()).0
    }

    fn failed(outcome: Result<Vec<Step>, Error>) -> FailedStep {
        match outcome {
            Err(Error::Step(failed)) => *failed,
            other => panic!("no step failed: {other:?}"),
        }
    }

    const FILE: &str = "service network eth0\nip address 10.0.0.2/24\nip address 10.0.1.2/24";

    #[test]
    fn a_second_run_does_nothing() {
        let mut machine = fake("");
        assert_eq!(apply(&file(FILE), &mut machine).unwrap().len(), 2);
        assert_eq!(apply(&file(FILE), &mut machine).unwrap(), []);
        assert_eq!(machine.done.len(), 2);
    }

    #[test]
    fn what_was_done_is_undone() {
        let mut machine = fake("add 10.0.1.2");
        let FailedStep { step, refusal, undone } = failed(apply(&file(FILE), &mut machine));
        assert_eq!(step.to_string(), "ip address add 10.0.1.2/24 dev eth0");
        assert_eq!((refusal.to_string().as_str(), undone), ("no", Undone::All));
        assert_eq!(machine.snapshot, fake("").snapshot);
        assert_eq!(
            machine.done,
            ["ip address add 10.0.0.2/24 dev eth0", "ip address del 10.0.0.2/24 dev eth0"]
        );
    }

    #[test]
    fn what_cannot_be_undone_is_told() {
        let mut machine = fake("10.0.1.2");
        machine.snapshot.links[0].addresses = vec![Address {
            prefix: crate::prefix::Prefix::parse("10.0.1.2/25").unwrap(),
            origin: Origin::Set,
        }];
        // The address with its new length is refused first: nothing is left to undo.
        let text = "service network eth0\nip address 10.0.1.2/24";
        assert_eq!(failed(apply(&file(text), &mut machine)).undone, Undone::All);
        // Here the one that came cannot go any more.
        let mut machine = fake("del");
        machine.snapshot.links[0].addresses = vec![Address {
            prefix: crate::prefix::Prefix::parse("10.0.1.2/25").unwrap(),
            origin: Origin::Set,
        }];
        let Undone::Not(left) = failed(apply(&file(text), &mut machine)).undone else {
            panic!("it was undone")
        };
        assert_eq!(left[0].0.to_string(), "ip address del 10.0.1.2/24 dev eth0");
    }

    #[test]
    fn a_file_that_does_not_fit_changes_nothing() {
        let mut machine = fake("");
        let outcome =
            apply(&file("service network eth0\nip address 10.0.0.2/24\nservice network eth7"), &mut machine);
        assert!(matches!(outcome, Err(Error::File(_))), "{outcome:?}");
        assert!(machine.done.is_empty());
    }
}
