//! Lines of words, each with its place. Blanks separate words; a word that begins with `#` begins a comment.

use diag::{FileId, Span};

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Its text; bytes that are no UTF-8 make it empty, which no word of the format is.
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// The lines that have words.
pub(super) fn lines(file: FileId, text: &[u8]) -> impl Iterator<Item = Vec<Word<'_>>> {
    let numbered = text.split(|byte| *byte == b'\n').zip(1u32..);
    numbered.map(move |(line, number)| words(file, number, line)).filter(|words| !words.is_empty())
}

fn words(file: FileId, number: u32, line: &[u8]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|gap| at + gap)
    {
        if line[start] == b'#' {
            break;
        }
        let length = line[start..].iter().position(u8::is_ascii_whitespace).unwrap_or(line.len() - start);
        at = start + length;
        let span = Span { file, line: number, column: place(start + 1), len: place(length) };
        words.push(Word { text: str::from_utf8(&line[start..at]).unwrap_or_default(), span });
    }
    words
}

/// Columns beyond four gigabytes are as good as the last.
fn place(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// From the first byte of one word to the last of another behind it on the same line.
pub(super) fn join(first: Span, last: Span) -> Span {
    Span { len: last.column.saturating_add(last.len).saturating_sub(first.column), ..first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_places() {
        let text = b"# a comment\n\n  ip   address\t10.0.1.2/24 # here\r\nauto on\r";
        let found: Vec<Vec<(&str, u32, u32)>> = lines(FileId(0), text)
            .map(|line| line.iter().map(|word| (word.text, word.span.line, word.span.column)).collect())
            .collect();
        assert_eq!(
            found,
            [
                vec![("ip", 3, 3), ("address", 3, 8), ("10.0.1.2/24", 3, 16)],
                vec![("auto", 4, 1), ("on", 4, 6)]
            ]
        );
    }

    #[test]
    fn what_is_no_text_is_an_empty_word() {
        let found: Vec<_> = lines(FileId(0), b"a \xff\xfe").flatten().collect();
        assert_eq!((found[1].text, found[1].span.column, found[1].span.len), ("", 3, 2));
    }

    #[test]
    fn a_span_over_several_words() {
        let line = lines(FileId(0), b" ip route default").next().unwrap();
        let span = join(line[0].span, line[2].span);
        assert_eq!((span.column, span.len), (2, 16));
    }
}
