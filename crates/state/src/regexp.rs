//! Regular expressions as configurations write them: PCRE's syntax over bytes, matched in linear time.
//!
//! The expression is first rewritten from PCRE's spelling to that of the `regex` crate; what has no equivalent there
//! (look-around, back references, recursion) is refused with the place where it stands. Matching knows no Unicode:
//! a character is a byte, `.` is every byte but a line feed, `\w`, `\d`, `\s` and case folding are ASCII's.

mod required;
mod translate;

use std::ops::Range;

use regex::bytes::{CaptureLocations, RegexBuilder, RegexSet, RegexSetBuilder};

use self::required::Required;
use crate::pattern::Case;

/// Memory that one compiled expression may take; PCRE's own limits are of this order.
const COMPILED_BYTES_MAX: usize = 32 << 20;

/// Where the groups of a match lie: 0 the whole match, 1 to 9 the parentheses; `None` for those that took no part.
pub type Captures = [Option<Range<usize>>; 10];

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// It is wrong in PCRE's eyes as well.
    #[error("{why} at offset {at}")]
    Syntax {
        /// Offset of the culprit in bytes.
        at: usize,
        /// What is wrong, without a full stop.
        why: &'static str,
    },
    /// It uses something that cannot be matched in linear time.
    #[error("{what} at offset {at} needs pcre2")]
    NeedsPcre {
        /// Offset in bytes.
        at: usize,
        /// The feature's name.
        what: &'static str,
    },
    /// The engine refuses it for another reason (its size, for instance).
    #[error("{0}")]
    Engine(String),
}

/// A compiled expression. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Regex {
    compiled: regex::bytes::Regex,
    required: Required,
    source: Box<[u8]>,
}

impl Regex {
    /// Compiles an expression in PCRE's syntax.
    ///
    /// # Errors
    /// [`RegexError`].
    pub fn new(source: &[u8], case: Case) -> Result<Regex, RegexError> {
        let text = translate::translate(source)?;
        let compiled = RegexBuilder::new(&text)
            .unicode(false)
            .case_insensitive(case == Case::Insensitive)
            .size_limit(COMPILED_BYTES_MAX)
            .build()
            .map_err(|error| engine_error(&error))?;
        Ok(Regex { compiled, required: Required::of(&text, case), source: source.into() })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Whether it matches anywhere in `haystack`.
    #[must_use]
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        self.required.is_met(haystack, 0) && self.compiled.is_match(haystack)
    }

    /// The first match in `haystack` and its groups.
    #[must_use]
    pub fn captures(&self, haystack: &[u8]) -> Option<Captures> {
        self.captures_at(haystack, 0)
    }

    /// The first match that begins at `start` or later; `^` still means the beginning of `haystack`. `None` as well
    /// if `start` lies behind its end.
    #[must_use]
    pub fn captures_at(&self, haystack: &[u8], start: usize) -> Option<Captures> {
        if start > haystack.len() || !self.required.is_met(haystack, start) {
            return None;
        }
        let mut places = self.compiled.capture_locations();
        self.compiled.captures_read_at(&mut places, haystack, start)?;
        Some(first_ten(&places))
    }
}

fn first_ten(places: &CaptureLocations) -> Captures {
    std::array::from_fn(|group| places.get(group).map(|(from, to)| from..to))
}

fn engine_error(error: &regex::Error) -> RegexError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum may grow; every variant can be displayed")]
    let text = match error {
        regex::Error::CompiledTooBig(_) => "the expression is too large when compiled".to_owned(),
        // The message draws the expression over several lines; the last one says what is wrong.
        other => {
            other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    RegexError::Engine(text)
}

/// Several expressions searched in one pass.
#[derive(Debug)]
pub(crate) struct Union(RegexSet);

impl Union {
    /// `None` if they are too large together; then they have to be tried one by one.
    pub(crate) fn new<'a>(sources: impl Iterator<Item = &'a [u8]>, case: Case) -> Option<Union> {
        let translated: Vec<String> = sources.map(|s| translate::translate(s).ok()).collect::<Option<_>>()?;
        let set = RegexSetBuilder::new(translated)
            .unicode(false)
            .case_insensitive(case == Case::Insensitive)
            .size_limit(COMPILED_BYTES_MAX)
            .build();
        set.ok().map(Union)
    }

    /// The positions of those that match, ascending.
    pub(crate) fn matches(&self, haystack: &[u8]) -> impl Iterator<Item = usize> {
        self.0.matches(haystack).into_iter()
    }

    pub(crate) fn is_match(&self, haystack: &[u8]) -> bool {
        self.0.is_match(haystack)
    }
}

/// Why a replacement template is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid replacement string at offset {at}: a backslash needs a digit, 'xHH' or a character after it"
)]
pub struct TemplateError {
    /// Offset of the backslash in bytes.
    pub at: usize,
}

/// One step of a template.
enum Step {
    Byte(u8),
    Group(usize),
}

