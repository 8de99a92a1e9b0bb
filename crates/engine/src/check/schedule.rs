//! When checks are made: intervals, and how they are spread so that not all servers are asked at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use config::Global;
use config::model::CheckConfig;
use state::check::HealthCount;
use state::server::Health;

/// Checks with shorter intervals do not dictate how the first ones are spread.
const SPREAD_INTERVAL_MIN: Duration = Duration::from_secs(1);

/// The time to the next check of a server in this state: `inter` when it is fully up, `downinter` when it is fully
/// down, `fastinter` in between.
pub(super) fn interval(check: &CheckConfig, health: HealthCount, server: Health) -> Duration {
    if health.now == health.full() {
        return check.inter;
    }
    if server == Health::Down && health.now == 0 {
        return check.downinter.unwrap_or(check.inter);
    }
    check.fastinter.unwrap_or(check.inter)
}

/// The interval at the start, when a server is up and one failure away from being down.
fn first_interval(check: &CheckConfig) -> Duration {
    let health = HealthCount { now: check.rise.max(1), rise: check.rise.max(1), fall: check.fall.max(1) };
    interval(check, health, Health::Up)
}

/// `interval` longer or shorter by up to `percent` (`spread-checks`), as `random` (0 to `u32::MAX`) says.
pub(super) fn spread(interval: Duration, percent: u32, random: u32) -> Duration {
    let span =
        i64::try_from(interval.as_millis()).unwrap_or(i64::MAX / 1000).saturating_mul(i64::from(percent))
            / 100;
    let share = i128::from(span) * 2 * i128::from(random) / i128::from(u32::MAX);
    let offset = span - i64::try_from(share).unwrap_or(0);
    let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).saturating_add(offset);
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A number for [`spread`].
pub(super) fn random() -> u32 {
    u32::try_from(RandomState::new().hash_one(0u8) >> 32).unwrap_or(0)
}

/// Spreads the first checks over the shortest interval that is a second or more: each server has its place in it.
pub(super) struct FirstChecks {
    shortest: Duration,
    count: u32,
    percent: u32,
    max: Option<Duration>,
}

impl FirstChecks {
    /// For all checks there are.
    pub(super) fn new<'c>(checks: impl Iterator<Item = &'c CheckConfig>, global: &Global) -> Self {
        let intervals: Vec<Duration> = checks.map(first_interval).collect();
        let shortest = intervals.iter().filter(|interval| **interval >= SPREAD_INTERVAL_MIN).min();
        FirstChecks {
            shortest: shortest.copied().unwrap_or_default(),
            count: u32::try_from(intervals.len()).unwrap_or(u32::MAX).max(1),
            percent: global.spread_checks,
            max: global.max_spread_checks,
        }
    }

    /// How long after the start the check at `position` begins.
    pub(super) fn delay(&self, position: usize, check: &CheckConfig) -> Duration {
        let mut over = self.shortest.max(first_interval(check));
        if self.percent > 0 {
            over = spread(over, self.percent, random());
        }
        if let Some(max) = self.max.filter(|max| !max.is_zero()) {
            over = over.min(max);
        }
        over.saturating_mul(u32::try_from(position).unwrap_or(u32::MAX)) / self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inter_ms: u64) -> CheckConfig {
        CheckConfig {
            inter: Duration::from_millis(inter_ms),
            fastinter: Some(Duration::from_millis(10)),
            downinter: Some(Duration::from_millis(99)),
            ..CheckConfig::default()
        }
    }

    #[test]
    fn intervals_follow_health() {
        let millis =
            |now, server| interval(&check(2000), HealthCount { now, rise: 2, fall: 3 }, server).as_millis();
        assert_eq!(millis(4, Health::Up), 2000);
        assert_eq!(millis(3, Health::Up), 10);
        assert_eq!(millis(2, Health::Up), 10);
        assert_eq!(millis(1, Health::Down), 10);
        assert_eq!(millis(0, Health::Down), 99);
        let plain = CheckConfig { fastinter: None, downinter: None, ..check(500) };
        let health = HealthCount { now: 0, rise: 2, fall: 3 };
        assert_eq!(interval(&plain, health, Health::Down).as_millis(), 500);
    }

    #[test]
    fn spreading_goes_both_ways() {
        let second = Duration::from_secs(1);
        assert_eq!(spread(second, 10, 0).as_millis(), 1100);
        assert_eq!(spread(second, 10, u32::MAX).as_millis(), 900);
        assert_eq!(spread(second, 0, 77), second);
        assert_eq!(spread(second, 50, u32::MAX / 2).as_millis(), 1001);
    }

    #[test]
    fn first_checks_share_the_shortest_interval() {
        let slow = CheckConfig { fastinter: None, ..check(4000) };
        let fast = CheckConfig { fastinter: None, ..check(2000) };
        let tiny = CheckConfig { fastinter: None, ..check(100) };
        let all = [&slow, &fast, &tiny, &tiny];
        let first = FirstChecks::new(all.into_iter(), &Global::default());
        let delays: Vec<u128> =
            all.iter().enumerate().map(|(i, check)| first.delay(i, check).as_millis()).collect();
        assert_eq!(delays, [0, 500, 1000, 1500]);
        let global = Global { max_spread_checks: Some(Duration::from_millis(400)), ..Global::default() };
        let first = FirstChecks::new(all.into_iter(), &global);
        assert_eq!(first.delay(3, &slow).as_millis(), 300);
    }
}
