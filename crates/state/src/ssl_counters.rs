//! TLS in numbers, for the whole process: endpoints, handshakes per second, the cache of sessions (management guide,
//! `show info`: the fields from `MaxSslConns` to `SslCacheMisses`).
//!
//! All workers write the same numbers: beside a handshake an atomic addition and a short lock cost nothing.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use base::clock::Millis;
use parking_lot::Mutex;

use crate::counters::Gauge;

/// The length of the window that rates are counted in.
const SECOND_MS: u64 = 1000;

/// How two sides came to their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// A whole handshake with new keys.
    Full,
    /// A session that both knew was resumed.
    Resumed,
}

/// What became of a search in the cache of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLookup {
    /// The session was there.
    Hit,
    /// It was not.
    Miss,
}

/// Events per second that any thread may count: those of the running second, and those of the second before it for
/// the part of it that still lies in the window.
#[derive(Debug, Default)]
pub struct SharedRate {
    seconds: Mutex<Seconds>,
    max: AtomicU32,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seconds {
    second: u64,
    current: u32,
    previous: u32,
}

impl Seconds {
    fn at(self, second: u64) -> Seconds {
        match second.checked_sub(self.second) {
            Some(0) | None => self,
            Some(1) => Seconds { second, current: 0, previous: self.current },
            Some(_) => Seconds { second, current: 0, previous: 0 },
        }
    }
}

impl SharedRate {
    /// Counts one event at `now`.
    pub fn bump(&self, now: Millis) {
        let current = {
            let mut seconds = self.seconds.lock();
            *seconds = seconds.at(now.0 / SECOND_MS);
            seconds.current = seconds.current.saturating_add(1);
            seconds.current
        };
        self.max.fetch_max(current, Relaxed);
    }

    /// Events per second at `now`.
    #[must_use]
    pub fn read(&self, now: Millis) -> f64 {
        let seconds = self.seconds.lock().at(now.0 / SECOND_MS);
        let left = u32::try_from(SECOND_MS - now.0 % SECOND_MS).unwrap_or(0);
        f64::from(seconds.current) + f64::from(seconds.previous) * f64::from(left) / 1000.0
    }

    /// The highest count of one second since the start or the last [`SharedRate::reset_max`].
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }

    /// Forgets the highest count.
    pub fn reset_max(&self) {
        self.max.store(0, Relaxed);
    }
}

/// All of it.
#[derive(Debug, Default)]
pub struct SslCounters {
    /// TLS endpoints now, those towards servers included.
    pub endpoints: Gauge,
    /// TLS connections of clients per second.
    pub frontend_rate: SharedRate,
    /// New keys per second on the clients' side.
    pub frontend_keys: SharedRate,
    /// New keys per second on the servers' side.
    pub backend_keys: SharedRate,
    endpoints_total: AtomicU64,
    frontend_full: AtomicU64,
    frontend_resumed: AtomicU64,
    backend_full: AtomicU64,
    backend_resumed: AtomicU64,
    cache_lookups: AtomicU64,
    cache_misses: AtomicU64,
}

impl SslCounters {
    /// An endpoint begins, on either side; [`SslCounters::endpoint_ended`] must follow.
    pub fn endpoint_began(&self) {
        self.endpoints.enter();
        self.endpoints_total.fetch_add(1, Relaxed);
    }

    /// An endpoint ended.
    pub fn endpoint_ended(&self) {
        self.endpoints.leave();
    }

    /// A client's handshake succeeded.
    pub fn frontend_handshake(&self, how: Handshake, now: Millis) {
        self.frontend_rate.bump(now);
        match how {
            Handshake::Full => {
                self.frontend_keys.bump(now);
                self.frontend_full.fetch_add(1, Relaxed);
            }
            Handshake::Resumed => {
                self.frontend_resumed.fetch_add(1, Relaxed);
            }
        }
    }

    /// A handshake with a server succeeded.
    pub fn backend_handshake(&self, how: Handshake, now: Millis) {
        match how {
            Handshake::Full => {
                self.backend_keys.bump(now);
                self.backend_full.fetch_add(1, Relaxed);
            }
            Handshake::Resumed => {
                self.backend_resumed.fetch_add(1, Relaxed);
            }
        }
    }

    /// A client named a session and the cache was asked for it.
    pub fn cache_looked_up(&self, found: CacheLookup) {
        self.cache_lookups.fetch_add(1, Relaxed);
        if found == CacheLookup::Miss {
            self.cache_misses.fetch_add(1, Relaxed);
        }
    }

    /// Endpoints since the start, both sides.
    #[must_use]
    pub fn endpoints_total(&self) -> u64 {
        self.endpoints_total.load(Relaxed)
    }

    /// Handshakes with clients since the start: full ones and resumed ones.
    #[must_use]
    pub fn frontend_total(&self) -> (u64, u64) {
        (self.frontend_full.load(Relaxed), self.frontend_resumed.load(Relaxed))
    }

    /// Handshakes with servers since the start: full ones and resumed ones.
    #[must_use]
    pub fn backend_total(&self) -> (u64, u64) {
        (self.backend_full.load(Relaxed), self.backend_resumed.load(Relaxed))
    }

    /// Searches in the cache of sessions since the start, and how many found nothing.
    #[must_use]
    pub fn cache_total(&self) -> (u64, u64) {
        (self.cache_lookups.load(Relaxed), self.cache_misses.load(Relaxed))
    }

    /// The share of the last second's handshakes with clients that needed no new keys, in percent.
    #[must_use]
    pub fn frontend_reuse_percent(&self, now: Millis) -> f64 {
        let (all, keys) = (self.frontend_rate.read(now), self.frontend_keys.read(now));
        if keys < all { 100.0 * (1.0 - keys / all) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reuse_is_a_share_of_the_last_second() {
        let ssl = SslCounters::default();
        assert!(ssl.frontend_reuse_percent(Millis(5_000)).abs() < f64::EPSILON);
        ssl.frontend_handshake(Handshake::Full, Millis(5_010));
        for _ in 0..20 {
            ssl.frontend_handshake(Handshake::Resumed, Millis(5_100));
        }
        let percent = ssl.frontend_reuse_percent(Millis(5_500));
        assert!((95.2..95.3).contains(&percent), "{percent}");
        assert!((ssl.frontend_rate.read(Millis(6_500)) - 10.5).abs() < 1e-9, "it fades");
        assert!(ssl.frontend_rate.read(Millis(7_000)).abs() < f64::EPSILON);
        assert_eq!((ssl.frontend_rate.max(), ssl.frontend_total()), (21, (1, 20)));
    }

    #[test]
    fn totals() {
        let ssl = SslCounters::default();
        ssl.endpoint_began();
        ssl.endpoint_began();
        ssl.endpoint_ended();
        ssl.backend_handshake(Handshake::Full, Millis(1));
        ssl.cache_looked_up(CacheLookup::Hit);
        ssl.cache_looked_up(CacheLookup::Miss);
        assert_eq!((ssl.endpoints.get(), ssl.endpoints_total()), (1, 2));
        assert_eq!((ssl.backend_total(), ssl.cache_total()), ((1, 0), (2, 1)));
    }
}
