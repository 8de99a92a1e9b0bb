//! One line of text to words: quotes, escapes, variables and comments (sections 2.2 and 2.3 of the manual).
//!
//! ```text
//!   unquoted    blank ends the word, # the line; \ escapes
//!   "weak"      \ escapes, $ names a variable
//!   'strong'    everything stands for itself
//! ```
//! Escapes are `\\`, `\ `, `\#`, `\"`, `\'`, `\n`, `\r`, `\t`, `\xHH`, and `\$` in weak quotes; before
//! anything else a backslash stands for itself, at the end of a line too: it does not join lines. A carriage
//! return ends the line, outside of blanks.
//!
//! A *run* is what stands between two blanks. It makes one word, none when all of it is an empty
//! `"${VAR[*]}"`, or several, which then share the run's place.

use crate::environment::Environment;
use crate::word::{Quoting, Word};
use diag::{FileId, Span};
use std::borrow::Cow;
use std::ops::Range;

/// How many bytes the words of one line may have together. Variables can make a short line long.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Where the line to read stands.
#[derive(Clone, Copy)]
pub(crate) struct LinePlace {
    pub(crate) file: FileId,
    pub(crate) line: u32,
}

impl LinePlace {
    /// The place of some bytes of the line.
    pub(crate) fn span(self, bytes: &Range<usize>) -> Span {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            line: self.line,
            column: narrow(bytes.start).saturating_add(1),
            len: narrow(bytes.end - bytes.start),
        }
    }
}

/// Whether `#` begins a comment. It does in files, not in a condition of the command line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    Dropped,
    Kept,
}

/// What a line turned out to be.
pub(crate) struct Lexed {
    pub(crate) words: Vec<Word>,
    pub(crate) remarks: Vec<Remark>,
}

/// Something odd that is no error of the line's form.
pub(crate) struct Remark {
    pub(crate) kind: RemarkKind,
    /// Bytes of the line.
    pub(crate) at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemarkKind {
    /// A backslash is the last byte.
    LastBackslash,
    /// Text follows a carriage return and is not read.
    TextAfterReturn,
    /// The rest of a word is dropped after `\x00`.
    NulEscape,
    /// A variable is not set and has no default; the place is that of its name.
    UnsetVariable,
}

/// Why a line cannot be cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LexErrorKind {
    /// A quote is never closed.
    #[error("this quote is never closed")]
    UnclosedQuote,
    /// The brace of `${` is not closed where it should be.
    #[error("the brace of this variable is never closed")]
    UnclosedBrace,
    /// A variable's name cannot start like this, or there is no such pseudo-variable.
    #[error("no variable has such a name")]
    VariableName,
    /// `\x` without two hexadecimal digits.
    #[error("`\\x` wants two hexadecimal digits")]
    Hexadecimal,
    /// `[` in a variable is not followed by `*]`.
    #[error("only `[*]` may follow the name of a variable")]
    Expansion,
    /// Variables make the line too long.
    #[error("variables make this line longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// Why a line cannot be cut into words, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct LexError {
    /// What is wrong.
    pub kind: LexErrorKind,
    /// The bytes of the line that are to blame.
    pub at: Range<usize>,
}

/// Cuts one line, without its line feed, into words.
pub(crate) fn lex(
    line: &[u8],
    place: LinePlace,
    env: &Environment,
    comments: Comments,
) -> Result<Lexed, LexError> {
    let mut lexer = Lexer {
        line,
        place,
        env,
        comments,
        at: 0,
        run: None,
        quote: None,
        word: None,
        bytes_left: LINE_BYTES_MAX,
        out: Lexed { words: Vec::new(), remarks: Vec::new() },
    };
    lexer.read()?;
    Ok(lexer.out)
}

/// Blanks as C's `isspace` has them.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

struct Lexer<'a> {
    line: &'a [u8],
    place: LinePlace,
    env: &'a Environment,
    comments: Comments,
    /// The next byte to read.
    at: usize,
    run: Option<Run>,
    quote: Option<OpenQuote>,
    /// The word being put together; `None` between words.
    word: Option<PartialWord>,
    bytes_left: usize,
    out: Lexed,
}

struct Run {
    start: usize,
    /// Index of the first word that it makes.
    first_word: usize,
    quoting: Quoting,
}

