//! Content-Length values (RFC 9110 section 8.6): plain decimals, repeated ones must be equal.
//!
//! A list of equal values (`5, 5`) and several fields with equal values count as one. Everything else that is not
//! one number is refused, because two readers could take two lengths from it.

use std::ops::Range;

use crate::chars;

/// What all Content-Length fields of a message say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentLengths {
    length: Option<u64>,
}

/// What becomes of one Content-Length field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the first one and stays; its value is narrowed to this part (its last number without leading zeros).
    Keep(Range<usize>),
    /// It repeats an earlier one and goes.
    Drop,
}

impl ContentLengths {
    /// The length found so far, in bytes.
    pub fn length(self) -> Option<u64> {
        self.length
    }

    /// Takes another field value into account; `None` when the message is to be refused.
    pub fn add(&mut self, value: &[u8]) -> Option<Verdict> {
        let repeats = self.length.is_some();
        if !repeats && let Some(length) = plain_length(value) {
            self.length = Some(length);
            return Some(Verdict::Keep(0..value.len()));
        }
        let mut at = 0;
        loop {
            let (length, digits, end) = one_length(value, at)?;
            if self.length.is_some_and(|other| other != length) {
                return None;
            }
            self.length = Some(length);
            if end == value.len() {
                return Some(if repeats { Verdict::Drop } else { Verdict::Keep(digits) });
            }
            at = end + 1;
        }
    }
}

/// The common form: at most 18 digits, the first not 0 unless it is alone. Anything else is left to `one_length`.
#[inline]
fn plain_length(value: &[u8]) -> Option<u64> {
    match value {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] if value.len() <= 18 => value
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'))),
        _ => None,
    }
}

/// The number at `from`: its value, where its significant digits lie, and where its comma or the end is.
fn one_length(value: &[u8], from: usize) -> Option<(u64, Range<usize>, usize)> {
    let mut at = from + blanks(value, from);
    let mut start = at;
    let mut length = 0u64;
    while let Some(digit) = value.get(at).filter(|byte| byte.is_ascii_digit()) {
        if length == 0 {
            start = at;
        }
        length = length.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        at += 1;
    }
    if at == start {
        return None;
    }
    let digits = start..at;
    at += blanks(value, at);
    matches!(value.get(at), None | Some(b',')).then_some((length, digits, at))
}

fn blanks(value: &[u8], from: usize) -> usize {
    let rest = value.get(from..).unwrap_or_default();
    rest.iter().take_while(|&&byte| chars::is_space(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> Option<(u64, String)> {
        let mut lengths = ContentLengths::default();
        let Verdict::Keep(part) = lengths.add(value.as_bytes())? else { panic!("the first is kept") };
        Some((lengths.length().unwrap(), value[part].to_string()))
    }

    #[test]
    fn accepted() {
        for (value, length, part) in [
            ("0", 0, "0"),
            ("42", 42, "42"),
            (" 42 ", 42, "42"),
            ("0042", 42, "42"),
            ("000", 0, "0"),
            ("5, 5 ,05", 5, "5"),
            ("18446744073709551615", u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(one(value), Some((length, part.to_string())), "{value:?}");
        }
    }

    #[test]
    fn refused() {
        for value in [
            "",
            " ",
            "a",
            "-1",
            "+1",
            "1a",
            "1 2",
            "0,",
            ",0",
            "1,,1",
            "5, 6",
            "0x5",
            "1.0",
            "18446744073709551616",
        ] {
            assert_eq!(one(value), None, "{value:?}");
        }
    }

    #[test]
    fn several_fields() {
        let mut lengths = ContentLengths::default();
        assert_eq!(lengths.add(b"5"), Some(Verdict::Keep(0..1)));
        assert_eq!(lengths.add(b"5"), Some(Verdict::Drop));
        assert_eq!(lengths.add(b"6"), None);
    }
}
