//! A worker: one thread that runs tasks, waits in epoll and moves its timing wheel.
//!
//! ```text
//!        +--> run what is queued (64 at most) --> queue empty? --no--> look at epoll --+
//!        |                                            | yes                            |
//!        |                                  wait in epoll for a socket,                |
//!        |                                  a timer or another thread                  |
//!        +--------------- wake whose socket or deadline is due <-----------------------+
//! ```
//! Tasks stay on their thread and need not be [`Send`]; their wakers may be used anywhere. A task costs its future, a
//! waker of 40 bytes and a slot of 24. What always holds: no borrow of the worker's state lives while a task is polled
//! or dropped. A task that panics ends alone.
//!
//! Channels and locks of `tokio::sync` and its macros work in these tasks; its sockets, timers and signals need a
//! tokio runtime on another thread.
//!
//! Why not tokio's own: it takes some 750 bytes more for an idle connection (a task and the poller's entry, each
//! padded to cache lines), an `epoll_ctl` to close each, and atomics for every readiness.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use rustix::event::EventfdFlags;

use crate::reactor::{self, Source, Watch};
use crate::slab::{Key, Slab};
use crate::timer;

/// Polls of tasks before epoll is looked at again.
const BATCH: usize = 64;
/// Wakers that there is room for between two turns; a larger burst gives its memory back.
const WAKERS_KEPT_MAX: usize = 1_024;
/// The key of the future that [`run`] was called with.
const ROOT: Key = Key { index: u32::MAX, generation: u32::MAX };

type TaskFuture = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// Tasks that are to be polled, in their order.
    static QUEUE: RefCell<VecDeque<Arc<TaskWaker>>> = const { RefCell::new(VecDeque::new()) };
    /// `None` while the task is being polled.
    static TASKS: RefCell<Slab<Option<TaskFuture>>> = const { RefCell::new(Slab::new()) };
    /// The worker of this thread while it runs.
    static SHARED: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
    /// Its address, to be compared only.
    static HERE: Cell<*const Shared> = const { Cell::new(std::ptr::null()) };
}

/// What other threads may touch of a worker.
struct Shared {
    remote: Mutex<Remote>,
    /// Whether `remote` holds anything.
    pending: AtomicBool,
    /// Whether the worker waits in epoll, or is about to.
    sleeping: AtomicBool,
    eventfd: OwnedFd,
}

#[derive(Default)]
struct Remote {
    woken: Vec<Arc<TaskWaker>>,
    closed: bool,
}

impl Shared {
    fn remote(&self) -> MutexGuard<'_, Remote> {
        // Nothing that holds the lock can panic half-way.
        self.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push_remote(&self, waker: Arc<TaskWaker>) {
        let mut remote = self.remote();
        if remote.closed {
            return;
        }
        remote.woken.push(waker);
        drop(remote);
        self.pending.store(true, Ordering::SeqCst);
        // Either the worker sees `pending` before it sleeps, or this sees that it sleeps.
        if self.sleeping.swap(false, Ordering::SeqCst) {
            // Only a counter at its limit is refused, and then the worker has been told already.
            let _ = rustix::io::write(&self.eventfd, &1u64.to_ne_bytes());
        }
    }

    /// Moves what other threads have woken into the thread's own queue.
    fn take_remote(&self) {
        if self.pending.swap(false, Ordering::SeqCst) {
            let woken = std::mem::take(&mut self.remote().woken);
            QUEUE.with_borrow_mut(|queue| queue.extend(woken));
        }
    }
}

struct TaskWaker {
    key: Key,
    /// Whether it stands in a queue.
    queued: AtomicBool,
    shared: Arc<Shared>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        if HERE.try_with(|here| here.get() == Arc::as_ptr(&self.shared)) == Ok(true) {
            QUEUE.with_borrow_mut(|queue| queue.push_back(self));
        } else {
            let shared = self.shared.clone();
            shared.push_remote(self);
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.load(Ordering::Acquire) {
            self.clone().wake();
        }
    }
}

/// A task that was spawned. Dropping this changes nothing.
#[derive(Debug)]
pub struct Task {
    key: Key,
    /// Tasks belong to their thread.
    not_send: PhantomData<*const ()>,
}

impl Task {
    /// Ends the task, at once unless it is the one that calls this (then when it next waits), and drops what it holds.
    pub fn abort(self) {
        let future = TASKS.with_borrow_mut(|tasks| tasks.remove(self.key));
        drop(future);
    }

    /// Whether the task has come to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        TASKS.with_borrow_mut(|tasks| tasks.get(self.key).is_none())
    }
}

/// Starts a task on this thread's worker.
///
/// # Panics
/// Outside of [`run`].
pub fn spawn(future: impl Future<Output = ()> + 'static) -> Task {
    let shared = SHARED.with_borrow(Clone::clone).expect("tasks are spawned by tasks of a worker");
    let key = TASKS.with_borrow_mut(|tasks| tasks.insert(Some(Box::pin(future))));
    let waker = TaskWaker { key, queued: AtomicBool::new(true), shared };
    QUEUE.with_borrow_mut(|queue| queue.push_back(Arc::new(waker)));
    Task { key, not_send: PhantomData }
}

