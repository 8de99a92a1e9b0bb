//! Going through the words of a configuration line.

use diag::{Span, codes};
use sample::Problem;
use sample::compile::problem_of;
use syntax::{Line, Word};

/// A cursor over the words of one line. Errors point at the word in question, or behind the last one.
#[derive(Clone)]
pub struct Words<'l> {
    line: &'l Line,
    at: usize,
}

impl<'l> Words<'l> {
    /// Starts at word `first` of `line`.
    #[must_use]
    pub fn new(line: &'l Line, first: usize) -> Self {
        Words { line, at: first }
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> &'l Line {
        self.line
    }

    /// The index in the line of the next word.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next word, which stays.
    #[must_use]
    pub fn peek(&self) -> Option<&'l Word> {
        self.line.words.get(self.at)
    }

    /// Takes the next word.
    #[expect(clippy::should_implement_trait, reason = "a cursor that can also look ahead")]
    pub fn next(&mut self) -> Option<&'l Word> {
        let word = self.line.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// Takes the next word if it is `text`.
    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|w| w.text == text.as_bytes());
        self.at += usize::from(found);
        found
    }

    /// Takes the next word, which must be there.
    ///
    /// # Errors
    /// "`what` is missing after `...`", placed behind the last word.
    pub fn need(&mut self, what: &str) -> Result<&'l Word, Problem> {
        if let Some(word) = self.next() {
            return Ok(word);
        }
        Err(problem_of(codes::MISSING_ARGUMENT, self.span(), format!("{what} is missing")))
    }

    /// All words not taken yet.
    #[must_use]
    pub fn rest(&self) -> &'l [Word] {
        self.line.words.get(self.at..).unwrap_or_default()
    }

    /// Takes all words that are left.
    pub fn take_rest(&mut self) -> &'l [Word] {
        let rest = self.rest();
        self.at = self.line.words.len();
        rest
    }

    /// Whether the next word begins a condition (`if`, `unless`).
    #[must_use]
    pub fn at_condition(&self) -> bool {
        self.peek().is_some_and(|w| w.text == b"if" || w.text == b"unless")
    }

    /// The place of the next word, or of the last one at the end of the line.
    #[must_use]
    pub fn span(&self) -> Span {
        self.peek().or(self.line.words.last()).map_or(self.line.span, |w| w.span)
    }

    /// Fails if words are left.
    ///
    /// # Errors
    /// Names the first word that is too many.
    pub fn done(&self) -> Result<(), Problem> {
        match self.peek() {
            None => Ok(()),
            Some(word) => {
                let text = base::Lossy(&word.text).to_string();
                Err(problem_of(codes::EXTRA_WORD, word.span, format!("unexpected word `{text}`")))
            }
        }
    }
}

/// The next word, which must be there and begin no condition.
pub(crate) fn need<'l>(words: &mut Words<'l>, what: &str) -> Result<&'l Word, Problem> {
    if words.at_condition() {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            words.span(),
            format!("{what} is missing before the condition"),
        ));
    }
    words.need(what)
}
