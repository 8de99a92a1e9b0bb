//! The rows of all words of `server` lines: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use diag::codes;
use keyword::{Built, Doc, Example, Sections, Table};
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::{agent, checks, connect, pool, proxy_protocol, resolve, state, tls, weights};
use crate::row::{KeywordRow, Negation, ServerFn, ServerRow};

impl KeywordRow<ServerFn> {
    /// A word of `server` and `default-server` lines; the examples are whole lines.
    pub(super) const fn new(
        name: &'static str,
        parse: ServerFn,
        brief: &'static str,
        examples: &'static [Example],
    ) -> Self {
        KeywordRow {
            name,
            aliases: &[],
            sections: Sections::SERVER_SIDE.union(Sections::DEFAULTS),
            negation: Negation::Refused,
            modern: None,
            built: Built::Working,
            parse,
            doc: Doc { brief, long: "", examples },
        }
    }

    /// The same for `server` lines only.
    pub(super) const fn single(self) -> Self {
        KeywordRow { sections: Sections::SERVER_SIDE, ..self }
    }
}

/// An example that only shows how a line is written.
macro_rules! usage {
    ($($text:literal),* $(,)?) => {
        &[$(keyword::Example { text: $text, input: "", output: "" }),*]
    };
}
pub(super) use usage;

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
pub(super) static TABLE: LazyLock<Table<ServerRow>> =
    LazyLock::new(|| Table::new(GROUPS.iter().flat_map(|group| group.iter()).collect::<Vec<_>>().leak()));

/// The problem of a word without a row.
pub(super) fn unknown(word: &Word) -> Problem {
    let text = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_WORD, word.span, format!("unknown word `{text}` on a `server` line"));
    problem.suggestion = TABLE.nearest(&text).map(str::to_owned);
    problem
}
