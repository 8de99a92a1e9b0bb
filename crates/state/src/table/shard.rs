//! One of a table's shards: entries by key, and in the order in which they end.
//!
//! Touching an entry only writes its deadline; its place in the queue is put right when it comes to the front. Every
//! entry stands in the queue exactly once, an entry that was removed by key is passed over when its turn comes.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashSet};
use std::hash::{Hash, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use base::clock::Millis;
use parking_lot::Mutex;
use smallvec::SmallVec;

use super::data::Cell;
use super::key::Key;

/// Entries in use that are passed over at most when a place is needed.
const BUSY_MAX: usize = 64;

/// What is stored about one key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    refs: AtomicU32,
    gone: AtomicBool,
    deadline: AtomicU64,
    pub(super) cells: Mutex<Box<[Cell]>>,
}

impl Entry {
    pub(super) fn new(key: Key, cells: Box<[Cell]>, deadline: Millis) -> Self {
        Entry {
            key,
            refs: AtomicU32::new(0),
            gone: AtomicBool::new(false),
            deadline: AtomicU64::new(deadline.0),
            cells: Mutex::new(cells),
        }
    }

    /// Takes a reference. Only under the shard's lock, so that an unused entry stays unused while it is removed.
    pub(super) fn hold(&self) {
        self.refs.fetch_add(1, Relaxed);
    }

    /// Gives a reference back.
    pub(super) fn release(&self) {
        self.refs.fetch_sub(1, AcqRel);
    }

    /// References now.
    pub(super) fn uses(&self) -> u32 {
        self.refs.load(Acquire)
    }

    /// When it ends, or in a table without `expire` when it was last touched.
    pub(super) fn deadline(&self) -> Millis {
        Millis(self.deadline.load(Relaxed))
    }

    /// Puts the end off; never brings it forward, since clocks of several workers are read a little apart.
    pub(super) fn put_off(&self, deadline: Millis) {
        self.deadline.fetch_max(deadline.0, Relaxed);
    }
}

/// An entry in the set of keys.
#[derive(Debug)]
struct ByKey(Arc<Entry>);

impl Borrow<[u8]> for ByKey {
    fn borrow(&self) -> &[u8] {
        self.0.key.as_bytes()
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.as_bytes().hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for ByKey {}

/// An entry in the queue; `at` may be earlier than the entry's deadline is by now.
#[derive(Debug)]
struct Due {
    at: Millis,
    entry: Arc<Entry>,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// Entries by key and by their end.
#[derive(Debug)]
pub(super) struct Shard {
    keys: HashSet<ByKey, RandomState>,
    queue: BinaryHeap<Reverse<Due>>,
    stale: usize,
}

impl Shard {
    pub(super) fn new(hasher: RandomState) -> Self {
        Shard { keys: HashSet::with_hasher(hasher), queue: BinaryHeap::new(), stale: 0 }
    }

    pub(super) fn find(&self, key: &[u8]) -> Option<&Arc<Entry>> {
        self.keys.get(key).map(|found| &found.0)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        self.queue.push(Reverse(Due { at: entry.deadline(), entry: entry.clone() }));
        self.keys.insert(ByKey(entry));
    }

    /// Removes the entry of `key`, if there is one; the caller made sure that it is unused.
    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        let Some(ByKey(entry)) = self.keys.take(key) else { return false };
        entry.gone.store(true, Release);
        self.stale += 1;
        if self.stale > 16 + self.queue.len() / 2 {
            self.queue.retain(|Reverse(due)| !due.entry.gone.load(Relaxed));
            self.stale = 0;
        }
        true
    }

    /// All entries, in the order of their keys.
    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        let mut all: Vec<_> = self.keys.iter().map(|found| found.0.clone()).collect();
        all.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        all
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The earliest end there may be; later than everything if the shard is empty.
    pub(super) fn front(&self) -> Millis {
        self.queue.peek().map_or(Millis(u64::MAX), |Reverse(due)| due.at)
    }

    /// Puts the front of the queue right: after it, [`Shard::front`] is exact.
    pub(super) fn settle(&mut self) {
        while let Some(mut top) = self.queue.peek_mut() {
            if top.0.entry.gone.load(Relaxed) {
                PeekMut::pop(top);
                self.stale = self.stale.saturating_sub(1);
                continue;
            }
            let deadline = top.0.entry.deadline();
            if deadline == top.0.at {
                return;
            }
            top.0.at = deadline;
        }
    }

    /// Removes up to `max` entries that ended at `now` and are unused; the others in use get a new deadline from
    /// `renew`. Returns how many it removed.
    pub(super) fn drop_expired(&mut self, now: Millis, max: usize, renew: impl Fn(&Entry)) -> usize {
        let mut removed = 0;
        for _ in 0..max {
            self.settle();
            if self.front() > now {
                break;
            }
            let Some(Reverse(due)) = self.queue.pop() else { break };
            if due.entry.uses() > 0 {
                renew(&due.entry);
                self.queue.push(Reverse(Due { at: due.entry.deadline(), entry: due.entry }));
            } else {
                self.keys.remove(due.entry.key.as_bytes());
                removed += 1;
            }
        }
        removed
    }

    /// Removes the unused entry that ends first. `false` if all are in use, as far as was looked.
    pub(super) fn evict(&mut self) -> bool {
        let mut busy: SmallVec<[Due; 8]> = SmallVec::new();
        let mut found = false;
        while busy.len() < BUSY_MAX {
            self.settle();
            let Some(Reverse(due)) = self.queue.pop() else { break };
            if due.entry.uses() > 0 {
                busy.push(due);
                continue;
            }
            self.keys.remove(due.entry.key.as_bytes());
            found = true;
            break;
        }
        self.queue.extend(busy.into_iter().map(Reverse));
        found
    }
}
