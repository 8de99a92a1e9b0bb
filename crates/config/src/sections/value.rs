//! Reading single words: numbers, durations, sizes, one of several words, paths of files that must be readable.
//!
//! HAProxy reads as many digits as a number has and drops what follows; here that passes too, but is told.

use std::ops::RangeInclusive;
use std::time::Duration;

use base::units::{TimeUnit, UnitError, parse_duration, parse_size};
use diag::{Diagnostic, Diagnostics, codes};
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;

use crate::names::NameTable;

/// A whole number within `range`; `what` names it in messages.
pub(crate) fn number<T: TryFrom<i64>>(
    word: &Word,
    what: &str,
    range: RangeInclusive<i64>,
    diags: &mut Diagnostics,
) -> Result<T, Problem> {
    let (number, used) = base::bytes::leading_int(&word.text);
    if !word.text[..used].last().is_some_and(u8::is_ascii_digit) {
        return Err(problem_of(
            codes::NUMBER,
            word.span,
            format!("`{}` is no number: {what} is expected", word.lossy()),
        ));
    }
    if used < word.text.len() {
        let text = format!("`{}` is read as {number}; what follows the digits is dropped", word.lossy());
        diags.push(Diagnostic::warning(text).at(word.span).code(codes::NUMBER_TAIL));
    }
    let (low, high) = (*range.start(), *range.end());
    if number < low {
        return Err(problem_of(codes::NUMBER, word.span, format!("{what} is {low} at least, not {number}")));
    }
    if number > high {
        return Err(problem_of(codes::NUMBER, word.span, format!("{what} is {high} at most, not {number}")));
    }
    T::try_from(number)
        .map_err(|_| problem_of(codes::NUMBER, word.span, format!("{number} is too large for {what}")))
}

/// Checks that a word is a number and nothing else, where HAProxy looks at all of it.
pub(crate) fn whole(word: &Word) -> Result<(), Problem> {
    if base::bytes::leading_int(&word.text).1 == word.text.len() {
        return Ok(());
    }
    Err(problem_of(codes::NUMBER, word.span, format!("`{}` is no number", word.lossy())))
}

/// A number from 0 that HAProxy keeps in 32 bits.
pub(crate) const COUNT: RangeInclusive<i64> = 0..=i32::MAX as i64;

/// A duration; a number alone counts in `unit`.
pub(crate) fn duration(word: &Word, unit: TimeUnit) -> Result<Duration, Problem> {
    parse_duration(&word.text, unit).map_err(|error| {
        let text = word.lossy();
        let message = match error {
            UnitError::NoNumber => {
                format!("`{text}` is no duration: a number and a unit are expected, as in `10s`")
            }
            UnitError::Unexpected { at } => {
                let unit = base::Lossy(&word.text[at..]).to_string();
                format!("`{unit}` is no unit of time: us, ms, s, m, h and d are")
            }
            UnitError::TooLarge => format!("`{text}` is more than HAProxy's longest duration, 2147483647 ms"),
            UnitError::TooSmall => format!("`{text}` is shorter than the shortest duration, 1 ms"),
        };
        problem_of(codes::TIME, word.span, message)
    })
}

/// A duration that is not 0.
pub(crate) fn positive_duration(word: &Word, unit: TimeUnit) -> Result<Duration, Problem> {
    let time = duration(word, unit)?;
    if time.is_zero() {
        return Err(problem_of(codes::TIME, word.span, "a duration of 0 is not possible here"));
    }
    Ok(time)
}

/// A size in bytes, with `k`, `m` or `g`.
pub(crate) fn size(word: &Word) -> Result<u64, Problem> {
    parse_size(&word.text).map_err(|error| {
        let message = match error {
            UnitError::NoNumber => {
                format!("`{}` is no size: a number is expected, as in `16k`", word.lossy())
            }
            UnitError::Unexpected { at } => {
                format!("`{}` is no unit of size: k, m and g are", base::Lossy(&word.text[at..]))
            }
            UnitError::TooLarge | UnitError::TooSmall => format!("`{}` is too large", word.lossy()),
        };
        problem_of(codes::SIZE, word.span, message)
    })
}