/// Wakes every task of this thread's worker, for news that concern many of them and are too rare to be waited for.
///
/// # Panics
/// Outside of [`run`].
pub fn wake_all() {
    let shared = SHARED.with_borrow(Clone::clone).expect("tasks are woken by tasks of a worker");
    let keys = TASKS.with_borrow(Slab::keys);
    let wakers = keys
        .into_iter()
        .map(|key| Arc::new(TaskWaker { key, queued: AtomicBool::new(true), shared: shared.clone() }));
    QUEUE.with_borrow_mut(|queue| queue.extend(wakers));
}

/// Lets the other tasks have their turn.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Makes this thread a worker until `root` is done, and returns what it returns. Tasks that are left then are dropped.
///
/// # Errors
/// What epoll and eventfd refuse (descriptors or memory exhausted).
///
/// # Panics
/// Inside of another `run`; and when `root` panics.
pub fn run<F: Future>(root: F) -> io::Result<F::Output> {
    let worker = Worker::enter()?;
    base::clock::tick();
    let root_waker = TaskWaker { key: ROOT, queued: AtomicBool::new(true), shared: worker.shared.clone() };
    QUEUE.with_borrow_mut(|queue| queue.push_back(Arc::new(root_waker)));
    let mut root = pin!(root);
    let mut wakers = Vec::new();
    loop {
        for _ in 0..BATCH {
            let Some(task) = QUEUE.with_borrow_mut(VecDeque::pop_front) else { break };
            task.queued.store(false, Ordering::Release);
            if task.key != ROOT {
                poll_task(task);
            } else if let Poll::Ready(output) = root.as_mut().poll(&mut Context::from_waker(&task.into())) {
                return Ok(output);
            }
        }
        worker.turn(&mut wakers)?;
        base::clock::tick();
    }
}

fn poll_task(task: Arc<TaskWaker>) {
    let key = task.key;
    let taken = TASKS.with_borrow_mut(|tasks| tasks.get(key).and_then(Option::take));
    let Some(mut future) = taken else { return };
    let waker = Waker::from(task);
    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker))));
    let over = TASKS.with_borrow_mut(|tasks| match polled {
        Ok(Poll::Pending) => match tasks.get(key) {
            Some(place) => {
                *place = Some(future);
                None
            }
            // It was aborted while it ran.
            None => Some(future),
        },
        // What it panicked about has been printed by the panic hook.
        Ok(Poll::Ready(())) | Err(_) => {
            tasks.remove(key);
            Some(future)
        }
    });
    // The future is dropped here, outside of the borrow: it may drop or abort other tasks.
    drop(over);
}

/// The thread as a worker; dropping it ends that.
struct Worker {
    shared: Arc<Shared>,
    _wakeups: Source,
}

impl Worker {
    fn enter() -> io::Result<Worker> {
        assert!(HERE.get().is_null(), "a thread is one worker");
        let eventfd = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let wakeups = Source::new(eventfd.as_fd(), Watch::Read)?;
        let shared = Arc::new(Shared {
            remote: Mutex::default(),
            pending: AtomicBool::new(false),
            sleeping: AtomicBool::new(false),
            eventfd,
        });
        HERE.set(Arc::as_ptr(&shared));
        SHARED.set(Some(shared.clone()));
        Ok(Worker { shared, _wakeups: wakeups })
    }

    /// Waits for something to do if nothing is queued, and queues what is due.
    fn turn(&self, wakers: &mut Vec<Waker>) -> io::Result<()> {
        self.shared.take_remote();
        if QUEUE.with_borrow(|queue| !queue.is_empty()) {
            return turn(Some(Duration::ZERO), wakers);
        }
        self.shared.sleeping.store(true, Ordering::SeqCst);
        let timeout = if self.shared.pending.load(Ordering::SeqCst) {
            Some(Duration::ZERO)
        } else {
            timer::until_due()
        };
        turn(timeout, wakers)?;
        self.shared.sleeping.store(false, Ordering::SeqCst);
        self.shared.take_remote();
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut remote = self.shared.remote();
        remote.closed = true;
        let woken = std::mem::take(&mut remote.woken);
        drop(remote);
        drop(woken);
        // Each task may spawn, wake or abort others while it is dropped, hence none is dropped within a borrow.
        while TASKS.with_borrow(|tasks| tasks.len() > 0) {
            let tasks = TASKS.with_borrow_mut(Slab::remove_all);
            drop(tasks);
        }
        base::clock::stop_ticking();
        let queue = QUEUE.take();
        drop(queue);
        HERE.set(std::ptr::null());
        SHARED.set(None);
    }
}

/// Takes the reports of epoll and of the wheel, and wakes whom they concern.
fn turn(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> io::Result<()> {
    reactor::wait(timeout, wakers)?;
    timer::advance(wakers);
    for waker in wakers.drain(..) {
        waker.wake();
    }
    wakers.shrink_to(WAKERS_KEPT_MAX);
    Ok(())
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests;
