//! The line with the place marked, by annotate-snippets.
//!
//! That crate wants UTF-8, visible characters and a place that exists, and counts columns of what it is
//! shown. So a line is first turned into an [`Excerpt`]: every byte of the file shown in some way, long lines
//! cut around the place; and the header's column is ours.

use crate::diagnostic::{Diagnostic, Severity};
use crate::place::{Sources, Span};
use annotate_snippets::{Level, Renderer, Snippet};
use std::ops::Range;

/// How much of a long line is shown before the place and, together with the place, after its start.
const BYTES_BEFORE: usize = 60;
const BYTES_AFTER: usize = 80;
/// What stands for bytes left out.
const CUT: &str = "...";
/// What a tab is shown as.
const TAB: &str = "    ";
/// More than any excerpt needs, so that annotate-snippets never cuts a line itself.
const TERMINAL_COLUMNS: usize = 1000;

pub(super) fn write(out: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let level = match diagnostic.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Notice => Level::Note,
        Severity::Diag => Level::Info,
    };
    let guess = diagnostic.suggestion.as_ref().map(|word| format!("did you mean `{word}`?"));
    let label = diagnostic.label.as_ref().or(guess.as_ref());
    let excerpt = diagnostic.span.map(|span| Excerpt::new(span, sources));

    let mut message = level.title(&diagnostic.message);
    if let Some(code) = diagnostic.code {
        message = message.id(code.0);
    }
    if let Some(excerpt) = &excerpt {
        let mut mark = level.span(excerpt.mark.clone());
        if let Some(label) = label {
            mark = mark.label(label);
        }
        let line = usize::try_from(excerpt.line).unwrap_or(usize::MAX);
        message = message.snippet(Snippet::source(&excerpt.text).line_start(line).annotation(mark));
    }
    let said_in_label = excerpt.is_some() && diagnostic.label.is_none();
    if let Some(guess) = guess.as_ref().filter(|_| !said_in_label) {
        message = message.footer(Level::Help.title(guess));
    }
    for note in &diagnostic.notes {
        message = message.footer(Level::Note.title(note));
    }
    let text = Renderer::plain().term_width(TERMINAL_COLUMNS).render(message).to_string();
    match excerpt {
        Some(excerpt) => push_with_place(out, &text, &excerpt.place),
        None => out.push_str(&text),
    }
    out.push('\n');
}

/// Puts `--> place` into the second line, where annotate-snippets leaves room for an origin it was not told.
fn push_with_place(out: &mut String, text: &str, place: &str) {
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let gutter = rest.find('|').unwrap_or(0).saturating_sub(1);
    out.push_str(&format!("{title}\n{:gutter$}--> {place}\n{rest}", ""));
}

/// One line made fit to be shown.
struct Excerpt {
    /// `file:line:column`, or `file:line` for a whole line.
    place: String,
    line: u32,
    text: String,
    /// Bytes of `text` to mark.
    mark: Range<usize>,
}

impl Excerpt {
    fn new(span: Span, sources: &Sources) -> Self {
        let bytes = sources.line_text(span.file, span.line);
        let name = sources.name(span.file);
        let (marked, place) = if span.column == 0 {
            (visible_part(bytes), format!("{name}:{}", span.line))
        } else {
            (clamped(span, bytes.len()), format!("{name}:{}:{}", span.line, span.column))
        };
        let shown = window(bytes.len(), &marked);
        let mut text = String::new();
        if shown.start > 0 {
            text.push_str(CUT);
        }
        push_visible(&mut text, &bytes[shown.start..marked.start]);
        let start = text.len();
        push_visible(&mut text, &bytes[marked.start..marked.end.min(shown.end)]);
        let end = text.len();
        push_visible(&mut text, &bytes[marked.end.min(shown.end)..shown.end]);
        if shown.end < bytes.len() {
            text.push_str(CUT);
        }
        Self { place, line: span.line, text, mark: start..end }
    }
}

/// The line without the blanks around it.
fn visible_part(bytes: &[u8]) -> Range<usize> {
    let start = bytes.len() - bytes.trim_ascii_start().len();
    start..start + bytes.trim_ascii().len()
}

/// The span as a range of the line, cut to what the line has.
fn clamped(span: Span, line_len: usize) -> Range<usize> {
    let offset = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).min(line_len);
    let start = offset(span.column - 1);
    start..offset((span.column - 1).saturating_add(span.len))
}

/// What part of a line is shown: all of it when it is short.
fn window(line_len: usize, marked: &Range<usize>) -> Range<usize> {
    if line_len <= BYTES_BEFORE + BYTES_AFTER {
        return 0..line_len;
    }
    let start = marked.start.saturating_sub(BYTES_BEFORE);
    start..(marked.start + BYTES_AFTER).min(line_len)
}

/// Appends bytes as visible text: a tab as four columns, what is no printable UTF-8 as U+FFFD.
fn push_visible(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => text.push_str(TAB),
                c if c.is_control() => text.push(char::REPLACEMENT_CHARACTER),
                c => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}
