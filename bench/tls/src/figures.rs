//! Figures of several rounds: medians, ranges, ratios.

use std::collections::BTreeMap;

/// Figures of one round by name.
pub(crate) type Round = BTreeMap<&'static str, f64>;

/// What one program came to in a scenario.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) program: String,
    /// A lost round is `None`, so that rounds keep their numbers.
    pub(crate) rounds: Vec<Option<Round>>,
    /// What went wrong, each with its count.
    pub(crate) errors: BTreeMap<String, usize>,
    /// Why the program was not measured at all.
    pub(crate) unsupported: Option<String>,
}

impl Outcome {
    /// A figure's values in the rounds that count.
    pub(crate) fn values(&self, name: &str) -> Vec<f64> {
        self.rounds.iter().flatten().filter_map(|round| round.get(name).copied()).collect()
    }

    /// This program's figure over the other's, round by round.
    pub(crate) fn ratios(&self, other: &Outcome, name: &str) -> Vec<f64> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let both = pairs.filter_map(|(a, b)| Some((*a.as_ref()?.get(name)?, *b.as_ref()?.get(name)?)));
        both.filter(|(_, b)| *b > 0.0).map(|(a, b)| a / b).collect()
    }
}

/// Median and range of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Summary {
    /// `None` without a value.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Summary> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Some(Summary { median, min, max })
    }
}

/// A count or a number of bytes as a figure.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn figure(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(values: &[Option<f64>]) -> Outcome {
        let round = |value: &Option<f64>| value.map(|value| Round::from([("x", value)]));
        Outcome { rounds: values.iter().map(round).collect(), ..Outcome::default() }
    }

    #[test]
    fn medians() {
        assert_eq!(Summary::of(Vec::new()), None);
        assert_eq!(Summary::of(vec![3.0, 1.0, 2.0]), Some(Summary { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Summary::of(vec![4.0, 1.0]), Some(Summary { median: 2.5, min: 1.0, max: 4.0 }));
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let ours = outcome(&[Some(1.0), None, Some(6.0), Some(5.0)]);
        let theirs = outcome(&[Some(2.0), Some(9.0), Some(3.0), Some(0.0)]);
        assert_eq!(ours.ratios(&theirs, "x"), [0.5, 2.0]);
        assert_eq!(ours.values("x"), [1.0, 6.0, 5.0]);
    }
}
