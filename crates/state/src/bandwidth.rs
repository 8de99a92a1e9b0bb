//! Bandwidth limits of a stream (manual, chapter 9.7): how much may pass now, and when more may.
//!
//! A limit is a flow of so many bytes per period. What passes is paid for in time: after `n` bytes the stream waits as long
//! as the flow takes for `n` bytes, so that it is even and begins without a burst. Where several streams share the flow,
//! each has an equal part of it, and none goes on while all of them together are ahead of it in the running period of their
//! entry's rate.

use base::ProxyId;
use base::clock::Millis;

use crate::table::{DataType, Tracked};

/// The most that passes at a time, in bytes, unless `min-size` is more.
const PIECE_BYTES_MAX: u64 = 16_384;
/// How far behind its flow a busy stream may be and make up for it: timers are late by some milliseconds.
const LATENESS_NS: u64 = 20_000_000;
const NANOS: u64 = 1_000_000;

/// Which filter of which proxy a limit is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitId {
    /// The proxy.
    pub proxy: ProxyId,
    /// The filter's number among the proxy's bandwidth limits.
    pub filter: usize,
}

/// Which way the bytes go that are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server: `bwlim-in`.
    In,
    /// From the server to the client: `bwlim-out`.
    Out,
}

impl Direction {
    /// The rate of a stick table that such limits are shared by.
    #[must_use]
    pub fn rate(self) -> DataType {
        match self {
            Direction::In => DataType::BytesInRate,
            Direction::Out => DataType::BytesOutRate,
        }
    }
}

/// A flow: bytes, and the time that they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// 1 at least.
    pub bytes: u64,
    /// Milliseconds, 1 at least.
    pub period_ms: u64,
}

impl Flow {
    /// Nanoseconds that `bytes` take.
    fn nanos(self, bytes: u64) -> u64 {
        let nanos = u128::from(bytes) * u128::from(self.period_ms) * u128::from(NANOS);
        u64::try_from(nanos.div_ceil(u128::from(self.bytes.max(1)))).unwrap_or(u64::MAX)
    }
}

/// A limit that is enabled on a stream.
#[derive(Debug)]
pub struct Limit {
    /// Whose it is.
    pub id: LimitId,
    /// Which way.
    pub direction: Direction,
    /// How fast.
    pub flow: Flow,
    /// `min-size`: what may pass at least at a time, in bytes.
    pub bytes_min: u64,
    /// The entry of those that share the flow; `None`: it is the stream's alone.
    pub shared: Option<Tracked>,
    /// Until when what has passed is paid for, in nanoseconds of the clock.
    paid_until: u64,
}

/// How much may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// So many bytes, 1 at least.
    Bytes(u64),
    /// None before this time.
    NotBefore(Millis),
}

impl Limit {
    /// A limit under which nothing has passed yet.
    #[must_use]
    pub fn new(
        id: LimitId,
        direction: Direction,
        flow: Flow,
        bytes_min: u64,
        shared: Option<Tracked>,
    ) -> Self {
        Limit { id, direction, flow, bytes_min, shared, paid_until: 0 }
    }

    /// Goes on where `before`, an earlier limit by the same filter, stood.
    pub fn follow(&mut self, before: &Limit) {
        self.paid_until = before.paid_until;
    }

    /// How much of `wanted` bytes may pass at `now`.
    #[must_use]
    pub fn grant(&self, wanted: u64, now: Millis) -> Grant {
        if self.paid_until > nanos(now) {
            return Grant::NotBefore(Millis(self.paid_until.div_ceil(NANOS)));
        }
        let ahead =
            self.shared.as_ref().map_or(0, |entry| entry.ahead(self.direction.rate(), self.flow.bytes, now));
        if ahead > 0 {
            let wait_ms = self.flow.nanos(ahead).div_ceil(NANOS).clamp(1, self.flow.period_ms.max(1));
            return Grant::NotBefore(Millis(now.0 + wait_ms));
        }
        let piece = PIECE_BYTES_MAX.min(self.flow.bytes / self.users()).max(self.bytes_min).max(1);
        Grant::Bytes(wanted.min(piece))
    }

    /// `bytes` have passed at `now`.
    pub fn spend(&mut self, bytes: u64, now: Millis) {
        if bytes == 0 {
            return;
        }
        if let Some(entry) = &self.shared {
            entry.add(self.direction.rate(), 0, bytes, now);
        }
        let now = nanos(now);
        // A stream that was busy makes up for late timers; one that was not begins now.
        let is_busy = self.paid_until.saturating_add(LATENESS_NS) >= now;
        let from = if is_busy { self.paid_until } else { now };
        self.paid_until = from.saturating_add(self.flow.nanos(bytes).saturating_mul(self.users()));
    }

