//! Watching rules as they run: what `lockgate trace` sees is what requests meet.
//!
//! The functions that run rules and conditions are generic over an [`Observer`]. The request path passes [`NoTrace`], whose
//! methods do nothing and whose [`Observer::IS_ON`] is false, so that what is compiled for it holds nothing of this.

use std::fmt;

use diag::{FileId, Span};
use sample::Txn;
use state::Value;
use state::pattern::Method;

use crate::acl::Tri;
use crate::action::Outcome;

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
}

impl From<Span> for Place {
    fn from(span: Span) -> Place {
        Place { file: span.file, line: span.line }
    }
}

/// A pattern that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// As it was written.
    pub pattern: Box<[u8]>,
    /// The file that it stands in and its line there, if it comes from one.
    pub file: Option<(Box<str>, u32)>,
}

/// One look at a line of an ACL: its expression had a value, or had none.
#[derive(Debug)]
pub struct Look<'a> {
    /// Where the line stands; for an anonymous or predefined ACL the rule's own line.
    pub place: Place,
    /// The expression as it was written.
    pub source: &'a [u8],
    /// Its value, before it was cast to what patterns are compared with; `None`: it has none.
    pub value: Option<Value<'a>>,
    /// How values are compared; `None`: by HTTP methods or the groups of a user list.
    pub method: Option<Method>,
    /// How many patterns there are; `None`: none are needed.
    pub patterns: Option<usize>,
    /// The pattern that the value matches, where it is one of several.
    pub matched: Option<Matched>,
    /// What the look came to.
    pub result: Tri,
}

/// One term of a condition, once it is known.
#[derive(Debug)]
pub struct Term<'a> {
    /// The ACL's name; empty for an anonymous one.
    pub name: &'a [u8],
    /// Whether `!` stands before it.
    pub is_negated: bool,
    /// What the term came to, the negation taken into account.
    pub result: Tri,
}

/// Watches rules. Every method does nothing unless it is overridden.
pub trait Observer {
    /// Whether anything is watched: what only an observer wants to know is found out under this condition.
    const IS_ON: bool = true;

    /// The rule in this line is looked at; what follows belongs to it.
    #[inline]
    fn rule(&mut self, place: Place) {
        let _ = place;
    }

    /// What follows is no rule, but what the proxy does on its own.
    #[inline]
    fn own(&mut self, what: &'static str) {
        let _ = what;
    }

    /// A condition begins to be evaluated. One that could not be told is evaluated once more when it must.
    #[inline]
    fn condition_begins(&mut self) {}

    /// A line of an ACL was looked at.
    #[inline]
    fn looked(&mut self, look: Look<'_>) {
        let _ = look;
    }

    /// A term of the condition is known.
    #[inline]
    fn term(&mut self, term: Term<'_>) {
        let _ = term;
    }

    /// The condition is known; `unless` is taken into account.
    #[inline]
    fn condition(&mut self, result: Tri) {
        let _ = result;
    }

    /// The rule's action is about to run.
    #[inline]
    fn before_action(&mut self, txn: &Txn) {
        let _ = txn;
    }

    /// It has run.
    #[inline]
    fn after_action(&mut self, txn: &Txn, outcome: &Outcome) {
        let _ = (txn, outcome);
    }

    /// Something about the rule that is looked at, in words.
    #[inline]
    fn note(&mut self, text: fmt::Arguments<'_>) {
        let _ = text;
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct NoTrace;

impl Observer for NoTrace {
    const IS_ON: bool = false;
}
