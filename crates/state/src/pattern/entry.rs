//! One pattern as it was written, with the value that a map gives to it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};

use arc_swap::ArcSwapOption;
use smallvec::SmallVec;

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

/// Longest text that needs no memory of its own.
const INLINE_MAX: usize = 24;

/// A text that never changes. Short ones stand in the entry itself: what a look-up costs is the memory it must fetch.
pub type Text = SmallVec<[u8; INLINE_MAX]>;

/// One pattern as it was written. Sets that were compiled with it share it, so that changing its value or removing
/// it is seen everywhere at once.
#[derive(Debug)]
pub struct Entry {
    /// Its number, by which the runtime API can name it; ascending in the order of the file.
    pub id: u64,
    /// Its text.
    pub pattern: Text,
    /// The value it came with; `None` in ACLs.
    first: Option<Text>,
    /// The value that it was given later.
    changed: ArcSwapOption<Text>,
    /// Its line in the file, 0 if it came another way.
    pub line: u32,
    is_changed: AtomicBool,
    gone: AtomicBool,
}

impl Entry {
    pub(super) fn new(id: u64, pattern: &[u8], value: Option<&[u8]>, line: u32) -> Arc<Entry> {
        Arc::new(Entry {
            id,
            pattern: pattern.into(),
            first: value.map(Text::from),
            changed: ArcSwapOption::empty(),
            line,
            is_changed: AtomicBool::new(false),
            gone: AtomicBool::new(false),
        })
    }

    pub(super) fn set_text(&self, text: &[u8]) {
        self.changed.store(Some(Arc::new(text.into())));
        self.is_changed.store(true, Release);
    }

    pub(super) fn remove(&self) {
        self.gone.store(true, Release);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Acquire)
    }

    /// Calls `read` with the text that a map gives for it; `None` in ACLs.
    pub(super) fn with_text<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        if self.is_changed.load(Acquire) {
            return self.changed.load().as_deref().map(|text| read(text));
        }
        self.first.as_deref().map(read)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_stay_what_they_are() {
        for len in [0, 1, INLINE_MAX - 1, INLINE_MAX, INLINE_MAX + 1, 255, 256, 300] {
            let text: Vec<u8> = (0..=255).cycle().take(len).collect();
            assert_eq!(*Text::from(&text[..]), text[..], "{len}");
        }
        assert_eq!(size_of::<Text>(), 32);
    }

    #[test]
    fn a_changed_value_counts_instead_of_the_first() {
        let entry = Entry::new(1, b"a", Some(b"1"), 0);
        assert_eq!(entry.value(Output::Int), Some(Value::Int(1)));
        entry.set_text(b"22");
        assert_eq!(entry.value(Output::Int), Some(Value::Int(22)));
        assert_eq!(entry.text().as_deref(), Some(&b"22"[..]));
        assert_eq!(Entry::new(1, b"a", None, 0).text(), None);
    }
}
