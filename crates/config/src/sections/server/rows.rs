//! The rows of all words of `server` lines: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Example, Sections, Table};
use sample::Problem;
use syntax::Word;

use super::{agent, checks, connect, pool, proxy_protocol, resolve, state, tls, weights};
use crate::row::{KeywordRow, ServerFn, ServerRow, unknown_word};

pub(super) use crate::row::usage;

impl KeywordRow<ServerFn> {
    /// A word of `server` and `default-server` lines; the examples are whole lines.
    pub(super) const fn new(
        name: &'static str,
        parse: ServerFn,
        brief: &'static str,
        examples: &'static [Example],
    ) -> Self {
        Self::of(name, Sections::SERVER_SIDE.union(Sections::DEFAULTS), parse, brief, examples)
    }

    /// The same for `server` lines only.
    pub(super) const fn single(self) -> Self {
        KeywordRow { sections: Sections::SERVER_SIDE, ..self }
    }
}

static GROUPS: &[&[ServerRow]] = &[
    state::ROWS,
    weights::ROWS,
    checks::ROWS,
    agent::ROWS,
    connect::ROWS,
    pool::ROWS,
    proxy_protocol::ROWS,
    resolve::ROWS,
    tls::ROWS,
];

/// Finds rows by name.
pub(super) static TABLE: LazyLock<Table<ServerRow>> = LazyLock::new(|| Table::of_groups(GROUPS));

/// The problem of a word without a row.
pub(super) fn unknown(word: &Word) -> Problem {
    unknown_word(&TABLE, word, "server")
}
