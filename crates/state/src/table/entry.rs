//! One entry: a key and what is stored about it. All that changes is atomic, so whoever holds an entry needs no lock.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicU32, AtomicU64};

use arc_swap::ArcSwapOption;
use base::clock::Millis;

use super::data::{DataType, Kind};
use super::freq::Rate;
use super::key::Key;
use super::shape::Shape;

/// Words that stand beside what every use of the entry changes.
const NEAR: usize = 5;
/// In [`Entry::refs`]: the entry was removed from its table.
const GONE: u32 = 1 << 31;

/// What is stored about one key. The order of the fields matters: what every request changes stands in one line of the
/// cache (behind the two counts of the `Arc`), which is what threads that track the same key hand to each other; what
/// they only read, in the next.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Entry {
    /// Holders, and [`GONE`].
    refs: AtomicU32,
    near: [AtomicU64; NEAR],
    pub(super) key: Key,
    pub(super) hash: u64,
    pub(super) shape: Arc<Shape>,
    /// Changes once a millisecond at most.
    deadline: AtomicU64,
    /// For tables that store much.
    more: Option<Box<More>>,
}

#[derive(Debug)]
struct More {
    far: Box<[AtomicU64]>,
    server_key: ArcSwapOption<Arc<[u8]>>,
}

impl Entry {
    /// An entry that nothing was counted for.
    pub(super) fn new(shape: &Arc<Shape>, key: Key, hash: u64, deadline: Millis) -> Self {
        let far = shape.layout.words().saturating_sub(NEAR);
        let more = || More {
            far: (0..far).map(|_| AtomicU64::new(0)).collect(),
            server_key: ArcSwapOption::empty(),
        };
        Entry {
            refs: AtomicU32::new(0),
            near: Default::default(),
            key,
            hash,
            shape: shape.clone(),
            deadline: AtomicU64::new(deadline.0),
            more: (far > 0 || shape.stores(DataType::ServerKey, 0)).then(|| Box::new(more())),
        }
    }

    /// Takes a reference, unless the entry was removed. One that is held is not removed.
    pub(super) fn hold(&self) -> bool {
        if self.refs.fetch_add(1, AcqRel) & GONE == 0 {
            return true;
        }
        self.release();
        false
    }

    /// Gives a reference back.
    pub(super) fn release(&self) {
        self.refs.fetch_sub(1, AcqRel);
    }

    /// References now.
    pub(super) fn uses(&self) -> u32 {
        self.refs.load(Acquire) & !GONE
    }

    /// Removes it for all who might still know it. `false` if it is held. Only under its shard's lock, where it must be
    /// forgotten then.
    pub(super) fn end(&self) -> bool {
        self.refs.compare_exchange(0, GONE, AcqRel, Acquire).is_ok()
    }

    /// Whether it was removed.
    pub(super) fn is_gone(&self) -> bool {
        self.refs.load(Acquire) & GONE != 0
    }

    /// When it ends, or in a table without `expire` when it was last touched.
    pub(super) fn deadline(&self) -> Millis {
        Millis(self.deadline.load(Relaxed))
    }

    /// Puts the end off; never brings it forward, since clocks of several workers are read a little apart.
    pub(super) fn put_off(&self, deadline: Millis) {
        // Most requests come within the same millisecond as another, and have nothing to write.
        if self.deadline.load(Relaxed) < deadline.0 {
            self.deadline.fetch_max(deadline.0, Relaxed);
        }
    }

    /// Whether it lived longer than `expire` without being touched.
    pub(super) fn has_ended(&self, now: Millis) -> bool {
        self.shape.expire_ms.is_some() && self.deadline() <= now
    }

    /// Puts off the end of an entry that is in use, by whole lives, until it lies ahead.
    pub(super) fn renew(&self, now: Millis) {
        let Some(life) = self.shape.expire_ms.map(|ms| ms.max(1)) else { return };
        let late = now.since(self.deadline());
        self.put_off(Millis(self.deadline().0.saturating_add((late / life + 1).saturating_mul(life))));
    }

    fn word(&self, at: usize) -> Option<&AtomicU64> {
        self.near.get(at).or_else(|| self.more.as_ref()?.far.get(at.checked_sub(NEAR)?))
    }

