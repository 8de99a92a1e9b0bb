//! The rows of all keywords of `global`: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Built, Doc, Example, Sections, Table};

use super::{
    limits, log, lua, misc, process, stats, tls, tune, tune_h2, tune_quic, tune_ssl, unix_bind, vars,
};
use crate::row::{GlobalFn, GlobalRow, KeywordRow, Negation};

impl KeywordRow<GlobalFn> {
    /// A keyword without `no`.
    pub(super) const fn new(name: &'static str, parse: GlobalFn, brief: &'static str) -> Self {
        KeywordRow {
            name,
            aliases: &[],
            sections: Sections::GLOBAL,
            negation: Negation::Refused,
            modern: None,
            built: Built::Working,
            parse,
            doc: Doc { brief, long: "", examples: &[] },
        }
    }

    /// The same with examples, whole lines.
    pub(super) const fn examples(self, examples: &'static [Example]) -> Self {
        KeywordRow { doc: Doc { examples, ..self.doc }, ..self }
    }

    /// The same, and `no` may precede it.
    pub(super) const fn negatable(self) -> Self {
        KeywordRow { negation: Negation::Allowed, ..self }
    }

    /// The same, removed from HAProxy in favour of `modern`.
    pub(super) const fn removed(self, modern: &'static str) -> Self {
        KeywordRow { modern: Some(modern), ..self }
    }
}

/// Examples that only show how a line is written.
macro_rules! usage {
    ($($text:literal),* $(,)?) => {
        &[$(keyword::Example { text: $text, input: "", output: "" }),*]
    };
}
pub(super) use usage;

static GROUPS: &[&[GlobalRow]] = &[
    process::ROWS,
    limits::ROWS,
    log::ROWS,
    stats::ROWS,
    unix_bind::ROWS,
    vars::ROWS,
    tls::ROWS,
    lua::ROWS,
    misc::ROWS,
    tune::ROWS,
    tune_h2::ROWS,
    tune_quic::ROWS,
    tune_ssl::ROWS,
];

/// Finds rows by name.
pub(super) static TABLE: LazyLock<Table<GlobalRow>> =
    LazyLock::new(|| Table::new(GROUPS.iter().flat_map(|group| group.iter()).collect::<Vec<_>>().leak()));
