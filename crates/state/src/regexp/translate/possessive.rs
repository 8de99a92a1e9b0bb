//! Possessive quantifiers: `a++` never gives back what it took.
//!
//! The engine has no such thing, and needs none where giving back could not help: when what follows cannot begin
//! with a byte that was taken. Such quantifiers become greedy ones; the others are refused.

use regex::bytes::RegexBuilder;

use super::{Result, needs_pcre};

type ByteSet = [bool; 256];

/// A possessive quantifier whose follower is not known yet; none may follow at all.
#[derive(Default)]
pub(super) struct Possessive(Option<(usize, ByteSet)>);

impl Possessive {
    /// A possessive quantifier at offset `at` of `atom`, if that stands for single bytes.
    pub(super) fn begin(&mut self, at: usize, atom: Option<&str>) -> Result<()> {
        match atom.and_then(byte_set) {
            Some(set) => self.0 = Some((at, set)),
            None => return refuse(at),
        }
        Ok(())
    }

    /// An atom that stands for one byte follows.
    pub(super) fn followed_by(&mut self, atom: &str) -> Result<()> {
        let Some((at, taken)) = self.0.take() else { return Ok(()) };
        match byte_set(atom) {
            Some(next) if !taken.iter().zip(&next).any(|(a, b)| *a && *b) => Ok(()),
            _ => refuse(at),
        }
    }

    /// An anchor or something of several bytes follows.
    pub(super) fn followed_by_other(&mut self, is_end: bool) -> Result<()> {
        match self.0.take() {
            Some((at, _)) if !is_end => refuse(at),
            _ => Ok(()),
        }
    }

    /// A group ends or another alternative begins; fine if nothing at all comes after it.
    pub(super) fn group_mark(&mut self, is_last: bool) -> Result<()> {
        self.followed_by_other(is_last)
    }
}

fn refuse<T>(at: usize) -> Result<T> {
    needs_pcre(at, "a possessive quantifier")
}

/// The bytes that `atom` stands for; `None` if it is no expression of its own.
fn byte_set(atom: &str) -> Option<ByteSet> {
    let regex = RegexBuilder::new(&format!("^(?:{atom})$")).unicode(false).build().ok()?;
    let mut set = [false; 256];
    for byte in 0..=u8::MAX {
        set[usize::from(byte)] = regex.is_match(&[byte]);
    }
    Some(set)
}
