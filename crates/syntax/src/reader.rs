//! A file to lines of words, with conditional blocks and messages carried out (section 2.4 of the manual).
//!
//! Every line is cut into words, those of skipped blocks too: a quote that is never closed is an error
//! wherever it stands. Remarks about odd lines are made only where lines count.

mod blocks;
mod report;

pub use report::DIRECTIVES;

use crate::codes;
use crate::condition::evaluate_words;
use crate::environment::Environment;
use crate::facts::Facts;
use crate::lexer::{Comments, Lexed, LinePlace, Remark, RemarkKind, lex};
use crate::word::{Line, Word};
use blocks::Blocks;
use diag::{Diagnostic, Diagnostics, FileId, Sources, Span};

/// Reads one file, line by line.
pub struct Reader<'s> {
    name: &'s str,
    /// What is still to be read.
    rest: &'s [u8],
    place: LinePlace,
    blocks: Blocks,
    has_ended: bool,
    /// The last line has no line feed.
    is_cut: bool,
}

impl<'s> Reader<'s> {
    /// Starts at the first line of `file`.
    #[must_use]
    pub fn new(sources: &'s Sources, file: FileId) -> Self {
        Self {
            name: sources.name(file),
            rest: sources.text(file),
            place: LinePlace { file, line: 0 },
            blocks: Blocks::default(),
            has_ended: false,
            is_cut: false,
        }
    }

    /// The next line that has words and counts; `None` at the end of the file. What is wrong on the way is
    /// told to `diags`, and a line that cannot be read is left out.
    pub fn next(
        &mut self,
        env: &mut Environment,
        facts: &dyn Facts,
        diags: &mut Diagnostics,
    ) -> Option<Line> {
        if self.place.line == 0 {
            env.enter_file(self.name);
        }
        while let Some(raw) = self.next_raw() {
            env.enter_line(self.place.line);
            if let Some(line) = self.read(raw, env, facts, diags) {
                return Some(line);
            }
        }
        if !self.has_ended {
            self.has_ended = true;
            self.blocks.finish(diags);
            if self.is_cut {
                diags.push(report::no_last_newline(self.place));
            }
        }
        None
    }

    /// The words of the next line as it is written, and its number: blocks are not followed, directives are words as others,
    /// and a line may have no word. What cannot be read is told to `diags` and left out.
    pub fn next_written(
        &mut self,
        env: &mut Environment,
        diags: &mut Diagnostics,
    ) -> Option<(u32, Vec<Word>)> {
        while let Some(raw) = self.next_raw() {
            env.enter_line(self.place.line);
            match lex(raw, self.place, env, Comments::Dropped) {
                Ok(lexed) => return Some((self.place.line, lexed.words)),
                Err(error) => diags.push(report::lex_error(&error, self.place)),
            }
        }
        None
    }

