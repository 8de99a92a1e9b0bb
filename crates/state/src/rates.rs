//! What the whole process may do within a second (`maxconnrate`, `maxsessrate`, `maxsslrate`, `maxcomprate`), and what it
//! does.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use base::clock::Millis;

use crate::counters::{PerWorker, Rate};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// Connections that are accepted.
    Connections,
    /// Sessions that begin.
    Sessions,
    /// Sessions that begin under TLS.
    TlsSessions,
    /// Bytes of bodies that compression is given, and that it makes of them.
    CompressedBytes,
}

/// Rates of the process and their limits.
#[derive(Debug)]
pub struct Rates {
    /// Connections accepted.
    pub connections: PerWorker<Rate>,
    /// Sessions begun.
    pub sessions: PerWorker<Rate>,
    /// Bytes that compression was given.
    pub compression_in: PerWorker<Rate>,
    /// Bytes that it made of them.
    pub compression_out: PerWorker<Rate>,
    connections_max: AtomicU32,
    sessions_max: AtomicU32,
    tls_sessions_max: AtomicU32,
    compressed_bytes_max: AtomicU32,
}

impl Default for Rates {
    fn default() -> Self {
        Rates::new(1)
    }
}

impl Rates {
    /// Those of a process with so many workers, without limits.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Rates {
            connections: PerWorker::new(workers),
            sessions: PerWorker::new(workers),
            compression_in: PerWorker::new(workers),
            compression_out: PerWorker::new(workers),
            connections_max: AtomicU32::new(0),
            sessions_max: AtomicU32::new(0),
            tls_sessions_max: AtomicU32::new(0),
            compressed_bytes_max: AtomicU32::new(0),
        }
    }

    fn place(&self, what: Limited) -> &AtomicU32 {
        match what {
            Limited::Connections => &self.connections_max,
            Limited::Sessions => &self.sessions_max,
            Limited::TlsSessions => &self.tls_sessions_max,
            Limited::CompressedBytes => &self.compressed_bytes_max,
        }
    }

    /// How many there may be within a second; 0: any number.
    #[must_use]
    pub fn limit(&self, what: Limited) -> u32 {
        self.place(what).load(Relaxed)
    }

    /// Changes a limit (`set rate-limit`).
    pub fn set_limit(&self, what: Limited, limit: u32) {
        self.place(what).store(limit, Relaxed);
    }

    /// Bytes per second that compression was given (`compression_in`) or made (`compression_out`) lately.
    #[must_use]
    pub fn bytes_per_second(rate: &PerWorker<Rate>, now: Millis) -> u32 {
        rate.iter().map(|rate| rate.read(now)).fold(0, u32::saturating_add)
    }

    /// Whether `rate`, one of the two of compression, is beyond what is allowed.
    #[must_use]
    pub fn is_compression_beyond(&self, rate: &PerWorker<Rate>, now: Millis) -> bool {
        let limit = self.limit(Limited::CompressedBytes);
        limit > 0 && Rates::bytes_per_second(rate, now) > limit
    }

    /// Whether no more connections are to be accepted at `now`.
    #[must_use]
    pub fn are_reached(&self, now: Millis) -> bool {
        let is_reached = |what: Limited, rate: &PerWorker<Rate>| {
            let limit = self.limit(what);
            limit > 0 && rate.iter().map(|rate| rate.read(now)).sum::<u32>() >= limit
        };
        is_reached(Limited::Connections, &self.connections) || is_reached(Limited::Sessions, &self.sessions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_for_all_workers_together() {
        let rates = Rates::new(2);
        let now = Millis(5_000);
        rates.connections.iter().for_each(|rate| rate.bump(now));
        assert!(!rates.are_reached(now), "there is no limit");
        rates.set_limit(Limited::Connections, 2);
        assert!(rates.are_reached(now) && !rates.are_reached(Millis(7_000)));
        rates.set_limit(Limited::Connections, 3);
        assert!(!rates.are_reached(now));
    }
}
