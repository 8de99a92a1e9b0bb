//! Deadlines of sessions, streams and checks: a timing wheel for each thread, moved by one task ([`drive`]).
//!
//! A deadline fires in its millisecond or a few later (10 at most while the worker is not busy), never earlier.
//! Moving one later, which is what nearly every event on a connection does, costs a store; a worker without timers
//! does not wake. Needs the tokio runtime's time driver.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use base::clock::{self, Millis, NEVER};
use tokio::time::Instant;

use crate::wheel::{Due, Tick, Wheel};

/// Wakers kept between two turns; a larger burst gives its memory back.
const WAKERS_KEPT_MAX: usize = 1_024;

struct Driver {
    wheel: Wheel,
    /// Woken when something became due before `sleeps_until`.
    waker: Option<Waker>,
    /// `None`: it sleeps until it is woken.
    sleeps_until: Option<Tick>,
}

thread_local! {
    static DRIVER: RefCell<Driver> =
        const { RefCell::new(Driver { wheel: Wheel::new(), waker: None, sleeps_until: None }) };
}

/// No slot: nothing was ever set.
const NO_ENTRY: u32 = u32::MAX;

/// One deadline, belonging to the thread that made it. Without [`drive`] running there nothing fires.
pub struct Timer {
    entry: u32,
    /// The wheel is the thread's own.
    not_send: PhantomData<*const ()>,
}

impl Timer {
    /// A timer without a deadline; nothing is allocated before the first [`Timer::set`].
    #[must_use]
    pub const fn new() -> Timer {
        Timer { entry: NO_ENTRY, not_send: PhantomData }
    }

    /// Sets or moves the deadline; [`NEVER`] takes it away. A timer that has fired is armed again. The waker that the
    /// last [`Timer::poll`] left stays in place.
    pub fn set(&mut self, at: Millis) {
        if self.entry == NO_ENTRY && at == NEVER {
            return;
        }
        let woken = DRIVER.with_borrow_mut(|driver| {
            if self.entry == NO_ENTRY {
                self.entry = driver.wheel.alloc();
            }
            match driver.wheel.set(self.entry, at, clock::now) {
                Due::At(tick) if driver.sleeps_until.is_none_or(|until| tick < until) => driver.waker.take(),
                Due::At(_) | Due::Same => None,
            }
        });
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    /// Ready when the deadline has passed, and until the next [`Timer::set`]. Pending for ever while none was set
    /// yet: set first, then poll.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.entry == NO_ENTRY {
            return Poll::Pending;
        }
        match DRIVER.with_borrow_mut(|driver| driver.wheel.poll(self.entry, cx.waker())) {
            Ok(()) => Poll::Ready(()),
            // The replaced waker is dropped here, outside of the borrow: it may take a task with timers along.
            Err(_replaced) => Poll::Pending,
        }
    }

    /// The deadline last set, [`NEVER`] if there is none.
    #[must_use]
    pub fn deadline(&self) -> Millis {
        if self.entry == NO_ENTRY {
            return NEVER;
        }
        DRIVER.with_borrow_mut(|driver| driver.wheel.deadline(self.entry))
    }
}

impl Default for Timer {
    fn default() -> Self {
        Timer::new()
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if self.entry == NO_ENTRY {
            return;
        }
        // At the end of the thread the wheel may be gone already. The waker is dropped outside of the borrow.
        let waker = DRIVER.try_with(|driver| driver.borrow_mut().wheel.release(self.entry));
        drop(waker);
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({})", self.entry)
    }
}

