//! Deadlines of sessions, streams and checks: a timing wheel for each thread, moved by its worker.
//!
//! A deadline fires in its millisecond or a few later (10 at most while the worker is not busy), never earlier.
//! Moving one later, which is what nearly every event on a connection does, costs a store; a worker without timers
//! does not wake.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::wheel::{Tick, Wheel};
use base::clock::{self, Millis, NEVER};

thread_local! {
    static WHEEL: RefCell<Wheel> = const { RefCell::new(Wheel::new()) };
}

/// No slot: nothing was ever set.
const NO_ENTRY: u32 = u32::MAX;

/// One deadline, belonging to the thread that made it. Without a
/// [`crate::worker`] on it nothing fires.
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
        WHEEL.with_borrow_mut(|wheel| {
            if self.entry == NO_ENTRY {
                self.entry = wheel.alloc();
            }
            wheel.set(self.entry, at, clock::now);
        });
    }

    /// Ready when the deadline has passed, and until the next [`Timer::set`]. Pending for ever while none was set
    /// yet: set first, then poll.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.entry == NO_ENTRY {
            return Poll::Pending;
        }
        match WHEEL.with_borrow_mut(|wheel| wheel.poll(self.entry, cx.waker())) {
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
        WHEEL.with_borrow_mut(|wheel| wheel.deadline(self.entry))
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
        let waker = WHEEL.try_with(|wheel| wheel.borrow_mut().release(self.entry));
        drop(waker);
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({})", self.entry)
    }
}

/// How long nothing is due; `None` when nothing is set.
pub(crate) fn until_due() -> Option<Duration> {
    let due = WHEEL.with_borrow(Wheel::next_due)?;
    Some(Duration::from_millis(due.start().since(clock::now())))
}

/// Lets fire what is due, and puts who waits for it into `wakers`.
pub(crate) fn advance(wakers: &mut Vec<Waker>) {
    WHEEL.with_borrow_mut(|wheel| {
        if wheel.next_due().is_some() {
            wheel.advance(Tick::of_now(clock::now()), wakers);
        }
    });
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
    use crate::conn::tests::{run, within};
    use crate::worker::{spawn, yield_now};
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_timer_is_small() {
        assert!(size_of::<Timer>() <= 16);
    }

    #[test]
    fn sleeping_takes_its_time_and_keeps_its_order() {
        run(async {
            let order = Rc::new(RefCell::new(Vec::new()));
            for ms in [60u64, 20, 40] {
                let order = order.clone();
                spawn(async move {
                    let at = within(ms);
                    sleep_until(at).await;
                    assert!(clock::now() >= at, "early");
                    order.borrow_mut().push(ms);
                });
            }
            while order.borrow().len() < 3 {
                sleep_until(within(5)).await;
            }
            assert_eq!(*order.borrow(), [20, 40, 60]);
        });
    }

    #[test]
    fn a_later_deadline_does_not_wake_at_the_earlier_one() {
        run(async {
            let polls = Rc::new(Cell::new(0));
            // In a task of its own: what runs beside it must not count as waking it.
            let task = spawn({
                let polls = polls.clone();
                async move {
                    let mut timer = Timer::new();
                    timer.set(within(10));
                    let at = within(40);
                    timer.set(at);
                    assert_eq!(timer.deadline(), at);
                    poll_fn(|cx| {
                        polls.set(polls.get() + 1);
                        timer.poll(cx)
                    })
                    .await;
                    assert!(clock::now() >= at);
                    polls.set(polls.get() + 100);
                }
            });
            while !task.is_finished() {
                sleep_until(within(5)).await;
            }
            assert_eq!(polls.get(), 102, "once to wait, once when due");
        });
    }

    #[test]
    fn far_deadlines_do_not_delay_near_ones() {
        run(async {
            let far = spawn(sleep_until(within(3_600_000)));
            yield_now().await;
            let begun = clock::now();
            sleep_until(within(10)).await;
            assert!(clock::now().since(begun) < 5_000);
            far.abort();
        });
    }

    #[test]
    fn a_dropped_timer_gives_its_slot_back() {
        crate::worker::run(async {
            let mut inner = Timer::new();
            inner.set(within(10_000));
            let task = spawn(async move { poll_fn(|cx| inner.poll(cx)).await });
            yield_now().await;
            WHEEL.with_borrow(|wheel| assert!(wheel.next_due().is_some()));
            task.abort();
            WHEEL.with_borrow(|wheel| assert_eq!(wheel.next_due(), None));
        })
        .unwrap();
    }

    #[test]
    fn nothing_set_means_nothing_to_do() {
        crate::worker::run(async {
            let mut timer = Timer::new();
            timer.set(NEVER);
            assert_eq!(timer.deadline(), NEVER);
            assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx))).await.is_pending());
            assert_eq!(until_due(), None);
            assert_eq!(timer.entry, NO_ENTRY);
        })
        .unwrap();
    }
}
