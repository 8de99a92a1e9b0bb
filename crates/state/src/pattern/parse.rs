//! The spelling of patterns: ranges, operators, versions, hexadecimal bytes; and why one is refused.

use crate::regexp::RegexError;

use super::Method;

/// A pattern that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PatternError {
    /// Its place among the words or lines that were given, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub why: PatternWhy,
}

/// What is wrong with a pattern; each holds its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternWhy {
    /// It should be an integer.
    #[error("'{0}' is not a number")]
    Number(String),
    /// It should be a range of integers.
    #[error("'{0}' is not a valid number range")]
    Range(String),
    /// It should be a version of two numbers.
    #[error("'{0}' is not a dotted number")]
    Version(String),
    /// It should be a range of versions.
    #[error("'{0}' is not a valid dotted number range")]
    VersionRange(String),
    /// After an operator, it should be a number.
    #[error("'{0}' is neither a number nor a supported operator")]
    Operator(String),
    /// It is no address or network. Where the configuration allows names, it may be one that has to be resolved.
    #[error("'{0}' is not a valid IPv4 or IPv6 address")]
    Address(String),
    /// An odd number of hexadecimal digits.
    #[error("an even number of hex digit is expected")]
    HexLength(String),
    /// Something else than a hexadecimal digit.
    #[error("an hex digit is expected (found '{1}')")]
    HexDigit(String, char),
    /// The expression is refused.
    #[error("regex '{0}' is invalid ({1})")]
    Regex(String, RegexError),
    /// A map's value is not what the map is used for.
    #[error(transparent)]
    Output(#[from] super::OutputError),
}

/// For [`PatternWhy`].
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// A range of integers; each end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) min: i64,
    pub(super) max: i64,
}

impl Span {
    pub(super) fn contains(self, n: i64) -> bool {
        self.min <= n && n <= self.max
    }
}

