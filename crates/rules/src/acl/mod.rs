//! ACLs: named and anonymous tests, and the conditions made of them (configuration manual, chapter 7.1 and 7.2).
//!
//! An `acl` line is a criterion: an expression and the patterns that its values are compared with. Lines of the same
//! name are alternatives. A condition is a list of alternatives, each a list of tests that must all hold; it is
//! evaluated from left to right and no further than needed. What cannot be told before more data came counts as
//! neither true nor false, and leaves the condition undecided only where the rest does not decide it.

mod condition;
mod criterion;
mod guard;
mod keyword;
mod matcher;
mod options;
mod predefined;
mod reference;
pub(crate) mod registry;
mod table;

#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use guard::Subjects;
pub use reference::entries;
pub use table::{Acl, AclTable};

/// The result of a test: it may not be known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tri {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It cannot be told before more data came.
    NotYet,
}

impl Tri {
    /// Yes if `test` says so of any, and asks no further then; else not known if any is not.
    #[inline]
    pub(crate) fn any<T>(of: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Tri) -> Tri {
        let mut result = Tri::No;
        for one in of {
            match test(one) {
                Tri::Yes => return Tri::Yes,
                Tri::NotYet => result = Tri::NotYet,
                Tri::No => {}
            }
        }
        result
    }
}

impl std::ops::Not for Tri {
    type Output = Tri;

    fn not(self) -> Tri {
        match self {
            Tri::Yes => Tri::No,
            Tri::No => Tri::Yes,
            Tri::NotYet => Tri::NotYet,
        }
    }
}

/// Whether more data may come that could still change what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    /// More may come: what is not there yet is [`Tri::NotYet`].
    Partial,
    /// No more will come: what is not there is absent.
    Final,
}
