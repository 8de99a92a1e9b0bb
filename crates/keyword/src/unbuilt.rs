//! Rows of what HAProxy has and this program does not have yet: known by name and place, and never taken for a
//! mistake in writing.

use crate::built::Built;
use crate::row::{Doc, Row, Told};

/// A fetch, converter, action or command that is not built yet. One that is built gets a row of its own kind, which is
/// found first; its row here can go then.
#[derive(Clone, Copy, Debug)]
pub struct Unbuilt {
    /// Its name.
    pub name: &'static str,
    /// Other spellings that mean exactly the same.
    pub aliases: &'static [&'static str],
    /// Its arguments as the reference shows them; empty if there are none.
    pub arguments: &'static str,
    /// Whether a use is refused or only told.
    pub built: Built,
    /// What it does.
    pub doc: Doc,
}

impl Unbuilt {
    /// One whose use is refused.
    #[must_use]
    pub const fn new(name: &'static str, arguments: &'static str, brief: &'static str) -> Self {
        Self { name, aliases: &[], arguments, built: Built::Refused, doc: Doc::brief(brief) }
    }

    /// The same with other spellings.
    #[must_use]
    pub const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same, accepted with a note.
    #[must_use]
    pub const fn noted(self) -> Self {
        Self { built: Built::Noted, ..self }
    }
}

impl Row for Unbuilt {
    fn told(&self) -> Told<'_> {
        Told { name: self.name, aliases: self.aliases, doc: &self.doc, built: self.built }
    }
}
