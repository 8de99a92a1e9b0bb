//! What values begin or end with: texts as numbers, eight bytes at a time.
//!
//! A tree. In each node all texts have the first bytes in common, and are told apart by the eight that follow, read as
//! a number: a text that ends within them is the span of all numbers that begin with it, one that goes on is a single
//! number, several that go on alike are a node below. So a node is [`Flat`](super::flat::Flat), and a look-up goes down
//! through as many of them as there are branches eight bytes apart. It compares neither what the texts of a node have in
//! common nor what follows a single one; the text that it ends at is compared as a whole, and if the value does not
//! begin with that, then perhaps with one that it begins with itself.

use super::flat::{FlatBytes, NONE, Span};
use super::index::{Duplicates, Place};
use super::text::index;

/// Bytes that are compared at a time.
const STEP: usize = 8;
/// In an owner: the number of a node, not a place.
const NODE: u32 = 1 << 31;

/// Which end of a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Values begin with the texts.
    Front,
    /// Values end with them: all is read backwards.
    Back,
}

impl End {
    /// The eight bytes behind the first `depth`, as a number in whose order texts are sorted; what is not there is 0.
    fn number(self, text: &[u8], depth: usize) -> u64 {
        let mut bytes = [0; STEP];
        match self {
            End::Front => {
                let rest = text.get(depth..).unwrap_or_default();
                if let Some(eight) = rest.first_chunk() {
                    return u64::from_be_bytes(*eight);
                }
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(bytes)
            }
            End::Back => {
                let rest = &text[..text.len().saturating_sub(depth)];
                if let Some(eight) = rest.last_chunk() {
                    return u64::from_le_bytes(*eight);
                }
                bytes[STEP - rest.len()..].copy_from_slice(rest);
                u64::from_le_bytes(bytes)
            }
        }
    }

    /// Whether `value` begins with `text`, or ends with it.
    fn holds(self, value: &[u8], text: &[u8]) -> bool {
        match self {
            End::Front => value.starts_with(text),
            End::Back => value.ends_with(text),
        }
    }

    /// How two texts are sorted.
    fn order(self, a: &[u8], b: &[u8]) -> std::cmp::Ordering {
        match self {
            End::Front => a.cmp(b),
            End::Back => a.iter().rev().cmp(b.iter().rev()),
        }
    }

    /// How many bytes two texts have in common.
    fn common(self, a: &[u8], b: &[u8]) -> usize {
        match self {
            End::Front => a.iter().zip(b).take_while(|(a, b)| a == b).count(),
            End::Back => a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count(),
        }
    }
}

/// Texts in order, with their places.
type Sorted<'s> = [(&'s [u8], Place)];

/// Texts by what values begin or end with.
#[derive(Debug)]
pub(super) struct Affixes {
    end: End,
    nodes: Vec<Node>,
    same: Duplicates,
    /// For each place the next shorter text that it begins with.
    parents: Vec<u32>,
}

#[derive(Debug, Default)]
struct Node {
    /// Bytes that all its texts have in common.
    depth: usize,
    flat: FlatBytes,
}

impl Affixes {
    /// Of the texts that stand at these places.
    pub(super) fn new<P: AsRef<[u8]>>(end: End, texts: &[P]) -> Self {
        let mut affixes =
            Affixes { end, nodes: Vec::new(), same: Duplicates::default(), parents: vec![NONE; texts.len()] };
        let mut sorted: Vec<(&[u8], Place)> = texts.iter().map(AsRef::as_ref).zip(0..).collect();
        sorted.sort_by(|(a, place_a), (b, place_b)| end.order(a, b).then(place_a.cmp(place_b)));
        sorted.dedup_by(|(later, place), (first, first_place)| {
            let is_same = later == first;
            if is_same {
                affixes.same.add(*first_place, *place);
            }
            is_same
        });
        affixes.relate(&sorted);
        if !sorted.is_empty() {
            affixes.nodes.push(Node::default());
            let mut todo = vec![(0, &sorted[..])];
            while let Some((at, texts)) = todo.pop() {
                let below = affixes.fill(at, texts);
                todo.extend(below);
            }
        }
        affixes
    }

    /// Notes what each text begins with.
    fn relate(&mut self, sorted: &Sorted<'_>) {
        let mut around: Vec<(&[u8], Place)> = Vec::new();
        for (text, place) in sorted.iter().copied() {
            while around.pop_if(|(top, _)| !self.end.holds(text, top)).is_some() {}
            self.parents[index(place)] = around.last().map_or(NONE, |(_, place)| *place);
            around.push((text, place));
        }
    }

