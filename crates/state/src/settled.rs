//! A shared value that nearly always stays what it was at first, and that every request reads.
//!
//! Until it is replaced, reading it is reading a plain reference behind one flag; counting readers, as later values need,
//! costs more than what is mostly read. So the first value is kept for good: this is for small ones.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwapOption, Guard};

/// The value.
#[derive(Debug, Default)]
pub struct Settled<T> {
    first: Arc<T>,
    /// Set after `later` has its first value.
    is_replaced: AtomicBool,
    /// What stands in the first one's place.
    later: ArcSwapOption<T>,
}

/// The value as it was when it was asked for. To be held for a few instructions.
pub enum Look<'s, T> {
    /// The first one.
    First(&'s T),
    /// One that came in its place.
    Later(Guard<Option<Arc<T>>>, &'s T),
}

impl<T> Settled<T> {
    /// A value that nothing replaced yet.
    #[must_use]
    pub fn new(first: T) -> Settled<T> {
        Settled { first: Arc::new(first), is_replaced: AtomicBool::new(false), later: ArcSwapOption::empty() }
    }

    /// The value as it is now.
    #[must_use]
    #[inline]
    pub fn load(&self) -> Look<'_, T> {
        match self.first() {
            Some(first) => Look::First(first),
            None => Look::Later(self.later.load(), &self.first),
        }
    }

    /// The first value, while nothing replaced it as far as this thread knows.
    #[must_use]
    #[inline]
    pub fn first(&self) -> Option<&T> {
        (!self.is_replaced.load(Ordering::Acquire)).then_some(&self.first)
    }

    /// The value as it is now, to be kept.
    #[must_use]
    pub fn load_full(&self) -> Arc<T> {
        self.later.load_full().unwrap_or_else(|| self.first.clone())
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        self.later.store(Some(Arc::new(value)));
        self.is_replaced.store(true, Ordering::Release);
    }
}

impl<T> Deref for Look<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Look::First(first) => first,
            Look::Later(later, first) => later.as_deref().unwrap_or(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looked_keeps_what_there_was() {
        let settled = Settled::new(1);
        let first = settled.load();
        settled.store(2);
        let second = settled.load();
        settled.store(3);
        assert_eq!((*first, *second, *settled.load(), *settled.load_full()), (1, 2, 3, 3));
    }

    #[test]
    fn another_thread_sees_what_was_stored() {
        let settled = Settled::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| settled.store(7)).join().unwrap();
            scope.spawn(|| assert_eq!(*settled.load(), 7)).join().unwrap();
        });
    }
}
