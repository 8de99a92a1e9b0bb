//! What a line is made of, the way back to its bytes, and how to write a word so that it reads the same
//! again.

use diag::{Sources, Span};

/// Whether quotes took part in a word. Some arguments mean something else when quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// No quote anywhere in it; there may be escapes.
    Bare,
    /// At least a part of it stands between quotes.
    Quoted,
}

/// One word of a line.
///
/// Several words share one place when `"${VAR[*]}"` made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The bytes that it means: quotes and escapes resolved, variables put in. Never empty in a [`Line`],
    /// never with a NUL.
    pub text: Vec<u8>,
    /// Where its raw form stands, quotes included.
    pub span: Span,
    /// Whether any part is quoted.
    pub quoting: Quoting,
}

impl Word {
    /// The text, when it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.text).ok()
    }

    /// The text with whatever is not UTF-8 or not printable written as `\xNN`, for messages.
    #[must_use]
    pub fn lossy(&self) -> base::Lossy<'_> {
        base::Lossy(&self.text)
    }
}

impl PartialEq<[u8]> for Word {
    fn eq(&self, other: &[u8]) -> bool {
        self.text == other
    }
}

impl PartialEq<&[u8]> for Word {
    fn eq(&self, other: &&[u8]) -> bool {
        self.text == *other
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for Word {
    fn eq(&self, other: &&[u8; N]) -> bool {
        self.text == other.as_slice()
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.text == other.as_bytes()
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.text == other.as_bytes()
    }
}

/// One line of configuration: at least one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its words, the first of them the keyword.
    pub words: Vec<Word>,
    /// From its first word to the end of its last.
    pub span: Span,
}

/// The raw bytes of a line from the start of word `from_word_index` to the end of the last word, blanks
/// between words included, comment excluded; empty when there is no such word.
///
/// For arguments that old configurations wrote with unprotected blanks: a bracket expression of a regular
/// expression, an unquoted log format.
#[must_use]
pub fn raw_tail<'s>(sources: &'s Sources, line: &Line, from_word_index: usize) -> &'s [u8] {
    let Some(word) = line.words.get(from_word_index) else { return &[] };
    let text = sources.line_text(line.span.file, line.span.line);
    let start = offset(word.span.column);
    let end = offset(line.span.column.saturating_add(line.span.len));
    text.get(start..end.min(text.len())).unwrap_or(&[])
}

/// The place in a line of a column that counts from 1.
pub(crate) fn offset(column: u32) -> usize {
    usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// Writes a word so that reading it gives the same bytes: as it is where nothing in it is special, else
/// between double quotes.
#[must_use]
pub fn quoted(word: &[u8]) -> Vec<u8> {
    if !word.is_empty() && word.iter().all(|byte| is_plain(*byte)) {
        return word.to_vec();
    }
    let mut out = vec![b'"'];
    for byte in word {
        match byte {
            b'"' | b'\\' | b'$' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0..=0x1f | 0x7f => out.extend(format!("\\x{byte:02x}").bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

/// Whether a byte stands for itself outside of quotes.
fn is_plain(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'#' | b'"' | b'\'' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::FileId;

    fn word(text: &[u8], column: u32) -> Word {
        let len = u32::try_from(text.len()).unwrap();
        Word {
            text: text.to_vec(),
            span: Span { file: FileId(0), line: 1, column, len },
            quoting: Quoting::Bare,
        }
    }

    #[test]
    fn compares_with_bytes_and_text() {
        let bind = word(b"bind", 1);
        assert!(bind == "bind" && bind == *"bind" && bind == b"bind" && bind == b"bind"[..]);
        assert!(bind != "bin");
        assert_eq!(bind.as_str(), Some("bind"));
        assert_eq!(word(b"\xff", 1).as_str(), None);
        assert_eq!(word(b"\xff", 1).lossy().to_string(), "\\xff");
    }

    #[test]
    fn the_tail_keeps_blanks_and_drops_the_comment() {
        let mut sources = Sources::new();
        let file = sources.add("a", b"  a  [^ :]   # x\n".to_vec());
        let line = Line {
            words: vec![word(b"a", 3), word(b"[^", 6), word(b":]", 9)],
            span: Span { file, line: 1, column: 3, len: 8 },
        };
        assert_eq!(raw_tail(&sources, &line, 1), b"[^ :]");
        assert_eq!(raw_tail(&sources, &line, 0), b"a  [^ :]");
        assert_eq!(raw_tail(&sources, &line, 3), b"");
    }

    #[test]
    fn writes_words() {
        assert_eq!(quoted(b"a$b{}"), b"a$b{}");
        assert_eq!(quoted(b""), b"\"\"");
        assert_eq!(quoted(b"a \"$x\"\\\n\x01"), b"\"a \\\"\\$x\\\"\\\\\\n\\x01\"");
    }
}
