//! The rows of all keywords of proxy sections: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Built, Doc, Example, Sections, Table};

use super::{
    acl, appsession, balance, capture, checks, cookie, errors, filters, general, http_check, httpchk,
    keepalive, legacy, legacy_setbe, limits, log, log_format, monitor, option_flags, option_forward,
    option_http, option_log, persist, redirect, retries, rule_lines, servers, source, stats, stick,
    stick_table, switching, tcp_check, timeouts,
};
use crate::row::{KeywordRow, Negation, ProxyFn, ProxyRow};

/// Sections with a client side, and the defaults for them.
pub(super) const CLIENT: Sections = Sections::CLIENT_SIDE.union(Sections::DEFAULTS);
/// Sections with a server side, and the defaults for them.
pub(super) const SERVER: Sections = Sections::SERVER_SIDE.union(Sections::DEFAULTS);
/// All proxies and defaults.
pub(super) const ANY: Sections = Sections::PROXIES_AND_DEFAULTS;

impl KeywordRow<ProxyFn> {
    /// A keyword without `no` and without aliases.
    pub(super) const fn new(
        name: &'static str,
        sections: Sections,
        parse: ProxyFn,
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

    /// The same, and `no` may precede it.
    pub(super) const fn negatable(self) -> Self {
        KeywordRow { negation: Negation::Allowed, ..self }
    }

    /// The same with other spellings.
    pub(super) const fn also(self, aliases: &'static [&'static str]) -> Self {
        KeywordRow { aliases, ..self }
    }

    /// The same, removed from HAProxy in favour of `modern`.
    pub(super) const fn removed(self, modern: &'static str) -> Self {
        KeywordRow { modern: Some(modern), ..self }
    }

    /// The same with more documentation.
    pub(super) const fn long(self, long: &'static str) -> Self {
        KeywordRow { doc: Doc { long, ..self.doc }, ..self }
    }
}

/// Examples that only show how a line is written.
macro_rules! usage {
    ($($text:expr),* $(,)?) => {
        &[$(keyword::Example { text: $text, input: "", output: "" }),*]
    };
}
pub(super) use usage;

/// The rows, in the order of the manual's subjects.
static GROUPS: &[&[ProxyRow]] = &[
    general::ROWS,
    limits::ROWS,
    servers::ROWS,
    timeouts::ROWS,
    keepalive::ROWS,
    acl::ROWS,
    rule_lines::ROWS,
    redirect::ROWS,
    legacy::ROWS,
    legacy_setbe::ROWS,
    switching::ROWS,
    balance::ROWS,
    cookie::ROWS,
    persist::ROWS,
    stick_table::ROWS,
    stick::ROWS,
    appsession::ROWS,
    retries::ROWS,
    source::ROWS,
    option_http::ROWS,
    option_forward::ROWS,
    option_flags::ROWS,
    option_log::ROWS,
    log::ROWS,
    log_format::ROWS,
    capture::ROWS,
    errors::ROWS,
    monitor::ROWS,
    httpchk::ROWS,
    http_check::ROWS,
    tcp_check::ROWS,
    checks::ROWS,
    stats::ROWS,
    filters::ROWS,
];

/// Finds rows by name.
pub(super) static TABLE: LazyLock<Table<ProxyRow>> =
    LazyLock::new(|| Table::new(GROUPS.iter().flat_map(|group| group.iter()).collect::<Vec<_>>().leak()));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::testing::{mistakes, section_for};

    /// Each example is loaded in the first kind of section where its keyword may stand.
    #[test]
    fn examples_load() {
        let mut failed = Vec::new();
        for row in TABLE.iter() {
            for example in row.doc.examples {
                let text = section_for(row.sections, example.text);
                let mistakes = mistakes(&text);
                if !mistakes.is_empty() {
                    failed.push(format!("{}\n  {}", example.text, mistakes.join("\n  ")));
                }
            }
        }
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }

    #[test]
    fn every_row_is_documented_and_has_an_example() {
        for row in TABLE.iter() {
            assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
            assert!(!row.doc.examples.is_empty(), "{}", row.name);
        }
    }
}
