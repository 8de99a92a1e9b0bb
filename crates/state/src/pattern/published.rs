//! A compiled set that every request reads and that changes seldom.
//!
//! Counting readers, even without a lock, costs more than most look-ups do. So a small set is kept as it was at first
//! ([`Settled`]), which is all that most ever are. Of others each thread keeps the one that it saw last, and a reader
//! compares one number to learn whether it still is the one: a set that was replaced lives on until every thread that
//! read it reads its successor, or ends.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::set::PatternSet;
use crate::settled::{Look, Settled};

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
    /// An empty one, replaced at once, if the first was large.
    set: Settled<PatternSet>,
    /// Stored after the set, so that who sees the number finds that set or a later one.
    number: AtomicU64,
    /// Taken when the set is read for the first time after it was replaced.
    seat: OnceLock<usize>,
}

impl Published {
    pub(super) fn new(set: PatternSet) -> Published {
        let is_small = set.entries().nth(KEPT_MAX).is_none();
        if is_small { Published::of_small(set) } else { Published::of_large(set) }
    }

    fn of_small(set: PatternSet) -> Published {
        Published { set: Settled::new(set), number: AtomicU64::new(next_number()), seat: OnceLock::new() }
    }

    fn of_large(set: PatternSet) -> Published {
        let published = Published::of_small(set.without_entries());
        published.store(set);
        published
    }

    /// The set as it is now; for who looks seldom.
    pub(super) fn load(&self) -> Look<'_, PatternSet> {
        self.set.load()
    }

    /// Replaces the set.
    pub(super) fn store(&self, set: PatternSet) {
        self.set.store(set);
        self.number.store(next_number(), Ordering::Release);
    }

    /// Whether nothing replaced the set so far, as far as this thread knows.
    #[inline]
    pub(super) fn is_first(&self) -> bool {
        self.set.first().is_some()
    }

    /// Hands the set to `read`.
    #[inline]
    pub(super) fn with<R>(&self, read: impl FnOnce(&PatternSet) -> R) -> R {
        match self.set.first() {
            Some(first) => read(first),
            None => self.with_seen(read),
        }
    }

    fn with_seen<R>(&self, read: impl FnOnce(&PatternSet) -> R) -> R {
        let number = self.number.load(Ordering::Acquire);
        let mut read = Some(read);
        let mut answer = |set: &PatternSet| read.take().map(|read| read(set));
        let seen = SEEN.try_with(|seen| {
            let seen = seen.try_borrow().ok()?;
            let last = seen.get(*self.seat.get()?)?.as_ref().filter(|last| last.number == number)?;
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
        let set = self.set.load_full();
        let kept = Seen { number, set: set.clone() };
        let seat = *self.seat.get_or_init(|| SEATS.lock().take());
        let old = SEEN.try_with(|seen| {
            let mut seen = seen.try_borrow_mut().ok()?;
            if seen.len() <= seat {
                seen.resize_with(seat + 1, || None);
            }
            seen[seat].replace(kept)
        });
        drop(old);
        set
    }
}

impl Seats {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.get() {
            SEATS.lock().free.push(*seat);
        }
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

    fn large(word: &str) -> Published {
        Published::of_large(set(word))
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
        let first = Arc::downgrade(&published.set.load_full());
        published.store(set("b"));
        assert!(has(&published, "b"));
        assert!(first.upgrade().is_none());
    }
}
