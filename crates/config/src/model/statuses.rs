//! Sets of HTTP statuses (`http-err-codes`, `http-fail-codes`).

use std::ops::RangeInclusive;

/// The lowest status that a set can hold.
const FIRST: u16 = 100;
/// The highest one.
const LAST: u16 = 599;

/// Some of the statuses from 100 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statuses([u64; 8]);

impl Statuses {
    /// What sets can hold.
    pub const RANGE: RangeInclusive<u16> = FIRST..=LAST;

    /// Whether `status` is one of them.
    #[must_use]
    pub fn has(&self, status: u16) -> bool {
        place(status).is_some_and(|(word, bit)| self.0[word] & bit != 0)
    }

    /// Adds a range; what no set can hold is left out.
    pub fn add(&mut self, range: RangeInclusive<u16>) {
        range.filter_map(place).for_each(|(word, bit)| self.0[word] |= bit);
    }

    /// Takes a range away.
    pub fn remove(&mut self, range: RangeInclusive<u16>) {
        range.filter_map(place).for_each(|(word, bit)| self.0[word] &= !bit);
    }
}

/// Which statuses stick tables count as what. The default: 400 to 499 as errors, the others from 500 on as failures, less
/// 501 and 505, which clients bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedStatuses {
    /// `http-err-codes`: errors of clients.
    pub errors: Statuses,
    /// `http-fail-codes`: failures of servers.
    pub failures: Statuses,
}

impl Default for CountedStatuses {
    fn default() -> Self {
        let (mut errors, mut failures) = (Statuses::default(), Statuses::default());
        errors.add(400..=499);
        failures.add(500..=599);
        failures.remove(501..=501);
        failures.remove(505..=505);
        CountedStatuses { errors, failures }
    }
}

fn place(status: u16) -> Option<(usize, u64)> {
    let at = usize::from(status.checked_sub(FIRST).filter(|_| status <= LAST)?);
    Some((at / 64, 1 << (at % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_ranges() {
        let mut set = Statuses::default();
        set.add(90..=101);
        set.add(163..=164);
        set.add(599..=700);
        set.remove(164..=164);
        let all: Vec<u16> = (0..1000).filter(|status| set.has(*status)).collect();
        assert_eq!(all, [100, 101, 163, 599]);
        let counted = CountedStatuses::default();
        assert!(counted.errors.has(400) && !counted.errors.has(500));
        assert!(counted.failures.has(500) && !counted.failures.has(501));
    }
}
