//! Byte strings: peers and files send bytes, not characters.

use std::fmt;
use std::io::Write as _;
use std::net::IpAddr;

/// Shows a byte string to people: valid UTF-8 as it is, control characters and the rest as `\xNN`.
#[derive(Clone, Copy)]
pub struct Lossy<'a>(pub &'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() { write!(f, "\\x{:02x}", u32::from(c))? } else { write!(f, "{c}")? }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The decimal digits of 0 to 99, two bytes each.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

/// Appends `n` in decimal to `out` without going through `core::fmt`, which costs ten times as much on the
/// request path.
pub fn push_decimal(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    while rest >= 100 {
        at -= 2;
        let pair = pair_at(rest % 100);
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        rest /= 100;
    }
    let pair = pair_at(rest);
    if rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        digits[at] = PAIRS[pair + 1];
    }
    out.extend_from_slice(&digits[at..]);
}

/// Where the digits of `n`, which is below 100, stand in [`PAIRS`].
#[expect(clippy::cast_possible_truncation, reason = "below 100 by contract, and masked to the table")]
fn pair_at(n: u64) -> usize {
    (n as usize % 100) * 2
}

/// Appends an address in its usual notation.
pub fn push_ip(out: &mut Vec<u8>, ip: IpAddr) {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            push_decimal(out, i64::from(a));
            for byte in [b, c, d] {
                out.push(b'.');
                push_decimal(out, i64::from(byte));
            }
        }
        IpAddr::V6(v6) => {
            // Writing to a vector does not fail.
            let _ = write!(out, "{v6}");
        }
    }
}

/// Parses an unsigned decimal number that fills the whole of `text`; `None` on anything else or on overflow.
#[must_use]
pub fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |n, byte| match byte {
        b'0'..=b'9' => n.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// The integer that `text` begins with, an optional sign and digits, and how many bytes it takes; 0 and the sign's
/// length when there are no digits. A number beyond 64 bits becomes the nearest one that fits.
#[must_use]
pub fn leading_int(text: &[u8]) -> (i64, usize) {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let is_negative = text.first() == Some(&b'-');
    let digits = text[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[sign..sign + digits].iter().fold(0i64, |n, byte| {
        let digit = i64::from(byte - b'0');
        n.saturating_mul(10).saturating_add(if is_negative { -digit } else { digit })
    });
    (number, sign + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_goes_both_ways() {
        for n in [0i64, 7, 10, 99, 100, 101, 999, 1000, 65535, i64::MAX, -1, -10, i64::MIN] {
            let mut out = Vec::new();
            push_decimal(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
        }
        assert_eq!(parse_decimal(b"0042"), Some(42));
        assert_eq!(parse_decimal(b""), None);
        assert_eq!(parse_decimal(b"12a"), None);
        assert_eq!(parse_decimal(b"99999999999999999999"), None);
    }

    #[test]
    fn leading_integers_stop_where_digits_do() {
        assert_eq!(leading_int(b"12ab"), (12, 2));
        assert_eq!(leading_int(b"-7"), (-7, 2));
        assert_eq!(leading_int(b"+"), (0, 1));
        assert_eq!(leading_int(b""), (0, 0));
        assert_eq!(leading_int(b"99999999999999999999"), (i64::MAX, 20));
        assert_eq!(leading_int(b"-9223372036854775808"), (i64::MIN, 20));
    }

    #[test]
    fn lossy_escapes_what_does_not_print() {
        assert_eq!(Lossy(b"a\r\xffb\xc3\xa9").to_string(), "a\\x0d\\xffb\u{e9}");
    }
}
