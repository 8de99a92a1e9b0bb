//! The compiled form of a list of patterns, one kind for each method.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::entry::Entry;
use super::net::{self, Networks};
use super::number::Numbers;
use super::parse::{PatternError, PatternWhy, hexadecimal, shown, span};
use super::prefix::{Affixes, End};
use super::text::{Exact, Parts, Written, index};
use super::word::{Delimiters, Words};
use super::{Case, Method};
use crate::regexp::{Captures, Regex, Union};
use crate::value::{Type, Value};

/// A pattern's position in the list that an index was made of.
pub(super) type Place = u32;

/// Up to this many expressions are tried one by one.
const EXPRESSIONS_LIST_MAX: usize = 3;

/// Further places of patterns that are written more than once: they matter when the first one is removed.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    next: FxHashMap<Place, Place>,
    last: FxHashMap<Place, Place>,
}

impl Duplicates {
    /// `place` holds the same as `first`, and comes after all that were added for it before.
    pub(super) fn add(&mut self, first: Place, place: Place) {
        let last = self.last.insert(first, place).unwrap_or(first);
        self.next.insert(last, place);
    }

    /// The first that is alive.
    pub(super) fn first(&self, first: Place, alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let mut place = first;
        while !alive(place) {
            place = *self.next.get(&place)?;
        }
        Some(place)
    }
}

/// Regular expressions in order.
#[derive(Debug)]
pub(super) struct Expressions {
    list: Vec<Regex>,
    union: Option<Union>,
}

impl Expressions {
    fn find(&self, value: &[u8], alive: &impl Fn(Place) -> bool) -> Option<Place> {
        if let Some(union) = &self.union {
            // Most values match nothing, which is known sooner than what else they match.
            if !union.is_match(value) {
                return None;
            }
            let found = union.matches(value).filter_map(|at| Place::try_from(at).ok());
            return found.into_iter().find(|place| alive(*place));
        }
        let mut found = (0..).zip(&self.list).filter(|(place, regex)| alive(*place) && regex.is_match(value));
        found.next().map(|(place, _)| place)
    }
}

/// The compiled patterns.
#[derive(Debug)]
pub(super) enum Index {
    Found,
    Bool,
    Int(Numbers),
    Len(Numbers),
    Ip(Networks),
    Bin(Exact),
    Str(Exact),
    Written(Written),
    Beg(Affixes),
    End(Affixes),
    Sub(Parts),
    Word(Words),
    Reg(Expressions),
}

impl Index {
    /// Compiles `patterns`.
    pub(super) fn new<P: AsRef<[u8]>>(
        method: Method,
        case: Case,
        patterns: &[P],
    ) -> Result<Index, PatternError> {
        let texts = || -> Vec<Box<[u8]>> {
            let folded = patterns.iter().map(|pattern| match case {
                Case::Sensitive => pattern.as_ref().into(),
                Case::Insensitive => pattern.as_ref().to_ascii_lowercase().into(),
            });
            folded.collect()
        };
        Ok(match method {
            Method::Found => Index::Found,
            Method::Bool => Index::Bool,
            Method::Int | Method::Version => Index::Int(Numbers::new(&each(patterns, |p| span(p, method))?)),
            Method::Len => Index::Len(Numbers::new(&each(patterns, |p| span(p, method))?)),
            Method::Ip => Index::Ip(Networks::new(&each(patterns, net::network)?)),
            Method::Bin => Index::Bin(Exact::new(each(patterns, |p| hexadecimal(p).map(Box::from))?)),
            Method::Str => match Written::new(patterns).filter(|_| case == Case::Sensitive) {
                Some(written) => Index::Written(written),
                None => Index::Str(Exact::new(texts())),
            },
            Method::Beg => Index::Beg(Affixes::new(End::Front, &texts())),
            Method::End => Index::End(Affixes::new(End::Back, &texts())),
            Method::Sub => Index::Sub(Parts::new(&texts())),
            Method::Dir => Index::Word(Words::new(Delimiters::Dir, &texts())),
            Method::Dom => Index::Word(Words::new(Delimiters::Dom, &texts())),
            Method::Reg | Method::Regm => Index::Reg(expressions(case, patterns)?),
        })
    }

    /// The pattern that `value` matches: the longest for `beg` and `ip`, else the first. `ANY`: any will do.
    /// `entries` are those that the patterns came from.
    pub(super) fn find<const ANY: bool>(
        &self,
        case: Case,
        value: &Value<'_>,
        entries: &[Entry],
    ) -> Option<Place> {
        let alive = &|place| !entries[index(place)].is_gone();
        match self {
            Index::Found | Index::Bool => None,
            Index::Int(numbers) => numbers.find(value.to_int()?, alive),
            Index::Ip(networks) => networks.find(value.to_ip()?, alive),
            Index::Bin(exact) => {
                let Value::Bin(bytes) = value.borrowed().cast(Type::Bin)? else { return None };
                exact.find(&bytes, alive)
            }
            Index::Len(_)
            | Index::Str(_)
            | Index::Written(_)
            | Index::Beg(_)
            | Index::End(_)
            | Index::Sub(_)
            | Index::Word(_)
            | Index::Reg(_) => self.find_in_text::<ANY>(case, &value.text(), entries),
        }
    }

