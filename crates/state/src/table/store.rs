//! The table: shards, look-up, creation, eviction, removal.

use std::fmt;
use std::hash::{Hash, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use base::clock::Millis;
use parking_lot::{Mutex, MutexGuard};
use rustc_hash::FxHasher;

use super::data::DataType;
use super::key::Key;
use super::shard::{Entry, Shard};
use super::spec::{Layout, TableSpec};
use super::tracked::Tracked;
use crate::value::Value;

/// Shards; a power of two.
const SHARDS: usize = 16;
/// Expired entries dropped by the creation of another one.
const SWEEP_ON_CREATE: usize = 4;
/// Expired entries dropped by a question for the number of entries.
const SWEEP_ON_COUNT: usize = 1000;

/// What became of an entry that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// It is gone.
    Removed,
    /// There was none.
    NotFound,
    /// Something tracks it, so it stays.
    InUse,
}

/// A stick table.
pub struct Table {
    spec: TableSpec,
    pub(super) layout: Layout,
    expire_ms: Option<u64>,
    shards: [Place; SHARDS],
    used: AtomicUsize,
}

/// A shard and the earliest end in it, which can be read without its lock.
#[repr(align(64))]
struct Place {
    front: AtomicU64,
    shard: Mutex<Shard>,
}

impl Place {
    fn publish(&self, shard: MutexGuard<'_, Shard>) {
        self.front.store(shard.front().0, Relaxed);
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("spec", &self.spec).field("used", &self.used).finish_non_exhaustive()
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(spec: TableSpec) -> Arc<Table> {
        let hasher = RandomState::new();
        Arc::new(Table {
            layout: Layout::new(&spec.stored),
            expire_ms: spec.expire.map(|e| u64::try_from(e.as_millis()).unwrap_or(u64::MAX)),
            shards: std::array::from_fn(|_| Place {
                front: AtomicU64::new(u64::MAX),
                shard: Mutex::new(Shard::new(hasher.clone())),
            }),
            used: AtomicUsize::new(0),
            spec,
        })
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

    /// Entries now, without those that ended.
    #[must_use]
    pub fn used(&self, now: Millis) -> usize {
        self.sweep(now, SWEEP_ON_COUNT);
        self.used.load(Relaxed)
    }

    /// Places that are free.
    #[must_use]
    pub fn available(&self, now: Millis) -> usize {
        self.spec.size.saturating_sub(self.used(now))
    }

    /// The entry of `key`, if there is one. Does not put off its end.
    #[must_use]
    pub fn lookup(self: &Arc<Self>, key: &Key, now: Millis) -> Option<Tracked> {
        let shard = self.place(key).shard.lock();
        let entry = shard.find(key.as_bytes())?;
        if self.has_ended(entry, now) && entry.uses() == 0 {
            return None;
        }
        Some(self.track(entry))
    }

    /// The entry of `key`, a new one if there was none. `None` if the table is full and no entry can make room:
    /// all are in use, or `nopurge`.
    #[must_use]
    pub fn get_or_create(self: &Arc<Self>, key: &Key, now: Millis) -> Option<Tracked> {
        if let Some(found) = self.lookup(key, now) {
            return Some(found);
        }
        if !self.reserve(now) {
            return None;
        }
        let place = self.place(key);
        let mut shard = place.shard.lock();
        let mut freed = self.drop_expired(&mut shard, now, SWEEP_ON_CREATE);
        if let Some(entry) = shard.find(key.as_bytes()) {
            if entry.uses() > 0 || !self.has_ended(entry, now) {
                let tracked = self.track(entry);
                self.used.fetch_sub(freed + 1, Relaxed);
                place.publish(shard);
                return Some(tracked);
            }
            freed += usize::from(shard.remove(key.as_bytes()));
        }
        let entry = Arc::new(Entry::new(key.clone(), self.layout.empty(), self.deadline(now)));
        let tracked = self.track(&entry);
        shard.insert(entry);
        self.used.fetch_sub(freed, Relaxed);
        place.publish(shard);
        Some(tracked)
    }

    /// Drops up to `max` entries that have ended, and returns how many it dropped. Cheap when there is none.
    pub fn sweep(&self, now: Millis, max: usize) -> usize {
        let mut dropped = 0;
        for place in &self.shards {
            if dropped >= max {
                break;
            }
            if self.expire_ms.is_none() || place.front.load(Relaxed) > now.0 {
                continue;
            }
            let mut shard = place.shard.lock();
            dropped += self.drop_expired(&mut shard, now, max - dropped);
            place.publish(shard);
        }
        self.used.fetch_sub(dropped, Relaxed);
        dropped
    }

    /// Removes the entry of `key` unless something tracks it (`clear table <name> key <key>`).
    pub fn clear(&self, key: &Key, now: Millis) -> Cleared {
        let place = self.place(key);
        let mut shard = place.shard.lock();
        let Some(entry) = shard.find(key.as_bytes()) else { return Cleared::NotFound };
        if entry.uses() > 0 {
            return Cleared::InUse;
        }
        let ended = self.has_ended(entry, now);
        shard.remove(key.as_bytes());
        self.used.fetch_sub(1, Relaxed);
        place.publish(shard);
        if ended { Cleared::NotFound } else { Cleared::Removed }
    }

    /// Removes every entry that `which` chooses and nothing tracks; returns how many (`clear table`).
    pub fn clear_if(self: &Arc<Self>, now: Millis, mut which: impl FnMut(&Tracked) -> bool) -> usize {
        let mut removed = 0;
        for entry in self.iter(now) {
            if which(&entry) {
                let key = entry.key().clone();
                entry.release(now);
                removed += usize::from(self.clear(&key, now) == Cleared::Removed);
            }
        }
        removed
    }

    /// All entries, shard by shard and in each by key. What is created meanwhile may be missing.
    pub fn iter(self: &Arc<Self>, now: Millis) -> impl Iterator<Item = Tracked> + '_ {
        (0..self.shards.len()).flat_map(move |shard| self.iter_shard(shard, now))
    }

    /// The entries of one shard, by key, for those who go through a large table in steps.
    pub fn iter_shard(self: &Arc<Self>, shard: usize, now: Millis) -> impl Iterator<Item = Tracked> + '_ {
        let entries = self.shards.get(shard).map(|place| place.shard.lock().entries()).unwrap_or_default();
        entries.into_iter().filter_map(move |entry| self.lookup(&entry.key, now))
    }

