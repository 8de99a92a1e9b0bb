//! Words between delimiters: `dir` and `dom`.

use super::index::Place;
use super::text::{TextMap, index};

/// Up to this many words are compared one by one.
const LIST_MAX: usize = 4;

/// What stands between words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delimiters {
    /// `/` and `?`.
    Dir,
    /// `/`, `?`, `.` and `:`.
    Dom,
}

impl Delimiters {
    fn holds(self, byte: u8) -> bool {
        match self {
            Delimiters::Dir => matches!(byte, b'/' | b'?'),
            Delimiters::Dom => matches!(byte, b'/' | b'?' | b'.' | b':'),
        }
    }

    /// A text without the delimiters at its ends.
    fn strip(self, text: &[u8]) -> &[u8] {
        let from = text.iter().position(|b| !self.holds(*b)).unwrap_or(text.len());
        let to = text.iter().rposition(|b| !self.holds(*b)).map_or(from, |at| at + 1);
        &text[from..to]
    }
}

/// Words that values contain, each with a delimiter or an end of the value on both sides.
#[derive(Debug)]
pub(super) struct Words {
    delimiters: Delimiters,
    words: WordList,
    /// The most delimiters that a word has within itself: `a.b` has one.
    inner_max: usize,
}

#[derive(Debug)]
enum WordList {
    List(Vec<Box<[u8]>>),
    Map(TextMap, Vec<Box<[u8]>>),
}

impl Words {
    pub(super) fn new(delimiters: Delimiters, texts: &[Box<[u8]>]) -> Self {
        let words: Vec<Box<[u8]>> = texts.iter().map(|text| delimiters.strip(text).into()).collect();
        let inner = |word: &[u8]| word.iter().filter(|b| delimiters.holds(**b)).count();
        Words {
            delimiters,
            inner_max: words.iter().map(|word| inner(word)).max().unwrap_or(0),
            words: if words.len() <= LIST_MAX {
                WordList::List(words)
            } else {
                WordList::Map(TextMap::new(words.len(), |place| &words[index(place)]), words)
            },
        }
    }

    /// The first in the order of the patterns, or if `ANY` whichever is found first.
    pub(super) fn find<const ANY: bool>(
        &self,
        value: &[u8],
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        match &self.words {
            WordList::List(words) if ANY => self.any_of(words, value, alive),
            WordList::List(words) => {
                let mut found = (0..).zip(words).filter(|(p, word)| alive(*p) && self.has_word(value, word));
                found.next().map(|(place, _)| place)
            }
            WordList::Map(map, words) => {
                let word = |place| &*words[index(place)];
                let mut found = self.candidates(value).filter_map(|part| map.find(part, word, alive));
                if ANY { found.next() } else { found.min() }
            }
        }
    }

    /// Any of a few words: the value is gone through once for all of them.
    fn any_of(&self, words: &[Box<[u8]>], value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let ends = |at: usize| value.get(at).is_none_or(|b| self.delimiters.holds(*b));
        let mut at = 0;
        while let Some(skipped) = value[at..].iter().position(|b| !self.delimiters.holds(*b)) {
            at += skipped;
            let is_here = |word: &[u8]| {
                word.first() == value.get(at) && value[at..].starts_with(word) && ends(at + word.len())
            };
            let mut found = (0..).zip(words).filter(|(place, word)| is_here(word) && alive(*place));
            if let Some((place, _)) = found.next() {
                return Some(place);
            }
            at += value[at..].iter().position(|b| self.delimiters.holds(*b)).unwrap_or(value.len() - at);
        }
        let mut empty = (0..).zip(words).filter(|(place, word)| word.is_empty() && alive(*place));
        empty.next().filter(|_| self.has_empty_end(value)).map(|(place, _)| place)
    }

    fn has_word(&self, value: &[u8], word: &[u8]) -> bool {
        let ends = |at: usize| value.get(at).is_none_or(|b| self.delimiters.holds(*b));
        if word.is_empty() {
            return self.has_empty_end(value);
        }
        self.starts(value).any(|at| value[at..].starts_with(word) && ends(at + word.len()))
    }

    /// A pattern of delimiters alone is found at the end of a value that is empty or ends with one.
    fn has_empty_end(&self, value: &[u8]) -> bool {
        value.last().is_none_or(|b| self.delimiters.holds(*b))
    }

    /// Where words begin.
    fn starts(&self, value: &[u8]) -> impl Iterator<Item = usize> {
        let holds = |at: usize| self.delimiters.holds(value[at]);
        (0..value.len()).filter(move |at| !holds(*at) && (*at == 0 || holds(at - 1)))
    }

    /// Every part of `value` that may be one of the words. Their number is bounded by the value's length times the
    /// length of the patterns, whatever a client sends.
    fn candidates<'a>(&'a self, value: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let empty = self.has_empty_end(value).then_some(&value[..0]);
        let parts = self.starts(value).flat_map(move |start| {
            let holds = move |at: &usize| self.delimiters.holds(value[*at]);
            let ends = (start..value.len()).filter(holds).chain([value.len()]);
            ends.take(self.inner_max + 1).map(move |end| &value[start..end])
        });
        empty.into_iter().chain(parts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(delimiters: Delimiters, texts: &[&str]) -> Words {
        let texts: Vec<Box<[u8]>> = texts.iter().map(|text| text.as_bytes().into()).collect();
        Words::new(delimiters, &texts)
    }

    fn has(delimiters: Delimiters, word: &str, value: &str) -> bool {
        words(delimiters, &[word]).find::<true>(value.as_bytes(), &|_| true).is_some()
    }

    #[test]
    fn directories() {
        for value in ["/static/x", "/x/static", "/static?x", "static", "/a/static/b"] {
            assert!(has(Delimiters::Dir, "static", value), "{value}");
            assert!(has(Delimiters::Dir, "/static/", value), "{value}");
        }
        for value in ["/statics/x", "/x.static", "/xstatic", ""] {
            assert!(!has(Delimiters::Dir, "static", value), "{value}");
        }
        assert!(has(Delimiters::Dir, "a/b", "/x/a/b/c") && !has(Delimiters::Dir, "a/b", "/x/a/c/b"));
    }

    #[test]
    fn domains() {
        for value in ["www.example.com", "example.com:80", "http://example.com/"] {
            assert!(has(Delimiters::Dom, "example.com", value), "{value}");
        }
        assert!(!has(Delimiters::Dom, "example.com", "badexample.com"));
        assert!(has(Delimiters::Dom, ".com", "example.com"));
    }

    #[test]
    fn the_first_in_order_wins() {
        let texts = ["first.tld", "tld", "second.tld", "x", "y", "z"];
        let many = words(Delimiters::Dom, &texts);
        assert_eq!(many.find::<false>(b"first.tld", &|_| true), Some(0));
        assert_eq!(many.find::<false>(b"second.tld", &|_| true), Some(1));
    }

    proptest! {
        #[test]
        fn many_words_are_found_as_few_are(
            texts in prop::collection::vec("[ab./]{0,5}", 5..12),
            value in "[ab./]{0,10}",
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let many = words(Delimiters::Dom, &texts);
            let naive = texts.iter().position(|text| has(Delimiters::Dom, text, &value));
            let want = naive.map(|at| Place::try_from(at).unwrap());
            prop_assert_eq!(many.find::<false>(value.as_bytes(), &|_| true), want);
            prop_assert_eq!(many.find::<true>(value.as_bytes(), &|_| true).is_some(), want.is_some());
        }
    }
}
