//! Lines that stand in no file: what an old keyword means, written in today's words. They keep the places of the line
//! they were made from, so that errors point there.

use diag::Span;
use syntax::{Line, Quoting, Word};

/// A word `text` that stands at `span`.
pub(super) fn word(text: &[u8], span: Span) -> Word {
    Word { text: text.to_vec(), span, quoting: Quoting::Bare }
}

/// A line of the words `before`, which take the place of the first word of `of`, and then `rest`.
pub(super) fn line(of: &Line, before: &[&str], rest: &[Word]) -> Line {
    let span = of.words.first().map_or(of.span, |word| word.span);
    let mut words: Vec<Word> = before.iter().map(|text| word(text.as_bytes(), span)).collect();
    words.extend_from_slice(rest);
    Line { words, span: of.span }
}