    /// As [`Index::find`], for the methods that compare text.
    pub(super) fn find_in_text<const ANY: bool>(
        &self,
        case: Case,
        text: &[u8],
        entries: &[Entry],
    ) -> Option<Place> {
        let pattern = |place| entries[index(place)].pattern();
        let alive = &|place| !entries[index(place)].is_gone();
        match self {
            Index::Reg(expressions) => expressions.find(text, alive),
            Index::Written(written) => written.find(text, entries),
            Index::Found
            | Index::Bool
            | Index::Int(_)
            | Index::Ip(_)
            | Index::Bin(_)
            | Index::Len(_)
            | Index::Str(_)
            | Index::Beg(_)
            | Index::End(_)
            | Index::Sub(_)
            | Index::Word(_) => match case {
                Case::Sensitive => {
                    let is_same = |place: Place, part: &[u8]| *part == *pattern(place);
                    self.find_text::<ANY>(text, &pattern, is_same, alive)
                }
                Case::Insensitive => {
                    let is_same = |place: Place, part: &[u8]| part.eq_ignore_ascii_case(pattern(place));
                    let mut folded: SmallVec<[u8; 256]> = SmallVec::from_slice(text);
                    folded.make_ascii_lowercase();
                    self.find_text::<ANY>(&folded, &pattern, is_same, alive)
                }
            },
        }
    }

    /// `is_same` tells whether a part of `text` is the pattern at a place.
    fn find_text<'e, const ANY: bool>(
        &self,
        text: &[u8],
        pattern: &impl Fn(Place) -> &'e [u8],
        is_same: impl Fn(Place, &[u8]) -> bool,
        alive: &impl Fn(Place) -> bool,
    ) -> Option<Place> {
        let front = |place| text.get(..pattern(place).len()).is_some_and(|part| is_same(place, part));
        let back = |place| {
            let from = text.len().checked_sub(pattern(place).len());
            from.is_some_and(|from| is_same(place, &text[from..]))
        };
        match self {
            Index::Beg(affixes) => affixes.find_longest(text, front, alive),
            Index::Len(numbers) => numbers.find(i64::try_from(text.len()).unwrap_or(i64::MAX), alive),
            Index::Str(exact) => exact.find(text, alive),
            Index::End(affixes) if ANY => affixes.find_longest(text, back, alive),
            Index::End(affixes) => affixes.find_first(text, back, alive),
            Index::Sub(parts) => parts.find::<ANY>(text, alive),
            Index::Word(words) => words.find::<ANY>(text, alive),
            Index::Found
            | Index::Bool
            | Index::Int(_)
            | Index::Ip(_)
            | Index::Bin(_)
            | Index::Written(_)
            | Index::Reg(_) => None,
        }
    }

    /// How good a pattern that `value` matches is beside one that another index finds: the higher the better.
    pub(super) fn rank(&self, value: &Value<'_>, found: &Entry) -> usize {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "for two methods the longest counts, else the first"
        )]
        match self {
            Index::Beg(_) => found.pattern().len(),
            Index::Ip(_) => value.to_ip().map_or(0, |addr| index(net::rank(found.pattern(), addr))),
            _ => 0,
        }
    }

    /// The groups of the expression at `place`.
    pub(super) fn captures(&self, place: Place, text: &[u8]) -> Option<Captures> {
        let Index::Reg(expressions) = self else { return None };
        expressions.list.get(index(place))?.captures(text)
    }
}

/// Reads each pattern; the first that cannot be read is named.
fn each<P: AsRef<[u8]>, T>(
    patterns: &[P],
    read: impl Fn(&[u8]) -> Result<T, PatternWhy>,
) -> Result<Vec<T>, PatternError> {
    let read =
        |(index, pattern): (usize, &P)| read(pattern.as_ref()).map_err(|why| PatternError { index, why });
    patterns.iter().enumerate().map(read).collect()
}

fn expressions<P: AsRef<[u8]>>(case: Case, patterns: &[P]) -> Result<Expressions, PatternError> {
    let compile = |p: &[u8]| Regex::new(p, case).map_err(|error| PatternWhy::Regex(shown(p), error));
    let list = each(patterns, compile)?;
    let many = list.len() > EXPRESSIONS_LIST_MAX;
    let union = many.then(|| Union::new(list.iter().map(Regex::source), case)).flatten();
    Ok(Expressions { list, union })
}