    /// How many shards there are.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// Takes over what `old` knows, for keys of the same type and data of the same kind and period, as long as there
    /// is room. Used when a reload changed a table's line.
    pub fn adopt(self: &Arc<Self>, old: &Arc<Table>, now: Millis) {
        if self.spec.key.sample_type() != old.spec.key.sample_type() {
            return;
        }
        for entry in old.iter(now) {
            let key = self.spec.key.key(&old.spec.key.value(entry.key().as_bytes()));
            if let Some(mine) = key.and_then(|key| self.get_or_create(&key, now)) {
                mine.copy_from(&entry);
            }
        }
    }

    fn drop_expired(&self, shard: &mut Shard, now: Millis, max: usize) -> usize {
        if self.expire_ms.is_none() {
            // Without `expire` the queue orders entries by their last touch.
            return 0;
        }
        shard.drop_expired(now, max, |entry| self.renew(entry, now))
    }

    fn track(self: &Arc<Self>, entry: &Arc<Entry>) -> Tracked {
        entry.hold();
        Tracked::new(self.clone(), entry.clone())
    }

    fn place(&self, key: &Key) -> &Place {
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        &self.shards[usize::try_from(hasher.finish() >> 60).unwrap_or(0) % SHARDS]
    }

    /// When an entry ends that is touched `now`.
    pub(super) fn deadline(&self, now: Millis) -> Millis {
        now.plus(Duration::from_millis(self.expire_ms.unwrap_or(0)))
    }

    /// Whether `entry` lived longer than `expire` without being touched.
    pub(super) fn has_ended(&self, entry: &Entry, now: Millis) -> bool {
        self.expire_ms.is_some() && entry.deadline() <= now
    }

    /// Puts off the end of an entry that is in use, by whole lives, until it lies ahead.
    pub(super) fn renew(&self, entry: &Entry, now: Millis) {
        let Some(life) = self.expire_ms.map(|ms| ms.max(1)) else { return };
        let late = now.since(entry.deadline());
        entry.put_off(Millis(entry.deadline().0.saturating_add((late / life + 1).saturating_mul(life))));
    }

    /// Counts one more entry, making room where there is none.
    fn reserve(&self, now: Millis) -> bool {
        for _ in 0..SHARDS {
            let taken = self.used.fetch_update(Relaxed, Relaxed, |n| (n < self.spec.size).then_some(n + 1));
            if taken.is_ok() {
                return true;
            }
            if self.sweep(now, SWEEP_ON_CREATE) == 0 && (self.spec.nopurge || !self.evict()) {
                return false;
            }
        }
        false
    }

    /// Drops the entry that was not touched for the longest time. `false` if all are in use.
    fn evict(&self) -> bool {
        let mut skip = [false; SHARDS];
        loop {
            let mut open = self.shards.iter().enumerate().filter(|(i, _)| !skip[*i]);
            let Some((index, place)) = open.by_ref().min_by_key(|(_, p)| p.front.load(Relaxed)) else {
                return false;
            };
            let mut shard = place.shard.lock();
            let before = place.front.load(Relaxed);
            shard.settle();
            if shard.front().0 > before {
                // Touched since: another shard's may be older. Each round puts at least one entry right.
                place.publish(shard);
                continue;
            }
            let found = shard.len() > 0 && shard.evict();
            place.publish(shard);
            if found {
                self.used.fetch_sub(1, Relaxed);
                return true;
            }
            skip[index] = true;
        }
    }
}
