//! One pattern as it was written, with the value that a map gives to it.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{Acquire, Release};

use arc_swap::ArcSwapOption;

use crate::value::Value;

/// What a map's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Output {
    /// Text.
    #[default]
    Str,
    /// Signed 64-bit integers.
    Int,
    /// Addresses of either family.
    Ip,
}

/// A map's value is not what the map is used for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// No integer.
    #[error("unable to parse '{0}' as an integer")]
    Int(String),
    /// No address.
    #[error("unable to parse '{0}' as an address")]
    Ip(String),
}

impl Output {
    /// Checks that `text` is such a value.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn check(self, text: &[u8]) -> Result<(), OutputError> {
        let shown = || String::from_utf8_lossy(text).into_owned();
        match self {
            Output::Str => Ok(()),
            Output::Int => parse_int(text).map(|_| ()).ok_or_else(|| OutputError::Int(shown())),
            Output::Ip => parse_ip(text).map(|_| ()).ok_or_else(|| OutputError::Ip(shown())),
        }
    }
}

fn parse_int(text: &[u8]) -> Option<i64> {
    if text.is_empty() { Some(0) } else { std::str::from_utf8(text).ok()?.parse().ok() }
}

fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// How long pattern and value may be together to stand in the entry itself. What a look-up costs is the memory that it
/// must fetch, so an entry is one line of the cache.
const INLINE_MAX: usize = 37;
/// Instead of the length of a value: there is none.
const NO_VALUE: u8 = u8::MAX;

/// Pattern and value as they were written; they never change.
#[derive(Debug, Clone)]
enum Texts {
    Inline { pattern_len: u8, value_len: u8, bytes: [u8; INLINE_MAX] },
    Heap(Box<Long>),
}

#[derive(Debug, Clone)]
struct Long {
    pattern: Box<[u8]>,
    value: Option<Box<[u8]>>,
}

impl Texts {
    fn new(pattern: &[u8], value: Option<&[u8]>) -> Texts {
        let long = || Texts::Heap(Box::new(Long { pattern: pattern.into(), value: value.map(Box::from) }));
        let end = pattern.len() + value.map_or(0, <[u8]>::len);
        let lengths =
            (u8::try_from(pattern.len()), value.map_or(Ok(NO_VALUE), |value| u8::try_from(value.len())));
        let (Ok(pattern_len), Ok(value_len), true) = (lengths.0, lengths.1, end <= INLINE_MAX) else {
            return long();
        };
        let mut bytes = [0; INLINE_MAX];
        bytes[..pattern.len()].copy_from_slice(pattern);
        bytes[pattern.len()..end].copy_from_slice(value.unwrap_or_default());
        Texts::Inline { pattern_len, value_len, bytes }
    }

    fn pattern(&self) -> &[u8] {
        match self {
            Texts::Inline { pattern_len, bytes, .. } => &bytes[..usize::from(*pattern_len)],
            Texts::Heap(long) => &long.pattern,
        }
    }

    fn value(&self) -> Option<&[u8]> {
        match self {
            Texts::Inline { value_len: NO_VALUE, .. } => None,
            Texts::Inline { pattern_len, value_len, bytes } => {
                Some(&bytes[usize::from(*pattern_len)..][..usize::from(*value_len)])
            }
            Texts::Heap(long) => long.value.as_deref(),
        }
    }
}

/// One pattern as it was written. Sets that were compiled with it share it, so that changing its value or removing
/// it is seen everywhere at once.
#[derive(Debug)]
#[repr(align(64))]
pub struct Entry {
    /// Its number, by which the runtime API can name it; ascending in the order of the file.
    pub id: u64,
    /// Its line in the file, 0 if it came another way.
    pub line: u32,
    flags: AtomicU8,
    texts: Texts,
    /// The value that it was given later.
    changed: ArcSwapOption<Box<[u8]>>,
}

/// [`Entry::changed`] counts instead of the value that it came with.
const CHANGED: u8 = 1;
const GONE: u8 = 2;

impl Clone for Entry {
    fn clone(&self) -> Self {
        Entry {
            flags: AtomicU8::new(self.flags.load(Acquire)),
            texts: self.texts.clone(),
            changed: ArcSwapOption::new(self.changed.load_full()),
            ..*self
        }
    }
}

