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
//! tokio runtime on another thread. The other way round, the sockets and timers of this crate work in a tokio
//! `current_thread` runtime in which [`drive`] is one of the tasks; that costs one more look at epoll or two for each
//! time the thread sleeps.
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
use crate::{sys, timer};

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
            turn(Some(Duration::ZERO), wakers)?;
            return Ok(());
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

/// Takes the reports of epoll and of the wheel, and wakes whom they concern. Returns whether there may be more.
fn turn(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> io::Result<bool> {
    let more = reactor::wait(timeout, wakers)?;
    timer::advance(wakers);
    for waker in wakers.drain(..) {
        waker.wake();
    }
    wakers.shrink_to(WAKERS_KEPT_MAX);
    Ok(more)
}

/// Moves this thread's sockets and timers inside of a tokio runtime, instead of [`run`]; never returns unless it
/// fails. Spawn it once on each thread that uses them. Needs the runtime's I/O and time drivers.
///
/// # Errors
/// What epoll refuses (descriptors or memory exhausted).
pub async fn drive() -> io::Result<()> {
    let polled =
        sys::register(reactor::epoll_fd()?, tokio::io::Interest::READABLE).map_err(|(_, error)| error)?;
    let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
    let mut wakers = Vec::new();
    poll_fn(|cx| {
        loop {
            // Cleared before the look, so that a report after the look is announced again.
            let reported = match polled.poll_read_ready(cx) {
                Poll::Ready(guard) => {
                    guard?.clear_ready();
                    true
                }
                Poll::Pending => false,
            };
            let more = turn(Some(Duration::ZERO), &mut wakers)?;
            timer::wake_when_earlier(cx.waker());
            let due = timer::until_due();
            if let Some(wait) = due {
                sleep.as_mut().reset(tokio::time::Instant::now() + wait);
            }
            let slept = due.is_some() && sleep.as_mut().poll(cx).is_ready();
            if !(reported || more || slept) {
                return Poll::<io::Result<()>>::Pending;
            }
        }
    })
    .await
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::tests::{conn_pair, run as run_test, within};
    use crate::timer::sleep_until;
    use std::rc::Rc;
    use std::time::Instant;

    /// Waits until `done` says so; the caller's test has a time limit.
    async fn until(done: impl Fn() -> bool) {
        while !done() {
            yield_now().await;
        }
    }

    #[test]
    fn tasks_run_in_turn() {
        run_test(async {
            let order = Rc::new(RefCell::new(Vec::new()));
            let tasks: Vec<Task> = (0..3)
                .map(|n| {
                    let order = order.clone();
                    spawn(async move {
                        order.borrow_mut().push(n);
                        yield_now().await;
                        order.borrow_mut().push(n + 10);
                    })
                })
                .collect();
            until(|| tasks.iter().all(Task::is_finished)).await;
            assert_eq!(*order.borrow(), [0, 1, 2, 10, 11, 12]);
        });
    }

    #[test]
    fn other_threads_wake_a_sleeping_worker() {
        run_test(async {
            for _ in 0..200 {
                let (tx, rx) = tokio::sync::oneshot::channel();
                let thread = std::thread::spawn(move || tx.send(7).unwrap());
                assert_eq!(rx.await.unwrap(), 7);
                thread.join().unwrap();
            }
        });
    }

    #[test]
    fn many_messages_from_many_threads_all_arrive() {
        run_test(async {
            let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let tx = tx.clone();
                    std::thread::spawn(move || (0..5_000).for_each(|n| tx.send(n).unwrap()))
                })
                .collect();
            drop(tx);
            let mut count = 0;
            while rx.recv().await.is_some() {
                count += 1;
            }
            assert_eq!(count, 20_000);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }

    #[test]
    fn an_aborted_task_drops_what_it_holds() {
        run_test(async {
            let held = Rc::new(());
            let (mut conn, _peer) = conn_pair();
            let task = spawn({
                let held = held.clone();
                async move {
                    let _held = held;
                    poll_fn(|cx| conn.poll_closed(cx)).await;
                }
            });
            yield_now().await;
            assert!(!task.is_finished());
            assert_eq!(Rc::strong_count(&held), 2);
            let slots = reactor::slots_in_use();
            task.abort();
            assert_eq!(Rc::strong_count(&held), 1);
            assert_eq!(reactor::slots_in_use(), slots - 1);
        });
    }

    #[test]
    fn a_task_may_abort_itself() {
        run_test(async {
            let own = Rc::new(RefCell::new(None::<Task>));
            let held = Rc::new(());
            let task = spawn({
                let (own, held) = (own.clone(), held.clone());
                async move {
                    let _held = held;
                    own.take().expect("stored before it runs").abort();
                    std::future::pending::<()>().await;
                }
            });
            *own.borrow_mut() = Some(task);
            until(|| Rc::strong_count(&held) == 1).await;
        });
    }

    #[test]
    fn a_panic_ends_one_task() {
        run_test(async {
            let task = spawn(async { panic!("as the test wants it") });
            until(|| task.is_finished()).await;
            sleep_until(within(1)).await;
        });
    }

    #[test]
    fn what_is_left_is_dropped() {
        let held = Rc::new(());
        let waker = run({
            let held = held.clone();
            async move {
                let (mut conn, peer) = conn_pair();
                spawn(async move {
                    let _held = (held, peer);
                    poll_fn(|cx| conn.poll_closed(cx)).await;
                });
                yield_now().await;
                poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
            }
        })
        .unwrap();
        assert_eq!(Rc::strong_count(&held), 1);
        assert_eq!(reactor::slots_in_use(), 0);
        // A waker that outlives its worker does nothing.
        waker.wake();
        assert!(QUEUE.with_borrow(VecDeque::is_empty));
        assert_eq!(run(async { 5 }).unwrap(), 5, "the thread can be a worker again");
    }

    #[test]
    fn all_can_be_woken_at_once() {
        run_test(async {
            let is_over = Rc::new(Cell::new(false));
            let tasks: Vec<Task> = (0..300)
                .map(|_| {
                    let is_over = is_over.clone();
                    spawn(poll_fn(move |_| if is_over.get() { Poll::Ready(()) } else { Poll::Pending }))
                })
                .collect();
            yield_now().await;
            is_over.set(true);
            wake_all();
            until(|| tasks.iter().all(Task::is_finished)).await;
        });
    }

    #[test]
    fn busy_tasks_do_not_starve_timers() {
        run_test(async {
            let busy = spawn(async {
                loop {
                    yield_now().await;
                }
            });
            let begun = Instant::now();
            sleep_until(within(20)).await;
            assert!(begun.elapsed() >= Duration::from_millis(19));
            busy.abort();
        });
    }

    #[test]
    fn a_tokio_runtime_can_drive_it_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let driver = tokio::task::spawn_local(drive());
            let (mut conn, mut peer) = conn_pair();
            let at = within(20);
            let reader = tokio::task::spawn_local(async move {
                let mut buf = [0; 9];
                assert_eq!(poll_fn(|cx| conn.poll_read(cx, &mut buf)).await.unwrap(), 4);
                assert_eq!(poll_fn(|cx| conn.poll_read(cx, &mut buf)).await.unwrap(), 0);
            });
            sleep_until(at).await;
            assert!(base::clock::now() >= at);
            std::io::Write::write_all(&mut peer, b"data").unwrap();
            sleep_until(within(5)).await;
            drop(peer);
            tokio::time::timeout(Duration::from_secs(10), reader).await.unwrap().unwrap();
            driver.abort();
        });
    }
}
