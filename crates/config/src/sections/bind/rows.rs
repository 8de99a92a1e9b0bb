//! The rows of all words of `bind` lines: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Example, Sections, Table};
use sample::Problem;
use syntax::Word;

use super::{limits, socket, threads, tls, unix};
use crate::row::{BindFn, BindRow, KeywordRow, unknown_word};

pub(super) use crate::row::usage;

impl KeywordRow<BindFn> {
    /// A word of `bind` lines; the examples are whole lines.
    pub(super) const fn new(
        name: &'static str,
        parse: BindFn,
        brief: &'static str,
        examples: &'static [Example],
    ) -> Self {
        Self::of(name, Sections::CLIENT_SIDE, parse, brief, examples)
    }
}

static GROUPS: &[&[BindRow]] = &[limits::ROWS, socket::ROWS, threads::ROWS, unix::ROWS, tls::ROWS];

/// Finds rows by name.
pub(crate) static TABLE: LazyLock<Table<BindRow>> = LazyLock::new(|| Table::of_groups(GROUPS));

/// The problem of a word without a row.
pub(crate) fn unknown(word: &Word) -> Problem {
    unknown_word(&TABLE, word, "bind")
}