impl Entry {
    pub(super) fn new(id: u64, pattern: &[u8], value: Option<&[u8]>, line: u32) -> Entry {
        Entry {
            id,
            line,
            flags: AtomicU8::new(0),
            texts: Texts::new(pattern, value),
            changed: ArcSwapOption::empty(),
        }
    }

    /// Its text.
    #[must_use]
    pub fn pattern(&self) -> &[u8] {
        self.texts.pattern()
    }

    pub(super) fn set_text(&self, text: &[u8]) {
        self.changed.store(Some(Arc::new(text.into())));
        self.flags.fetch_or(CHANGED, Release);
    }

    pub(super) fn remove(&self) {
        self.flags.fetch_or(GONE, Release);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.flags.load(Acquire) & GONE != 0
    }

    /// Calls `read` with the text that a map gives for it; `None` in ACLs.
    pub(super) fn with_text<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        if self.flags.load(Acquire) & CHANGED != 0 {
            return self.changed.load().as_deref().map(|text| read(text));
        }
        self.texts.value().map(read)
    }

    /// The text that a map gives for it; `None` in ACLs.
    #[must_use]
    pub fn text(&self) -> Option<Box<[u8]>> {
        self.with_text(|text| text.into())
    }

    /// The value that a map gives for it; `None` in ACLs, and if its text is no such value.
    #[must_use]
    pub fn value(&self, output: Output) -> Option<Value<'static>> {
        self.with_text(|text| match output {
            Output::Str => Some(Value::string(text.to_vec())),
            Output::Int => parse_int(text).map(Value::Int),
            Output::Ip => parse_ip(text).map(Value::ip),
        })?
    }
}

/// Entries in their order. One after the other in memory: an entry's position is all that is needed to read it.
pub(super) type List = Arc<Vec<Entry>>;

/// An entry of a list, which is kept as long as this is.
#[derive(Debug, Clone)]
pub struct Held {
    list: List,
    at: usize,
}

impl Held {
    pub(super) fn new(list: &List, at: usize) -> Self {
        Held { list: list.clone(), at }
    }
}

impl Deref for Held {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.list[self.at]
    }
}

/// The entries that a reference had at one time, without those that were removed since.
#[derive(Debug, Clone)]
pub struct Entries {
    lists: [List; 2],
    at: usize,
}

impl Entries {
    pub(super) fn new(lists: [List; 2]) -> Self {
        Entries { lists, at: 0 }
    }
}

impl Iterator for Entries {
    type Item = Held;

    fn next(&mut self) -> Option<Held> {
        loop {
            let first = self.lists[0].len();
            let (list, at) =
                if self.at < first { (&self.lists[0], self.at) } else { (&self.lists[1], self.at - first) };
            let is_gone = list.get(at)?.is_gone();
            self.at += 1;
            if !is_gone {
                return Some(Held::new(list, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_stay_what_they_are() {
        let text: Vec<u8> = (0..=255).cycle().take(300).collect();
        for (pattern, value) in [(0, 0), (1, 36), (36, 1), (37, 0), (37, 1), (0, 38), (255, 0), (256, 300)] {
            let (pattern, value) = (&text[..pattern], &text[..value]);
            let entry = Entry::new(1, pattern, Some(value), 0);
            assert_eq!((entry.pattern(), entry.text().as_deref()), (pattern, Some(value)));
            let entry = Entry::new(1, pattern, None, 0);
            assert_eq!((entry.pattern(), entry.text()), (pattern, None));
        }
        assert_eq!(size_of::<Entry>(), 64);
    }

    #[test]
    fn a_changed_value_counts_instead_of_the_first() {
        let entry = Entry::new(1, b"a", Some(b"1"), 0);
        assert_eq!(entry.value(Output::Int), Some(Value::Int(1)));
        entry.set_text(b"22");
        assert_eq!(entry.value(Output::Int), Some(Value::Int(22)));
        assert_eq!(entry.clone().text().as_deref(), Some(&b"22"[..]));
        assert_eq!(Entry::new(1, b"a", None, 0).text(), None);
    }

    #[test]
    fn entries_are_listed_without_those_that_are_gone() {
        let list = |ids: std::ops::Range<u64>| Arc::new(ids.map(|id| Entry::new(id, b"", None, 0)).collect());
        let lists: [List; 2] = [list(0..3), list(3..5)];
        lists[0][1].remove();
        lists[1][1].remove();
        assert_eq!(Entries::new(lists).map(|entry| entry.id).collect::<Vec<_>>(), [0, 2, 3]);
    }
}
