//! Searching eight bytes at a time in a register; what the hot path of the parser is made of.
//!
//! Every function answers the exact position of the first hit. The arithmetic borrows upwards only, and bytes are
//! loaded little-endian, so that the lowest flagged byte is always a true one.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Beyond this many bytes, `memchr` with its wide registers wins over its own set-up.
const SHORT_BYTES: usize = 64;

#[inline]
fn load(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|chunk| u64::from_le_bytes(*chunk))
}

/// Which byte of a word is flagged first; `flags` is not zero.
#[inline]
fn first(flags: u64) -> usize {
    (flags.trailing_zeros() / 8) as usize
}

/// Flags at each byte below `limit` (at most 0x80); exact for the lowest flag.
#[inline]
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGHS
}

/// The first `:` from `at` on.
#[inline]
pub(crate) fn find_colon(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    while let Some(word) = load(bytes, at) {
        let hits = below(word ^ ONES.wrapping_mul(0x3a), 1);
        if hits != 0 {
            return Some(at + first(hits));
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|&byte| byte == b':').map(|found| at + found)
}

/// The first CR, LF or NUL from `at` on, or `bytes.len()`.
#[inline]
pub(crate) fn find_line_stop(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    let wide_from = at + SHORT_BYTES;
    while at < wide_from {
        let Some(word) = load(bytes, at) else { return find_line_stop_by_byte(bytes, at) };
        let hits = below(word, 0x0e);
        if hits == 0 {
            at += 8;
            continue;
        }
        at += first(hits);
        if bytes.get(at).is_some_and(|&byte| is_line_stop(byte)) {
            return at;
        }
        at += 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr3(b'\r', b'\n', 0, rest).map_or(bytes.len(), |found| at + found)
}

#[cold]
fn find_line_stop_by_byte(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|&byte| is_line_stop(byte)).map_or(bytes.len(), |found| at + found)
}

fn is_line_stop(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// The first byte outside of 0x24..=0x7e from `at` on, or `bytes.len()`: everything that ends a request target or
/// needs a look in it (`!`, `"` and `#` included).
#[inline]
pub(crate) fn find_target_stop(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(word) = load(bytes, at) {
        let hits = below(word, 0x24) | ((word.wrapping_add(ONES) | word) & HIGHS);
        if hits != 0 {
            return at + first(hits);
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|&byte| !(0x24..=0x7e).contains(&byte)).map_or(bytes.len(), |found| at + found)
}

/// Whether `text` equals `lower`, which consists of lower-case letters, digits and `-` alone, when case is ignored.
///
/// Cheaper than `eq_ignore_ascii_case`: only places where `lower` has a letter may differ, and only in bit 0x20.
#[inline]
pub(crate) fn eq_lower(text: &[u8], lower: &[u8]) -> bool {
    if text.len() != lower.len() {
        return false;
    }
    let len = lower.len();
    if len < 8 {
        return eq_lower_short(text, lower);
    }
    let mut at = 0;
    while at + 8 < len {
        if !word_matches(text, lower, at) {
            return false;
        }
        at += 8;
    }
    word_matches(text, lower, len - 8)
}

#[inline]
fn eq_lower_short(text: &[u8], lower: &[u8]) -> bool {
    text.iter()
        .zip(lower)
        .all(|(&byte, &want)| byte == want || byte ^ 0x20 == want && want.is_ascii_lowercase())
}

#[inline]
fn word_matches(text: &[u8], lower: &[u8], at: usize) -> bool {
    let (Some(word), Some(want)) = (load(text, at), load(lower, at)) else { return false };
    let letters = (want & ONES.wrapping_mul(0x40)) >> 1;
    (word ^ want) & !letters == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_looking_at_each_byte(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..50) {
            let from = |want: &dyn Fn(u8) -> bool| {
                (at..bytes.len()).find(|&i| want(bytes[i]))
            };
            prop_assert_eq!(find_colon(&bytes, at), from(&|b| b == b':'));
            if at <= bytes.len() {
                prop_assert_eq!(find_line_stop(&bytes, at), from(&is_line_stop).unwrap_or(bytes.len()));
                prop_assert_eq!(
                    find_target_stop(&bytes, at),
                    from(&|b| !(0x24..=0x7e).contains(&b)).unwrap_or(bytes.len())
                );
            }
        }

        #[test]
        fn finds_in_plain_text(text in "[a-z:\t ]{0,120}[\r\n]?[a-z]{0,20}") {
            let bytes = text.as_bytes();
            let stop = bytes.iter().position(|&b| is_line_stop(b)).unwrap_or(bytes.len());
            prop_assert_eq!(find_line_stop(bytes, 0), stop);
        }

        #[test]
        fn compares_as_the_standard_library(text in "[a-zA-Z0-9-]{0,40}") {
            let lower = text.to_ascii_lowercase();
            prop_assert!(eq_lower(text.as_bytes(), lower.as_bytes()));
        }
    }

    #[test]
    fn case_folding_touches_letters_only() {
        assert!(!eq_lower(b"\rontent-", b"-ontent-"));
        assert!(!eq_lower(b"content\r", b"content-"));
        assert!(!eq_lower(b"t\x05", b"te"));
        assert!(eq_lower(b"CONTENT-LENGTH", b"content-length"));
    }
}
