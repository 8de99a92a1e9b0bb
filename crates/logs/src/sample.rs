//! `sample <ranges>:<size>`: which messages out of every `size` a logger sends (manual, `log`).
//!
//! Positions count from 1. The ranges are what the text says; the position of the running message is the logger's.

use base::bytes::parse_decimal;
use std::ops::RangeInclusive;

/// Why the text of a `sample` is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// There is no `:<size>`.
    #[error("missing sample size")]
    NoSize,
    /// There is no range before the `:`.
    #[error("no sampling ranges given")]
    NoRanges,
    /// A range is not a number or `low-high`, is 0, or goes backwards. Holds the rest of the text from there on.
    #[error("wrong sample range '{0}'")]
    Range(String),
    /// A range begins or ends inside one before it.
    #[error("ranges are overlapping")]
    Overlap,
    /// The size is 0 or not a number. Holds the size as written.
    #[error("wrong sample size '{0}'")]
    Size(String),
    /// The size is smaller than the end of a range.
    #[error("sample size {size} should be greater or equal to {high}, the end of the last range")]
    SizeTooSmall {
        /// The size as written.
        size: u32,
        /// The largest end of a range.
        high: u32,
    },
}

/// The checked ranges and size of a `sample`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    ranges: Vec<RangeInclusive<u32>>,
    size: u32,
}

impl Sample {
    /// Parses `1,3-5:10`. As in HAProxy a comma may end the list, and a range that encloses an earlier one passes.
    ///
    /// # Errors
    /// What is wrong with the text, worded for the operator.
    pub fn parse(text: &[u8]) -> Result<Sample, SampleError> {
        let colon = text.iter().position(|byte| *byte == b':').ok_or(SampleError::NoSize)?;
        let (list, size_text) = (&text[..colon], &text[colon + 1..]);
        let ranges = parse_ranges(list)?;
        let high = ranges.iter().map(|range| *range.end()).max().ok_or(SampleError::NoRanges)?;
        let size = positive(size_text).ok_or_else(|| SampleError::Size(lossy(size_text)))?;
        if size < high {
            return Err(SampleError::SizeTooSmall { size, high });
        }
        Ok(Sample { ranges, size })
    }

    /// Whether the message with this running number, counted from 0, is to be sent.
    #[must_use]
    pub fn has(&self, running: u64) -> bool {
        let position = u32::try_from(running % u64::from(self.size)).map_or(0, |index| index + 1);
        self.ranges.iter().any(|range| range.contains(&position))
    }
}

fn parse_ranges(list: &[u8]) -> Result<Vec<RangeInclusive<u32>>, SampleError> {
    let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
        let range = parse_range(&rest[..end]).ok_or_else(|| SampleError::Range(lossy(rest)))?;
        if ranges.iter().any(|before| before.contains(range.start()) || before.contains(range.end())) {
            return Err(SampleError::Overlap);
        }
        ranges.push(range);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(ranges)
}

fn parse_range(text: &[u8]) -> Option<RangeInclusive<u32>> {
    match text.iter().position(|byte| *byte == b'-') {
        None => positive(text).map(|only| only..=only),
        Some(dash) => {
            let (low, high) = (positive(&text[..dash])?, positive(&text[dash + 1..])?);
            (low < high).then_some(low..=high)
        }
    }
}

fn positive(text: &[u8]) -> Option<u32> {
    parse_decimal(text).and_then(|n| u32::try_from(n).ok()).filter(|n| *n != 0)
}

fn lossy(text: &[u8]) -> String {
    base::Lossy(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &[u8], count: u64) -> Vec<u64> {
        let sample = Sample::parse(text).unwrap();
        (0..count).filter(|running| sample.has(*running)).map(|running| running + 1).collect()
    }

    #[test]
    fn ranges_repeat_with_the_size() {
        assert_eq!(taken(b"1,3-5:6", 12), [1, 3, 4, 5, 7, 9, 10, 11]);
        assert_eq!(taken(b"4,1:4", 8), [1, 4, 5, 8]);
        assert_eq!(taken(b"1:1", 3), [1, 2, 3]);
        assert_eq!(taken(b"2,:2", 4), [2, 4]);
    }

    #[test]
    fn wrong_texts_say_what_is_wrong() {
        let error = |text: &[u8]| Sample::parse(text).unwrap_err();
        assert_eq!(error(b"1-3"), SampleError::NoSize);
        assert_eq!(error(b":10"), SampleError::NoRanges);
        assert_eq!(error(b"1,0:10"), SampleError::Range("0".into()));
        assert_eq!(error(b"5-3,7:10"), SampleError::Range("5-3,7".into()));
        assert_eq!(error(b",1:10"), SampleError::Range(",1".into()));
        assert_eq!(error(b"1x:10"), SampleError::Range("1x".into()));
        assert_eq!(error(b"1-4,4:10"), SampleError::Overlap);
        assert_eq!(error(b"1:"), SampleError::Size(String::new()));
        assert_eq!(error(b"1:99999999999"), SampleError::Size("99999999999".into()));
        assert_eq!(error(b"1-4:3"), SampleError::SizeTooSmall { size: 3, high: 4 });
    }
}
