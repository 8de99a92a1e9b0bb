//! How large the records are that data is sent in (configuration manual, chapter 3.2 "tune.ssl.maxrecord",
//! "tune.ssl.hard-maxrecord", "tune.idletimer").
//!
//! A peer can use a record when all of it has come: small ones let it begin early, large ones cost less. So the records at
//! the beginning of a transfer may be limited, and those behind it, until the connection was silent for a while.

use std::time::Duration;

use base::clock::{self, Millis};

/// Plaintext of a full record, in bytes (RFC 8446 section 5.1).
pub(crate) const RECORD_BYTES: usize = 16_384;
/// How much of a transfer is its beginning, in bytes: what several full buffers hold.
const BEGINNING_BYTES: usize = 3 * RECORD_BYTES;

/// What the configuration says of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordSizes {
    /// `tune.ssl.maxrecord`: the largest at the beginning of a transfer, in bytes of plaintext; 0: as any other.
    pub first_bytes_max: usize,
    /// `tune.ssl.hard-maxrecord`: the largest at all, in bytes of plaintext; 0: as TLS has it.
    pub bytes_max: usize,
    /// `tune.idletimer`: after how long a silence a transfer begins anew; 0: never.
    pub idle: Duration,
}

impl Default for RecordSizes {
    fn default() -> Self {
        RecordSizes { first_bytes_max: 0, bytes_max: 0, idle: Duration::from_secs(1) }
    }
}

impl RecordSizes {
    /// Whether they differ from what TLS has.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        [self.first_bytes_max, self.bytes_max].iter().any(|max| (1..RECORD_BYTES).contains(max))
    }
}

/// The sizes of one connection's records.
#[derive(Debug)]
pub(crate) struct RecordLimit {
    sizes: RecordSizes,
    /// Bytes of the transfer so far.
    sent_bytes: usize,
    last: Millis,
}

impl RecordLimit {
    /// That of a connection which has sent nothing; `None`: it has no limit.
    pub(crate) fn new(sizes: &RecordSizes) -> Option<Box<RecordLimit>> {
        let limit = || Box::new(RecordLimit { sizes: *sizes, sent_bytes: 0, last: clock::now() });
        sizes.is_limited().then(limit)
    }

    /// Begins a write: behind a silence it is that of another transfer.
    pub(crate) fn begin(&mut self) {
        let now = clock::now();
        let idle_ms = u64::try_from(self.sizes.idle.as_millis()).unwrap_or(u64::MAX);
        if idle_ms > 0 && now.since(self.last) >= idle_ms {
            self.sent_bytes = 0;
        }
        self.last = now;
    }

    /// The most that the next record may hold, in bytes.
    pub(crate) fn next_bytes_max(&self) -> usize {
        let limit = |max: usize| if max == 0 { RECORD_BYTES } else { max.min(RECORD_BYTES) };
        let first = if self.sent_bytes < BEGINNING_BYTES { self.sizes.first_bytes_max } else { 0 };
        limit(self.sizes.bytes_max).min(limit(first))
    }

    /// Notes what went into records.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent_bytes = self.sent_bytes.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(first_bytes_max: usize, bytes_max: usize) -> RecordSizes {
        RecordSizes { first_bytes_max, bytes_max, ..RecordSizes::default() }
    }

    #[test]
    fn what_limits() {
        for (first, all) in [(0, 0), (RECORD_BYTES, 0), (0, 1 << 20)] {
            assert!(RecordLimit::new(&sizes(first, all)).is_none(), "{first} {all}");
        }
        assert!(RecordLimit::new(&sizes(1400, 0)).is_some());
        assert!(RecordLimit::new(&sizes(0, 4096)).is_some());
    }

    #[test]
    fn only_the_beginning_is_small() {
        let mut limit = RecordLimit::new(&sizes(1400, 8000)).unwrap();
        limit.begin();
        assert_eq!(limit.next_bytes_max(), 1400);
        limit.sent(BEGINNING_BYTES - 1);
        assert_eq!(limit.next_bytes_max(), 1400);
        limit.sent(1);
        limit.begin();
        assert_eq!(limit.next_bytes_max(), 8000);
        // A silence of at least no time at all.
        let mut limit = RecordLimit::new(&RecordSizes { idle: Duration::ZERO, ..sizes(1400, 0) }).unwrap();
        limit.sent(BEGINNING_BYTES);
        limit.begin();
        assert_eq!(limit.next_bytes_max(), RECORD_BYTES, "no silence counts");
        let mut limit = RecordLimit::new(&sizes(9000, 1400)).unwrap();
        assert_eq!(limit.next_bytes_max(), 1400);
        limit.sent_bytes = BEGINNING_BYTES;
        limit.last = Millis(0);
        limit.sizes.first_bytes_max = 100;
        limit.sizes.idle = Duration::from_millis(0);
        assert_eq!(limit.next_bytes_max(), 1400);
    }
}
