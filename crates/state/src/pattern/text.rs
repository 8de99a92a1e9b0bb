//! Texts: equal ones by hash, parts by automaton.

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem::Finder;
use twox_hash::XxHash3_64;

use super::entry::Entry;
use super::index::{Duplicates, Place};

/// Up to this many parts are searched one after the other.
const FINDERS_MAX: usize = 4;

/// Up to this many texts are compared one by one.
const LIST_MAX: usize = 6;

/// Places by text, which the caller holds. Keys may come from clients (`add-acl`, `set-map`), so the hash is seeded.
///
/// An open table without more than what a look-up reads: a slot has the high half of a text's hash above its place
/// plus one, and is 0 when free; a slot's neighbours come in the same line of the cache.
#[derive(Debug)]
pub(super) struct TextMap {
    seed: u64,
    slots: Box<[u64]>,
    same: Duplicates,
}

const PLACE_BITS: u64 = 0xffff_ffff;

impl TextMap {
    /// The map of the texts that `text_of` gives for the places below `count`.
    pub(super) fn new<'t>(count: usize, text_of: impl Fn(Place) -> &'t [u8]) -> Self {
        let seed = {
            use std::hash::{BuildHasher, RandomState};
            RandomState::new().hash_one(0u8)
        };
        let slots = vec![0; (count + count / 2 + 1).next_power_of_two()].into_boxed_slice();
        let mut map = TextMap { seed, slots, same: Duplicates::default() };
        for place in (0..u32::MAX - 1).take(count) {
            map.insert(place, &text_of);
        }
        map
    }

    fn insert<'t>(&mut self, place: Place, text_of: &impl Fn(Place) -> &'t [u8]) {
        match self.seek(text_of(place), text_of) {
            Ok(first) => self.same.add(first, place),
            Err((slot, tag)) => self.slots[slot] = tag | u64::from(place + 1),
        }
    }

    /// The place of `text`, or the free slot that ends its run, with the tag that it would have.
    fn seek<'t>(&self, text: &[u8], text_of: &impl Fn(Place) -> &'t [u8]) -> Result<Place, (usize, u64)> {
        let hash = XxHash3_64::oneshot_with_seed(self.seed, text);
        let tag = hash & !PLACE_BITS;
        let mask = self.slots.len() - 1;
        let mut at = usize::try_from(hash & PLACE_BITS).unwrap_or(0) & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err((at, tag));
            }
            let place = Place::try_from((slot & PLACE_BITS) - 1).unwrap_or(Place::MAX);
            if slot & !PLACE_BITS == tag && *text_of(place) == *text {
                return Ok(place);
            }
            at = (at + 1) & mask;
        }
    }

    /// The first place of `text`.
    pub(super) fn find<'t>(
        &self,
        text: &[u8],
        text_of: impl Fn(Place) -> &'t [u8],
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        self.seek(text, &text_of).ok().and_then(|place| self.same.first(place, alive))
    }
}

pub(super) fn index(place: Place) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Bit n is set if a text has n bytes, bit 63 if one has 63 or more: most values are of a length that none has.
#[derive(Debug, Default, Clone, Copy)]
struct Lengths(u64);

impl Lengths {
    fn of(text: &[u8]) -> Lengths {
        Lengths(1 << text.len().min(63))
    }

    fn add(&mut self, text: &[u8]) {
        self.0 |= Lengths::of(text).0;
    }

    fn has(self, text: &[u8]) -> bool {
        self.0 & Lengths::of(text).0 != 0
    }
}

/// Texts that the whole value is compared with, in a form of their own: without case, or read from hexadecimal.
#[derive(Debug)]
pub(super) struct Exact {
    lengths: Lengths,
    texts: Vec<Box<[u8]>>,
    /// For more than [`LIST_MAX`].
    map: Option<TextMap>,
}

impl Exact {
    pub(super) fn new(texts: Vec<Box<[u8]>>) -> Self {
        let mut lengths = Lengths::default();
        texts.iter().for_each(|text| lengths.add(text));
        let map = (texts.len() > LIST_MAX).then(|| TextMap::new(texts.len(), |place| &texts[index(place)]));
        Exact { lengths, texts, map }
    }

    pub(super) fn find(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        if !self.lengths.has(value) {
            return None;
        }
        match &self.map {
            None => {
                let mut found =
                    (0..).zip(&self.texts).filter(|(place, text)| ***text == *value && alive(*place));
                found.next().map(|(place, _)| place)
            }
            Some(map) => map.find(value, |place| &self.texts[index(place)], alive),
        }
    }
}

/// Many patterns that the whole value is compared with as they were written: their texts are those of the entries,
/// which a look-up that finds one must fetch anyway.
#[derive(Debug)]
pub(super) struct Written {
    lengths: Lengths,
    map: TextMap,
}

impl Written {
    /// `None` for so few that [`Exact`] is better.
    pub(super) fn new<P: AsRef<[u8]>>(patterns: &[P]) -> Option<Self> {
        let mut lengths = Lengths::default();
        patterns.iter().for_each(|pattern| lengths.add(pattern.as_ref()));
        let map = || TextMap::new(patterns.len(), |place| patterns[index(place)].as_ref());
        (patterns.len() > LIST_MAX).then(|| Written { lengths, map: map() })
    }

    pub(super) fn find(&self, value: &[u8], entries: &[Entry]) -> Option<Place> {
        if !self.lengths.has(value) {
            return None;
        }
        self.map
            .find(value, |place| entries[index(place)].pattern(), &|place| !entries[index(place)].is_gone())
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
        // A few searches at memory speed are faster than the automaton.
        let automaton = (texts.len() > FINDERS_MAX)
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
        // Nearly all values contain none, or one that is alive.
        let some = automaton.find(value).map(|found| found.pattern().as_u32());
        match some {
            None => return None,
            Some(place) if ANY && alive(place) => return Some(place),
            Some(_) => {}
        }
        let all = automaton.find_overlapping_iter(value).map(|found| found.pattern().as_u32());
        let mut alive = all.filter(|place| alive(*place));
        if ANY { alive.next() } else { alive.min() }
    }
}

#[cfg(test)]
mod tests;
