//! The table: shards, look-up, creation, eviction, removal.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use base::clock::Millis;
use parking_lot::{RwLock, RwLockWriteGuard};
use twox_hash::XxHash3_64;

use super::data::DataType;
use super::entry::Entry;
use super::key::Key;
use super::recent::{self, Seat};
use super::shape::Shape;
use super::shard::Shard;
use super::spec::TableSpec;
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
    shape: Arc<Shape>,
    /// Keys come from clients, so their hash is not to be foreseen.
    seed: u64,
    shards: [Place; SHARDS],
    used: AtomicUsize,
}

/// A shard and the earliest end in it, which can be read without its lock. Those who look for entries share the lock;
/// what is in an entry needs none.
#[repr(align(64))]
struct Place {
    front: AtomicU64,
    shard: RwLock<Shard>,
}

impl Place {
    fn publish(&self, shard: RwLockWriteGuard<'_, Shard>) {
        self.front.store(shard.front().0, Relaxed);
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("spec", self.spec()).field("used", &self.used).finish_non_exhaustive()
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(spec: TableSpec) -> Arc<Table> {
        Arc::new(Table {
            shape: Arc::new(Shape::new(spec)),
            seed: RandomState::new().hash_one(0u8),
            shards: std::array::from_fn(|_| Place {
                front: AtomicU64::new(u64::MAX),
                shard: RwLock::default(),
            }),
            used: AtomicUsize::new(0),
        })
    }

    /// What it was made from.
    #[must_use]
    pub fn spec(&self) -> &TableSpec {
        self.shape.spec()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shape.name()
    }

    /// Whether entries hold element `index` of `data`, under this very name.
    #[must_use]
    pub fn stores(&self, data: DataType, index: usize) -> bool {
        self.shape.stores(data, index)
    }

    /// Casts a sample to a key of this table; `None` where it has no such form.
    #[must_use]
    pub fn key(&self, value: &Value<'_>) -> Option<Key> {
        self.shape.key(value)
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
        self.spec().size.saturating_sub(self.used(now))
    }

    /// The entry of `key`, if there is one. Does not put off its end.
    #[must_use]
    pub fn lookup(&self, key: &Key, now: Millis) -> Option<Tracked> {
        self.find(key, self.hash(key), now)
    }

    fn find(&self, key: &Key, hash: u64, now: Millis) -> Option<Tracked> {
        let is_there = |entry: &Entry| !entry.has_ended(now) || entry.uses() > 0;
        let known = recent::find(&self.shape, key, hash, |entry| is_there(entry) && entry.hold());
        if let Some(seat) = known {
            return Some(Tracked::new(seat));
        }
        let shard = self.place(hash).shard.read();
        let entry = shard.find(hash, key)?;
        (is_there(entry) && entry.hold()).then(|| Tracked::new(recent::keep(entry)))
    }

    /// The entry of `key`, a new one if there was none. `None` if the table is full and no entry can make room:
    /// all are in use, or `nopurge`.
    #[must_use]
    pub fn get_or_create(&self, key: &Key, now: Millis) -> Option<Tracked> {
        let hash = self.hash(key);
        if let Some(found) = self.find(key, hash, now) {
            return Some(found);
        }
        if !self.reserve(now) {
            return None;
        }
        let place = self.place(hash);
        let mut shard = place.shard.write();
        let mut freed = self.drop_expired(&mut shard, now, SWEEP_ON_CREATE);
        if let Some(entry) = shard.find(hash, key).cloned() {
            let is_over = entry.has_ended(now) && shard.remove(&entry);
            if !is_over && entry.hold() {
                self.used.fetch_sub(freed + 1, Relaxed);
                place.publish(shard);
                return Some(Tracked::new(recent::keep(&entry)));
            }
            freed += 1;
        }
        let entry = Arc::new(Entry::new(&self.shape, key.clone(), hash, self.shape.deadline(now)));
        // Nobody else knows it yet.
        let _ = entry.hold();
        let tracked = Tracked::new(recent::keep(&entry));
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
            if self.shape.expire_ms.is_none() || place.front.load(Relaxed) > now.0 {
                continue;
            }
            let mut shard = place.shard.write();
            dropped += self.drop_expired(&mut shard, now, max - dropped);
            place.publish(shard);
        }
        self.used.fetch_sub(dropped, Relaxed);
        dropped
    }

    /// Removes the entry of `key` unless something tracks it (`clear table <name> key <key>`).
    pub fn clear(&self, key: &Key, now: Millis) -> Cleared {
        let hash = self.hash(key);
        let place = self.place(hash);
        let mut shard = place.shard.write();
        let Some(entry) = shard.find(hash, key).cloned() else { return Cleared::NotFound };
        let has_ended = entry.has_ended(now);
        if !shard.remove(&entry) {
            return Cleared::InUse;
        }
        self.used.fetch_sub(1, Relaxed);
        place.publish(shard);
        if has_ended { Cleared::NotFound } else { Cleared::Removed }
    }

    /// Removes every entry that `which` chooses and nothing tracks; returns how many (`clear table`).
    pub fn clear_if(&self, now: Millis, mut which: impl FnMut(&Tracked) -> bool) -> usize {
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
    pub fn iter(&self, now: Millis) -> impl Iterator<Item = Tracked> + '_ {
        (0..self.shards.len()).flat_map(move |shard| self.iter_shard(shard, now))
    }

    /// The entries of one shard, by key, for those who go through a large table in steps.
    pub fn iter_shard(&self, shard: usize, now: Millis) -> impl Iterator<Item = Tracked> + '_ {
        let entries = self.shards.get(shard).map(|place| place.shard.read().entries()).unwrap_or_default();
        entries.into_iter().filter_map(move |entry| {
            let is_there = !entry.has_ended(now) || entry.uses() > 0;
            (is_there && entry.hold()).then(|| Tracked::new(Rc::new(Seat { entry })))
        })
    }

    /// How many shards there are.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// Takes over what `old` knows, for keys of the same type and data of the same kind and period, as long as there
    /// is room. Used when a reload changed a table's line.
    pub fn adopt(&self, old: &Table, now: Millis) {
        if self.spec().key.sample_type() != old.spec().key.sample_type() {
            return;
        }
        for entry in old.iter(now) {
            let key = self.spec().key.key(&old.spec().key.value(entry.key().as_bytes()));
            if let Some(mine) = key.and_then(|key| self.get_or_create(&key, now)) {
                mine.copy_from(&entry);
            }
        }
    }

    fn drop_expired(&self, shard: &mut Shard, now: Millis, max: usize) -> usize {
        // Without `expire` the queue orders entries by their last touch.
        if self.shape.expire_ms.is_none() { 0 } else { shard.drop_expired(now, max) }
    }

    fn hash(&self, key: &Key) -> u64 {
        XxHash3_64::oneshot_with_seed(self.seed, key.as_bytes())
    }

    fn place(&self, hash: u64) -> &Place {
        // The lowest and the highest bits choose the place in the shard.
        &self.shards[usize::try_from(hash >> 32).unwrap_or(0) % SHARDS]
    }

    /// Counts one more entry, making room where there is none.
    fn reserve(&self, now: Millis) -> bool {
        for _ in 0..SHARDS {
            let taken = self.used.fetch_update(Relaxed, Relaxed, |n| (n < self.spec().size).then_some(n + 1));
            if taken.is_ok() {
                return true;
            }
            if self.sweep(now, SWEEP_ON_CREATE) == 0 && (self.spec().nopurge || !self.evict()) {
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
            let mut shard = place.shard.write();
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
