//! Counters: each worker writes its own copy without a lock or an atomic read-modify-write; readers add them up.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use base::clock::Millis;

mod sets;

pub use sets::{MeanTimes, ProxyCounters, ServerCounters};

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
}

/// Names the calling thread's place in every [`PerWorker`]; the control thread and single-threaded tools are 0.
///
/// Only one thread may use a place at a time, or counts are lost (never memory).
pub fn set_worker(index: usize) {
    WORKER.set(index);
}

/// The calling thread's place.
#[must_use]
pub fn worker() -> usize {
    WORKER.get()
}

/// A copy of `T` for each worker, each in cache lines of its own.
#[derive(Debug)]
pub struct PerWorker<T> {
    copies: Box<[Padded<T>]>,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded<T>(T);

impl<T: Default> PerWorker<T> {
    /// One copy for each of `workers` workers, and at least one.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        PerWorker { copies: (0..workers.max(1)).map(|_| Padded::default()).collect() }
    }
}

impl<T> PerWorker<T> {
    /// The calling worker's copy.
    #[must_use]
    pub fn here(&self) -> &T {
        let index = worker();
        &self.copies[if index < self.copies.len() { index } else { 0 }].0
    }

    /// The sum of one counter over all workers.
    #[must_use]
    pub fn sum(&self, counter: impl Fn(&T) -> &Counter) -> u64 {
        self.copies.iter().map(|copy| counter(&copy.0).get()).sum()
    }

    /// All copies, for readers that want more than a sum.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.copies.iter().map(|copy| &copy.0)
    }
}

/// A count that one thread writes and any may read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `n`: a plain load and store, since one thread writes.
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    /// Adds one.
    pub fn bump(&self) {
        self.add(1);
    }

    /// The count.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Replaces the count, for counters that hold a time.
    pub fn set(&self, n: u64) {
        self.0.store(n, Relaxed);
    }

    /// Back to 0.
    pub fn reset(&self) {
        self.0.store(0, Relaxed);
    }
}

/// What happens now, shared by all workers: sessions, connections, queued requests; with its highest value.
#[derive(Debug, Default)]
pub struct Gauge {
    now: AtomicU32,
    max: AtomicU32,
}

impl Gauge {
    /// One more; returns the new value.
    pub fn enter(&self) -> u32 {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        if now > self.max.load(Relaxed) {
            self.max.fetch_max(now, Relaxed);
        }
        now
    }

    /// One more unless `limit` (0: none) is reached.
    pub fn try_enter(&self, limit: u32) -> bool {
        if limit == 0 {
            self.enter();
            return true;
        }
        let taken = self.now.fetch_update(Relaxed, Relaxed, |n| (n < limit).then_some(n + 1));
        if let Ok(before) = taken {
            self.max.fetch_max(before + 1, Relaxed);
        }
        taken.is_ok()
    }

    /// One less.
    pub fn leave(&self) {
        self.now.fetch_sub(1, Relaxed);
    }

    /// The value now.
    #[must_use]
    pub fn get(&self) -> u32 {
        self.now.load(Relaxed)
    }

    /// The highest value since the start or the last [`Gauge::reset_max`].
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }

    /// Forgets the highest value.
    pub fn reset_max(&self) {
        self.max.store(self.get(), Relaxed);
    }
}

/// Events per second over the last second, as HAProxy's `freq_ctr` with a period of one second: the previous
/// second's count counts for the part of it that still lies in the window. Written by one worker.
#[derive(Debug, Default)]
pub struct Rate {
    second: AtomicU64,
    current: AtomicU32,
    previous: AtomicU32,
    max: AtomicU32,
}

impl Rate {
    fn rotate(&self, second: u64) {
        let have = self.second.load(Relaxed);
        if have == second {
            return;
        }
        let last = if second == have + 1 { self.current.load(Relaxed) } else { 0 };
        self.previous.store(last, Relaxed);
        self.current.store(0, Relaxed);
        self.second.store(second, Relaxed);
    }

    /// Counts one event at `now`.
    pub fn bump(&self, now: Millis) {
        self.add(now, 1);
    }

