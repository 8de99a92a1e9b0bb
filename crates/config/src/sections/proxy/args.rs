//! Reading the arguments of keywords: numbers, durations, ends of lines, and notices about what has no effect yet.

use std::time::Duration;

use base::units::{TimeUnit, has_exact_unit};
use diag::codes;
use keyword::Built;
use rules::{Condition, Words};
use sample::compile::{problem, problem_of};
use sample::{Place, Problem};
use syntax::Word;

use crate::context::{Pass, ProxyParse};
use crate::sections::value;
pub(super) use crate::sections::value::{duration as duration_of, text as text_of, unexpected};

/// Reads a whole number that is at least `min`.
pub(super) fn number<T: TryFrom<i64>>(
    words: &mut Words<'_>,
    what: &str,
    min: i64,
    parse: &mut ProxyParse<'_>,
) -> Result<T, Problem> {
    let word = words.need(what)?;
    number_of(word, what, min, parse)
}

/// [`number`] of a word already taken.
pub(super) fn number_of<T: TryFrom<i64>>(
    word: &Word,
    what: &str,
    min: i64,
    parse: &mut ProxyParse<'_>,
) -> Result<T, Problem> {
    value::number(word, what, min..=i64::MAX, parse.cx.diags)
}

/// Reads a duration; a number alone counts in `unit`.
pub(super) fn duration(words: &mut Words<'_>, what: &str, unit: TimeUnit) -> Result<Duration, Problem> {
    value::duration(words.need(what)?, unit)
}

/// Warns about a duration whose unit is only the beginning of what was written.
pub(super) fn warn_about_unit(word: &Word, parse: &mut ProxyParse<'_>) {
    if !has_exact_unit(&word.text) {
        let text = format!(
            "only the unit's first letters count in `{}`: us, ms, s, m, h and d are units",
            word.lossy()
        );
        parse.cx.warn_of(codes::TIME_UNIT, word.span, text);
    }
}

/// Where an optional condition stands: `if ...`, `unless ...` or nothing.
pub(super) fn condition(
    words: &mut Words<'_>,
    place: Place,
    parse: &mut ProxyParse<'_>,
) -> Result<Option<Condition>, Problem> {
    if !words.at_condition() {
        return words.done().map(|()| None).map_err(|mut problem| {
            problem.notes.push("only a condition may follow here: `if` or `unless`".to_owned());
            problem
        });
    }
    let span = words.span();
    parse.compile(place, span, |compile, acls| Condition::compile(words, compile, acls)).map(Some)
}

/// A condition that must be there.
pub(super) fn need_condition(
    words: &mut Words<'_>,
    place: Place,
    parse: &mut ProxyParse<'_>,
) -> Result<Condition, Problem> {
    match condition(words, place, parse)? {
        Some(condition) => Ok(condition),
        None => {
            Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "a condition is missing: `if` or `unless`"))
        }
    }
}

/// Warns about words that HAProxy passes over.
pub(super) fn ignore_rest(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) {
    if let Some(first) = words.take_rest().first() {
        parse.cx.warn(first.span, format!("`{}` and what follows has no effect", first.lossy()));
    }
}

/// Refuses a keyword in a `defaults` section without a name.
pub(super) fn refuse_anonymous(parse: &ProxyParse<'_>, keyword: &str) -> Result<(), Problem> {
    if parse.pass == Pass::Defaults && parse.proxy.name.is_empty() {
        let text = format!("`{keyword}` cannot stand in a defaults section without a name");
        return Err(problem_of(codes::DEFAULTS, parse.span, text));
    }
    Ok(())
}

/// Tells that the line is understood, but not carried out yet.
pub(super) fn not_yet(parse: &mut ProxyParse<'_>, what: &str) {
    parse.tell_built(Built::Noted, what);
}

/// The name between the parentheses of `keyword(name)`; `None` when `text` is `keyword` alone.
pub(super) fn in_parentheses<'t>(word: &'t Word, keyword: &str) -> Result<Option<&'t [u8]>, Problem> {
    let rest = word.text.strip_prefix(keyword.as_bytes()).unwrap_or_default();
    if rest.is_empty() {
        return Ok(None);
    }
    let name = rest.strip_prefix(b"(").and_then(|rest| rest.split(|byte| *byte == b')').next());
    match name {
        Some(name) if !name.is_empty() && name.len() + 2 <= rest.len() => Ok(Some(name)),
        _ => Err(problem(word.span, format!("`{}` is not of the form `{keyword}(name)`", word.lossy()))),
    }
}

/// The texts of words, with one blank between them.
pub(super) fn joined(words: &[Word]) -> Vec<u8> {
    let texts: Vec<&[u8]> = words.iter().map(|word| word.text.as_slice()).collect();
    texts.join(&b' ')
}