/// The place in `known` of a word that must be one of them.
pub(crate) fn choice(word: &Word, known: &[&str]) -> Result<usize, Problem> {
    known.iter().position(|text| *word == **text).ok_or_else(|| unexpected(word, known))
}

/// As [`choice`]; the problem tells whose value it is.
pub(crate) fn choice_of(keyword: &str, word: &Word, known: &[&str]) -> Result<usize, Problem> {
    choice(word, known).map_err(|mut problem| {
        problem.message = format!("`{keyword}`: {}", problem.message);
        problem
    })
}

/// `on` or `off`.
pub(crate) fn on_off(word: &Word) -> Result<bool, Problem> {
    Ok(choice(word, &["on", "off"])? == 0)
}

/// A word that is none of `known`.
pub(crate) fn unexpected(word: &Word, known: &[&str]) -> Problem {
    let text = word.lossy().to_string();
    let mut problem = problem_of(codes::CHOICE, word.span, format!("unexpected word `{text}`"));
    problem.suggestion = diag::nearest(&text, known.iter().copied()).map(str::to_owned);
    if problem.suggestion.is_none() {
        let listed: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
        problem.notes.push(format!("known are {}", listed.join(", ")));
    }
    problem
}

/// Text for names in messages and in the model; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn text(word: &Word) -> Box<str> {
    String::from_utf8_lossy(&word.text).into_owned().into_boxed_str()
}

/// A byte string of the model.
pub(crate) fn bytes(word: &Word) -> Box<[u8]> {
    word.text.as_slice().into()
}

/// Checks that the file that a word names, below `base` unless it is absolute, can be read.
pub(crate) fn readable(word: &Word, base: Option<&[u8]>, names: &NameTable) -> Result<(), Problem> {
    let path = under(base, &word.text);
    names.file(&path).map(drop).map_err(|error| {
        problem_of(
            codes::FILE_UNREADABLE,
            word.span,
            format!("the file `{}` cannot be read: {error}", base::Lossy(&path)),
        )
    })
}

/// `path`, or `path` below `base` when it is relative.
pub(crate) fn under(base: Option<&[u8]>, path: &[u8]) -> Vec<u8> {
    match base {
        Some(base) if !path.starts_with(b"/") => [base, b"/", path].concat(),
        _ => path.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diag::{FileId, Span};
    use syntax::Quoting;

    fn word(text: &str) -> Word {
        let span = Span { file: FileId(0), line: 1, column: 1, len: 1 };
        Word { text: text.as_bytes().to_vec(), span, quoting: Quoting::Bare }
    }

    #[test]
    fn numbers_and_what_follows_them() {
        let mut diags = Diagnostics::new();
        assert_eq!(number::<u32>(&word("12"), "it", COUNT, &mut diags).unwrap(), 12);
        assert!(diags.is_empty());
        assert_eq!(number::<u32>(&word("12s"), "it", COUNT, &mut diags).unwrap(), 12);
        assert_eq!(diags.warnings(), 1);
        for bad in ["x", "-1", "99999999999"] {
            assert!(number::<u32>(&word(bad), "it", COUNT, &mut diags).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_sizes_and_choices() {
        assert_eq!(duration(&word("3s"), TimeUnit::Millis).unwrap(), Duration::from_secs(3));
        assert!(positive_duration(&word("0"), TimeUnit::Millis).is_err());
        assert_eq!(size(&word("16k")).unwrap(), 16_384);
        assert!(size(&word("16q")).is_err());
        assert!(on_off(&word("on")).unwrap());
        let problem = choice(&word("opertor"), &["user", "operator"]).unwrap_err();
        assert_eq!(problem.suggestion.as_deref(), Some("operator"));
    }

    #[test]
    fn paths_below_a_directory() {
        assert_eq!(under(Some(b"/etc"), b"a.pem"), b"/etc/a.pem");
        assert_eq!(under(Some(b"/etc"), b"/b.pem"), b"/b.pem");
        assert_eq!(under(None, b"a.pem"), b"a.pem");
    }
}
