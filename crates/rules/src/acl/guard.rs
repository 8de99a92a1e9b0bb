//! What a condition takes at the least, told by a comparison or two: most conditions of a request fail, and most of them
//! on how its path or its Host begins or ends.
//!
//! A guard is found in a condition when it is first tested, since lines of a configuration may add to its ACLs after it.
//! It never says that a condition holds, and nothing at all once an operator changed the patterns that it was found in.

use std::sync::Arc;

use sample::rows::Text;
use sample::{Subject, Txn};
use state::pattern::{Ends, Mark, PatternExpr};

/// What the subjects of conditions begin and end with, for as long as nothing changes the request.
#[derive(Debug, Default)]
pub struct Subjects([Seen; Subject::COUNT]);

/// A subject, and the patterns that it is compared with.
pub(super) type Compared<'a> = (Subject, &'a [Arc<PatternExpr>]);

/// What is known of a subject.
#[derive(Debug, Default)]
enum Seen {
    #[default]
    Unasked,
    /// There is none, or there are several, or it may still come.
    Untold,
    Here(Ends),
}

impl Subjects {
    /// To be called when the request may have changed.
    #[inline]
    pub fn forget(&mut self) {
        self.0.iter_mut().for_each(|seen| *seen = Seen::Unasked);
    }

    #[inline]
    fn ends(&mut self, subject: Subject, txn: &Txn) -> Option<&Ends> {
        let seen = self.0.get_mut(subject.index())?;
        if matches!(seen, Seen::Unasked) {
            *seen = look(subject, txn);
        }
        match seen {
            Seen::Here(ends) => Some(ends),
            Seen::Unasked | Seen::Untold => None,
        }
    }
}

fn look(subject: Subject, txn: &Txn) -> Seen {
    match subject.text(txn) {
        Text::Here(text) => Seen::Here(Ends::of(text)),
        Text::Absent | Text::NotYet => Seen::Untold,
    }
}

/// A term of each alternative of a condition, which cannot hold unless one of them may.
#[derive(Debug)]
pub(super) struct Guard {
    probes: Box<[(Subject, Mark)]>,
    /// Where the marks are from.
    patterns: Box<[Arc<PatternExpr>]>,
}

impl Guard {
    /// The guard of a condition of which one of `terms` must hold: for each what is compared.
    pub(super) fn of(terms: &[Compared<'_>]) -> Option<Guard> {
        let (mut probes, mut patterns) = (Vec::new(), Vec::new());
        for (subject, list) in terms {
            for one in *list {
                let marks = one.marks().filter(|marks| !marks.is_empty())?;
                probes.extend(marks.into_iter().map(|mark| (*subject, mark)));
                patterns.push(one.clone());
            }
        }
        Some(Guard { probes: probes.into(), patterns: patterns.into() })
    }

    /// Whether the condition may hold; otherwise it surely does not.
    #[inline]
    pub(super) fn lets_pass(&self, txn: &Txn, subjects: &mut Subjects) -> bool {
        let mut probes = self.probes.iter();
        probes.any(|(subject, mark)| subjects.ends(*subject, txn).is_none_or(|ends| mark.is_in(ends)))
            || !self.patterns.iter().all(|one| one.is_as_written())
    }
}
