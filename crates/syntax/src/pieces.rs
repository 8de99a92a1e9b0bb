//! A line as it is written: where its words and its comment stand, with nothing resolved.
//!
//! For programs that rewrite a configuration and must not change what they do not mean to. The same bytes end a word
//! here and in the lexer; variables are not looked at, as no environment is at hand.

use crate::environment::Environment;
use crate::lexer::{Comments, LinePlace, is_blank, lex};
use diag::FileId;
use std::ops::Range;

/// The parts of one line, as offsets into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Its words in their raw form, quotes and escapes included.
    pub words: Vec<Range<usize>>,
    /// The comment, its `#` included; blanks at the end of the line do not belong to it.
    pub comment: Option<Range<usize>>,
}

/// Cuts a line, without its line feed, into its parts.
///
/// `None` for a line that is better left as it is: a quote is not closed, a carriage return stands within it, or a NUL, or
/// a blank other than a space behind a backslash.
#[must_use]
pub fn pieces(line: &[u8]) -> Option<Pieces> {
    let end = line.len() - usize::from(line.ends_with(b"\r"));
    let text = &line[..end];
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return None;
    }
    let mut found = Pieces::default();
    let mut at = 0;
    while at < text.len() {
        if is_blank(text[at]) {
            at += 1;
        } else if text[at] == b'#' {
            found.comment = Some(at..at + text[at..].trim_ascii_end().len());
            break;
        } else {
            let word = at..word_end(text, at)?;
            at = word.end;
            found.words.push(word);
        }
    }
    Some(found)
}

/// The bytes that one raw word means; `None` where a variable decides about them, or where it is no word.
#[must_use]
pub fn plain_word(raw: &[u8]) -> Option<Vec<u8>> {
    if raw.contains(&b'"') && raw.contains(&b'$') {
        return None;
    }
    let nowhere = LinePlace { file: FileId(0), line: 1 };
    let lexed = lex(raw, nowhere, &Environment::new(), Comments::Dropped).ok()?;
    let [word] = <[_; 1]>::try_from(lexed.words).ok()?;
    Some(word.text)
}

/// Writes a word without quotes, as lines with regular expressions are mostly written: blanks and what else is special
/// stand behind backslashes. [`plain_word`] gives the same bytes back; an empty word and NUL cannot be written so.
#[must_use]
pub fn escaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len() + 8);
    for (at, byte) in word.iter().enumerate() {
        match byte {
            b' ' | b'#' | b'"' | b'\'' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x0b | 0x0c => out.extend(format!("\\x{byte:02x}").bytes()),
            b'\\' if is_special(word.get(at + 1).copied()) => out.extend(b"\\\\"),
            _ => out.push(*byte),
        }
    }
    out
}

/// Whether a backslash before this byte of a word would not stand for itself.
fn is_special(next: Option<u8>) -> bool {
    next.is_none_or(|byte| {
        is_blank(byte) || matches!(byte, b'\\' | b'#' | b'"' | b'\'' | b'n' | b'r' | b't' | b'x')
    })
}

/// Where the word that begins at `start` ends; `None` when a quote in it is not closed.
fn word_end(text: &[u8], start: usize) -> Option<usize> {
    let mut quote = None;
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match (quote, byte) {
            (None, b'#') => break,
            (None, _) if is_blank(byte) => break,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            // Whatever stands behind a backslash belongs to the word, but a word's last byte may be one.
            (None | Some(b'"'), b'\\') if at + 1 < text.len() && is_escapable(text[at + 1], quote) => at += 1,
            (Some(b'"'), b'$') => at = variable_end(text, at)?,
            // With another blank behind it, it would protect that.
            (None, b'\\') if text.get(at + 1).copied().is_some_and(is_blank) => return None,
            _ => {}
        }
        at += 1;
    }
    quote.is_none().then_some(at)
}

/// Whether a backslash takes its special meaning from this byte.
fn is_escapable(byte: u8, quote: Option<u8>) -> bool {
    matches!(byte, b' ' | b'\\' | b'"' | b'\'' | b'#') || (byte == b'$' && quote.is_some())
}

/// The last byte of the variable that begins at `start`: its default may hold anything up to the brace. `None` when the
/// brace is missing.
fn variable_end(text: &[u8], start: usize) -> Option<usize> {
    let Some(inner) = text[start + 1..].strip_prefix(b"{") else { return Some(start) };
    let name =
        inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
    let behind = inner[name..].strip_prefix(b"[*]").unwrap_or(&inner[name..]);
    if !behind.starts_with(b"-") {
        return Some(start);
    }
    let len = behind.iter().position(|byte| *byte == b'}')?;
    Some(text.len() - behind.len() + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<&str> {
        pieces(line.as_bytes()).unwrap().words.into_iter().map(|word| &line[word]).collect()
    }

    #[test]
    fn words_keep_their_quotes_and_escapes() {
        assert_eq!(
            words("  a\t\"b c\"d  'e \\' f\\ g \\\\ h\\#i#j k"),
            ["a", "\"b c\"d", "'e \\'", "f\\ g", "\\\\", "h\\#i"]
        );
        assert_eq!(words("a\\"), ["a\\"]);
        assert_eq!(words("\"a\\\" b\" c\r"), ["\"a\\\" b\"", "c"]);
        assert_eq!(words("a \"${B-x\"y z}\" \"\\${\" c"), ["a", "\"${B-x\"y z}\"", "\"\\${\"", "c"]);
        assert_eq!(words("   "), [""; 0]);
    }

    #[test]
    fn words_are_resolved_and_written() {
        assert_eq!(plain_word(b"^Host:\\ (.*)\\.x").unwrap(), b"^Host: (.*)\\.x");
        assert_eq!(plain_word(b"\"a b\"'$c'"), None, "better too careful");
        assert_eq!(plain_word(b"'$c'").unwrap(), b"$c");
        assert_eq!(plain_word(b"a b"), None);
        for word in [&b"a b#c\"'"[..], b"\\d+\\ \\n\\\\\\", b"\t\r\n\x0b", b"\\1\xff$"] {
            assert_eq!(
                plain_word(&escaped(word)).unwrap(),
                word,
                "{}",
                String::from_utf8_lossy(&escaped(word))
            );
        }
        assert_eq!(escaped(b"(\\d+) \\1"), b"(\\d+)\\ \\1");
    }

    #[test]
    fn comments() {
        let found = pieces(b"a  # b c \t").unwrap();
        assert_eq!(found.comment, Some(3..8));
        assert_eq!(pieces(b"# x").unwrap().words, []);
        assert_eq!(pieces(b"'#' a").unwrap().comment, None);
    }

    #[test]
    fn lines_better_left_alone() {
        for line in [&b"a \"b"[..], b"a\\\tb", b"a 'b\\", b"a\rb", b"a\0b"] {
            assert_eq!(pieces(line), None, "{line:?}");
        }
    }
}