    /// The bytes of the next line without its line feed.
    fn next_raw(&mut self) -> Option<&'s [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (raw, rest) = match self.rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => {
                self.is_cut = true;
                (self.rest, &[][..])
            }
        };
        self.rest = rest;
        self.place.line = self.place.line.saturating_add(1);
        Some(raw)
    }

    /// One line: its words when it counts, and nothing when it has none or was a directive.
    fn read(
        &mut self,
        raw: &[u8],
        env: &Environment,
        facts: &dyn Facts,
        diags: &mut Diagnostics,
    ) -> Option<Line> {
        if let Some(at) = raw.iter().position(|byte| *byte == 0) {
            diags.push(report::nul_byte(self.place.span(&(at..at + 1))));
            return None;
        }
        let lexed = match lex(raw, self.place, env, Comments::Dropped) {
            Ok(lexed) => lexed,
            Err(error) => {
                diags.push(report::lex_error(&error, self.place));
                self.blocks.pass_over(raw, self.place);
                return None;
            }
        };
        let first = lexed.words.first()?;
        let was_counting = self.blocks.is_taken();
        if self.block_directive(&lexed.words, env, facts, diags) {
            if was_counting {
                self.remark(raw, &lexed.remarks, env, diags);
            }
            return None;
        }
        if !was_counting {
            return None;
        }
        if first.text.is_empty() {
            diags.push(report::line_skipped(first.span));
            return None;
        }
        if first.text.starts_with(b".") {
            self.remark(raw, &lexed.remarks, env, diags);
            message_directive(&lexed.words, diags);
            return None;
        }
        self.checked_line(raw, lexed, env, diags)
    }

    /// The line, unless one of its words is empty: HAProxy would silently drop all that follows.
    fn checked_line(
        &self,
        raw: &[u8],
        lexed: Lexed,
        env: &Environment,
        diags: &mut Diagnostics,
    ) -> Option<Line> {
        let Lexed { words, mut remarks } = lexed;
        let empty = words.iter().position(|word| word.text.is_empty());
        if let Some(number) = empty {
            let word = &words[number];
            let cause = remarks.iter().position(|remark| {
                let span = self.place.span(&remark.at);
                remark.kind == RemarkKind::UnsetVariable
                    && (word.span.column..word.span.column.saturating_add(word.span.len))
                        .contains(&span.column)
            });
            let cause = cause.map(|n| remarks.remove(n).at);
            let variable = cause.map(|at| (self.place.span(&at), &raw[at]));
            diags.push(report::empty_word(number, word, variable, env));
        }
        self.remark(raw, &remarks, env, diags);
        let (first, last) = (words.first()?.span, words.last()?.span);
        let len = last.column.saturating_add(last.len) - first.column;
        empty.is_none().then_some(Line { words, span: Span { len, ..first } })
    }

    fn remark(&self, raw: &[u8], remarks: &[Remark], env: &Environment, diags: &mut Diagnostics) {
        diags.extend(remarks.iter().map(|remark| {
            report::remark(remark.kind, self.place.span(&remark.at), &raw[remark.at.clone()], env)
        }));
    }

    /// Carries out `.if`, `.elif`, `.else` and `.endif`; false when the line is none of them.
    fn block_directive(
        &mut self,
        words: &[Word],
        env: &Environment,
        facts: &dyn Facts,
        diags: &mut Diagnostics,
    ) -> bool {
        let Some((directive, rest)) = words.split_first() else { return false };
        let answer = || match evaluate_words(rest, env, facts) {
            Ok(answer) => Some(answer),
            Err(error) => {
                diags.push(report::condition(&error, directive, rest));
                None
            }
        };
        let misplaced = match directive.text.as_slice() {
            b".if" => {
                self.blocks.open(directive.span, answer);
                None
            }
            b".elif" => self.blocks.alternative(answer).err(),
            b".else" => self.blocks.last_alternative().err(),
            b".endif" => self.blocks.close().err(),
            _ => return false,
        };
        if let Some(misplaced) = misplaced {
            diags.push(report::misplaced(misplaced, directive));
        }
        if let (b".else" | b".endif", Some(extra)) = (directive.text.as_slice(), rest.first()) {
            diags.push(report::extra_word(directive, extra));
        }
        true
    }
}

/// Carries out `.alert`, `.warning`, `.notice` and `.diag`.
fn message_directive(words: &[Word], diags: &mut Diagnostics) {
    let Some((directive, rest)) = words.split_first() else { return };
    let new: fn(String) -> Diagnostic = match directive.text.as_slice() {
        b".alert" => Diagnostic::error,
        b".warning" => Diagnostic::warning,
        b".notice" => Diagnostic::notice,
        b".diag" => Diagnostic::diag,
        _ => {
            diags.push(report::unknown_directive(directive));
            return;
        }
    };
    if let Some(extra) = rest.get(1) {
        let hint = "a message of several words stands between quotes";
        diags.push(report::extra_word(directive, extra).note(hint));
        return;
    }
    let text = rest.first().map(|word| word.lossy().to_string()).unwrap_or_default();
    let place = rest.first().unwrap_or(directive).span;
    diags.push(new(text).at(place).code(codes::DIRECTIVE_MESSAGE));
}

#[cfg(test)]
mod tests;
