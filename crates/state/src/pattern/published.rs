//! A compiled set that every request reads and that changes seldom.
//!
//! Counting readers, even without a lock, costs more than most look-ups do. So a small set is kept as it was at first,
//! which is all that most ever are. Of others each thread keeps the one that it saw last, and a reader compares one
//! number to learn whether it still is the one: a set that was replaced lives on until every thread that read it reads
//! its successor, or ends.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use super::set::PatternSet;

/// A first set of more patterns is not kept once it is replaced.
const KEPT_MAX: usize = 1024;

/// No two sets that were ever published have the same number, so that a number seen again means the same set.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Which seats of the threads' tables are taken: those below `next` but for `free`.
static SEATS: Mutex<Seats> = Mutex::new(Seats { free: Vec::new(), next: 0 });

struct Seats {
    free: Vec<usize>,
    next: usize,
}

/// What a thread saw last at a seat.
struct Seen {
    number: u64,
    set: Arc<PatternSet>,
}

thread_local! {
    static SEEN: RefCell<Vec<Option<Seen>>> = const { RefCell::new(Vec::new()) };
}

/// A set that can be replaced.
#[derive(Debug)]
pub(super) struct Published {
    /// The first set, if it is small.
    first: Option<Arc<PatternSet>>,
    is_first: AtomicBool,
    current: ArcSwap<PatternSet>,
    /// Stored after the set, so that who sees the number finds that set or a later one.
    number: AtomicU64,
    seat: usize,
}

impl Published {
    pub(super) fn new(set: PatternSet) -> Published {
        let mut seats = SEATS.lock();
        let seat = seats.free.pop().unwrap_or_else(|| {
            seats.next += 1;
            seats.next - 1
        });
        let set = Arc::new(set);
        let first = (set.entries().nth(KEPT_MAX).is_none()).then(|| set.clone());
        Published {
            is_first: AtomicBool::new(first.is_some()),
            first,
            current: ArcSwap::new(set),
            number: AtomicU64::new(next_number()),
            seat,
        }
    }

    /// The set as it is now; for who looks seldom.
    pub(super) fn load(&self) -> Guard<Arc<PatternSet>> {
        self.current.load()
    }

    /// Replaces the set.
    pub(super) fn store(&self, set: PatternSet) {
        self.current.store(Arc::new(set));
        self.number.store(next_number(), Ordering::Release);
        self.is_first.store(false, Ordering::Release);
    }

    /// Whether nothing replaced the set so far, as far as this thread knows.
    #[inline]
    pub(super) fn is_first(&self) -> bool {
        self.is_first.load(Ordering::Acquire)
    }

    /// Hands the set to `read`.
    #[inline]
    pub(super) fn with<R>(&self, read: impl FnOnce(&PatternSet) -> R) -> R {
        match &self.first {
            Some(first) if self.is_first() => read(first),
            _ => self.with_seen(read),
        }
    }

    fn with_seen<R>(&self, read: impl FnOnce(&PatternSet) -> R) -> R {
        let number = self.number.load(Ordering::Acquire);
        let mut read = Some(read);
        let mut answer = |set: &PatternSet| read.take().map(|read| read(set));
        let seen = SEEN.try_with(|seen| {
            let seen = seen.try_borrow().ok()?;
            let last = seen.get(self.seat)?.as_ref().filter(|last| last.number == number)?;
            answer(&last.set)
        });
        match seen {
            Ok(Some(result)) => result,
            _ => {
                let set = self.remember(number);
                answer(&set).expect("the set was not read yet")
            }
        }
    }

    /// Takes the set that `number` promises, or a later one, and keeps it for the next look. Not kept where the thread
    /// is ending or in the middle of another look.
    #[cold]
    fn remember(&self, number: u64) -> Arc<PatternSet> {
        let set = self.current.load_full();
        let kept = Seen { number, set: set.clone() };
        let old = SEEN.try_with(|seen| {
            let mut seen = seen.try_borrow_mut().ok()?;
            if seen.len() <= self.seat {
                seen.resize_with(self.seat + 1, || None);
            }
            seen[self.seat].replace(kept)
        });
        drop(old);
        set
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        SEATS.lock().free.push(self.seat);
    }
}

fn next_number() -> u64 {
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::super::{Case, Method};
    use super::*;
    use crate::Value;

    fn set(word: &str) -> PatternSet {
        PatternSet::compile(Method::Str, Case::Sensitive, &[word]).unwrap()
    }

    /// As one whose first set was too large to be kept.
    fn large(word: &str) -> Published {
        let mut published = Published::new(set(word));
        published.first = None;
        *published.is_first.get_mut() = false;
        published
    }

    fn has(published: &Published, word: &str) -> bool {
        published.with(|set| set.matches(&Value::str(word.as_bytes())))
    }

    #[test]
    fn every_thread_sees_the_latest_set() {
        for published in [Published::new(set("a")), large("a")] {
            assert!(has(&published, "a") && has(&published, "a"));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    assert!(has(&published, "a"));
                    published.store(set("b"));
                    assert!(has(&published, "b") && !has(&published, "a"));
                });
            });
            assert!(has(&published, "b") && !has(&published, "a"));
        }
    }

    #[test]
    fn a_seat_taken_anew_shows_nothing_of_who_had_it_before() {
        for word in ["a", "b", "c"] {
            let published = large(word);
            assert!(has(&published, word), "{word}");
            assert!(!has(&published, "z"), "{word}");
        }
    }

    #[test]
    fn a_look_within_a_look_is_answered() {
        let (outer, inner) = (large("a"), large("b"));
        assert!(outer.with(|_| has(&inner, "b") && has(&outer, "a")));
    }

    #[test]
    fn a_replaced_set_is_let_go_at_the_next_look() {
        let published = large("a");
        assert!(has(&published, "a"));
        let first = Arc::downgrade(&published.load());
        published.store(set("b"));
        assert!(has(&published, "b"));
        assert!(first.upgrade().is_none());
    }
}