    /// Makes the node `at` of texts that are sorted, and returns what is to become the nodes below it.
    fn fill<'t, 's>(&mut self, at: usize, texts: &'t Sorted<'s>) -> Vec<(usize, &'t Sorted<'s>)> {
        let end = self.end;
        let (first, last) = (texts[0], texts[texts.len() - 1]);
        let depth = end.common(first.0, last.0);
        let ends_here = |text: &[u8]| text.len() < depth + STEP;
        let go_on_alike = |a: &(&[u8], Place), b: &(&[u8], Place)| {
            !ends_here(a.0) && !ends_here(b.0) && end.number(a.0, depth) == end.number(b.0, depth)
        };
        let mut below = Vec::new();
        let mut spans = Vec::new();
        for group in texts.chunk_by(go_on_alike) {
            let (text, place) = group[0];
            let number = end.number(text, depth);
            // Bits behind the end of the text may be anything.
            let free = (depth + STEP).saturating_sub(text.len()) * 8;
            let any = u32::try_from(free).ok().filter(|bits| *bits < u64::BITS).map(|bits| (1 << bits) - 1);
            let owner = if group.len() == 1 {
                place
            } else {
                below.push((self.nodes.len(), group));
                let node = u32::try_from(self.nodes.len()).unwrap_or(NONE);
                self.nodes.push(Node::default());
                NODE | node
            };
            spans.push(Span { first: number, last: number | any.unwrap_or(u64::MAX), owner });
        }
        let outside = self.parents[index(first.1)];
        self.nodes[at] = Node { depth, flat: FlatBytes::new(spans, outside, |_, _| ()) };
        below
    }

    /// The place of a text that `value` may begin with; if it does not, then none but what that begins with.
    fn candidate(&self, value: &[u8]) -> u32 {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let owner = node.flat.owner(self.end.number(value, node.depth));
            if owner == NONE || owner & NODE == 0 {
                return owner;
            }
            at = index(owner & !NODE);
        }
        NONE
    }

    /// The places of the texts that `value` begins with, the longest first. `holds` tells whether it begins with the
    /// text of a place.
    fn around(&self, value: &[u8], holds: impl Fn(Place) -> bool) -> impl Iterator<Item = Place> {
        let known = |place: u32| (place != NONE).then_some(place);
        let up = move |place: &Place| known(*self.parents.get(index(*place))?);
        std::iter::successors(known(self.candidate(value)), up).filter(move |place| holds(*place))
    }

    /// The longest that is alive.
    pub(super) fn find_longest(
        &self,
        value: &[u8],
        holds: impl Fn(Place) -> bool,
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        self.around(value, holds).find_map(|place| self.same.first(place, alive))
    }

    /// The first in the order of the patterns that is alive.
    pub(super) fn find_first(
        &self,
        value: &[u8],
        holds: impl Fn(Place) -> bool,
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        self.around(value, holds).filter_map(|place| self.same.first(place, alive)).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(texts: &[Vec<u8>], value: &[u8], gone: &[usize]) -> Result<(), TestCaseError> {
        let alive = |place: Place| !gone.contains(&(place as usize));
        for end in [End::Front, End::Back] {
            let affixes = Affixes::new(end, texts);
            let holds = |place: Place| end.holds(value, &texts[place as usize]);
            let matching =
                || (0..).zip(texts).filter(|(place, text)| alive(*place) && end.holds(value, text));
            let longest = matching().max_by_key(|(place, text)| (text.len(), std::cmp::Reverse(*place)));
            let got = affixes.find_longest(value, holds, &alive);
            prop_assert_eq!(got, longest.map(|(place, _)| place), "{:?} longest", end);
            let first: Option<u32> = matching().map(|(place, _)| place).next();
            prop_assert_eq!(affixes.find_first(value, holds, &alive), first, "{:?} first", end);
        }
        Ok(())
    }

    /// Texts of few bytes, so that they begin alike, put together from pieces of different lengths.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        const PIECES: &[&[u8]] = &[b"", b"a", b"b", b"\0", b"\xff", b"/", b"abcdefgh", b"abcdefg"];
        let piece = prop::sample::select(PIECES);
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_is_the_same_as_looking_at_all(
            texts in prop::collection::vec(text(), 0..40),
            value in text(),
            gone in prop::collection::vec(0usize..40, 0..5),
        ) {
            check(&texts, &value, &gone)?;
            // Values that begin with a text and go on.
            for text in texts.iter().take(5) {
                check(&texts, &[text, &value[..]].concat(), &gone)?;
                check(&texts, &[&value[..], text].concat(), &gone)?;
            }
        }
    }

    #[test]
    fn a_long_chain_of_texts() {
        let texts: Vec<Vec<u8>> = (0..3_000).map(|len| vec![b'x'; len]).collect();
        let affixes = Affixes::new(End::Front, &texts);
        let value = vec![b'x'; 2_500];
        let holds = |place: Place| value.starts_with(&texts[place as usize]);
        assert_eq!(affixes.find_longest(&value, holds, &|_| true), Some(2_500));
        assert_eq!(affixes.find_first(&value, holds, &|_| true), Some(0));
    }
}
