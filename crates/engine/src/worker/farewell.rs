//! When a soft stop ends the connections of clients that would stay (manual, chapter 3.1: `close-spread-time`).
//!
//! ```text
//! stop begins ------------------------ the window of `close-spread-time` ------------------------> its end
//!   answers send their clients away ever more likely, idle connections close at a time of their own   all go
//! ```

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use base::clock::{Millis, NEVER};
use config::model::CloseSpread;

/// How long a client must have been silent for a soft stop to close its connection: the next request of one who has just
/// been answered may be on its way, and is answered as the last one.
const SILENCE: Duration = Duration::from_secs(1);

/// When clients are told to go.
#[derive(Debug)]
pub(crate) struct Farewell {
    spread: CloseSpread,
    /// When the stop began; [`NEVER`]: it did not.
    began: Cell<Millis>,
}

impl Farewell {
    /// No stop is under way.
    pub(crate) fn new(spread: CloseSpread) -> Self {
        Farewell { spread, began: Cell::new(NEVER) }
    }

    /// The stop begins.
    pub(crate) fn begin(&self, now: Millis) {
        self.began.set(now);
    }

    /// Whether a client that is answered now is sent away with its answer, once the stop has begun.
    pub(crate) fn is_said(&self, now: Millis) -> bool {
        self.is_said_by(now, random())
    }

    /// As [`Farewell::is_said`]; `random` is a number from 0 to `u32::MAX`.
    fn is_said_by(&self, now: Millis, random: u32) -> bool {
        match self.spread {
            CloseSpread::AtOnce => true,
            CloseSpread::Never => false,
            // Ever more likely, and certain once the time is over.
            CloseSpread::Over(time) => {
                let left = self.left(time, now);
                left.is_zero() || left <= share(time, random)
            }
        }
    }

    /// When a client that is silent since `silent_since` is closed for the sake of the stop, asked at the stop's beginning
    /// or, later, when the silence begins.
    pub(crate) fn idle_deadline(&self, silent_since: Millis, now: Millis) -> Millis {
        match self.spread {
            CloseSpread::AtOnce => silent_since.plus(SILENCE),
            CloseSpread::Never => NEVER,
            CloseSpread::Over(time) => now.plus(share(self.left(time, now), random())),
        }
    }

    /// What is left of the window.
    fn left(&self, time: Duration, now: Millis) -> Duration {
        Duration::from_millis(self.began.get().plus(time).0.saturating_sub(now.0))
    }
}

/// A part of `time`, as `random` (0 to `u32::MAX`) says.
fn share(time: Duration, random: u32) -> Duration {
    let millis = time.as_millis() * u128::from(random) / u128::from(u32::MAX);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

fn random() -> u32 {
    u32::try_from(RandomState::new().hash_one(0u8) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_decides() {
        let over = Farewell::new(CloseSpread::Over(Duration::from_secs(10)));
        over.begin(Millis(1_000));
        let at = |now, random| over.is_said_by(Millis(now), random);
        assert_eq!((at(1_000, 0), at(1_000, u32::MAX)), (false, true));
        assert_eq!((at(6_000, u32::MAX / 3), at(6_000, u32::MAX / 3 * 2)), (false, true));
        assert_eq!((at(11_000, 0), at(99_000, 0)), (true, true));
        for _ in 0..100 {
            let deadline = over.idle_deadline(Millis(0), Millis(4_000));
            assert!((4_000..=11_000).contains(&deadline.0), "{deadline:?}");
        }
        assert_eq!(over.idle_deadline(Millis(0), Millis(20_000)), Millis(20_000));
    }

    #[test]
    fn without_a_window() {
        let at_once = Farewell::new(CloseSpread::AtOnce);
        at_once.begin(Millis(5));
        assert!(at_once.is_said_by(Millis(5), 0));
        assert_eq!(at_once.idle_deadline(Millis(7), Millis(9)), Millis(1_007));
        let never = Farewell::new(CloseSpread::Never);
        never.begin(Millis(5));
        assert!(!never.is_said_by(Millis(1_000_000), u32::MAX));
        assert_eq!(never.idle_deadline(Millis(7), Millis(9)), NEVER);
    }
}
