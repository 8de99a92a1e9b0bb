//! The rows of configuration keywords.

use diag::codes;
use keyword::{Built, Doc, Example, Sections, Table};
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use crate::context::{GlobalParse, ProxyParse, ServerParse};

/// Parses one line of a `global` section; the cursor stands behind the keyword.
pub type GlobalFn = fn(&mut Words<'_>, &mut GlobalParse<'_>) -> Result<(), Problem>;

/// Parses one line of a proxy section; the cursor stands behind the keyword.
pub type ProxyFn = fn(&mut Words<'_>, &mut ProxyParse<'_>) -> Result<(), Problem>;

/// Parses one word of a `server` or `default-server` line and its arguments.
pub type ServerFn = fn(&mut Words<'_>, &mut ServerParse<'_, '_>) -> Result<(), Problem>;

/// Parses one word of a `bind` line and its arguments.
pub type BindFn = fn(&mut Words<'_>, &mut crate::context::BindParse<'_, '_>) -> Result<(), Problem>;

/// What `no` before a keyword means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negation {
    /// It may not stand there.
    Refused,
    /// The row's function asks for it.
    Allowed,
}

/// A keyword of one kind of line.
pub struct KeywordRow<F: 'static> {
    /// The keyword; of two words, both with one blank (`timeout client`, `option httplog`).
    pub name: &'static str,
    /// Other spellings that mean exactly the same.
    pub aliases: &'static [&'static str],
    /// Where it may stand.
    pub sections: Sections,
    /// Whether `no` may precede it.
    pub negation: Negation,
    /// Set for words that HAProxy removed: the modern spelling, suggested by `-c`; empty where nothing takes its place.
    pub modern: Option<&'static str>,
    /// How far it is carried out. What depends on a value is told by [`parse`](Self::parse) itself.
    pub built: Built,
    /// Parses the rest of the line.
    pub parse: F,
    /// Documentation; examples are whole lines.
    pub doc: Doc,
}

impl<F: 'static> keyword::Row for KeywordRow<F> {
    fn told(&self) -> keyword::Told<'_> {
        keyword::Told { name: self.name, aliases: self.aliases, doc: &self.doc, built: self.built }
    }
}

impl<F: Copy + 'static> KeywordRow<F> {
    /// A keyword that is carried out, without aliases, `no` and more documentation than this.
    pub(crate) const fn of(
        name: &'static str,
        sections: Sections,
        parse: F,
        brief: &'static str,
        examples: &'static [Example],
    ) -> Self {
        KeywordRow {
            name,
            aliases: &[],
            sections,
            negation: Negation::Refused,
            modern: None,
            built: Built::Working,
            parse,
            doc: Doc { brief, long: "", examples },
        }
    }

    /// The same with other spellings.
    pub(crate) const fn also(self, aliases: &'static [&'static str]) -> Self {
        KeywordRow { aliases, ..self }
    }

    /// The same, and `no` may precede it.
    pub(crate) const fn negatable(self) -> Self {
        KeywordRow { negation: Negation::Allowed, ..self }
    }

    /// The same, removed from HAProxy in favour of `modern`.
    pub(crate) const fn removed(self, modern: &'static str) -> Self {
        KeywordRow { modern: Some(modern), ..self }
    }

    /// The same with more documentation.
    pub(crate) const fn long(self, long: &'static str) -> Self {
        KeywordRow { doc: Doc { long, ..self.doc }, ..self }
    }

    /// The same with examples, whole lines.
    pub(crate) const fn examples(self, examples: &'static [Example]) -> Self {
        KeywordRow { doc: Doc { examples, ..self.doc }, ..self }
    }

    /// The same for a keyword that tunes machinery of HAProxy's own.
    pub(crate) const fn internal(self) -> Self {
        KeywordRow { built: Built::Internal, ..self }
    }

    /// The same for a keyword that is accepted, but not carried out yet.
    pub(crate) const fn noted(self) -> Self {
        KeywordRow { built: Built::Noted, ..self }
    }

    /// The same for a keyword whose use is refused, as it is not built yet.
    pub(crate) const fn refused(self) -> Self {
        KeywordRow { built: Built::Refused, ..self }
    }
}

/// Examples that only show how a line is written.
macro_rules! usage {
    ($($text:expr),* $(,)?) => {
        &[$(keyword::Example::usage($text)),*]
    };
}
pub(crate) use usage;

/// The problem of a word without a row on a line of this kind.
pub(crate) fn unknown_word<F>(table: &Table<KeywordRow<F>>, word: &Word, line: &str) -> Problem {
    let text = word.lossy().to_string();
    let message = format!("unknown word `{text}` on a `{line}` line");
    let mut problem = problem_of(codes::UNKNOWN_WORD, word.span, message);
    problem.suggestion = table.nearest(&text).map(str::to_owned);
    problem
}

/// What a warning about a removed word says of today.
pub(crate) fn today(modern: &str) -> String {
    if modern.is_empty() {
        "today it can be left out".to_owned()
    } else {
        format!("today this is written `{modern}`")
    }
}

/// A keyword of `global`.
pub type GlobalRow = KeywordRow<GlobalFn>;
/// A keyword of a proxy section.
pub type ProxyRow = KeywordRow<ProxyFn>;
/// A word of a `server` line.
pub type ServerRow = KeywordRow<ServerFn>;
/// A word of a `bind` line.
pub type BindRow = KeywordRow<BindFn>;