/// Splits the next step off a template at `at`; returns it and where the next one begins.
fn next_step(template: &[u8], at: usize) -> Result<(Step, usize), TemplateError> {
    let error = TemplateError { at };
    let first = template[at];
    if first != b'\\' {
        return Ok((Step::Byte(first), at + 1));
    }
    match *template.get(at + 1).ok_or(error)? {
        digit @ b'0'..=b'9' => Ok((Step::Group(usize::from(digit - b'0')), at + 2)),
        b'x' => {
            let hex = template.get(at + 2..at + 4).and_then(|hex| std::str::from_utf8(hex).ok());
            let byte = hex.filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(error)?;
            Ok((Step::Byte(u8::from_str_radix(byte, 16).map_err(|_| error)?), at + 4))
        }
        other => Ok((Step::Byte(other), at + 2)),
    }
}

/// Checks a template that [`expand`] will be given.
///
/// # Errors
/// Where it is wrong.
pub fn check_template(template: &[u8]) -> Result<(), TemplateError> {
    let mut at = 0;
    while at < template.len() {
        at = next_step(template, at)?.1;
    }
    Ok(())
}

/// Appends `template` to `out`: `\0` to `\9` stand for groups of `captures` in `haystack` (nothing for one that took
/// no part), `\xHH` for a byte, a backslash before anything else for that itself.
///
/// # Errors
/// Where the template is wrong; what stands before that place was appended.
pub fn expand(
    template: &[u8],
    haystack: &[u8],
    captures: &Captures,
    out: &mut Vec<u8>,
) -> Result<(), TemplateError> {
    let mut at = 0;
    while at < template.len() {
        let (step, next) = next_step(template, at)?;
        match step {
            Step::Byte(byte) => out.push(byte),
            Step::Group(group) => {
                let range = captures.get(group).cloned().flatten();
                out.extend_from_slice(range.and_then(|r| haystack.get(r)).unwrap_or_default());
            }
        }
        at = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(source: &str) -> Regex {
        Regex::new(source.as_bytes(), Case::Sensitive).unwrap()
    }

    #[test]
    fn bytes_not_characters() {
        assert!(regex("^a.c$").is_match(b"a\xffc"));
        assert!(!regex("^a.c$").is_match(b"a\nc"));
        assert!(!regex("^a.c$").is_match("a\u{e9}c".as_bytes()), "two bytes");
        let bytes = Regex::new(b"[\xe0-\xff]x", Case::Sensitive).unwrap();
        assert!(bytes.is_match(b"\xf0x") && !bytes.is_match(b"\xc0x"));
    }

    #[test]
    fn case_is_folded_in_ascii() {
        let regex = Regex::new(b"^/Static/[a-c]+$", Case::Insensitive).unwrap();
        assert!(regex.is_match(b"/sTATIC/ABC"));
        assert!(Regex::new(b"(?i)x", Case::Sensitive).unwrap().is_match(b"X"));
    }

    #[test]
    fn groups_and_templates() {
        let regex = regex(r"^([^ :]*) /static/(.*)|(never)$");
        let line = b"GET /static/a/b";
        let caps = regex.captures(line).unwrap();
        assert_eq!(caps[0], Some(0..line.len()));
        assert_eq!((caps[1].clone(), caps[3].clone(), caps[9].clone()), (Some(0..3), None, None));
        let mut out = Vec::new();
        expand(br"\1 /\2\3\x21\\\/", line, &caps, &mut out).unwrap();
        assert_eq!(out, br"GET /a/b!\/");
    }

    #[test]
    fn templates_that_are_wrong() {
        for (template, at) in [(&br"a\"[..], 1), (br"ab\x4", 2), (br"\xzz", 0)] {
            assert_eq!(check_template(template), Err(TemplateError { at }), "{template:?}");
            let captures = Captures::default();
            assert_eq!(expand(template, b"", &captures, &mut Vec::new()), Err(TemplateError { at }));
        }
        assert_eq!(check_template(br"\0\x2f\\\e"), Ok(()));
    }

    #[test]
    fn a_later_match() {
        let regex = regex("(a)|^b");
        assert_eq!(regex.captures_at(b"baba", 2).unwrap()[0], Some(3..4));
        assert_eq!(regex.captures_at(b"ab", 3), None);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let error = Regex::new(b"(((a{1,500}){1,500}){1,500})", Case::Sensitive).unwrap_err();
        assert!(matches!(error, RegexError::Engine(_)), "{error}");
    }

    #[test]
    fn many_at_once() {
        let sources = [&b"^a"[..], b"b$", b"[[]"];
        let union = Union::new(sources.into_iter(), Case::Insensitive).unwrap();
        assert_eq!(union.matches(b"Ab").collect::<Vec<_>>(), [0, 1]);
        assert!(union.is_match(b"x[") && !union.is_match(b"x"));
    }
}
