//! A compiled list of patterns with the entries that they came from.
//!
//! A set never changes; adding makes a new one. Since most of a large set stays what it was, it is made of two
//! layers: the patterns that came lately are compiled anew each time, the others are shared with the set before.

use std::sync::Arc;

use super::ends::Mark;
use super::entry::{Entry, List};
use super::few::Few;
use super::index::{Index, Place};
use super::parse::{PatternError, canonical_words};
use super::text::index;
use super::{Case, Method};
use crate::regexp::Captures;
use crate::value::{Type, Value};

/// Patterns of one method, compiled.
#[derive(Debug, Clone)]
pub struct PatternSet {
    method: Method,
    case: Case,
    /// Whether values are compared as texts.
    is_of_texts: bool,
    main: Arc<Layer>,
    late: Option<Arc<Layer>>,
}

#[derive(Debug)]
struct Layer {
    index: Index,
    /// Answers whether any pattern matches, where they are few.
    few: Option<Few>,
    entries: List,
}

impl Layer {
    fn new(method: Method, case: Case, entries: List) -> Result<Layer, PatternError> {
        let texts: Vec<&[u8]> = entries.iter().map(Entry::pattern).collect();
        let few = Few::new(method, case, &texts);
        Ok(Layer { index: Index::new(method, case, &texts)?, few, entries })
    }

    fn find(&self, case: Case, value: &Value<'_>) -> Option<Place> {
        self.index.find::<false>(case, value, &self.entries)
    }

    /// Whether any pattern matches.
    #[inline]
    fn has(&self, case: Case, value: &Value<'_>) -> bool {
        match &self.few {
            Some(_) => self.has_text(case, &value.text()),
            None => self.index.find::<true>(case, value, &self.entries).is_some(),
        }
    }

    /// As [`Layer::has`], for text.
    #[inline]
    fn has_text(&self, case: Case, text: &[u8]) -> bool {
        match &self.few {
            Some(few) => few.any(text, |place| !self.entries[index(place)].is_gone()),
            None => self.index.find_in_text::<true>(case, text, &self.entries).is_some(),
        }
    }
}

impl PatternSet {
    /// Compiles the patterns of a condition, as its words stand in the configuration: with operators for integers,
    /// without flags.
    ///
    /// # Errors
    /// The first word that is no pattern of this method.
    pub fn compile<W: AsRef<[u8]>>(method: Method, case: Case, words: &[W]) -> Result<Self, PatternError> {
        let patterns = canonical_words(method, words)?;
        let entries = (0..).zip(&patterns).map(|(id, (_, text))| Entry::new(id, text, None, 0)).collect();
        PatternSet::of_entries(method, case, Arc::new(entries))
            .map_err(|error| PatternError { index: patterns[error.index].0, ..error })
    }

    /// Compiles entries.
    pub(super) fn of_entries(method: Method, case: Case, entries: List) -> Result<Self, PatternError> {
        let is_of_texts = method.sample_type() == Type::Str;
        Ok(PatternSet {
            method,
            case,
            is_of_texts,
            main: Arc::new(Layer::new(method, case, entries)?),
            late: None,
        })
    }

    /// The same with `late` after the entries that it was first compiled from.
    ///
    /// # Errors
    /// The first of `late` that is no pattern of this method.
    pub(super) fn with(&self, late: List) -> Result<Self, PatternError> {
        let late = (!late.is_empty()).then(|| Layer::new(self.method, self.case, late)).transpose()?;
        Ok(PatternSet { main: self.main.clone(), late: late.map(Arc::new), ..*self })
    }

    /// The same without any pattern.
    pub(super) fn without_entries(&self) -> PatternSet {
        let none = PatternSet::of_entries(self.method, self.case, List::default());
        none.expect("no pattern is no wrong one")
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether case counts.
    #[must_use]
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether there is no pattern, so that nothing but `found` and `bool` can match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// The patterns in their order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let late = self.late.iter().flat_map(|late| late.entries.iter());
        self.main.entries.iter().chain(late).filter(|entry| !entry.is_gone())
    }

    /// Whether `value` matches any pattern, once cast to the method's type; a value without such a form matches none.
    #[must_use]
    pub fn matches(&self, value: &Value<'_>) -> bool {
        match self.main.index {
            Index::Found => true,
            Index::Bool => value.to_int().is_some_and(|n| n != 0),
            Index::Int(_)
            | Index::Len(_)
            | Index::Ip(_)
            | Index::Bin(_)
            | Index::Str(_)
            | Index::Written(_)
            | Index::Beg(_)
            | Index::End(_)
            | Index::Sub(_)
            | Index::Word(_)
            | Index::Reg(_) => {
                self.main.has(self.case, value)
                    || self.late.as_ref().is_some_and(|late| late.has(self.case, value))
            }
        }
    }

    /// As [`PatternSet::matches`], for text that is no value yet.
    #[must_use]
    #[inline]
    pub fn matches_text(&self, text: &[u8]) -> bool {
        if !self.is_of_texts {
            return self.matches(&Value::str(text));
        }
        self.main.has_text(self.case, text)
            || self.late.as_ref().is_some_and(|late| late.has_text(self.case, text))
    }

    /// What texts that match have at their ends, one or another of these; `None` where that cannot be said.
    pub(super) fn marks(&self) -> Option<impl Iterator<Item = Mark>> {
        self.main.few.as_ref().filter(|_| self.late.is_none()).map(Few::marks)
    }

    /// The pattern that `value` matches, where several do: the longest for `beg` and `ip`, for the others the first
    /// in their order. `None` for methods without patterns.
    #[must_use]
    pub fn find(&self, value: &Value<'_>) -> Option<&Entry> {
        let (layer, place) = self.find_place(value)?;
        layer.entries.get(index(place))
    }

    /// As [`PatternSet::find`] for regular expressions, with the groups of the one that matches.
    #[must_use]
    pub fn find_captures(&self, value: &Value<'_>) -> Option<(&Entry, Captures)> {
        let (layer, place) = self.find_place(value)?;
        let captures = layer.index.captures(place, &value.text())?;
        Some((layer.entries.get(index(place))?, captures))
    }

    fn find_place(&self, value: &Value<'_>) -> Option<(&Layer, Place)> {
        let find = |layer: &Layer| layer.find(self.case, value);
        let main = find(&self.main).map(|place| (&*self.main, place));
        let Some(late) = &self.late else { return main };
        let late = find(late).map(|place| (&**late, place));
        let (Some(first), Some(second)) = (main, late) else { return main.or(late) };
        let rank = |(layer, place): (&Layer, Place)| layer.index.rank(value, &layer.entries[index(place)]);
        Some(if rank(second) > rank(first) { second } else { first })
    }
}

#[cfg(test)]
mod tests;