    fn rate(&self, at: usize) -> Option<Rate<'_>> {
        Some(Rate { running: self.word(at)?, before: self.word(at + 1)? })
    }

    /// Element `index` of `data`: a count, or events per period. `None` if it is not stored, or a text.
    pub(super) fn get(&self, data: DataType, index: usize, now: Millis) -> Option<i64> {
        let (data, at, period_ms) = self.shape.find(data, index)?;
        Some(match data.kind() {
            Kind::Rate => i64::from(self.rate(at)?.read(now.0, period_ms)) * i64::from(self.shape.unit(data)),
            Kind::Text => return None,
            kind @ (Kind::Signed | Kind::Unsigned | Kind::Long) => {
                let n = number(kind, self.word(at)?.load(Relaxed))?;
                if data == DataType::ConnCur && n > i64::from(i32::MAX) { 0 } else { n }
            }
        })
    }

    /// Adds `n`, for rates `n` events. Returns the new count, for rates that of the running period.
    pub(super) fn add(&self, data: DataType, index: usize, n: u64, now: Millis) -> Option<i64> {
        let (data, at, period_ms) = self.shape.find(data, index)?;
        let units = n.div_ceil(u64::from(self.shape.unit(data)));
        match data.kind() {
            Kind::Rate => {
                let units = u32::try_from(units).unwrap_or(u32::MAX);
                Some(i64::from(self.rate(at)?.add(units, now.0, period_ms)))
            }
            Kind::Text => None,
            kind @ (Kind::Signed | Kind::Unsigned | Kind::Long) => {
                number(kind, self.word(at)?.fetch_add(units, Relaxed).wrapping_add(units))
            }
        }
    }

    /// By how much the running period of rate `data` is ahead of an even flow of `limit` per period.
    pub(super) fn ahead(&self, data: DataType, limit: u64, now: Millis) -> Option<u64> {
        let (data, at, period_ms) = self.shape.find(data, 0)?;
        let unit = u64::from(self.shape.unit(data));
        Some(self.rate(at)?.ahead(limit / unit, now.0, period_ms).saturating_mul(unit))
    }

    /// Takes one from the current connections, unless there are none.
    pub(super) fn take_connection(&self) {
        let Some((_, at, _)) = self.shape.find(DataType::ConnCur, 0) else { return };
        let Some(word) = self.word(at) else { return };
        // Only an operator makes it less than what is under way; until it is put right, readers take it for 0.
        if low(word.fetch_sub(1, Relaxed)) == 0 {
            word.fetch_add(1, Relaxed);
        }
    }

    /// Replaces element `index` of `data` and returns what it was, for rates the running period's count; a rate will
    /// show `value` for one period and then fade.
    pub(super) fn set(&self, data: DataType, index: usize, value: i64, now: Millis) -> Option<i64> {
        let (data, at, _) = self.shape.find(data, index)?;
        match data.kind() {
            Kind::Rate => {
                let rate = self.rate(at)?;
                let before = low(rate.running.load(Relaxed));
                rate.set(low(value.cast_unsigned()), now.0);
                Some(i64::from(before))
            }
            Kind::Text => None,
            kind @ (Kind::Signed | Kind::Unsigned | Kind::Long) => {
                number(kind, self.word(at)?.swap(value.cast_unsigned(), Relaxed))
            }
        }
    }

    /// The text of `server_key`.
    pub(super) fn server_key(&self) -> Option<Arc<[u8]>> {
        self.more.as_ref()?.server_key.load().as_deref().cloned()
    }

    pub(super) fn set_server_key(&self, text: Option<Arc<[u8]>>) {
        if let Some(more) = &self.more {
            more.server_key.store(text.map(Arc::new));
        }
    }

    /// Copies what both store in the same way, but for what concerns this process alone.
    pub(super) fn copy_from(&self, other: &Entry) {
        for stored in self.shape.spec.stored.iter().filter(|stored| !stored.data.is_local()) {
            for index in 0..usize::from(stored.count) {
                let mine = self.shape.layout.find(stored.data, index);
                let theirs = other.shape.layout.find(stored.data, index);
                let (Some((here, period)), Some((there, old_period))) = (mine, theirs) else { continue };
                if period != old_period {
                    continue;
                }
                if stored.data == DataType::ServerKey {
                    self.set_server_key(other.server_key());
                }
                for word in 0..stored.data.kind().words() {
                    if let (Some(to), Some(from)) = (self.word(here + word), other.word(there + word)) {
                        to.store(from.load(Relaxed), Relaxed);
                    }
                }
            }
        }
    }
}

