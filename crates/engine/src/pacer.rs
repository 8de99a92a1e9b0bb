//! Paces one direction of a stream as its bandwidth limits ask (manual, chapter 9.7).
//!
//! A pump that has one asks before it takes bytes in, and tells what it took. While nothing may pass it waits for a timer of
//! its own; its source is not read meanwhile, so that what cannot pass waits with its sender.

use std::task::{Context, Poll};

use base::clock::{self, NEVER};
use net::Timer;
use smallvec::SmallVec;
use state::bandwidth::{Direction, Grant, Limit};

use crate::forward::{Pump, Way};
use crate::stream::Exchange;

/// The limits of a direction, and the wait for the next piece.
#[derive(Default)]
pub(crate) struct Pacer {
    limits: SmallVec<[Limit; 1]>,
    timer: Timer,
    is_waiting: bool,
}

impl Pacer {
    /// Whether nothing may pass now.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Adds a limit, or puts it in the place of an earlier one by the same filter.
    fn add(&mut self, mut limit: Limit) {
        match self.limits.iter_mut().find(|known| known.id == limit.id) {
            Some(before) => {
                limit.follow(before);
                *before = limit;
            }
            None => self.limits.push(limit),
        }
    }

    /// How many of `wanted` bytes may pass, 1 at least. All limits have a say.
    pub(crate) fn poll_grant(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<usize> {
        loop {
            match self.grant(wanted) {
                Grant::Bytes(bytes) => {
                    self.is_waiting = false;
                    return Poll::Ready(usize::try_from(bytes).unwrap_or(wanted));
                }
                Grant::NotBefore(at) => {
                    self.is_waiting = true;
                    if self.timer.deadline() != at {
                        self.timer.set(at);
                    }
                    if self.timer.poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    // It fires in its millisecond or later: the time has come, unless the limit has moved it on.
                    self.timer.set(NEVER);
                }
            }
        }
    }

    fn grant(&self, wanted: usize) -> Grant {
        let now = clock::now();
        let mut most = wanted as u64;
        let mut not_before = None;
        for limit in &self.limits {
            match limit.grant(most, now) {
                Grant::Bytes(bytes) => most = bytes,
                Grant::NotBefore(at) => not_before = not_before.max(Some(at)),
            }
        }
        not_before.map_or(Grant::Bytes(most), Grant::NotBefore)
    }

    /// `bytes` have passed.
    pub(crate) fn spend(&mut self, bytes: usize) {
        let now = clock::now();
        for limit in &mut self.limits {
            limit.spend(bytes as u64, now);
        }
    }
}

/// Hands the limits that rules have enabled to the pumps that they slow down. `buffered` are the bytes of a body going
/// `way` that already stand in its pump, and are paid for behind it.
pub(crate) fn take_over(x: &mut Exchange, way: Way, buffered: usize) {
    if x.txn.bandwidth.is_empty() && x.upload.pacer.is_none() && x.download.pacer.is_none() {
        return;
    }
    for limit in x.txn.bandwidth.drain(..) {
        let pump = match limit.direction {
            Direction::In => &mut x.upload,
            Direction::Out => &mut x.download,
        };
        pump.pacer.get_or_insert_default().add(limit);
    }
    let pump: &mut Pump = match way {
        Way::Request => &mut x.upload,
        Way::Response => &mut x.download,
    };
    if let Some(pacer) = &mut pump.pacer {
        pacer.spend(buffered);
    }
}

#[cfg(test)]
mod tests {
    use base::ProxyId;
    use state::bandwidth::{Flow, LimitId};

    use super::*;

    fn limit(filter: usize, bytes: u64) -> Limit {
        let id = LimitId { proxy: ProxyId(0), filter };
        Limit::new(id, Direction::Out, Flow { bytes, period_ms: 60_000 }, 0, None)
    }

    #[test]
    fn the_slowest_limit_counts() {
        let mut pacer = Pacer::default();
        for (filter, bytes) in [(0, 500), (1, 50), (2, 5_000)] {
            pacer.add(limit(filter, bytes));
        }
        assert_eq!(pacer.grant(10_000), Grant::Bytes(50));
        pacer.spend(50);
        let Grant::NotBefore(at) = pacer.grant(1) else { panic!("all of it was spent") };
        assert!(at.since(clock::now()) >= 59_000);
        // Another use of the same filter takes its place, and what was spent stays spent.
        pacer.add(limit(1, 5_000));
        assert_eq!(pacer.limits.len(), 3);
        assert!(matches!(pacer.grant(1), Grant::NotBefore(_)));
    }
}
