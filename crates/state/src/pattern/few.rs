//! A few texts that values are, begin with or end with, compared one by one: what most conditions ask.
//!
//! Of each text the eight bytes at the end that counts stand in a word, so that nearly every value is told from it by
//! one comparison. What is asked is only whether any matches; which one is for the indexes to say.

use super::ends::{End, Mark, word_in};
use super::index::Place;
use super::{Case, Method};

/// Up to this many texts are compared one by one.
const FEW_MAX: usize = 8;

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

impl At {
    /// The end that values are looked at from.
    #[inline]
    fn end(self) -> End {
        match self {
            At::Whole | At::Beginning => End::Front,
            At::Ending => End::Back,
        }
    }
}

#[derive(Debug)]
struct Probe {
    mark: Mark,
    text: Box<[u8]>,
}

impl Few {
    /// `None` for methods that compare otherwise, and for more texts than are worth it.
    pub(super) fn new(method: Method, case: Case, texts: &[&[u8]]) -> Option<Few> {
        let at = at(method).filter(|_| texts.len() <= FEW_MAX)?;
        let probe = |text: &&[u8]| Probe { mark: Mark::new(at.end(), case, text), text: (*text).into() };
        Some(Few { at, case, probes: texts.iter().map(probe).collect() })
    }

    /// Of every text what a value that matches it has.
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark> {
        self.probes.iter().map(|probe| probe.mark)
    }

    /// Whether `value` matches one that is `alive`.
    #[inline]
    pub(super) fn any(&self, value: &[u8], alive: impl Fn(Place) -> bool) -> bool {
        let word = word_in(self.at.end(), self.case, value);
        let mut probes = (0..).zip(&self.probes);
        probes
            .any(|(place, probe)| probe.mark.is_in_word(word) && self.is_match(probe, value) && alive(place))
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
