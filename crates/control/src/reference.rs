//! What lists and the reference tell of the runtime API: commands, the fields of `show info`, the columns of `show stat`,
//! the metrics for Prometheus.

use keyword::Entry;

use crate::typed::FieldRow;

pub use crate::commands::entries as commands;

/// The metrics of `prometheus-exporter`.
pub fn metrics() -> impl Iterator<Item = Entry> {
    crate::promex::entries()
}

/// The fields of `show info`.
pub fn info_fields() -> impl Iterator<Item = Entry> {
    crate::info::ROWS.iter().map(|row| field("info-field", row))
}

/// The columns of `show stat`.
pub fn stat_columns() -> impl Iterator<Item = Entry> {
    crate::stat::COLUMNS.iter().map(|row| field("stat-column", row))
}

fn field(kind: &'static str, row: &'static FieldRow) -> Entry {
    Entry::new(kind, row.name, row.brief).place(row.position.to_string())
}
