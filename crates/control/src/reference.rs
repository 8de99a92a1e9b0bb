//! What lists and the reference tell of the runtime API: commands, the fields of `show info`, the columns of `show stat`,
//! the metrics for Prometheus.

use keyword::{Built, Entry};

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

/// The columns of `show stat`, and those that only a program with QUIC has.
pub fn stat_columns() -> impl Iterator<Item = Entry> {
    const KIND: &str = "stat-column";
    let printed = crate::stat::COLUMNS.iter().map(|row| field(KIND, row));
    // Only a program with QUIC has them: they are nowhere.
    let others = crate::stat::QUIC_COLUMNS.iter();
    printed.chain(others.map(|(name, brief)| Entry::new(KIND, *name, brief).built(Built::Noted)))
}

fn field(kind: &'static str, row: &'static FieldRow) -> Entry {
    Entry::new(kind, row.name, row.brief).place(row.position.to_string())
}