/// A decimal number, with a sign only if negative.
fn number(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `major` or `major.minor`, each below 65536, as one number.
fn version(text: &[u8]) -> Option<i64> {
    let mut parts = text.splitn(2, |b| *b == b'.');
    let part = |text| number(text).filter(|n| (0..65_536).contains(n));
    let major = part(parts.next()?)?;
    let minor = parts.next().map_or(Some(0), part)?;
    Some((major << 16) | minor)
}

/// `5`, `1:10`, `:5`, `80:`; a dash does as well as a colon, so that there are no negative numbers.
pub(super) fn span(text: &[u8], method: Method) -> Result<Span, PatternWhy> {
    let is_version = method == Method::Version;
    let read = if is_version { version } else { number };
    let Some(at) = text.iter().position(|b| matches!(b, b':' | b'-')) else {
        return match read(text) {
            Some(n) => Ok(Span { min: n, max: n }),
            None if is_version => Err(PatternWhy::Version(shown(text))),
            None if text.is_empty() => Err(PatternWhy::Range(shown(text))),
            None => Err(PatternWhy::Number(shown(text))),
        };
    };
    let (low, high) = (&text[..at], &text[at + 1..]);
    let min = if low.is_empty() { Some(i64::MIN) } else { read(low) };
    let max = if high.is_empty() { Some(i64::MAX) } else { read(high) };
    match (min, max) {
        (Some(min), Some(max)) if min <= max && !(low.is_empty() && high.is_empty()) => Ok(Span { min, max }),
        _ if is_version => Err(PatternWhy::VersionRange(shown(text))),
        _ => Err(PatternWhy::Range(shown(text))),
    }
}

/// Bytes written in hexadecimal.
pub(super) fn hexadecimal(text: &[u8]) -> Result<Vec<u8>, PatternWhy> {
    if !text.len().is_multiple_of(2) {
        return Err(PatternWhy::HexLength(shown(text)));
    }
    let digit = |byte: u8| {
        let digit = char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        digit.ok_or_else(|| PatternWhy::HexDigit(shown(text), char::from(byte)))
    };
    text.chunks_exact(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[derive(Clone, Copy)]
enum Operator {
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
}

fn operator(word: &[u8]) -> Option<Operator> {
    match word {
        b"eq" => Some(Operator::Eq),
        b"ge" => Some(Operator::Ge),
        b"gt" => Some(Operator::Gt),
        b"le" => Some(Operator::Le),
        b"lt" => Some(Operator::Lt),
        _ => None,
    }
}

/// Rewrites the words of a condition so that each is a pattern of its own, as files and the runtime API hold them:
/// `ge 5 lt 3` becomes `5:` and `:2`. An operator holds for all words up to the next. Words of methods without
/// operators stay as they are. With each pattern comes the place of its word.
///
/// # Errors
/// The first word after an operator that is no number.
pub fn canonical_words<W: AsRef<[u8]>>(
    method: Method,
    words: &[W],
) -> Result<Vec<(usize, Vec<u8>)>, PatternError> {
    let mut current = Operator::Eq;
    let mut patterns = Vec::with_capacity(words.len());
    for (index, word) in words.iter().map(AsRef::as_ref).enumerate() {
        if method.takes_operators() {
            if let Some(found) = operator(word) {
                current = found;
                continue;
            }
            let pattern = rewrite(method, current, word).map_err(|why| PatternError { index, why })?;
            patterns.push((index, pattern));
        } else {
            patterns.push((index, word.to_vec()));
        }
    }
    Ok(patterns)
}

fn rewrite(method: Method, operator: Operator, word: &[u8]) -> Result<Vec<u8>, PatternWhy> {
    if matches!(operator, Operator::Eq) || word.iter().any(|b| matches!(b, b':' | b'-')) {
        return Ok(word.to_vec());
    }
    // HAProxy drops what follows a dot in an integer here.
    let end = word.iter().position(|b| *b == b'.').unwrap_or(word.len());
    let value = if method == Method::Version { version(word) } else { number(&word[..end]) };
    let value = value.ok_or_else(|| PatternWhy::Operator(shown(word)))?;
    let spell = |n: i64| {
        if method == Method::Version { format!("{}.{}", n >> 16, n & 0xffff) } else { n.to_string() }
    };
    let text = match operator {
        Operator::Eq => spell(value),
        Operator::Ge => format!("{}:", spell(value)),
        Operator::Gt => format!("{}:", spell(value.saturating_add(1))),
        Operator::Le => format!(":{}", spell(value)),
        // What is less than 0 cannot be written as a pattern; `:-1` is what HAProxy makes of it, and refuses.
        Operator::Lt => format!(":{}", spell(value - 1)),
    };
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, min, max) in [
            ("5", 5, 5),
            ("1:10", 1, 10),
            ("1-10", 1, 10),
            (":5", i64::MIN, 5),
            ("-5", i64::MIN, 5),
            ("80:", 80, i64::MAX),
        ] {
            assert_eq!(span(text.as_bytes(), Method::Int), Ok(Span { min, max }), "{text}");
        }
        for text in ["", ":", "a", "5:1", "1:x", "x:1", "1.5", "99999999999999999999", "+5"] {
            assert!(span(text.as_bytes(), Method::Int).is_err(), "{text}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(span(b"3.1", Method::Version), Ok(Span { min: 0x3_0001, max: 0x3_0001 }));
        assert_eq!(span(b"3", Method::Version), Ok(Span { min: 0x3_0000, max: 0x3_0000 }));
        assert_eq!(span(b"3.0-3.1", Method::Version), Ok(Span { min: 0x3_0000, max: 0x3_0001 }));
        assert!(span(b"3.65536", Method::Version).is_err());
    }

    #[test]
    fn operators_become_ranges() {
        let words = ["7", "gt", "3", "5", "lt", "4", "1:2", "eq", "9", "le", "2.9"];
        let got = canonical_words(Method::Int, &words).unwrap();
        let texts: Vec<_> = got.iter().map(|(i, t)| (*i, std::str::from_utf8(t).unwrap())).collect();
        let want = [(0, "7"), (2, "4:"), (3, "6:"), (5, ":3"), (6, "1:2"), (8, "9"), (10, ":2")];
        assert_eq!(texts, want);
        let got = canonical_words(Method::Version, &["gt", "3.1"]).unwrap();
        assert_eq!(got[0].1, b"3.2:");
        assert_eq!(canonical_words(Method::Str, &["gt", "3"]).unwrap().len(), 2);
        let error = canonical_words(Method::Int, &["gt", "x"]).unwrap_err();
        assert_eq!(error, PatternError { index: 1, why: PatternWhy::Operator("x".into()) });
    }

    #[test]
    fn bytes() {
        assert_eq!(hexadecimal(b"00fF"), Ok(vec![0, 255]));
        assert_eq!(hexadecimal(b"00f"), Err(PatternWhy::HexLength("00f".into())));
        assert_eq!(hexadecimal(b"0g"), Err(PatternWhy::HexDigit("0g".into(), 'g')));
    }
}
