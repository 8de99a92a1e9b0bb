//! What a table is, apart from its entries: each of them knows it.

use std::time::Duration;

use base::clock::Millis;

use super::data::DataType;
use super::key::Key;
use super::spec::{Layout, TableSpec};
use crate::value::Value;

/// A table's line, and what follows from it.
#[derive(Debug)]
pub struct Shape {
    pub(super) spec: TableSpec,
    pub(super) layout: Layout,
    pub(super) expire_ms: Option<u64>,
}

impl Shape {
    pub(super) fn new(spec: TableSpec) -> Self {
        Shape {
            layout: Layout::new(&spec.stored),
            expire_ms: spec.expire.map(|e| u64::try_from(e.as_millis()).unwrap_or(u64::MAX)),
            spec,
        }
    }

    /// What it was made from.
    #[must_use]
    pub fn spec(&self) -> &TableSpec {
        &self.spec
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Whether entries hold element `index` of `data`, under this very name.
    #[must_use]
    pub fn stores(&self, data: DataType, index: usize) -> bool {
        self.layout.find(data, index).is_some()
    }

    /// Casts a sample to a key of this table; `None` where it has no such form.
    #[must_use]
    pub fn key(&self, value: &Value<'_>) -> Option<Key> {
        self.spec.key.key(value)
    }

    /// When an entry ends that is touched `now`.
    pub(super) fn deadline(&self, now: Millis) -> Millis {
        now.plus(Duration::from_millis(self.expire_ms.unwrap_or(0)))
    }

    /// What element `index` of `data` is here, its first word and its period. Where an array is stored instead of
    /// `gpc0`, `gpc1`, `gpt0` or their rates, its element is meant.
    pub(super) fn find(&self, data: DataType, index: usize) -> Option<(DataType, usize, u32)> {
        let found = |data, index| self.layout.find(data, index).map(|(at, period_ms)| (data, at, period_ms));
        found(data, index).or_else(|| {
            let (array, index) = stand_in(data)?;
            found(array, index)
        })
    }

    /// How many bytes byte rates count as one.
    pub(super) fn unit(&self, data: DataType) -> u32 {
        if data.is_byte_rate() { self.spec.brates_factor.max(1) } else { 1 }
    }
}

/// The array's element that stands in for a counter or tag with a name of its own.
fn stand_in(data: DataType) -> Option<(DataType, usize)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "five of all types have a stand-in, and no more will")]
    match data {
        DataType::Gpt0 => Some((DataType::Gpt, 0)),
        DataType::Gpc0 => Some((DataType::Gpc, 0)),
        DataType::Gpc1 => Some((DataType::Gpc, 1)),
        DataType::Gpc0Rate => Some((DataType::GpcRate, 0)),
        DataType::Gpc1Rate => Some((DataType::GpcRate, 1)),
        _ => None,
    }
}
