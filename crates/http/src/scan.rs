//! Searching eight bytes at a time in a register; what the hot path of the parser is made of.
//!
//! Every function answers the exact position of the first hit. The arithmetic borrows upwards only, and bytes are
//! loaded little-endian, so that the lowest flagged byte is always a true one.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Beyond this many bytes, `memchr` with its wide registers wins over its own set-up.
const SHORT_BYTES: usize = 96;

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

/// The index of the first byte that `flag` flags in its word, or that `matches` accepts in the last bytes.
#[inline(always)]
fn find(bytes: &[u8], flag: impl Fn(u64) -> u64, matches: impl Fn(u8) -> bool) -> Option<usize> {
    let mut rest = bytes;
    while let Some((pair, tail)) = rest.split_first_chunk::<16>() {
        let pair = u128::from_le_bytes(*pair);
        #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
        let (low, high) = (flag(pair as u64), flag((pair >> 64) as u64));
        if low | high != 0 {
            let found = if low == 0 { 8 + first(high) } else { first(low) };
            return Some(bytes.len() - rest.len() + found);
        }
        rest = tail;
    }
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        let hits = flag(u64::from_le_bytes(*word));
        if hits != 0 {
            return Some(bytes.len() - rest.len() + first(hits));
        }
        rest = tail;
    }
    let found = rest.iter().position(|&byte| matches(byte))?;
    Some(bytes.len() - rest.len() + found)
}

/// The first `:`.
#[inline]
pub(crate) fn find_colon(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| below(word ^ ONES.wrapping_mul(0x3a), 1), |byte| byte == b':')
}

/// The first CR, LF or NUL.
#[inline]
pub(crate) fn find_line_stop(bytes: &[u8]) -> Option<usize> {
    let near = bytes.get(..SHORT_BYTES).unwrap_or(bytes);
    match find(near, |word| below(word, 0x0e), |byte| byte < 0x0e) {
        Some(found) if is_line_stop(near[found]) => Some(found),
        Some(found) => find_far_line_stop(bytes, found + 1),
        None if near.len() == bytes.len() => None,
        None => find_far_line_stop(bytes, near.len()),
    }
}

fn find_far_line_stop(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr3(b'\r', b'\n', 0, bytes.get(from..)?).map(|found| from + found)
}

#[inline]
fn is_line_stop(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// The first byte outside of 0x24..=0x7e: everything that ends a request target or needs a look in it (`!`, `"` and
/// `#` included).
#[inline]
pub(crate) fn find_target_stop(bytes: &[u8]) -> Option<usize> {
    let outside = |word: u64| below(word, 0x24) | ((word.wrapping_add(ONES) | word) & HIGHS);
    find(bytes, outside, |byte| !(0x24..=0x7e).contains(&byte))
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

/// As [`eq_lower`] below eight bytes; four and more are compared as two words that overlap.
#[inline]
fn eq_lower_short(text: &[u8], lower: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>())
        && let (Some(first_wanted), Some(last_wanted)) = (lower.first_chunk::<4>(), lower.last_chunk::<4>())
    {
        return half_matches(*first, *first_wanted) && half_matches(*last, *last_wanted);
    }
    text.iter()
        .zip(lower)
        .all(|(&byte, &want)| byte == want || byte ^ 0x20 == want && want.is_ascii_lowercase())
}

#[inline]
fn half_matches(text: [u8; 4], lower: [u8; 4]) -> bool {
    let (word, want) = (u32::from_le_bytes(text), u32::from_le_bytes(lower));
    let letters = (want & 0x4040_4040) >> 1;
    (word ^ want) & !letters == 0
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
        fn agrees_with_looking_at_each_byte(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let find = |want: &dyn Fn(u8) -> bool| bytes.iter().position(|&byte| want(byte));
            prop_assert_eq!(find_colon(&bytes), find(&|byte| byte == b':'));
            prop_assert_eq!(find_line_stop(&bytes), find(&is_line_stop));
            prop_assert_eq!(find_target_stop(&bytes), find(&|byte| !(0x24..=0x7e).contains(&byte)));
        }

        #[test]
        fn finds_in_plain_text(text in "[a-z:\t ]{0,120}[\r\n]?[a-z]{0,20}") {
            let bytes = text.as_bytes();
            prop_assert_eq!(find_line_stop(bytes), bytes.iter().position(|&byte| is_line_stop(byte)));
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
