//! The rows of all keywords of `global`: how they are made, and the one list that holds them.

use std::sync::LazyLock;

use keyword::{Sections, Table};

use super::{
    h1, limits, log, lua, misc, ocsp, process, stats, tls, tune, tune_h2, tune_quic, tune_ssl, unix_bind,
    vars,
};
use crate::row::{GlobalFn, GlobalRow, KeywordRow};

pub(super) use crate::row::usage;

impl KeywordRow<GlobalFn> {
    /// A keyword without `no`.
    pub(super) const fn new(name: &'static str, parse: GlobalFn, brief: &'static str) -> Self {
        Self::of(name, Sections::GLOBAL, parse, brief, &[])
    }
}

static GROUPS: &[&[GlobalRow]] = &[
    process::ROWS,
    limits::ROWS,
    log::ROWS,
    stats::ROWS,
    unix_bind::ROWS,
    vars::ROWS,
    tls::ROWS,
    ocsp::ROWS,
    lua::ROWS,
    misc::ROWS,
    h1::ROWS,
    tune::ROWS,
    tune_h2::ROWS,
    tune_quic::ROWS,
    tune_ssl::ROWS,
];

/// Finds rows by name.
pub(super) static TABLE: LazyLock<Table<GlobalRow>> = LazyLock::new(|| Table::of_groups(GROUPS));
