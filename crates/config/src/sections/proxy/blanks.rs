//! Blanks that a line's author forgot to protect: words put together again, and the line as it should be written.

use diag::Span;
use syntax::Word;

/// The bytes between two words of a line.
pub(super) fn gap(left: Span, right: Span) -> usize {
    let end = left.column.saturating_add(left.len);
    usize::try_from(right.column.saturating_sub(end)).unwrap_or(1).max(1)
}

/// The texts of words with as many blanks between them as the line has.
pub(super) fn rejoined(words: &[Word]) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.resize(text.len() + gap(words[index - 1].span, word.span), b' ');
        }
        text.extend_from_slice(&word.text);
    }
    text
}

/// One word from several, as if the blanks between them had been protected.
pub(super) fn merged(words: &[Word]) -> Word {
    Word { text: rejoined(words), span: super::across(words), quoting: words[0].quoting }
}

/// How many words, the first one included, a bracket expression of a regular expression was torn into; 1 for a
/// whole one. A bracket that never closes counts as whole.
pub(super) fn torn(words: &[Word]) -> usize {
    let mut open = Bracket::default();
    for (index, word) in words.iter().enumerate() {
        open.read(&word.text);
        if !open.is_open {
            return index + 1;
        }
    }
    1
}

/// Follows `[...]` through a regular expression.
#[derive(Default)]
struct Bracket {
    is_open: bool,
    is_escaped: bool,
    /// Bytes since the bracket opened, `^` left out: a `]` in first place stands for itself.
    members: usize,
    /// Within `[:name:]`.
    in_class: bool,
}

impl Bracket {
    fn read(&mut self, text: &[u8]) {
        for (index, byte) in text.iter().enumerate() {
            if std::mem::take(&mut self.is_escaped) {
                self.members += 1;
            } else if *byte == b'\\' {
                self.is_escaped = true;
            } else if self.is_open {
                self.inside(*byte, text.get(index + 1));
            } else if *byte == b'[' {
                *self = Bracket { is_open: true, ..Bracket::default() };
            }
        }
        // The blank that follows belongs to the expression as well.
        self.is_escaped = false;
        self.members += 1;
    }

    fn inside(&mut self, byte: u8, next: Option<&u8>) {
        match byte {
            b'^' if self.members == 0 => return,
            b'[' if next == Some(&b':') => self.in_class = true,
            b']' if self.in_class => self.in_class = false,
            b']' if self.members > 0 => self.is_open = false,
            _ => {}
        }
        self.members += 1;
    }
}

/// The words of a line as they should be written: each protected where it needs to be, one blank between them.
pub(super) fn rewritten(words: &[Word]) -> String {
    let texts: Vec<String> = words.iter().map(|word| base::Lossy(&escaped(&word.text)).to_string()).collect();
    texts.join(" ")
}

/// A word with its blanks, `#` and quotes protected by backslashes, as lines with regular expressions are usually
/// written.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if matches!(byte, b' ' | b'\t' | b'#' | b'"' | b'\'') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::FileId;
    use syntax::Quoting;

    fn words(texts: &[&str]) -> Vec<Word> {
        let mut column = 1;
        let mut made = Vec::new();
        for text in texts {
            let len = u32::try_from(text.len()).unwrap();
            let span = Span { file: FileId(0), line: 1, column, len };
            made.push(Word { text: text.as_bytes().to_vec(), span, quoting: Quoting::Bare });
            column += len + 1;
        }
        made
    }

    #[test]
    fn torn_brackets_are_counted() {
        for (texts, want) in [
            (&["^([^", ":]*)\\ /x", "\\1"][..], 2),
            (&["[^:]*", "x"], 1),
            (&["[]", "a]b", "x"], 2),
            (&["\\[a", "b"], 1),
            (&["[[:alpha:]", "]x", "y"], 2),
            (&["[never", "closed"], 1),
            (&["a", "b"], 1),
        ] {
            assert_eq!(torn(&words(texts)), want, "{texts:?}");
        }
    }

    #[test]
    fn words_come_together_with_their_blanks() {
        let mut words = words(&["[^", ":]"]);
        words[1].span.column += 2;
        assert_eq!(merged(&words).text, b"[^   :]");
        assert_eq!(merged(&words).span.len, 7);
        assert_eq!(rewritten(&[merged(&words)]), "[^\\ \\ \\ :]");
    }
}
