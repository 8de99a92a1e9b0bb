//! Events per period over a sliding window, as stick tables store rates: counted by many threads without a lock.
//!
//! Counted are events by period: those of the running period and those of the one before it, which fade linearly while
//! the running one fills up. A period begins with the first event after silence, not on a multiple of its length.
//!
//! A rate is two words: the running period's start above its count, and the same start above the count of the period
//! before. So one atomic addition counts an event, and one exchange begins a period, of whose predecessor nothing is
//! lost. Whoever began it then writes the second word; until it has, readers wait, since the two starts differ.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

/// How far the clocks of two threads may be apart, in milliseconds: a start that lies so little ahead is now.
const SKEW_MS: u32 = 1 << 16;
/// Up to this count, and for so many events at a time, an addition cannot run over into the start.
const COUNT_SAFE: u32 = 1 << 31;
const EVENTS_SAFE: u32 = 1 << 24;
/// How often a reader looks for the second word to follow the first.
const LOOKS: u32 = 1_000;

/// A rate's two words, all 0 as long as nothing was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate<'a> {
    pub(super) running: &'a AtomicU64,
    pub(super) before: &'a AtomicU64,
}

/// A word's two halves: start and count. Times are cut to 32 bits, which come around after 49 days.
fn split(word: u64) -> (u32, u32) {
    let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).unwrap_or(0);
    (half(word >> 32), half(word))
}

fn join(start: u32, count: u32) -> u64 {
    u64::from(start) << 32 | u64::from(count)
}

fn elapsed(start: u32, now: u32) -> u64 {
    let elapsed = now.wrapping_sub(start);
    if elapsed > u32::MAX - SKEW_MS { 0 } else { u64::from(elapsed) }
}

/// The low 32 bits of a time; never 0, which stands for no time.
fn short(now_ms: u64) -> u32 {
    split(now_ms).1.max(1)
}

