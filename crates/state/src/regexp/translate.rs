//! From PCRE's syntax to that of the `regex` crate (PCRE2's manual, "pcre2pattern").
//!
//! Every byte of the source is understood here, so that nothing means one thing to PCRE and another to the engine:
//! literals are written so that they can only be literals, classes are written anew, and whatever the engine lacks
//! is either spelled out or refused with its place. What PCRE rejects may pass here if the engine makes sense of it.

mod class;
mod escape;
mod group;
mod possessive;

use std::fmt::Write;

use super::RegexError;
use possessive::Possessive;

/// Rewrites `source`.
///
/// # Errors
/// [`RegexError::Syntax`] or [`RegexError::NeedsPcre`].
pub(super) fn translate(source: &[u8]) -> Result<String, RegexError> {
    let mut translator = Translator {
        source,
        at: 0,
        out: String::with_capacity(source.len() + 16),
        groups: count_groups(source),
        atom: None,
        possessive: Possessive::default(),
    };
    while translator.at < source.len() {
        translator.item()?;
    }
    Ok(translator.out)
}

pub(super) type Result<T, E = RegexError> = std::result::Result<T, E>;

/// The state of a translation.
struct Translator<'a> {
    source: &'a [u8],
    /// Offset of the next byte.
    at: usize,
    out: String,
    /// Capturing groups in all: `\10` is a back reference only if there are ten.
    groups: usize,
    /// Where the last atom begins in `out`, if it is one that stands for single bytes.
    atom: Option<usize>,
    possessive: Possessive,
}

impl Translator<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.source[self.at.min(self.source.len())..]
    }

    /// Takes the next byte if it is `byte`.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// One atom, anchor, group mark or quantifier.
    fn item(&mut self) -> Result<()> {
        let start = self.at;
        let byte = self.source[start];
        self.at += 1;
        match byte {
            b'\\' => self.escape(start),
            b'[' => self.class(start),
            b'(' => self.group(start),
            b'*' | b'+' | b'?' => {
                self.out.push(char::from(byte));
                self.quantified(start)
            }
            b'{' => self.brace(start),
            b'.' => self.atom("."),
            b')' | b'|' => {
                self.possessive.group_mark(self.source.len() == self.at)?;
                self.atom = None;
                self.out.push(char::from(byte));
                Ok(())
            }
            b'^' | b'$' => self.mark(char::from(byte).encode_utf8(&mut [0; 4])),
            other => self.literal(other),
        }
    }

    /// `{n}`, `{n,}` and `{n,m}` repeat, any other brace is itself.
    fn brace(&mut self, start: usize) -> Result<()> {
        let Some(end) = self.rest().iter().position(|b| *b == b'}') else { return self.literal(b'{') };
        let inner = &self.rest()[..end];
        let mut numbers = inner.splitn(2, |b| *b == b',');
        let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let low = numbers.next().is_some_and(is_number);
        let high = numbers.next().is_none_or(|text| text.is_empty() || is_number(text));
        if !low || !high {
            return self.literal(b'{');
        }
        let text = String::from_utf8_lossy(inner).into_owned();
        self.at += end + 1;
        // The result is always a String, which cannot fail to be written to.
        let _ = write!(self.out, "{{{text}}}");
        self.quantified(start)
    }

    /// After a quantifier: it may be lazy or possessive.
    fn quantified(&mut self, start: usize) -> Result<()> {
        if self.take(b'?') {
            self.out.push('?');
        } else if self.take(b'+') {
            let atom = self.atom.map(|from| self.out[from..].to_owned());
            self.possessive.begin(start, atom.as_deref())?;
        }
        self.atom = None;
        Ok(())
    }

    /// Writes something that stands for exactly one byte.
    fn atom(&mut self, text: &str) -> Result<()> {
        self.possessive.followed_by(text)?;
        self.atom = Some(self.out.len());
        self.out.push_str(text);
        Ok(())
    }

    /// Writes something that stands for no byte or for several.
    fn mark(&mut self, text: &str) -> Result<()> {
        self.possessive.followed_by_other(text == "$" || text == "\\z")?;
        self.atom = None;
        self.out.push_str(text);
        Ok(())
    }

    fn literal(&mut self, byte: u8) -> Result<()> {
        let mut text = String::new();
        push_literal(&mut text, byte);
        self.atom(&text)
    }
}

/// Writes a byte so that it can only be itself, in a class or outside.
fn push_literal(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'=' | b'%' | b':' | b',' | b';' | b'@') {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

fn syntax<T>(at: usize, why: &'static str) -> Result<T> {
    Err(RegexError::Syntax { at, why })
}

fn needs_pcre<T>(at: usize, what: &'static str) -> Result<T> {
    Err(RegexError::NeedsPcre { at, what })
}

/// Counts parentheses that capture, well enough to tell `\10` from an octal number.
fn count_groups(source: &[u8]) -> usize {
    let mut groups = 0;
    let mut at = 0;
    while at < source.len() {
        match source[at] {
            b'\\' => at += 1,
            b'(' => {
                let rest = &source[at + 1..];
                let named = [&b"?P<"[..], b"?<", b"?'"].iter().any(|start| rest.starts_with(start))
                    && !rest.starts_with(b"?<=")
                    && !rest.starts_with(b"?<!");
                groups += usize::from(named || !rest.starts_with(b"?"));
            }
            _ => {}
        }
        at += 1;
    }
    groups
}

#[cfg(test)]
mod tests;
