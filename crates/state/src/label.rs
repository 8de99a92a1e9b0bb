//! A name that can be changed while others read it (`set server ... name`).
//!
//! Names that it once was stay in memory, once each, so that whoever reads it has a plain `&str`; going back to one of
//! them takes no more memory.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::grown::Grown;

/// The name.
#[derive(Debug)]
pub struct Label {
    first: Box<str>,
    /// Made when it is changed for the first time.
    changed: OnceLock<Box<Changed>>,
}

#[derive(Debug)]
struct Changed {
    /// Every other name that it has or had.
    others: Grown<Box<str>>,
    /// The number of the name that it has now: 0 for the first one, else one more than its place among the others.
    current: AtomicUsize,
}

impl Label {
    /// A name that was never changed.
    #[must_use]
    pub fn new(name: Box<str>) -> Label {
        Label { first: name, changed: OnceLock::new() }
    }

    /// The name as it is now.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        self.changed.get().map_or(&*self.first, |changed| self.later(changed))
    }

    #[cold]
    fn later<'l>(&'l self, changed: &'l Changed) -> &'l str {
        match changed.current.load(Ordering::Acquire) {
            0 => &self.first,
            number => &changed.others[number - 1],
        }
    }

    /// Changes it. Changes follow one another: the caller sees to that.
    pub fn set(&self, name: &str) {
        let make = || Box::new(Changed { others: Grown::default(), current: AtomicUsize::new(0) });
        let changed = self.changed.get_or_init(make);
        let number = if *self.first == *name {
            0
        } else {
            let known = changed.others.iter().position(|other| **other == *name);
            known.unwrap_or_else(|| changed.others.add(name.into())) + 1
        };
        changed.current.store(number, Ordering::Release);
    }

    /// The name as it is now, to be kept.
    #[must_use]
    pub fn to_boxed(&self) -> Box<str> {
        self.as_str().into()
    }
}

impl Deref for Label {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_kept_once() {
        let label = Label::new("a".into());
        let before = label.as_str();
        for _ in 0..5 {
            label.set("b");
            assert_eq!((&*label, before), ("b", "a"));
            label.set("a");
        }
        assert_eq!((label.to_string().as_str(), label.changed.get().unwrap().others.len()), ("a", 1));
    }
}