impl Rate<'_> {
    /// Counts `n` events at `now_ms` and returns how many the running period has now.
    pub(super) fn add(self, n: u32, now_ms: u64, period_ms: u32) -> u32 {
        let (now, period) = (short(now_ms), u64::from(period_ms.max(1)));
        loop {
            let word = self.running.load(Acquire);
            let (start, count) = split(word);
            let elapsed = if word == 0 { u64::MAX } else { elapsed(start, now) };
            if elapsed < period {
                if count < COUNT_SAFE && n < EVENTS_SAFE {
                    return split(self.running.fetch_add(u64::from(n), AcqRel)).1.wrapping_add(n);
                }
                let more = count.wrapping_add(n);
                if self.running.compare_exchange(word, join(start, more), AcqRel, Acquire).is_ok() {
                    return more;
                }
                continue;
            }
            let (start, before) = if elapsed < 2 * period {
                (start.wrapping_add(period_ms.max(1)).max(1), count)
            } else {
                (now, 0)
            };
            if self.running.compare_exchange(word, join(start, n), AcqRel, Acquire).is_ok() {
                self.follow(start, before);
                return n;
            }
        }
    }

    /// Writes the second word for a period that begins at `start`, unless one has begun since.
    fn follow(self, start: u32, count: u32) {
        let is_older = |word: u64| split(word).0.wrapping_sub(start) > u32::MAX / 2 || word == 0;
        let write = |word| is_older(word).then_some(join(start, count));
        // Refused if there is a later one.
        let _ = self.before.fetch_update(AcqRel, Acquire, write);
    }

    /// Lets it show `count` for one period from `now_ms` on and then fade.
    pub(super) fn set(self, count: u32, now_ms: u64) {
        let start = short(now_ms);
        self.before.store(join(start, 0), Release);
        self.running.store(join(start, count), Release);
    }

    /// Events per period at `now_ms`. A single old event counts as one to the end of its second period, so that slow
    /// sources do not flicker between 0 and 1.
    pub(super) fn read(self, now_ms: u64, period_ms: u32) -> u32 {
        let (start, current, previous) = self.counts();
        let period = u64::from(period_ms.max(1));
        let elapsed = elapsed(start, short(now_ms));
        let (past, current, left) = if elapsed <= period {
            (u64::from(previous), u64::from(current), period - elapsed)
        } else if elapsed <= 2 * period {
            (u64::from(current), 0, 2 * period - elapsed)
        } else {
            return 0;
        };
        if current == 0 && past <= 1 {
            return u32::try_from(past).unwrap_or(1);
        }
        u32::try_from((past * left + current * period) / period).unwrap_or(u32::MAX)
    }

    /// By how many events the running period is ahead of an even flow of `limit` per period at `now_ms`.
    pub(super) fn ahead(self, limit: u64, now_ms: u64, period_ms: u32) -> u64 {
        let (start, current, _) = self.counts();
        let period = u64::from(period_ms.max(1));
        let elapsed = elapsed(start, short(now_ms));
        // Before the first event, and once the period is over, there is none.
        if current == 0 || elapsed >= period {
            return 0;
        }
        let flow = u128::from(limit) * u128::from(elapsed) / u128::from(period);
        u64::from(current).saturating_sub(u64::try_from(flow).unwrap_or(u64::MAX))
    }

    /// The running period's start and count, and the count of the period before.
    fn counts(self) -> (u32, u32, u32) {
        for _ in 0..LOOKS {
            let running = split(self.running.load(Acquire));
            let before = split(self.before.load(Acquire));
            if running.0 == before.0 {
                return (running.0, running.1, before.1);
            }
            std::hint::spin_loop();
        }
        // Who began the period was interrupted: what was before is not known for a moment.
        let (start, count) = split(self.running.load(Acquire));
        (start, count, 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[derive(Default)]
    struct Words(AtomicU64, AtomicU64);

    impl Words {
        fn rate(&self) -> Rate<'_> {
            Rate { running: &self.0, before: &self.1 }
        }
    }

    #[test]
    fn the_window_slides() {
        let words = Words::default();
        let rate = words.rate();
        assert_eq!(rate.read(5, 1000), 0);
        for at in 0..10 {
            rate.add(1, 5_000 + at, 1000);
        }
        assert_eq!(rate.read(5_900, 1000), 10);
        assert_eq!(rate.read(6_500, 1000), 5, "half of the next period has gone");
        assert_eq!(rate.add(4, 6_500, 1000), 4);
        assert_eq!(rate.read(6_500, 1000), 9);
        assert_eq!(rate.read(9_000, 1000), 0);
    }

    #[test]
    fn one_event_does_not_flicker() {
        let words = Words::default();
        words.rate().add(1, 100, 1000);
        assert_eq!(words.rate().read(1_900, 1000), 1);
        assert_eq!(words.rate().read(2_200, 1000), 0);
    }

    #[test]
    fn a_period_may_be_ahead_of_a_flow() {
        let words = Words::default();
        assert_eq!(words.rate().ahead(100, 5, 1000), 0);
        words.rate().add(50, 5_000, 1000);
        let ahead = |now| words.rate().ahead(100, now, 1000);
        assert_eq!((ahead(5_000), ahead(5_200), ahead(5_500), ahead(6_000)), (50, 30, 0, 0));
    }

    #[test]
    fn silence_starts_a_new_period() {
        let words = Words::default();
        words.rate().set(7, 1_000);
        assert_eq!(words.rate().read(1_999, 1000), 7);
        assert_eq!(words.rate().add(2, 3_500, 1000), 2);
        assert_eq!(words.rate().read(3_500, 1000), 2);
    }

    #[test]
    fn an_empty_period_does_not_divide_by_zero() {
        let words = Words::default();
        words.rate().add(1, 100, 0);
        assert_eq!(words.rate().read(100, 0), 1);
    }

    #[test]
    fn a_thread_whose_clock_is_behind_counts_in_the_running_period() {
        let words = Words::default();
        words.rate().add(1, 10_000, 1000);
        assert_eq!(words.rate().add(1, 9_998, 1000), 2);
        assert_eq!(words.rate().read(9_998, 1000), 2);
    }

    #[test]
    fn counts_wrap_and_leave_the_start_alone() {
        let words = Words::default();
        words.rate().add(u32::MAX, 10_000, 1000);
        assert_eq!(words.rate().add(3, 10_001, 1000), 2);
        assert_eq!(words.rate().add(u32::MAX, 10_002, 1000), 1);
        assert_eq!(words.rate().read(10_002, 1000), 1);
    }

    #[test]
    fn time_may_come_around() {
        let words = Words::default();
        let late = u64::from(u32::MAX) - 500;
        words.rate().add(10, late, 1000);
        assert_eq!(words.rate().add(1, late + 1_000, 1000), 1);
        assert_eq!(words.rate().read(late + 1_500, 1000), 6);
    }

    /// Threads that begin each period all at once: of neither period is anything lost.
    #[test]
    fn several_threads_count_everything_once() {
        const THREADS: u32 = 4;
        const EVENTS: u32 = 2_000;
        let words = Words::default();
        let barrier = Barrier::new(THREADS as usize);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for period in 0..20 {
                        let now = 1_000 + period * 100;
                        barrier.wait();
                        (0..EVENTS).for_each(|_| {
                            words.rate().add(1, now, 100);
                        });
                        barrier.wait();
                        let before = if period == 0 { 0 } else { THREADS * EVENTS };
                        let want = (short(now), THREADS * EVENTS, before);
                        assert_eq!(words.rate().counts(), want, "period {period}");
                    }
                });
            }
        });
    }
}
