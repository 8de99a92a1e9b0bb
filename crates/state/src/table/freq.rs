//! Events per period over a sliding window, as stick tables store rates.

/// Counts events by period: those of the running period and those of the one before it, which fade linearly while
/// the running one fills up. A period begins with the first event after silence, not on a multiple of its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FreqCtr {
    /// When the running period began, in milliseconds; 0 as long as nothing was counted.
    start_ms: u64,
    current: u32,
    previous: u32,
}

impl FreqCtr {
    /// A counter that shows `count` for one period from `now_ms` on and then fades.
    #[must_use]
    pub fn at(count: u32, now_ms: u64) -> Self {
        FreqCtr { start_ms: now_ms, current: count, previous: 0 }
    }

    /// Counts `n` events at `now_ms` and returns how many the running period has now.
    pub fn add(&mut self, n: u32, now_ms: u64, period_ms: u32) -> u32 {
        let period = u64::from(period_ms.max(1));
        let elapsed = now_ms.saturating_sub(self.start_ms);
        if self.start_ms != 0 && elapsed < period {
            self.current = self.current.wrapping_add(n);
            return self.current;
        }
        if self.start_ms != 0 && elapsed < 2 * period {
            self.previous = self.current;
            self.start_ms += period;
        } else {
            self.previous = 0;
            self.start_ms = now_ms;
        }
        self.current = n;
        n
    }

    /// Events per period at `now_ms`. A single old event counts as one to the end of its second period, so that slow
    /// sources do not flicker between 0 and 1.
    #[must_use]
    pub fn read(&self, now_ms: u64, period_ms: u32) -> u32 {
        let period = u64::from(period_ms.max(1));
        let elapsed = now_ms.saturating_sub(self.start_ms);
        let (past, current, left) = if elapsed <= period {
            (u64::from(self.previous), u64::from(self.current), period - elapsed)
        } else if elapsed <= 2 * period {
            (u64::from(self.current), 0, 2 * period - elapsed)
        } else {
            return 0;
        };
        if current == 0 && past <= 1 {
            return u32::try_from(past).unwrap_or(1);
        }
        u32::try_from((past * left + current * period) / period).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut ctr = FreqCtr::default();
        assert_eq!(ctr.read(5, 1000), 0);
        for at in 0..10 {
            ctr.add(1, 5_000 + at, 1000);
        }
        assert_eq!(ctr.read(5_900, 1000), 10);
        assert_eq!(ctr.read(6_500, 1000), 5, "half of the next period has gone");
        assert_eq!(ctr.add(4, 6_500, 1000), 4);
        assert_eq!(ctr.read(6_500, 1000), 9);
        assert_eq!(ctr.read(9_000, 1000), 0);
    }

    #[test]
    fn one_event_does_not_flicker() {
        let mut ctr = FreqCtr::default();
        ctr.add(1, 100, 1000);
        assert_eq!(ctr.read(1_900, 1000), 1);
        assert_eq!(ctr.read(2_200, 1000), 0);
    }

    #[test]
    fn silence_starts_a_new_period() {
        let mut ctr = FreqCtr::at(7, 1_000);
        assert_eq!(ctr.read(1_999, 1000), 7);
        assert_eq!(ctr.add(2, 3_500, 1000), 2);
        assert_eq!(ctr.read(3_500, 1000), 2);
    }

    #[test]
    fn an_empty_period_does_not_divide_by_zero() {
        let mut ctr = FreqCtr::default();
        ctr.add(1, 100, 0);
        assert_eq!(ctr.read(100, 0), 1);
    }
}
