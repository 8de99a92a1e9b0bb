//! The rows of all words of `bind` lines: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use diag::codes;
use keyword::{Built, Doc, Example, Sections, Table};
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::{limits, socket, threads, tls, unix};
use crate::row::{BindFn, BindRow, KeywordRow, Negation};

impl KeywordRow<BindFn> {
    /// A word of `bind` lines; the examples are whole lines.
    pub(super) const fn new(
        name: &'static str,
        parse: BindFn,
        brief: &'static str,
        examples: &'static [Example],
    ) -> Self {
        KeywordRow {
            name,
            aliases: &[],
            sections: Sections::CLIENT_SIDE,
            negation: Negation::Refused,
            modern: None,
            built: Built::Working,
            parse,
            doc: Doc { brief, long: "", examples },
        }
    }

    /// The same, removed from HAProxy in favour of `modern`.
    pub(super) const fn removed(self, modern: &'static str) -> Self {
        KeywordRow { modern: Some(modern), ..self }
    }
}

/// An example that only shows how a line is written.
macro_rules! usage {
    ($($text:literal),* $(,)?) => {
        &[$(keyword::Example { text: $text, input: "", output: "" }),*]
    };
}
pub(super) use usage;

static GROUPS: &[&[BindRow]] = &[limits::ROWS, socket::ROWS, threads::ROWS, unix::ROWS, tls::ROWS];

/// Finds rows by name.
pub(crate) static TABLE: LazyLock<Table<BindRow>> =
    LazyLock::new(|| Table::new(GROUPS.iter().flat_map(|group| group.iter()).collect::<Vec<_>>().leak()));

/// The problem of a word without a row.
pub(crate) fn unknown(word: &Word) -> Problem {
    let text = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_WORD, word.span, format!("unknown word `{text}` on a `bind` line"));
    problem.suggestion = TABLE.nearest(&text).map(str::to_owned);
    problem
}
