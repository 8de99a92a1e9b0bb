//! One of a table's shards: entries by key, and in the order in which they end.
//!
//! Touching an entry only writes its deadline; its place in the queue is put right when it comes to the front. Every
//! entry stands in the queue exactly once, an entry that was removed by key is passed over when its turn comes.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use base::clock::Millis;
use smallvec::SmallVec;

use super::entry::Entry;
use super::key::Key;

/// Entries in use that are passed over at most when a place is needed.
const BUSY_MAX: usize = 64;

/// What an entry is found by: its key, and the hash that the table gave to it.
trait Named {
    fn hash(&self) -> u64;
    fn key(&self) -> &Key;
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Named::hash(self));
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        Named::hash(self) == Named::hash(other) && self.key() == other.key()
    }
}

impl Eq for dyn Named + '_ {}

impl Named for (u64, &Key) {
    fn hash(&self) -> u64 {
        self.0
    }

    fn key(&self) -> &Key {
        self.1
    }
}

/// An entry in the set of keys.
#[derive(Debug)]
struct ByKey(Arc<Entry>);

impl Named for ByKey {
    fn hash(&self) -> u64 {
        self.0.hash
    }

    fn key(&self) -> &Key {
        &self.0.key
    }
}

impl<'a> Borrow<dyn Named + 'a> for ByKey {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash && self.0.key == other.0.key
    }
}

impl Eq for ByKey {}

/// Hands on a hash that was made before.
#[derive(Debug, Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

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
#[derive(Debug, Default)]
pub(super) struct Shard {
    keys: HashSet<ByKey, BuildHasherDefault<Given>>,
    queue: BinaryHeap<Reverse<Due>>,
    stale: usize,
}

impl Shard {
    pub(super) fn find(&self, hash: u64, key: &Key) -> Option<&Arc<Entry>> {
        self.keys.get(&(hash, key) as &dyn Named).map(|found| &found.0)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        self.queue.push(Reverse(Due { at: entry.deadline(), entry: entry.clone() }));
        self.keys.insert(ByKey(entry));
    }

    fn forget(&mut self, entry: &Entry) {
        self.keys.remove(&(entry.hash, &entry.key) as &dyn Named);
    }

    /// Removes an entry. `false` if it is held.
    pub(super) fn remove(&mut self, entry: &Entry) -> bool {
        if !entry.end() {
            return false;
        }
        self.forget(entry);
        self.stale += 1;
        if self.stale > 16 + self.queue.len() / 2 {
            self.queue.retain(|Reverse(due)| !due.entry.is_gone());
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
            if top.0.entry.is_gone() {
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

    /// Removes up to `max` entries that ended at `now` and are unused; the others in use get a new deadline. Returns
    /// how many it removed.
    pub(super) fn drop_expired(&mut self, now: Millis, max: usize) -> usize {
        let mut removed = 0;
        for _ in 0..max {
            self.settle();
            if self.front() > now {
                break;
            }
            let Some(Reverse(due)) = self.queue.pop() else { break };
            if due.entry.end() {
                self.forget(&due.entry);
                removed += 1;
            } else {
                due.entry.renew(now);
                self.queue.push(Reverse(Due { at: due.entry.deadline(), entry: due.entry }));
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
            if due.entry.end() {
                self.forget(&due.entry);
                found = true;
                break;
            }
            busy.push(due);
        }
        self.queue.extend(busy.into_iter().map(Reverse));
        found
    }
}
