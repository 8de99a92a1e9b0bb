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

/// The decimal digits of 0 to 999, the first in the lowest byte; how many they are, in the highest.
static SMALL: [u32; 1000] = small();

const fn small() -> [u32; 1000] {
    let mut table = [0; 1000];
    let mut n = 0;
    while n < 1000 {
        let [hundreds, tens, ones] = [n / 100, n / 10 % 10, n % 10];
        table[n as usize] = match n {
            0..10 => 0x0100_0030 | ones,
            10..100 => 0x0200_3030 | ones << 8 | tens,
            _ => 0x0330_3030 | ones << 16 | tens << 8 | hundreds,
        };
        n += 1;
    }
    table
}

/// At most eight bytes, in a register. Appending them stores all eight and takes back what is too much, which costs a
/// fraction of copying just enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Short {
    /// The first one is the lowest; those beyond `len` are 0.
    bytes: u64,
    len: usize,
}

impl Short {
    /// `text`, unless it is longer than eight bytes.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Short> {
        let mut bytes = [0; 8];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Short { bytes: u64::from_le_bytes(bytes), len: text.len() })
    }

    /// `n` in decimal if it is one of 0 to 999.
    #[must_use]
    #[inline]
    pub fn decimal(n: i64) -> Option<Short> {
        SMALL.get(usize::try_from(n).ok()?).map(|digits| Short::unpacked(*digits))
    }

    /// An element of [`SMALL`].
    #[inline]
    fn unpacked(digits: u32) -> Short {
        Short { bytes: u64::from(digits & 0xff_ffff), len: (digits >> 24) as usize }
    }

    /// Both in one; `None` when that is more than eight bytes.
    #[must_use]
    #[inline]
    pub fn then(self, next: Short) -> Option<Short> {
        let len = self.len + next.len;
        // Shifting by all 64 bits would be shifting by none; then what follows is empty, which is 0.
        (len <= 8).then(|| Short { bytes: self.bytes | next.bytes << (8 * self.len % 64), len })
    }

    /// Appends it to `out`.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.truncate(end);
    }
}

impl From<[u8; 4]> for Short {
    #[inline]
    fn from(bytes: [u8; 4]) -> Short {
        Short { bytes: u64::from(u32::from_le_bytes(bytes)), len: 4 }
    }
}

/// Appends `n` in decimal to `out` without going through `core::fmt`, which costs ten times as much on the
/// request path.
#[inline]
pub fn push_decimal(out: &mut Vec<u8>, n: i64) {
    match Short::decimal(n) {
        Some(digits) => digits.push(out),
        None => push_large(out, n),
    }
}

/// A number from 1000 to 999999, as ports, process ids and most counts of bytes are.
fn medium_decimal(n: i64) -> Option<Short> {
    let thousands = Short::decimal(n / 1000)?;
    let rest = usize::try_from(n % 1000).ok()?;
    let (hundreds, pair) = (PAIRS[rest / 100 * 2 + 1], rest % 100 * 2);
    let rest = u32::from_le_bytes([hundreds, PAIRS[pair], PAIRS[pair + 1], 0]);
    thousands.then(Short { bytes: u64::from(rest), len: 3 })
}

/// What [`Short::decimal`] cannot do.
fn push_large(out: &mut Vec<u8>, n: i64) {
    if let Some(digits) = medium_decimal(n) {
        return digits.push(out);
    }
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
            for octet in [a, b, c] {
                let digits = Short::unpacked(SMALL[usize::from(octet)]);
                let bytes = digits.bytes | u64::from(b'.') << (8 * digits.len);
                Short { bytes, len: digits.len + 1 }.push(out);
            }
            push_decimal(out, i64::from(d));
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
        for n in (0..2000).chain([
            10_000,
            65535,
            999_099,
            999_999,
            1_000_000,
            1_000_001,
            i64::MAX,
            -1,
            -10,
            i64::MIN,
        ]) {
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
    fn short_texts_are_joined_up_to_eight_bytes() {
        let text = b"abcdefghi";
        assert_eq!(Short::of(text), None);
        for (cut, end) in (0..=8).flat_map(|end| (0..=end).map(move |cut| (cut, end))) {
            let both = Short::of(&text[..cut]).unwrap().then(Short::of(&text[cut..end]).unwrap()).unwrap();
            let mut out = b"x".to_vec();
            both.push(&mut out);
            assert_eq!(out, [b"x", &text[..end]].concat());
        }
        assert_eq!(Short::of(b"123456").unwrap().then(Short::decimal(100).unwrap()), None);
    }

    #[test]
    fn addresses_of_every_length() {
        for ip in ["0.0.0.0", "10.2.30.255", "255.255.255.255", "192.168.100.9", "::1", "2001:db8::ff"] {
            let mut out = Vec::new();
            push_ip(&mut out, ip.parse().unwrap());
            assert_eq!(out, ip.as_bytes());
        }
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
