//! A few texts that values are, begin with or end with, compared one by one: what most conditions ask.
//!
//! Of each text the eight bytes at the end that counts stand in a word, so that nearly every value is told from it by
//! one comparison. What is asked is only whether any matches; which one is for the indexes to say.

use super::index::Place;
use super::{Case, Method};

/// Up to this many texts are compared one by one.
const FEW_MAX: usize = 8;

/// How many bytes stand in a word.
const WORD_BYTES: usize = 8;

/// What a value has in common with a text that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Whole,
    Beginning,
    Ending,
}

/// Few texts; the place of each is its position.
#[derive(Debug)]
pub(super) struct Few {
    at: At,
    case: Case,
    probes: Box<[Probe]>,
}

#[derive(Debug)]
struct Probe {
    bits: u64,
    mask: u64,
    text: Box<[u8]>,
}

impl Few {
    /// `None` for methods that compare otherwise, and for more texts than are worth it.
    pub(super) fn new(method: Method, case: Case, texts: &[&[u8]]) -> Option<Few> {
        let at = at(method).filter(|_| texts.len() <= FEW_MAX)?;
        let probe = |text: &&[u8]| Probe {
            bits: word(at, case, text),
            mask: word(at, Case::Sensitive, &vec![0xff; text.len().min(WORD_BYTES)]),
            text: (*text).into(),
        };
        Some(Few { at, case, probes: texts.iter().map(probe).collect() })
    }

    /// Whether `value` matches one that is `alive`.
    #[inline]
    pub(super) fn any(&self, value: &[u8], alive: impl Fn(Place) -> bool) -> bool {
        let bits = word(self.at, self.case, value);
        let mut probes = (0..).zip(&self.probes);
        probes.any(|(place, probe)| {
            bits & probe.mask == probe.bits && self.is_match(probe, value) && alive(place)
        })
    }

    fn is_match(&self, probe: &Probe, value: &[u8]) -> bool {
        let len = probe.text.len();
        let part = match self.at {
            At::Whole => (value.len() == len).then_some(value),
            At::Beginning => value.get(..len),
            At::Ending => value.len().checked_sub(len).and_then(|from| value.get(from..)),
        };
        part.is_some_and(|part| match self.case {
            Case::Sensitive => *part == *probe.text,
            Case::Insensitive => part.eq_ignore_ascii_case(&probe.text),
        })
    }
}

fn at(method: Method) -> Option<At> {
    match method {
        Method::Str => Some(At::Whole),
        Method::Beg => Some(At::Beginning),
        Method::End => Some(At::Ending),
        Method::Found
        | Method::Bool
        | Method::Int
        | Method::Version
        | Method::Ip
        | Method::Bin
        | Method::Len
        | Method::Sub
        | Method::Dir
        | Method::Dom
        | Method::Reg
        | Method::Regm => None,
    }
}

/// The eight bytes of `text` at the end that counts, those that it lacks being 0; the byte at that end is the lowest of
/// a beginning, the highest of an ending.
#[inline]
fn word(at: At, case: Case, text: &[u8]) -> u64 {
    let bits = match at {
        At::Whole | At::Beginning => match text.first_chunk::<WORD_BYTES>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => text.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
        },
        At::Ending => match text.last_chunk::<WORD_BYTES>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => text.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)) << unused_bits(text),
        },
    };
    match case {
        Case::Sensitive => bits,
        Case::Insensitive => lower(bits),
    }
}

/// How far the bytes of a text shorter than a word move to stand at the word's high end.
fn unused_bits(text: &[u8]) -> u32 {
    // A shift by all 64 bits, for an empty text, would overflow; nothing is moved then.
    u32::try_from((WORD_BYTES - text.len()) * 8).unwrap_or(0) % u64::BITS
}

/// Eight bytes with their ASCII capitals made small.
#[inline]
fn lower(bits: u64) -> u64 {
    u64::from_le_bytes(bits.to_le_bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any(method: Method, case: Case, texts: &[&str], value: &str) -> bool {
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        Few::new(method, case, &texts).unwrap().any(value.as_bytes(), |_| true)
    }

    #[test]
    fn more_than_few_and_other_methods_are_left_to_the_indexes() {
        assert!(Few::new(Method::Beg, Case::Sensitive, &[b"a".as_slice(); FEW_MAX + 1]).is_none());
        assert!(Few::new(Method::Sub, Case::Sensitive, &[b"a".as_slice()]).is_none());
    }

    #[test]
    fn what_is_gone_does_not_match() {
        let few = Few::new(Method::Beg, Case::Sensitive, &[b"/a", b"/ab"]).unwrap();
        assert!(few.any(b"/abc", |place| place == 1));
        assert!(!few.any(b"/ax", |place| place == 1));
    }

    #[test]
    fn nothing_is_at_every_end() {
        for method in [Method::Beg, Method::End] {
            assert!(any(method, Case::Sensitive, &[""], "") && any(method, Case::Sensitive, &[""], "x"));
        }
        assert!(
            any(Method::Str, Case::Sensitive, &[""], "") && !any(Method::Str, Case::Sensitive, &[""], "\0")
        );
    }

    proptest! {
        #[test]
        fn as_comparing_whole_texts(
            texts in prop::collection::vec("[aAbB@\\[`{]{0,10}", 1..4),
            value in "[aAbB@\\[`{\u{0}é]{0,12}",
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let small = |text: &str| text.to_ascii_lowercase();
            let one = |f: &dyn Fn(&str, &str) -> bool| texts.iter().any(|text| f(&value, text));
            let folded = |f: &dyn Fn(&str, &str) -> bool| texts.iter().any(|text| f(&small(&value), &small(text)));
            let is = |method, case| any(method, case, &texts, &value);
            prop_assert_eq!(is(Method::Str, Case::Sensitive), one(&|v, t| v == t));
            prop_assert_eq!(is(Method::Beg, Case::Sensitive), one(&|v, t| v.starts_with(t)));
            prop_assert_eq!(is(Method::End, Case::Sensitive), one(&|v, t| v.ends_with(t)));
            prop_assert_eq!(is(Method::Str, Case::Insensitive), folded(&|v, t| v == t));
            prop_assert_eq!(is(Method::Beg, Case::Insensitive), folded(&|v, t| v.starts_with(t)));
            prop_assert_eq!(is(Method::End, Case::Insensitive), folded(&|v, t| v.ends_with(t)));
        }
    }
}