struct OpenQuote {
    byte: u8,
    at: usize,
    /// Nothing has stood between the quotes so far: closing them makes a word all the same.
    is_empty: bool,
}

#[derive(Default)]
struct PartialWord {
    text: Vec<u8>,
    /// `\x00` was read: nothing more is taken in.
    is_cut: bool,
}

impl Lexer<'_> {
    fn read(&mut self) -> Result<(), LexError> {
        while let Some(byte) = self.peek(0) {
            match (byte, self.quote.as_ref().map(|quote| quote.byte)) {
                (b'\n' | b'\r', _) => {
                    self.remark_text_after_return();
                    break;
                }
                (b'#', None) if self.comments == Comments::Dropped => break,
                (b'"' | b'\'', None) => self.open_quote(byte),
                (b'"' | b'\'', Some(open)) if open == byte => self.close_quote(),
                (b'\\', None | Some(b'"')) => self.escape()?,
                (b'$', Some(b'"')) => self.variable()?,
                (_, None) if is_blank(byte) => self.blanks(),
                _ => {
                    self.touch_run();
                    self.at += 1;
                    self.push(byte)?;
                }
            }
        }
        if let Some(quote) = &self.quote {
            return Err(LexError { kind: LexErrorKind::UnclosedQuote, at: quote.at..quote.at + 1 });
        }
        self.finish_run();
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.line.get(self.at + ahead).copied()
    }

    /// An error at one byte, or at the byte before where the line has ended.
    fn error(&self, kind: LexErrorKind, at: usize) -> LexError {
        let at = at.min(self.line.len().saturating_sub(1));
        LexError { kind, at: at..at + 1 }
    }

    fn remark(&mut self, kind: RemarkKind, at: Range<usize>) {
        self.out.remarks.push(Remark { kind, at });
    }

    fn remark_text_after_return(&mut self) {
        let rest = &self.line[self.at..];
        if !rest.iter().all(|byte| is_blank(*byte)) {
            self.remark(RemarkKind::TextAfterReturn, self.at..self.at + 1);
        }
    }

    /// Begins a run unless one is being read.
    fn touch_run(&mut self) -> &mut Run {
        let (start, first_word) = (self.at, self.out.words.len());
        self.run.get_or_insert(Run { start, first_word, quoting: Quoting::Bare })
    }

    /// Ends the run: now the place of its words is known.
    fn finish_run(&mut self) {
        self.finish_word();
        let Some(run) = self.run.take() else { return };
        let span = self.place.span(&(run.start..self.at));
        for word in &mut self.out.words[run.first_word..] {
            word.span = span;
            word.quoting = run.quoting;
        }
    }

    fn finish_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        let span = self.place.span(&(self.at..self.at));
        self.out.words.push(Word { text: word.text, span, quoting: Quoting::Bare });
    }

    /// Takes one byte into the word.
    fn push(&mut self, byte: u8) -> Result<(), LexError> {
        if let Some(quote) = &mut self.quote {
            quote.is_empty = false;
        }
        let Some(left) = self.bytes_left.checked_sub(1) else {
            return Err(self.error(LexErrorKind::TooLong, self.at));
        };
        self.bytes_left = left;
        let word = self.word.get_or_insert_default();
        if !word.is_cut {
            word.text.push(byte);
        }
        Ok(())
    }

    fn blanks(&mut self) {
        self.finish_run();
        self.at += self.line[self.at..].iter().take_while(|byte| is_blank(**byte)).count();
    }

    fn open_quote(&mut self, byte: u8) {
        self.touch_run().quoting = Quoting::Quoted;
        self.quote = Some(OpenQuote { byte, at: self.at, is_empty: true });
        self.at += 1;
    }

    fn close_quote(&mut self) {
        self.at += 1;
        if self.quote.take().is_some_and(|quote| quote.is_empty) {
            self.word.get_or_insert_default();
        }
    }

    fn escape(&mut self) -> Result<(), LexError> {
        self.touch_run();
        let start = self.at;
        let in_weak_quotes = self.quote.is_some();
        let (byte, len) = match self.peek(1) {
            Some(byte @ (b' ' | b'\\' | b'"' | b'\'')) => (byte, 2),
            Some(b'#') if self.comments == Comments::Dropped => (b'#', 2),
            Some(b'$') if in_weak_quotes => (b'$', 2),
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't') => (b'\t', 2),
            Some(b'x') => (self.hexadecimal()?, 4),
            Some(_) => (b'\\', 1),
            None => {
                self.remark(RemarkKind::LastBackslash, start..start + 1);
                (b'\\', 1)
            }
        };
        self.at += len;
        if byte == 0 {
            self.remark(RemarkKind::NulEscape, start..self.at);
            if let Some(quote) = &mut self.quote {
                quote.is_empty = false;
            }
            self.word.get_or_insert_default().is_cut = true;
            return Ok(());
        }
        self.push(byte)
    }

    /// The byte that `\xHH` at the current place means.
    fn hexadecimal(&self) -> Result<u8, LexError> {
        let digit = |ahead| self.peek(ahead).and_then(|byte| char::from(byte).to_digit(16));
        let value = digit(2).zip(digit(3)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        value.ok_or_else(|| LexError {
            kind: LexErrorKind::Hexadecimal,
            at: self.at..(self.at + 4).min(self.line.len()),
        })
    }

    /// `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}` and `${NAME[*]-default}`, within weak quotes.
    fn variable(&mut self) -> Result<(), LexError> {
        self.at += 1;
        let brace = (self.peek(0) == Some(b'{')).then_some(self.at);
        self.at += usize::from(brace.is_some());
        let name = self.variable_name()?;
        let known = self.variable_value(&name)?;
        let is_list = brace.is_some() && self.peek(0) == Some(b'[');
        if is_list {
            if !self.line[self.at..].starts_with(b"[*]") {
                return Err(self.error(LexErrorKind::Expansion, self.at));
            }
            self.at += 3;
        }
        let default = match brace {
            Some(brace) => self.close_brace(brace)?,
            None => None,
        };
        let value = known.or(default.map(|default| Cow::Borrowed(&self.line[default])));
        if is_list {
            return self.push_list(value.as_deref().unwrap_or_default());
        }
        match value {
            Some(value) => value.iter().try_for_each(|byte| self.push(*byte)),
            None => {
                self.word.get_or_insert_default();
                self.remark(RemarkKind::UnsetVariable, name);
                Ok(())
            }
        }
    }

    fn variable_name(&mut self) -> Result<Range<usize>, LexError> {
        let start = self.at;
        if !self.peek(0).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.')) {
            return Err(self.error(LexErrorKind::VariableName, start));
        }
        self.at += 1;
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        self.at += self.line[self.at..].iter().take_while(is_name).count();
        Ok(start..self.at)
    }

    /// What the variable or pseudo-variable holds; `None` when it is not set.
    fn variable_value(&self, name: &Range<usize>) -> Result<Option<Cow<'static, [u8]>>, LexError> {
        let text = &self.line[name.clone()];
        if text.starts_with(b".") {
            let value = self.env.pseudo(text).map(|value| Cow::Owned(value.into_owned()));
            return value
                .map(Some)
                .ok_or_else(|| LexError { kind: LexErrorKind::VariableName, at: name.clone() });
        }
        Ok(self.env.get(text).map(|value| Cow::Owned(value.to_vec())))
    }

    /// Reads up to the closing brace; gives the place of the default where there is one.
    fn close_brace(&mut self, brace: usize) -> Result<Option<Range<usize>>, LexError> {
        let unclosed = self.error(LexErrorKind::UnclosedBrace, brace);
        match self.peek(0) {
            Some(b'}') => {
                self.at += 1;
                Ok(None)
            }
            Some(b'-') => {
                let start = self.at + 1;
                let len = self.line[start..].iter().position(|byte| *byte == b'}').ok_or(unclosed)?;
                self.at = start + len + 1;
                Ok(Some(start..start + len))
            }
            _ => Err(unclosed),
        }
    }

    /// Takes in a value whose blanks separate words. An empty one makes no word, in spite of the quotes.
    fn push_list(&mut self, value: &[u8]) -> Result<(), LexError> {
        if let Some(quote) = &mut self.quote {
            quote.is_empty = false;
        }
        for byte in value {
            if is_blank(*byte) {
                self.finish_word();
            } else {
                self.push(*byte)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