    /// Counts `n` events at `now`.
    pub fn add(&self, now: Millis, n: u32) {
        self.rotate(now.0 / 1000);
        let current = self.current.load(Relaxed).saturating_add(n);
        self.current.store(current, Relaxed);
        if current > self.max.load(Relaxed) {
            self.max.store(current, Relaxed);
        }
    }

    /// Events per second at `now`.
    #[must_use]
    pub fn read(&self, now: Millis) -> u32 {
        let (second, part) = (now.0 / 1000, now.0 % 1000);
        let (current, previous) = match second.checked_sub(self.second.load(Relaxed)) {
            Some(0) => (self.current.load(Relaxed), self.previous.load(Relaxed)),
            Some(1) => (0, self.current.load(Relaxed)),
            _ => (0, 0),
        };
        let faded = u32::try_from(u64::from(previous) * (1000 - part) / 1000).unwrap_or(u32::MAX);
        current.saturating_add(faded)
    }

    /// The highest count of one whole second.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }

    /// Forgets the highest count.
    pub fn reset_max(&self) {
        self.max.store(0, Relaxed);
    }
}

/// How many values a [`Mean`] looks back on.
const MEAN_SAMPLES: u32 = 512;

/// The mean of about the last 512 values, in which older ones count less, and the highest of all. Written by one worker.
#[derive(Debug, Default)]
pub struct Mean {
    sum: AtomicU64,
    count: AtomicU32,
    max: AtomicU32,
}

impl Mean {
    /// Takes one more value.
    pub fn add(&self, value: u32) {
        let (sum, count) = (self.sum.load(Relaxed), self.count.load(Relaxed));
        if count < MEAN_SAMPLES {
            self.count.store(count + 1, Relaxed);
            self.sum.store(sum + u64::from(value), Relaxed);
        } else {
            let faded = sum - sum.div_ceil(u64::from(MEAN_SAMPLES));
            self.sum.store(faded + u64::from(value), Relaxed);
        }
        if value > self.max.load(Relaxed) {
            self.max.store(value, Relaxed);
        }
    }

    /// The mean of several workers' values, rounded up; 0 without any.
    #[must_use]
    pub fn of<'m>(means: impl Iterator<Item = &'m Mean>) -> u64 {
        let add = |(sum, count): (u64, u64), mean: &Mean| {
            (sum + mean.sum.load(Relaxed), count + u64::from(mean.count.load(Relaxed)))
        };
        let (sum, count) = means.fold((0, 0), add);
        if count == 0 { 0 } else { sum.div_ceil(count) }
    }

    /// The highest value.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }

    /// Forgets the highest value.
    pub fn reset_max(&self) {
        self.max.store(0, Relaxed);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.reset_max();
        self.sum.store(0, Relaxed);
        self.count.store(0, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_respects_its_limit_and_keeps_its_peak() {
        let gauge = Gauge::default();
        assert!(gauge.try_enter(2) && gauge.try_enter(2) && !gauge.try_enter(2));
        gauge.leave();
        assert_eq!((gauge.get(), gauge.max()), (1, 2));
    }

    #[test]
    fn a_rate_fades_over_the_next_second() {
        let rate = Rate::default();
        for _ in 0..10 {
            rate.bump(Millis(5_100));
        }
        assert_eq!(rate.read(Millis(5_900)), 10);
        assert_eq!(rate.read(Millis(6_500)), 5);
        assert_eq!(rate.read(Millis(7_000)), 0);
        assert_eq!(rate.max(), 10);
    }

    #[test]
    fn a_mean_forgets_slowly() {
        let mean = Mean::default();
        [10, 20].into_iter().for_each(|value| mean.add(value));
        assert_eq!((Mean::of([&mean].into_iter()), mean.max()), (15, 20));
        (0..5_000).for_each(|_| mean.add(100));
        assert_eq!(Mean::of([&mean, &Mean::default()].into_iter()), 100);
        mean.reset();
        assert_eq!((Mean::of([&mean].into_iter()), mean.max()), (0, 0));
    }

    #[test]
    fn per_worker_copies_add_up() {
        let counters: PerWorker<ProxyCounters> = PerWorker::new(2);
        set_worker(0);
        counters.here().cum_req.bump();
        set_worker(1);
        counters.here().cum_req.add(2);
        set_worker(0);
        assert_eq!(counters.sum(|c| &c.cum_req), 3);
    }
}
