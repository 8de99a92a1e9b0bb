//! The eight bytes at either end of a text, as words: what tells nearly every text from a pattern by one comparison.

use super::Case;

/// How many bytes stand in a word.
const WORD_BYTES: usize = 8;

/// The end of a text that a pattern is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}

/// What a text begins and ends with, with its case and without.
#[derive(Debug, Clone, Copy)]
pub struct Ends([u64; 4]);

impl Ends {
    /// The ends of `text`.
    #[must_use]
    pub fn of(text: &[u8]) -> Ends {
        let (front, back) = (word(End::Front, text), word(End::Back, text));
        Ends([front, back, lower(front), lower(back)])
    }
}

/// The bytes that a pattern has at one of its ends, eight at most: a text without them does not match it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Which of the words of [`Ends`].
    place: u8,
    mask: u64,
    bits: u64,
}

impl Mark {
    /// The mark of `pattern`, which texts have at `end`.
    pub(super) fn new(end: End, case: Case, pattern: &[u8]) -> Mark {
        let place = u8::from(end == End::Back) + 2 * u8::from(case == Case::Insensitive);
        let all = [0xff; WORD_BYTES];
        let mask = word(end, &all[..pattern.len().min(WORD_BYTES)]);
        Mark { place, mask, bits: word_in(end, case, pattern) }
    }

    /// Whether `word` of a text has it; see [`word_in`].
    #[inline]
    pub(super) fn is_in_word(&self, word: u64) -> bool {
        word & self.mask == self.bits
    }

    /// Whether a text with these ends has it.
    #[must_use]
    #[inline]
    pub fn is_in(&self, ends: &Ends) -> bool {
        ends.0.get(usize::from(self.place)).is_some_and(|word| self.is_in_word(*word))
    }
}

/// As [`word`], in small letters where case does not count.
#[inline]
pub(super) fn word_in(end: End, case: Case, text: &[u8]) -> u64 {
    match case {
        Case::Sensitive => word(end, text),
        Case::Insensitive => lower(word(end, text)),
    }
}

/// The eight bytes of `text` at `end`, those that it lacks being 0; the byte at that end is the lowest of the front, the
/// highest of the back.
#[inline]
fn word(end: End, text: &[u8]) -> u64 {
    match end {
        End::Front => match text.first_chunk::<WORD_BYTES>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => short(text),
        },
        End::Back => match text.last_chunk::<WORD_BYTES>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => short(text) << unused_bits(text),
        },
    }
}

/// Less than a word.
fn short(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// How far the bytes of a text shorter than a word move to stand at the word's high end.
fn unused_bits(text: &[u8]) -> u32 {
    // A shift by all 64 bits, for an empty text, would overflow; nothing is moved then.
    u32::try_from((WORD_BYTES - text.len()) * 8).unwrap_or(0) % u64::BITS
}

/// Eight bytes with their ASCII capitals made small.
#[inline]
fn lower(bits: u64) -> u64 {
    // In every byte at once: below 128 nothing is carried into the next one.
    let all = |byte: u8| u64::from_le_bytes([byte; WORD_BYTES]);
    let low = bits & all(0x7f);
    let (from_a, behind_z) = (low + all(0x80 - b'A'), low + all(0x7f - b'Z'));
    let capitals = from_a & !behind_z & !bits & all(0x80);
    bits | capitals >> 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn capitals_become_small_and_nothing_else_changes(bytes: [u8; 8]) {
            let small = bytes.map(|byte| byte.to_ascii_lowercase());
            prop_assert_eq!(lower(u64::from_le_bytes(bytes)).to_le_bytes(), small);
        }

        #[test]
        fn a_text_has_the_marks_of_what_it_begins_and_ends_with(
            text in "[aAbB@é]{0,12}",
            pattern in "[aAbB@]{0,12}",
        ) {
            let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
            let has = |end, case| Mark::new(end, case, pattern).is_in(&Ends::of(text));
            let (small, small_pattern) = (text.to_ascii_lowercase(), pattern.to_ascii_lowercase());
            prop_assert!(!text.starts_with(pattern) || has(End::Front, Case::Sensitive));
            prop_assert!(!text.ends_with(pattern) || has(End::Back, Case::Sensitive));
            prop_assert!(!small.starts_with(&small_pattern) || has(End::Front, Case::Insensitive));
            prop_assert!(!small.ends_with(&small_pattern) || has(End::Back, Case::Insensitive));
            // Up to a word, the marks are all there is to say.
            if pattern.len() <= WORD_BYTES {
                prop_assert_eq!(text.starts_with(pattern), has(End::Front, Case::Sensitive));
                prop_assert_eq!(text.ends_with(pattern), has(End::Back, Case::Sensitive));
            }
        }
    }
}
