//! Since when a server or a backend has been in its state, and how long it was down (management guide, chapter 9.1: the
//! columns `chkdown`, `lastchg`, `downtime`).

use base::clock::Millis;
use parking_lot::Mutex;

/// Since when something has been up or down, and how long it was down in all.
#[derive(Debug)]
pub struct Uptime(Mutex<Periods>);

#[derive(Debug, Clone, Copy)]
struct Periods {
    last_change: Millis,
    down_s: u64,
    is_down: bool,
    times_down: u64,
}

impl Uptime {
    /// Up since now.
    #[must_use]
    pub fn new(now: Millis) -> Self {
        Uptime(Mutex::new(Periods { last_change: now, down_s: 0, is_down: false, times_down: 0 }))
    }

    /// Goes on from a former process: down or up since then, and how often it went down forgotten.
    pub fn restore(&self, since: Millis, is_down: bool) {
        *self.0.lock() = Periods { last_change: since, down_s: 0, is_down, times_down: 0 };
    }

    /// It went down.
    pub fn went_down(&self, now: Millis) {
        let mut periods = self.0.lock();
        if !periods.is_down {
            periods.times_down += 1;
            periods.is_down = true;
        }
        periods.last_change = now;
    }

    /// It came up, or changed while it was up.
    pub fn came_up(&self, now: Millis) {
        let mut periods = self.0.lock();
        if periods.is_down {
            periods.down_s += seconds(now, periods.last_change);
            periods.is_down = false;
        }
        periods.last_change = now;
    }

    /// Seconds since the last change.
    #[must_use]
    pub fn since_change_s(&self, now: Millis) -> u64 {
        seconds(now, self.0.lock().last_change)
    }

    /// Seconds down in all, the current period included.
    #[must_use]
    pub fn downtime_s(&self, now: Millis) -> u64 {
        let periods = self.0.lock();
        periods.down_s + if periods.is_down { seconds(now, periods.last_change) } else { 0 }
    }

    /// How often it went down.
    #[must_use]
    pub fn times_down(&self) -> u64 {
        self.0.lock().times_down
    }
}

fn seconds(now: Millis, then: Millis) -> u64 {
    (now.0 / 1000).saturating_sub(then.0 / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let uptime = Uptime::new(Millis(1_000));
        uptime.went_down(Millis(5_900));
        assert_eq!((uptime.since_change_s(Millis(8_000)), uptime.downtime_s(Millis(8_000))), (3, 3));
        uptime.came_up(Millis(10_000));
        uptime.came_up(Millis(12_000));
        assert_eq!((uptime.since_change_s(Millis(20_000)), uptime.downtime_s(Millis(20_000))), (8, 5));
        assert_eq!(uptime.times_down(), 1);
    }
}
