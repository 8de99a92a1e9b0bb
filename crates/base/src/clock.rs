//! The clock: monotonic milliseconds for deadlines, wall time for logs and dates.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the process began; never 0, so that 0 can stand for "never happened".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

/// No deadline: later than every time that [`now`] returns.
pub const NEVER: Millis = Millis(u64::MAX);

impl Millis {
    /// The time `span` after this one; [`NEVER`] stays [`NEVER`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Millis {
        Millis(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Milliseconds from `earlier` to this time, 0 if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Millis) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `now` plus the timeout, or [`NEVER`] without one.
    #[must_use]
    pub fn deadline(self, timeout: Option<Duration>) -> Millis {
        timeout.map_or(NEVER, |t| self.plus(t))
    }
}

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(|| Instant::now().checked_sub(Duration::from_millis(1)).unwrap_or_else(Instant::now))
}

thread_local! {
    /// The time of the last [`tick`] on this thread: monotonic and wall; `None` on threads that do not tick.
    static TICKED: Cell<Option<(Millis, Duration)>> = const { Cell::new(None) };
}

/// Reads the clocks for this thread. [`now`] and [`wall`] then answer without a system call until the next tick: a
/// worker ticks whenever its poller returns, so what it handles in one go happens at one time.
pub fn tick() {
    TICKED.set(Some((read_now(), read_wall())));
}

/// Lets this thread read the clocks itself again.
pub fn stop_ticking() {
    TICKED.set(None);
}

/// The monotonic clock, in milliseconds since the process first asked.
#[must_use]
pub fn now() -> Millis {
    TICKED.get().map_or_else(read_now, |(now, _)| now)
}

fn read_now() -> Millis {
    let elapsed = origin().elapsed();
    Millis((elapsed.as_secs() * 1000 + u64::from(elapsed.subsec_millis())).max(1))
}

/// The wall clock: time since 1970-01-01 00:00 UTC.
#[must_use]
pub fn wall() -> Duration {
    TICKED.get().map_or_else(read_wall, |(_, wall)| wall)
}

fn read_wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_between_ticks() {
        tick();
        let (then, wall_then) = (now(), wall());
        std::thread::sleep(Duration::from_millis(3));
        assert_eq!((now(), wall()), (then, wall_then));
        tick();
        assert!(now() > then);
        stop_ticking();
    }

    #[test]
    fn deadlines_saturate() {
        assert_eq!(NEVER.plus(Duration::from_secs(1)), NEVER);
        assert_eq!(Millis(5).deadline(None), NEVER);
        assert_eq!(Millis(5).deadline(Some(Duration::from_millis(7))), Millis(12));
        assert_eq!(Millis(5).since(Millis(9)), 0);
        assert!(now() >= Millis(1));
    }
}