/// The low half of a word.
fn low(word: u64) -> u32 {
    u32::try_from(word & 0xffff_ffff).unwrap_or(0)
}

/// What a word of this kind stands for: counters are as wide as on other nodes, and wrap.
fn number(kind: Kind, word: u64) -> Option<i64> {
    match kind {
        Kind::Signed => Some(i64::from(low(word).cast_signed())),
        Kind::Unsigned => Some(i64::from(low(word))),
        Kind::Long => Some(i64::try_from(word).unwrap_or(i64::MAX)),
        Kind::Rate | Kind::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyType, TableSpec};
    use super::*;
    use crate::value::Value;

    fn entry(store: &str) -> Entry {
        let mut spec = TableSpec::new("t", KeyType::Integer, 1);
        spec.store(store).unwrap();
        let key = spec.key.key(&Value::Int(1)).unwrap();
        Entry::new(&Arc::new(Shape::new(spec)), key, 0, Millis(1))
    }

    #[test]
    fn an_entry_and_the_counts_of_its_arc_are_two_lines() {
        let counts = 2 * size_of::<usize>();
        assert!(counts + size_of::<Entry>() <= 128);
        assert_eq!(counts + std::mem::offset_of!(Entry, key), 64);
    }

    #[test]
    fn what_is_held_does_not_end_and_what_ended_is_not_held() {
        let entry = entry("gpc0");
        assert!(entry.hold() && !entry.end());
        entry.release();
        assert!(entry.end() && entry.is_gone() && !entry.hold());
        assert_eq!(entry.uses(), 0);
    }

    #[test]
    fn words_near_and_far_are_told_apart() {
        let entry = entry("gpc(9),gpc_rate(3,1s)");
        let now = Millis(5_000);
        for index in 0..9 {
            entry.add(DataType::Gpc, index, index as u64 + 1, now);
        }
        for index in 0..3 {
            entry.add(DataType::GpcRate, index, 10 + index as u64, now);
        }
        let all = |data, count| (0..count).map(|i| entry.get(data, i, now).unwrap()).collect::<Vec<_>>();
        assert_eq!(all(DataType::Gpc, 9), (1..10).collect::<Vec<_>>());
        assert_eq!(all(DataType::GpcRate, 3), [10, 11, 12]);
    }

    #[test]
    fn a_text_is_no_number_and_leaves_its_neighbours_alone() {
        let entry = entry("server_key,gpc0");
        let now = Millis(1);
        entry.set(DataType::Gpc0, 0, 5, now);
        assert_eq!(entry.set(DataType::ServerKey, 0, 7, now), None);
        assert_eq!(entry.add(DataType::ServerKey, 0, 7, now), None);
        assert_eq!(entry.get(DataType::ServerKey, 0, now), None);
        assert_eq!(entry.get(DataType::Gpc0, 0, now), Some(5));
    }

    #[test]
    fn counters_wrap_as_they_are_wide() {
        let entry = entry("server_id,gpc0,bytes_in_cnt");
        let now = Millis(1);
        for (data, value, after) in [
            (DataType::ServerId, i64::from(i32::MAX), i64::from(i32::MIN)),
            (DataType::Gpc0, i64::from(u32::MAX), 0),
            (DataType::BytesInCnt, i64::from(u32::MAX), 1 << 32),
        ] {
            entry.set(data, 0, value, now);
            assert_eq!(entry.get(data, 0, now), Some(value), "{data:?}");
            assert_eq!(entry.add(data, 0, 1, now), Some(after), "{data:?}");
            assert_eq!(entry.get(data, 0, now), Some(after), "{data:?}");
        }
        entry.set(DataType::ServerId, 0, -1, now);
        assert_eq!(entry.get(DataType::ServerId, 0, now), Some(-1));
    }

    #[test]
    fn current_connections_are_never_less_than_none() {
        let entry = entry("conn_cnt,conn_cur");
        let now = Millis(1);
        entry.add(DataType::ConnCur, 0, 2, now);
        for want in [1, 0, 0] {
            entry.take_connection();
            assert_eq!(entry.get(DataType::ConnCur, 0, now), Some(want));
        }
        entry.add(DataType::ConnCur, 0, 1, now);
        assert_eq!(entry.get(DataType::ConnCur, 0, now), Some(1));
    }
}
