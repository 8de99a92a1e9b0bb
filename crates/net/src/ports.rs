//! The ports of a `source ADDRESS:FIRST-LAST`: each is used by one connection at a time (configuration manual, chapter
//! 5.2 "source").

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ports that connections of all workers share. The one that has been free for the longest time is given out first.
#[derive(Debug)]
pub struct PortRange {
    free: Mutex<VecDeque<u16>>,
}

impl PortRange {
    /// The ports from `first` to `last`, both included.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Arc<PortRange> {
        Arc::new(PortRange { free: Mutex::new((first..=last).collect()) })
    }

    /// A port of one's own; `None` when all are in use.
    #[must_use]
    pub fn lease(self: &Arc<Self>) -> Option<PortLease> {
        let port = self.free().pop_front()?;
        Some(PortLease { range: self.clone(), port })
    }

    /// A thread that panicked cannot have left the queue half changed.
    fn free(&self) -> MutexGuard<'_, VecDeque<u16>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port in use. It is free again when this is dropped, which is to happen after its socket is closed.
#[derive(Debug)]
pub struct PortLease {
    range: Arc<PortRange>,
    port: u16,
}

impl PortLease {
    /// Its number.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for PortLease {
    fn drop(&mut self) {
        self.range.free().push_back(self.port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_used_once_at_a_time() {
        let range = PortRange::new(1000, 1002);
        let leases: Vec<PortLease> = std::iter::from_fn(|| range.lease()).collect();
        assert_eq!(leases.iter().map(PortLease::port).collect::<Vec<_>>(), [1000, 1001, 1002]);
        assert!(range.lease().is_none());
        drop(leases);
        assert_eq!(range.lease().map(|lease| lease.port()), Some(1000));
    }

    #[test]
    fn the_longest_free_comes_first() {
        let range = PortRange::new(1, 3);
        let first = range.lease().unwrap();
        drop(first);
        let next: Vec<u16> = std::iter::from_fn(|| range.lease().map(|lease| lease.port())).take(4).collect();
        assert_eq!(next, [2, 3, 1, 2]);
    }
}
