//! Texts: equal ones by hash, prefixes and suffixes by binary search, parts by automaton.

use std::collections::hash_map::Entry as Slot;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use twox_hash::XxHash3_64;

use super::index::{Duplicates, Hit, Place};

/// Up to this many texts are compared one by one.
const LIST_MAX: usize = 6;

/// Places by text. Keys may come from clients (`add-acl`, `set-map`), so the hash is seeded.
#[derive(Debug)]
pub(super) struct TextMap {
    seed: u64,
    places: FxHashMap<u64, Place>,
    texts: Vec<Box<[u8]>>,
    /// Texts whose hash another text has as well; in practice none.
    crowded: Vec<Place>,
    same: Duplicates,
}

impl TextMap {
    pub(super) fn new(texts: Vec<Box<[u8]>>) -> Self {
        let seed = {
            use std::hash::{BuildHasher, RandomState};
            RandomState::new().hash_one(0u8)
        };
        let mut map = TextMap {
            seed,
            places: FxHashMap::default(),
            texts,
            crowded: Vec::new(),
            same: Duplicates::default(),
        };
        map.places.reserve(map.texts.len());
        for (place, text) in (0..).zip(&map.texts) {
            match map.places.entry(XxHash3_64::oneshot_with_seed(seed, text)) {
                Slot::Vacant(free) => {
                    free.insert(place);
                }
                Slot::Occupied(first) if map.texts[index(*first.get())] == *text => {
                    map.same.add(*first.get(), place);
                }
                Slot::Occupied(_) => map.crowded.push(place),
            }
        }
        map
    }

    /// The first place of `text`.
    pub(super) fn find(&self, text: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let is_it = |place: &Place| *self.texts[index(*place)] == *text;
        let first = self.places.get(&XxHash3_64::oneshot_with_seed(self.seed, text));
        let found = first.filter(|place| is_it(place)).and_then(|place| self.same.first(*place, alive));
        found.or_else(|| self.crowded.iter().copied().find(|place| is_it(place) && alive(*place)))
    }
}

pub(super) fn index(place: Place) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Texts that the whole value is compared with.
#[derive(Debug)]
pub(super) struct Exact {
    /// Bit n is set if a text has n bytes, bit 63 if one has 63 or more.
    lengths: u64,
    texts: ExactTexts,
}

#[derive(Debug)]
enum ExactTexts {
    List(Vec<Box<[u8]>>),
    Map(TextMap),
}

fn length_bit(text: &[u8]) -> u64 {
    1 << text.len().min(63)
}

impl Exact {
    pub(super) fn new(texts: Vec<Box<[u8]>>) -> Self {
        let lengths = texts.iter().fold(0, |bits, text| bits | length_bit(text));
        let few = texts.len() <= LIST_MAX;
        Exact {
            lengths,
            texts: if few { ExactTexts::List(texts) } else { ExactTexts::Map(TextMap::new(texts)) },
        }
    }

    pub(super) fn find(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        if self.lengths & length_bit(value) == 0 {
            return None;
        }
        match &self.texts {
            ExactTexts::List(texts) => {
                let mut found = (0..).zip(texts).filter(|(place, text)| ***text == *value && alive(*place));
                found.next().map(|(place, _)| place)
            }
            ExactTexts::Map(map) => map.find(value, alive),
        }
    }
}

/// Texts in order, each with the next shorter one that it begins with. The texts that a value begins with are its
/// predecessor in the order, or what that begins with.
#[derive(Debug)]
pub(super) struct Prefixes {
    sorted: Vec<Prefix>,
    same: Duplicates,
    longest: usize,
}

#[derive(Debug)]
struct Prefix {
    text: Box<[u8]>,
    place: Place,
    parent: Option<u32>,
}

impl Prefixes {
    pub(super) fn new(texts: Vec<Box<[u8]>>) -> Self {
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let mut pairs: Vec<(Box<[u8]>, Place)> = texts.into_iter().zip(0..).collect();
        pairs.sort();
        let mut prefixes = Prefixes { sorted: Vec::new(), same: Duplicates::default(), longest };
        let mut around: Vec<u32> = Vec::new();
        for (text, place) in pairs {
            if let Some(before) = prefixes.sorted.last().filter(|before| before.text == text) {
                prefixes.same.add(before.place, place);
                continue;
            }
            while around.last().is_some_and(|top| !text.starts_with(&prefixes.sorted[index(*top)].text)) {
                around.pop();
            }
            let number = u32::try_from(prefixes.sorted.len()).unwrap_or(u32::MAX);
            prefixes.sorted.push(Prefix { text, place, parent: around.last().copied() });
            around.push(number);
        }
        prefixes
    }

    /// The texts that `value` begins with, the longest first.
    fn around<'a>(&'a self, value: &'a [u8]) -> impl Iterator<Item = &'a Prefix> {
        let after = self.sorted.partition_point(|prefix| *prefix.text <= *value);
        let last = after.checked_sub(1).map(|at| &self.sorted[at]);
        let up = |prefix: &&'a Prefix| prefix.parent.map(|parent| &self.sorted[index(parent)]);
        std::iter::successors(last, up).filter(|prefix| value.starts_with(&prefix.text))
    }

    /// The longest.
    pub(super) fn find_longest(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Hit> {
        let rank = |prefix: &Prefix| u32::try_from(prefix.text.len()).unwrap_or(u32::MAX);
        let value = &value[..value.len().min(self.longest)];
        self.around(value).find_map(|prefix| {
            let place = self.same.first(prefix.place, alive)?;
            Some(Hit { place, rank: rank(prefix) })
        })
    }

    /// The first in the order of the patterns.
    fn find_first(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        self.around(value).filter_map(|prefix| self.same.first(prefix.place, alive)).min()
    }
}

/// Texts that values end with: prefixes read backwards.
#[derive(Debug)]
pub(super) struct Suffixes(Prefixes);

impl Suffixes {
    pub(super) fn new(mut texts: Vec<Box<[u8]>>) -> Self {
        texts.iter_mut().for_each(|text| text.reverse());
        Suffixes(Prefixes::new(texts))
    }

    /// The first in the order of the patterns.
    pub(super) fn find(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let end: SmallVec<[u8; 128]> = value.iter().rev().take(self.0.longest).copied().collect();
        self.0.find_first(&end, alive)
    }
}

/// Texts that values contain.
#[derive(Debug)]
pub(super) struct Parts {
    finders: Vec<Finder<'static>>,
    automaton: Option<AhoCorasick>,
}

impl Parts {
    pub(super) fn new(texts: &[Box<[u8]>]) -> Self {
        // Two searches at memory speed are faster than one step of the automaton for each byte.
        let automaton = (texts.len() > 2)
            .then(|| AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts).ok());
        Parts {
            automaton: automaton.flatten(),
            finders: texts.iter().map(|text| Finder::new(text).into_owned()).collect(),
        }
    }

    /// The first in the order of the patterns, or if `ANY` whichever is found first.
    pub(super) fn find<const ANY: bool>(
        &self,
        value: &[u8],
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        let Some(automaton) = &self.automaton else {
            let mut found =
                (0..).zip(&self.finders).filter(|(place, f)| alive(*place) && f.find(value).is_some());
            return found.next().map(|(place, _)| place);
        };
        let all = automaton.find_overlapping_iter(value).map(|found| found.pattern().as_u32());
        let mut alive = all.filter(|place| alive(*place));
        if ANY { alive.next() } else { alive.min() }
    }
}

#[cfg(test)]
mod tests;
