//! The idle connections to one server, a list for each worker (configuration manual, chapters 3.2 "tune.idle-pool.shared",
//! 5.2 "pool-low-conn").
//!
//! ```text
//! request --> own list --none--> other workers' lists, in turns --none--> a new connection
//!              |                  | skipped while its worker is at it
//!              +-- tested without a system call      +-- out of that worker's poller, then one look at the socket
//! ```
//! A worker puts connections into its own list alone. What always holds: `count` is written under the lock of its list, so
//! that a worker that finds its own at 0 has none.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::{Mutex, MutexGuard};

use super::kept::Kept;
use super::{Idle, Wanted};

/// See the module.
pub(crate) struct IdleConns {
    lists: Box<[List]>,
}

/// Which lists a request looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// That of its worker alone.
    Own,
    /// All.
    All,
}

/// One worker's list. Two of them never share a cache line.
#[derive(Default)]
#[repr(align(64))]
struct List {
    kept: Mutex<Kept>,
    /// How many `kept` holds, to be seen without its lock.
    count: AtomicU32,
    /// Whose list its worker looks at first when its own has none; only a hint.
    next: AtomicU32,
}

/// A list that is locked; its count is set when this is dropped.
pub(super) struct Locked<'l> {
    kept: MutexGuard<'l, Kept>,
    count: &'l AtomicU32,
}

impl std::ops::Deref for Locked<'_> {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl std::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.count.store(u32::try_from(self.kept.len()).unwrap_or(u32::MAX), Relaxed);
    }
}

impl List {
    fn lock(&self) -> Locked<'_> {
        Locked { kept: self.kept.lock(), count: &self.count }
    }

    fn try_lock(&self) -> Option<Locked<'_>> {
        Some(Locked { kept: self.kept.try_lock()?, count: &self.count })
    }

    fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }
}

impl IdleConns {
    /// Lists for `workers` workers.
    pub(crate) fn new(workers: usize) -> IdleConns {
        IdleConns { lists: (0..workers.max(1)).map(|_| List::default()).collect() }
    }

    /// The list of `worker`.
    pub(super) fn own(&self, worker: usize) -> Locked<'_> {
        self.lists[worker].lock()
    }

    /// How many connections `worker` keeps.
    pub(super) fn count(&self, worker: usize) -> u32 {
        self.lists[worker].count.load(Relaxed)
    }

    /// One that is wanted and alive: of `worker`'s own, else of another's where `reach` says so.
    pub(super) fn take(&self, worker: usize, wanted: &Wanted<'_>, reach: Reach) -> Option<Idle> {
        let own = &self.lists[worker];
        if !own.is_empty()
            && let Some(found) = own.lock().take(wanted, Idle::is_alive)
        {
            return Some(found);
        }
        if reach == Reach::All { self.take_over(worker, wanted) } else { None }
    }

    /// Takes one out of another worker's list, and out of its poller.
    fn take_over(&self, worker: usize, wanted: &Wanted<'_>) -> Option<Idle> {
        let count = self.lists.len();
        let first = usize::try_from(self.lists[worker].next.load(Relaxed)).unwrap_or(0);
        for at in (first..first + count).map(|at| at % count).filter(|at| *at != worker) {
            while let Some(mut idle) = self.take_from(at, wanted) {
                idle.come_here();
                // What it said or did while it went over is seen now.
                if idle.is_alive() {
                    let next = u32::try_from((at + 1) % count).unwrap_or(0);
                    self.lists[worker].next.store(next, Relaxed);
                    return Some(idle);
                }
            }
        }
        None
    }

    /// Whatever is wanted of another worker's list, unless that is in use: no request waits for another worker.
    fn take_from(&self, worker: usize, wanted: &Wanted<'_>) -> Option<Idle> {
        let list = &self.lists[worker];
        if list.is_empty() { None } else { list.try_lock()?.take(wanted, |_| true) }
    }
}
