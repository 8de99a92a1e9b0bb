//! `strict-maxconn`: a server never has more connections than its `maxconn`, those that are idle counted (configuration
//! manual, chapter 5.2 "strict-maxconn").
//!
//! What always holds: a connection that counts has a [`Seat`], which is dropped when it is closed, before its request's
//! slot goes to the next one.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};

/// How many idle connections are closed in favour of one new one before it is given up: others may take the places that
/// become free.
const CLOSED_MAX: usize = 64;

/// The connections of one server.
#[derive(Debug, Default)]
pub(crate) struct StrictMaxconn(Arc<AtomicU32>);

/// One connection's place, until dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AtomicU32>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Release);
    }
}

impl StrictMaxconn {
    /// A place for one more connection where fewer than `maxconn` (0: no limit) have one; else `close_idle` is to close
    /// an idle one, and to tell whether it did. `None`: there is no place to be had.
    pub(crate) fn enter(&self, maxconn: u32, mut close_idle: impl FnMut() -> bool) -> Option<Seat> {
        let more = |count: u32| (maxconn == 0 || count < maxconn).then_some(count.saturating_add(1));
        for _ in 0..CLOSED_MAX {
            if self.0.fetch_update(Acquire, Acquire, more).is_ok() {
                return Some(Seat(self.0.clone()));
            }
            if !close_idle() {
                return None;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let strict = StrictMaxconn::default();
        let mut seats: Vec<Seat> = (0..2).map(|_| strict.enter(2, || false).unwrap()).collect();
        assert!(strict.enter(2, || false).is_none());
        let third = strict.enter(2, || seats.pop().is_some());
        assert!(third.is_some() && seats.len() == 1);
        // A limit that was raised or lifted counts at once.
        let fourth = strict.enter(3, || false);
        assert!(fourth.is_some() && strict.enter(0, || false).is_some());
        drop((seats, third, fourth));
        assert_eq!(strict.0.load(Acquire), 0);
    }

    #[test]
    fn who_finds_no_place_gives_up() {
        let strict = StrictMaxconn::default();
        let _seat = strict.enter(1, || false).unwrap();
        let mut closed = 0;
        // Whatever becomes free, others are faster.
        let none = strict.enter(1, || {
            closed += 1;
            true
        });
        assert!(none.is_none() && closed == CLOSED_MAX);
    }
}