    /// How many share the flow.
    fn users(&self) -> u64 {
        self.shared.as_ref().map_or(1, |entry| u64::from(entry.uses()).max(1))
    }
}

fn nanos(at: Millis) -> u64 {
    at.0.saturating_mul(NANOS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::table::{KeyType, Table, TableSpec};
    use crate::value::Value;

    const ID: LimitId = LimitId { proxy: ProxyId(0), filter: 0 };

    fn limit(bytes: u64, period_ms: u64, bytes_min: u64) -> Limit {
        Limit::new(ID, Direction::Out, Flow { bytes, period_ms }, bytes_min, None)
    }

    /// Lets `limits` pass what they may until `end`, in steps of a millisecond; what each has passed.
    fn run(limits: &mut [Limit], begin: u64, end: u64) -> Vec<u64> {
        let mut passed = vec![0; limits.len()];
        for now in begin..end {
            for (limit, passed) in limits.iter_mut().zip(&mut passed) {
                while let Grant::Bytes(bytes) = limit.grant(1 << 20, Millis(now)) {
                    limit.spend(bytes, Millis(now));
                    *passed += bytes;
                }
            }
        }
        passed
    }

    #[test]
    fn what_passes_is_what_the_flow_allows() {
        for (bytes, period_ms) in [(1_000_000, 1_000), (100_000_000, 1_000), (5_000, 100), (300, 60_000)] {
            let passed = run(&mut [limit(bytes, period_ms, 0)], 1_000, 61_000)[0];
            let wanted = bytes * 60_000 / period_ms;
            let piece = PIECE_BYTES_MAX.min(bytes) + bytes * LATENESS_NS / NANOS / period_ms;
            // The last millisecond is not over.
            let least = wanted - bytes.div_ceil(period_ms);
            assert!(passed >= least && passed <= wanted + piece, "{bytes}/{period_ms}: {passed} of {wanted}");
        }
    }

    #[test]
    fn the_least_passes_even_where_it_is_more_than_the_flow() {
        let mut one = limit(100, 1_000, 500);
        assert_eq!(one.grant(10_000, Millis(1_000)), Grant::Bytes(500));
        one.spend(500, Millis(1_000));
        assert_eq!(one.grant(10_000, Millis(1_000)), Grant::NotBefore(Millis(6_000)));
        assert_eq!(one.grant(3, Millis(6_000)), Grant::Bytes(3), "the last piece may be smaller");
        assert_eq!(limit(100, 1_000, 0).grant(10_000, Millis(5)), Grant::Bytes(100));
    }

    #[test]
    fn who_was_silent_has_no_burst_for_it() {
        let mut one = limit(1_000, 1_000, 0);
        assert_eq!(run(std::slice::from_mut(&mut one), 1_000, 1_001), [1_000]);
        let late = run(std::slice::from_mut(&mut one), 100_000, 100_100)[0];
        assert!(late <= 1_000, "{late}");
    }

    #[test]
    fn a_new_limit_goes_on_where_the_old_one_stood() {
        let mut old = limit(1_000, 1_000, 0);
        old.spend(1_000, Millis(1_000));
        let mut new = limit(100, 1_000, 0);
        new.follow(&old);
        assert_eq!(new.grant(1, Millis(1_500)), Grant::NotBefore(Millis(2_000)));
    }

    #[test]
    fn streams_share_a_flow_equally() {
        let mut spec = TableSpec::new("t", KeyType::Ip, 10);
        spec.store("bytes_out_rate(1s)").unwrap();
        let table: Arc<Table> = Table::new(spec);
        let key = table.key(&Value::Ipv4([10, 0, 0, 1].into())).unwrap();
        let flow = Flow { bytes: 1_000_000, period_ms: 1_000 };
        let one = || {
            let entry = table.get_or_create(&key, Millis(1_000)).unwrap();
            Limit::new(ID, Direction::Out, flow, 0, Some(entry))
        };
        let mut limits: Vec<Limit> = (0..4).map(|_| one()).collect();
        let passed = run(&mut limits, 1_000, 11_000);
        let all: u64 = passed.iter().sum();
        assert!((9_000_000..=10_200_000).contains(&all), "{all}");
        assert!(passed.iter().all(|one| (2_100_000..=2_900_000).contains(one)), "{passed:?}");
        drop(limits);
        // Streams that come one after the other have no more than one that stays.
        let mut all = 0;
        for begin in (20_000..30_000).step_by(10) {
            all += run(&mut [one()], begin, begin + 10)[0];
        }
        assert!((9_000_000..=10_400_000).contains(&all), "{all}");
    }
}
