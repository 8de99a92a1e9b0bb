//! Durations and sizes in HAProxy's notation (configuration manual, chapters 2.5 "Time format" and 2.6 "Size format").

use std::fmt;
use std::time::Duration;

/// The unit of a number that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Microseconds.
    Micros,
    /// Milliseconds, the usual default.
    Millis,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
}

impl TimeUnit {
    fn micros(self) -> u64 {
        match self {
            TimeUnit::Micros => 1,
            TimeUnit::Millis => 1_000,
            TimeUnit::Seconds => 1_000_000,
            TimeUnit::Minutes => 60_000_000,
            TimeUnit::Hours => 3_600_000_000,
            TimeUnit::Days => 86_400_000_000,
        }
    }
}

/// Why a duration or a size could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitError {
    /// It does not begin with a digit.
    NoNumber,
    /// A character at this offset is neither digit nor unit.
    Unexpected {
        /// Offset in bytes.
        at: usize,
    },
    /// Larger than HAProxy's limit of 2^31-1 of its internal unit.
    TooLarge,
    /// Not zero, but less than one of the internal unit (as `500us` where milliseconds count).
    TooSmall,
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitError::NoNumber => f.write_str("it does not begin with a number"),
            UnitError::Unexpected { at } => write!(f, "unexpected character at offset {at}"),
            UnitError::TooLarge => f.write_str("it is too large"),
            UnitError::TooSmall => f.write_str("it is less than the smallest unit"),
        }
    }
}

impl std::error::Error for UnitError {}

fn leading_digits(text: &[u8]) -> Result<(u64, &[u8]), UnitError> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return Err(UnitError::NoNumber);
    }
    let number = crate::bytes::parse_decimal(&text[..digits]).ok_or(UnitError::TooLarge)?;
    Ok((number, &text[digits..]))
}

/// The unit that `suffix` begins with. HAProxy does not look at what follows (`15min`, `10sec`).
fn time_unit(suffix: &[u8]) -> Option<TimeUnit> {
    match suffix {
        [b'u', b's', ..] => Some(TimeUnit::Micros),
        [b'm', b's', ..] => Some(TimeUnit::Millis),
        [b's', ..] => Some(TimeUnit::Seconds),
        [b'm', ..] => Some(TimeUnit::Minutes),
        [b'h', ..] => Some(TimeUnit::Hours),
        [b'd', ..] => Some(TimeUnit::Days),
        _ => None,
    }
}

/// Whether the unit of a duration is spelt exactly, or missing.
#[must_use]
pub fn has_exact_unit(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    matches!(&text[digits..], b"" | b"us" | b"ms" | b"s" | b"m" | b"h" | b"d")
}

/// Reads a duration such as `10s`, `500ms` or `30` (then in `default` units), to the millisecond, rounded up as
/// HAProxy does. At most 2^31-1 ms (24.8 days).
///
/// # Errors
/// [`UnitError`] says what is wrong; the caller knows where the word stands.
pub fn parse_duration(text: &[u8], default: TimeUnit) -> Result<Duration, UnitError> {
    let micros = parse_micros(text, default)?;
    let millis = micros.div_ceil(1_000);
    if micros > 0 && micros < 1_000 {
        return Err(UnitError::TooSmall);
    }
    if millis > 0x7fff_ffff {
        return Err(UnitError::TooLarge);
    }
    Ok(Duration::from_millis(millis))
}

/// Reads a duration to the microsecond, without the limit of [`parse_duration`].
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_micros(text: &[u8], default: TimeUnit) -> Result<u64, UnitError> {
    let (number, suffix) = leading_digits(text)?;
    let unit = if suffix.is_empty() {
        default
    } else {
        time_unit(suffix).ok_or(UnitError::Unexpected { at: text.len() - suffix.len() })?
    };
    number.checked_mul(unit.micros()).ok_or(UnitError::TooLarge)
}

/// Reads a size in bytes: a number and an optional `k`, `m` or `g` (powers of 1024, either case).
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_size(text: &[u8]) -> Result<u64, UnitError> {
    let (number, suffix) = leading_digits(text)?;
    let shift = match suffix {
        b"" => 0,
        b"k" | b"K" => 10,
        b"m" | b"M" => 20,
        b"g" | b"G" => 30,
        _ => return Err(UnitError::Unexpected { at: text.len() - suffix.len() }),
    };
    number.checked_mul(1 << shift).ok_or(UnitError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_unit() {
        for (text, ms) in [("0", 0), ("5", 5), ("5ms", 5), ("1500us", 2), ("3s", 3_000), ("2m", 120_000)] {
            let got = parse_duration(text.as_bytes(), TimeUnit::Millis);
            assert_eq!(got, Ok(Duration::from_millis(ms)), "{text}");
        }
        assert_eq!(parse_duration(b"1d", TimeUnit::Millis), Ok(Duration::from_secs(86_400)));
        assert_eq!(parse_duration(b"10", TimeUnit::Seconds), Ok(Duration::from_secs(10)));
    }

    #[test]
    fn what_follows_a_unit_is_not_looked_at() {
        assert_eq!(parse_duration(b"15min", TimeUnit::Millis), Ok(Duration::from_secs(900)));
        assert_eq!(parse_duration(b"10msec", TimeUnit::Seconds), Ok(Duration::from_millis(10)));
        assert!(has_exact_unit(b"15m") && has_exact_unit(b"15") && !has_exact_unit(b"15min"));
    }

    #[test]
    fn durations_that_are_wrong() {
        assert_eq!(parse_duration(b"s", TimeUnit::Millis), Err(UnitError::NoNumber));
        assert_eq!(parse_duration(b"10x", TimeUnit::Millis), Err(UnitError::Unexpected { at: 2 }));
        assert_eq!(parse_duration(b"500us", TimeUnit::Millis), Err(UnitError::TooSmall));
        assert_eq!(parse_duration(b"30d", TimeUnit::Millis), Err(UnitError::TooLarge));
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size(b"16k"), Ok(16_384));
        assert_eq!(parse_size(b"1G"), Ok(1 << 30));
        assert_eq!(parse_size(b"12"), Ok(12));
        assert_eq!(parse_size(b"12kb"), Err(UnitError::Unexpected { at: 2 }));
    }
}