/// Moves the thread's wheel and wakes whose time has come; never returns. Spawn it once on each worker.
pub async fn drive() {
    let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
    let mut wakers = Vec::new();
    poll_fn(|cx| {
        loop {
            let Some(due) = turn(cx, &mut wakers) else { return Poll::<()>::Pending };
            let wait = due.start().since(clock::now());
            sleep.as_mut().reset(Instant::now() + Duration::from_millis(wait));
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

/// Lets fire what is due, and returns when to come again; `None` when nothing is set.
fn turn(cx: &mut Context<'_>, wakers: &mut Vec<Waker>) -> Option<Tick> {
    loop {
        let (due, _replaced) = DRIVER.with_borrow_mut(|driver| {
            driver.wheel.advance(Tick::of_now(clock::now()), wakers);
            driver.sleeps_until = driver.wheel.next_due();
            (driver.sleeps_until, driver.waker.replace(cx.waker().clone()))
        });
        if wakers.is_empty() {
            return due;
        }
        for waker in wakers.drain(..) {
            waker.wake();
        }
        wakers.shrink_to(WAKERS_KEPT_MAX);
    }
}

/// Waits until `at`, on this thread's wheel.
pub async fn sleep_until(at: Millis) {
    let mut timer = Timer::new();
    timer.set(at);
    poll_fn(|cx| timer.poll(cx)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::tests::run_driven;
    use std::cell::Cell;
    use std::rc::Rc;

    fn within(ms: u64) -> Millis {
        clock::now().plus(Duration::from_millis(ms))
    }

    #[test]
    fn a_timer_is_small() {
        assert!(size_of::<Timer>() <= 16);
    }

    #[test]
    fn sleeping_takes_its_time_and_keeps_its_order() {
        run_driven(async {
            let order = Rc::new(RefCell::new(Vec::new()));
            let tasks: Vec<_> = [60u64, 20, 40]
                .into_iter()
                .map(|ms| {
                    let order = order.clone();
                    tokio::task::spawn_local(async move {
                        let at = within(ms);
                        sleep_until(at).await;
                        assert!(clock::now() >= at, "early");
                        order.borrow_mut().push(ms);
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*order.borrow(), [20, 40, 60]);
        });
    }

    #[test]
    fn a_later_deadline_does_not_wake_at_the_earlier_one() {
        run_driven(async {
            // In a task of its own: what runs beside it must not count as waking it.
            let task = tokio::task::spawn_local(async {
                let mut timer = Timer::new();
                timer.set(within(10));
                let at = within(40);
                timer.set(at);
                assert_eq!(timer.deadline(), at);
                let polls = Cell::new(0);
                poll_fn(|cx| {
                    polls.set(polls.get() + 1);
                    timer.poll(cx)
                })
                .await;
                assert!(clock::now() >= at);
                assert_eq!(polls.get(), 2, "once to wait, once when due");
            });
            task.await.unwrap();
        });
    }

    #[test]
    fn an_earlier_deadline_wakes_the_driver() {
        run_driven(async {
            let far = tokio::task::spawn_local(sleep_until(within(3_600_000)));
            tokio::task::yield_now().await;
            let begun = clock::now();
            sleep_until(within(10)).await;
            assert!(clock::now().since(begun) < 5_000);
            far.abort();
        });
    }

    #[test]
    fn a_timer_that_drops_a_task_with_a_timer() {
        run_driven(async {
            let mut inner = Timer::new();
            inner.set(within(10_000));
            let task = tokio::task::spawn_local(async move { poll_fn(|cx| inner.poll(cx)).await });
            tokio::task::yield_now().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            sleep_until(within(5)).await;
            DRIVER.with_borrow(|driver| assert_eq!(driver.wheel.next_due(), None, "the slot was given back"));
        });
    }

    #[test]
    fn nothing_set_means_nothing_to_do() {
        run_driven(async {
            let mut timer = Timer::new();
            timer.set(NEVER);
            assert_eq!(timer.deadline(), NEVER);
            assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx))).await.is_pending());
            tokio::task::yield_now().await;
            DRIVER.with_borrow(|driver| assert_eq!(driver.sleeps_until, None));
            assert_eq!(timer.entry, NO_ENTRY);
        });
    }
}
