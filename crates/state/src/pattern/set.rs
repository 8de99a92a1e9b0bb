//! A compiled list of patterns with the entries that they came from.
//!
//! A set never changes; adding makes a new one. Since most of a large set stays what it was, it is made of two
//! layers: the patterns that came lately are compiled anew each time, the others are shared with the set before, until
//! the late ones are many enough to compile all together.

use std::sync::Arc;

use super::entry::Entry;
use super::few::Few;
use super::index::{Hit, Index};
use super::parse::{PatternError, canonical_words};
use super::text::index;
use super::{Case, Method};
use crate::regexp::Captures;
use crate::value::{Type, Value};

/// Late patterns before all are compiled together: this many, and one more for each [`LATE_SHARE`] others.
const LATE_MIN: usize = 64;
const LATE_SHARE: usize = 64;

/// Patterns of one method, compiled.
#[derive(Debug, Clone)]
pub struct PatternSet {
    method: Method,
    case: Case,
    main: Arc<Layer>,
    late: Option<Arc<Layer>>,
}

#[derive(Debug)]
struct Layer {
    index: Index,
    /// Answers whether any pattern matches, where they are few.
    few: Option<Few>,
    entries: Vec<Arc<Entry>>,
}

impl Layer {
    fn new(method: Method, case: Case, entries: Vec<Arc<Entry>>) -> Result<Layer, PatternError> {
        let texts: Vec<&[u8]> = entries.iter().map(|entry| &*entry.pattern).collect();
        let few = Few::new(method, case, &texts);
        Ok(Layer { index: Index::new(method, case, &texts)?, few, entries })
    }

    fn find(&self, case: Case, value: &Value<'_>) -> Option<Hit> {
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
            None => self.index.find::<true>(case, &Value::str(text), &self.entries).is_some(),
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
        PatternSet::of_entries(method, case, entries)
            .map_err(|error| PatternError { index: patterns[error.index].0, ..error })
    }

    /// Compiles entries.
    pub(super) fn of_entries(
        method: Method,
        case: Case,
        entries: Vec<Arc<Entry>>,
    ) -> Result<Self, PatternError> {
        Ok(PatternSet { method, case, main: Arc::new(Layer::new(method, case, entries)?), late: None })
    }

    /// The same with `added` after all others.
    ///
    /// # Errors
    /// The first of `added` that is no pattern of this method.
    pub(super) fn with(&self, added: &[Arc<Entry>]) -> Result<Self, PatternError> {
        let old_late = self.late.as_ref().map_or(&[][..], |late| &late.entries);
        let is_all = old_late.len() + added.len() > LATE_MIN + self.main.entries.len() / LATE_SHARE;
        let main = if is_all { &self.main.entries[..] } else { &[] };
        let before = main.iter().chain(old_late).filter(|entry| !entry.is_gone());
        let before: Vec<Arc<Entry>> = before.cloned().collect();
        let count = before.len();
        let layer = Layer::new(self.method, self.case, [&before[..], added].concat())
            .map_err(|error| PatternError { index: error.index.saturating_sub(count), ..error })?;
        let layer = Arc::new(layer);
        Ok(if is_all {
            PatternSet { main: layer, late: None, ..*self }
        } else {
            PatternSet { main: self.main.clone(), late: Some(layer), ..*self }
        })
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
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let late = self.late.as_ref().map_or(&[][..], |late| &late.entries);
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
        match self.method.sample_type() {
            Type::Str => {
                self.main.has_text(self.case, text)
                    || self.late.as_ref().is_some_and(|late| late.has_text(self.case, text))
            }
            Type::Any
            | Type::Bool
            | Type::Int
            | Type::Addr
            | Type::Ipv4
            | Type::Ipv6
            | Type::Bin
            | Type::Method => self.matches(&Value::str(text)),
        }
    }

    /// The pattern that `value` matches, where several do: the longest for `beg` and `ip`, for the others the first
    /// in their order. `None` for methods without patterns.
    #[must_use]
    pub fn find(&self, value: &Value<'_>) -> Option<&Arc<Entry>> {
        let (layer, hit) = self.find_hit(value)?;
        layer.entries.get(index(hit.place))
    }

    /// As [`PatternSet::find`] for regular expressions, with the groups of the one that matches.
    #[must_use]
    pub fn find_captures(&self, value: &Value<'_>) -> Option<(&Arc<Entry>, Captures)> {
        let (layer, hit) = self.find_hit(value)?;
        let captures = layer.index.captures(hit.place, &value.text())?;
        Some((layer.entries.get(index(hit.place))?, captures))
    }

    fn find_hit(&self, value: &Value<'_>) -> Option<(&Layer, Hit)> {
        let main = self.main.find(self.case, value).map(|hit| (&*self.main, hit));
        let Some(late) = &self.late else { return main };
        let late = late.find(self.case, value).map(|hit| (&**late, hit));
        match (main, late) {
            (Some(main), Some(late)) => Some(if late.1.rank > main.1.rank { late } else { main }),
            (main, late) => main.or(late),
        }
    }
}

#[cfg(test)]
mod tests;
