//! The idle connections to one server, a list for each worker (configuration manual, chapters 3.2 "tune.idle-pool.shared",
//! 5.2 "pool-low-conn").
//!
//! ```text
//! request --> own list --none--> other workers' lists, in turns --none--> a new connection
//!              |                  | skipped while its worker is at it
//!              +-- tested without a system call      +-- out of that worker's poller, then one look at the socket
//! ```
//! A worker puts connections into its own list alone. What always holds: `count` is written under the lock of its list, so
//! that a worker that finds its own at 0 has none. The lists are made for the first connection that is kept: of many
//! servers few have any.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::{Mutex, MutexGuard};

use super::kept::Kept;
use super::{Idle, Wanted};

/// See the module.
pub(crate) struct IdleConns {
    lists: OnceLock<Box<[List]>>,
    workers: u32,
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

    /// One that is wanted and alive, out of the poller of the worker whose list it is.
    fn take_here(&self, wanted: &Wanted<'_>) -> Option<Idle> {
        while let Some(mut idle) = self.take_away(wanted) {
            idle.come_here();
            // What it said or did while it went over is seen now.
            if idle.is_alive() {
                return Some(idle);
            }
        }
        None
    }

    /// Whatever is wanted, unless the list is in use: no request waits for another worker.
    fn take_away(&self, wanted: &Wanted<'_>) -> Option<Idle> {
        if self.is_empty() { None } else { self.try_lock()?.take(wanted, |_| true) }
    }
}

impl IdleConns {
    /// Lists for `workers` workers.
    pub(crate) fn new(workers: usize) -> IdleConns {
        let workers = u32::try_from(workers.max(1)).unwrap_or(u32::MAX);
        IdleConns { lists: OnceLock::new(), workers }
    }

    /// All lists, none before the first connection was kept.
    fn lists(&self) -> &[List] {
        self.lists.get().map_or(&[], |lists| lists)
    }

    /// The list of `worker`.
    pub(super) fn own(&self, worker: usize) -> Locked<'_> {
        self.lists.get_or_init(|| (0..self.workers).map(|_| List::default()).collect())[worker].lock()
    }

    /// The list of `worker`, if there ever was something to be put into one.
    pub(super) fn made_own(&self, worker: usize) -> Option<Locked<'_>> {
        self.lists().get(worker).map(List::lock)
    }

    /// How many connections `worker` keeps.
    pub(super) fn count(&self, worker: usize) -> u32 {
        self.lists().get(worker).map_or(0, |list| list.count.load(Relaxed))
    }

    /// One that is wanted and alive: of `worker`'s own, else of another's where `reach` says so.
    pub(super) fn take(&self, worker: usize, wanted: &Wanted<'_>, reach: Reach) -> Option<Idle> {
        let lists = self.lists();
        let own = lists.get(worker)?;
        if !own.is_empty()
            && let Some(found) = own.lock().take(wanted, Idle::is_alive)
        {
            return Some(found);
        }
        if reach == Reach::All { take_over(lists, worker, wanted) } else { None }
    }

    /// One that is wanted and alive, for a thread that keeps none.
    pub(crate) fn take_any(&self, wanted: &Wanted<'_>) -> Option<Idle> {
        self.lists().iter().find_map(|list| list.take_here(wanted))
    }

    /// Closes one, of `worker`'s own rather than of another's, even where that is being looked at; false: there is none.
    pub(super) fn close_one(&self, worker: usize) -> bool {
        let lists = self.lists();
        let own = lists.get(worker).into_iter();
        let others = lists.iter().enumerate().filter(|(at, _)| *at != worker).map(|(_, list)| list);
        let closed =
            own.chain(others).filter(|list| !list.is_empty()).find_map(|list| list.lock().take_oldest());
        closed.map(|mut idle| idle.come_here()).is_some()
    }
}

/// Takes one out of another worker's list, and out of its poller.
fn take_over(lists: &[List], worker: usize, wanted: &Wanted<'_>) -> Option<Idle> {
    let count = lists.len();
    let first = usize::try_from(lists[worker].next.load(Relaxed)).unwrap_or(0);
    for at in (first..first + count).map(|at| at % count).filter(|at| *at != worker) {
        if let Some(idle) = lists[at].take_here(wanted) {
            let next = u32::try_from((at + 1) % count).unwrap_or(0);
            lists[worker].next.store(next, Relaxed);
            return Some(idle);
        }
    }
    None
}
