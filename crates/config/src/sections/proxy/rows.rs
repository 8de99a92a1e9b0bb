//! The rows of all keywords of proxy sections: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Example, Sections, Table};

use super::{
    acl, appsession, balance, capture, checks, compression, cookie, errors, filters, general, http_check,
    httpchk, keepalive, legacy, legacy_setbe, limits, log, log_format, monitor, option_flags, option_forward,
    option_http, option_log, persist, redirect, retries, rule_lines, servers, source, stats, stick,
    stick_table, switching, tcp_check, timeouts,
};
use crate::row::{KeywordRow, ProxyFn, ProxyRow};

pub(super) use crate::row::usage;

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
        Self::of(name, sections, parse, brief, examples)
    }
}

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
    compression::ROWS,
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
pub(super) static TABLE: LazyLock<Table<ProxyRow>> = LazyLock::new(|| Table::of_groups(GROUPS));

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
