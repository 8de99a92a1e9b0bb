//! One pattern as it was written, with the value that a map gives to it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
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

/// A map's value, read in every way that it can be.
#[derive(Debug)]
struct Mapped {
    text: Box<[u8]>,
    int: Option<i64>,
    ip: Option<IpAddr>,
}

/// One pattern as it was written. Sets that were compiled with it share it, so that changing its value or removing
/// it is seen everywhere at once.
#[derive(Debug)]
pub struct Entry {
    /// Its number, by which the runtime API can name it; ascending in the order of the file.
    pub id: u64,
    /// Its text.
    pub pattern: Box<[u8]>,
    /// Its line in the file, 0 if it came another way.
    pub line: u32,
    mapped: ArcSwapOption<Mapped>,
    gone: AtomicBool,
}

impl Entry {
    pub(super) fn new(id: u64, pattern: &[u8], value: Option<&[u8]>, line: u32) -> Arc<Entry> {
        let entry = Entry {
            id,
            pattern: pattern.into(),
            line,
            mapped: ArcSwapOption::empty(),
            gone: AtomicBool::new(false),
        };
        if let Some(value) = value {
            entry.set_text(value);
        }
        Arc::new(entry)
    }

    pub(super) fn set_text(&self, text: &[u8]) {
        let mapped = Mapped { text: text.into(), int: parse_int(text), ip: parse_ip(text) };
        self.mapped.store(Some(Arc::new(mapped)));
    }

    pub(super) fn remove(&self) {
        self.gone.store(true, Release);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Acquire)
    }

    /// The text that a map gives for it; `None` in ACLs.
    #[must_use]
    pub fn text(&self) -> Option<Box<[u8]>> {
        self.mapped.load().as_ref().map(|mapped| mapped.text.clone())
    }

    /// The value that a map gives for it; `None` in ACLs, and if its text is no such value.
    #[must_use]
    pub fn value(&self, output: Output) -> Option<Value<'static>> {
        let mapped = self.mapped.load();
        let mapped = mapped.as_ref()?;
        match output {
            Output::Str => Some(Value::string(mapped.text.to_vec())),
            Output::Int => mapped.int.map(Value::Int),
            Output::Ip => mapped.ip.map(Value::ip),
        }
    }
}
