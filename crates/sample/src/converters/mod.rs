//! The converters, one file each, and the list that orders them (chapter 7.3, "Converters").
//!
//! To add one: write its file with its [`Convert`] row, whose examples run as tests, and name the row in `ROWS`.

use std::sync::LazyLock;

use keyword::Table;

use crate::rows::Convert;

mod lower;

static ROWS: &[&Convert] = &[&lower::ROW];

static TABLE: LazyLock<Table<Convert>> = LazyLock::new(|| Table::new(ROWS));

/// The row called `name`.
#[must_use]
pub fn lookup(name: &[u8]) -> Option<&'static Convert> {
    TABLE.get(std::str::from_utf8(name).ok()?)
}

/// All names, for suggestions.
#[must_use]
pub fn names() -> Vec<&'static str> {
    TABLE.names().collect()
}

/// All rows, for documentation.
pub fn rows() -> impl Iterator<Item = &'static Convert> {
    TABLE.iter()
}
