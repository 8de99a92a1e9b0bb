//! The arguments of actions: formats, expressions, numbers, and what stands in parentheses behind a name.

use std::time::Duration;

use base::units::{TimeUnit, UnitError, parse_duration};
use diag::{Span, codes};
use sample::compile::{problem_of, regex_problem};
use sample::logformat::{LogFormat, Style};
use sample::{Expr, Problem, Txn, converters};
use state::regexp::Regex;
use syntax::Word;

use crate::action::ActionCompile;
use crate::words::Words;
pub(super) use crate::words::need;

/// A problem at a word.
pub(super) fn wrong(word: &Word, text: impl Into<String>) -> Problem {
    problem_of(codes::ACTION_ARGUMENT, word.span, text)
}

/// The next word as a format.
pub(super) fn format(
    words: &mut Words<'_>,
    what: &str,
    style: Style,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<LogFormat, Problem> {
    let word = words.need(what)?;
    format_of(word, style, compile)
}

/// `word` as a format.
pub(super) fn format_of(
    word: &Word,
    style: Style,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<LogFormat, Problem> {
    compile.sample.span = word.span;
    LogFormat::compile(&word.text, style, compile.sample)
}

/// The next word as an expression, with the converters that the words behind it may name.
pub(super) fn expr(
    words: &mut Words<'_>,
    what: &str,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Expr, Problem> {
    let word = need(words, what)?;
    compile.sample.span = word.span;
    let mut expr = Expr::compile(without_commas(&word.text), compile.sample)?;
    while let Some(word) = words.peek() {
        let text = without_commas(&word.text);
        let name_len =
            text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
        if converters::lookup(&text[..name_len]).is_none() {
            break;
        }
        compile.sample.span = word.span;
        expr.append_converters(text, compile.sample)?;
        words.next();
    }
    Ok(expr)
}

/// A list of converters may be cut into words at its commas.
fn without_commas(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b",").unwrap_or(text);
    text.strip_suffix(b",").unwrap_or(text)
}

/// A number, written out or computed.
#[derive(Debug)]
pub(super) enum Number {
    /// As it stands in the configuration.
    Fixed(i64),
    /// Computed for each use.
    Computed(Expr),
}

impl Number {
    /// The number now; `None` if the expression has no value that is one.
    pub(super) fn get(&self, txn: &Txn) -> Option<i64> {
        match self {
            Number::Fixed(n) => Some(*n),
            Number::Computed(expr) => expr.eval(txn)?.to_int(),
        }
    }
}

/// The next word as a number, decimal, `0x` hexadecimal or `0` octal; or an expression.
pub(super) fn number(
    words: &mut Words<'_>,
    what: &str,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Number, Problem> {
    if let Some(n) = words.peek().and_then(|word| c_number(&word.text)) {
        words.next();
        return Ok(Number::Fixed(n));
    }
    expr(words, what, compile).map(Number::Computed)
}

/// A number as C writes it.
fn c_number(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let value = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(&digits[1..], 8),
        None => digits.parse(),
    };
    value.ok().map(|n| sign * n)
}

/// A span of time, written out or computed in milliseconds.
#[derive(Debug)]
pub(super) enum Time {
    /// As it stands in the configuration.
    Fixed(Duration),
    /// Computed for each use.
    Computed(Expr),
}

impl Time {
    /// The span now; `None` if the expression has no value or a negative one.
    pub(super) fn get(&self, txn: &Txn) -> Option<Duration> {
        match self {
            Time::Fixed(time) => Some(*time),
            Time::Computed(expr) => u64::try_from(expr.eval(txn)?.to_int()?).ok().map(Duration::from_millis),
        }
    }
}

/// The next word as a time in milliseconds or with a unit, not 0; or an expression.
pub(super) fn time_or_expr(
    words: &mut Words<'_>,
    what: &str,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Time, Problem> {
    let word = need(words, what)?;
    let is_number = word.text.first().is_some_and(u8::is_ascii_digit);
    match parse_duration(&word.text, TimeUnit::Millis) {
        Ok(time) if time.is_zero() => Err(wrong(word, format!("{what} cannot be 0"))),
        Ok(time) => Ok(Time::Fixed(time)),
        Err(error) if is_number => Err(no_time(word, what, error)),
        Err(_) => {
            let mut back = Words::new(words.line(), words.position() - 1);
            let expr = expr(&mut back, what, compile)?;
            *words = back;
            Ok(Time::Computed(expr))
        }
    }
}

/// The next word as a time in milliseconds or with a unit.
pub(super) fn time(words: &mut Words<'_>, what: &str) -> Result<Duration, Problem> {
    let word = need(words, what)?;
    parse_duration(&word.text, TimeUnit::Millis).map_err(|error| no_time(word, what, error))
}

fn no_time(word: &Word, what: &str, error: UnitError) -> Problem {
    let why = match error {
        UnitError::NoNumber => "a time begins with a number",
        UnitError::Unexpected { .. } => "units of time are `us`, `ms`, `s`, `m`, `h` and `d`",
        UnitError::TooLarge => "at most 2147483647 ms (24.8 days) can be waited",
        UnitError::TooSmall => "the smallest time but 0 is 1 ms",
    };
    wrong(word, format!("`{}` cannot be {what}: {why}", word.lossy()))
}

/// The next word as a regular expression, case counting.
pub(super) fn regex(words: &mut Words<'_>) -> Result<Regex, Problem> {
    let word = need(words, "the regular expression")?;
    regex_of(word)
}

/// `word` as a regular expression, case counting.
pub(super) fn regex_of(word: &Word) -> Result<Regex, Problem> {
    Regex::new(&word.text, state::pattern::Case::Sensitive).map_err(|error| regex_problem(word.span, &error))
}

/// The word that named the action: the one before the cursor.
pub(super) fn action_word<'l>(words: &Words<'l>) -> &'l Word {
    &words.line().words[words.position().saturating_sub(1)]
}

/// What stands in the parentheses of the word that named the action, cut at commas; `None` without parentheses.
///
/// # Errors
/// A parenthesis that is not closed at the end of the word.
pub(super) fn in_parentheses<'l>(words: &Words<'l>) -> Result<Option<Vec<&'l [u8]>>, Problem> {
    let word = action_word(words);
    let Some(open) = word.text.iter().position(|b| *b == b'(') else { return Ok(None) };
    let Some(inner) = word.text[open + 1..].strip_suffix(b")") else {
        return Err(wrong(word, "the closing `)` is missing at the end of this word"));
    };
    Ok(Some(inner.split(|b| *b == b',').collect()))
}

/// A small number in the parentheses of an action's name.
pub(super) fn index(text: &[u8], what: &str, span: Span) -> Result<usize, Problem> {
    let number = std::str::from_utf8(text).ok().and_then(|t| t.trim().parse::<u8>().ok());
    number.map(usize::from).ok_or_else(|| {
        problem_of(codes::ACTION_ARGUMENT, span, format!("`{}` is no number for {what}", base::Lossy(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_c_writes_them() {
        let cases: &[(&str, Option<i64>)] = &[
            ("10", Some(10)),
            ("0x1F", Some(31)),
            ("010", Some(8)),
            ("0", Some(0)),
            ("-5", Some(-5)),
            ("src", None),
            ("1x", None),
        ];
        for (text, want) in cases {
            assert_eq!(c_number(text.as_bytes()), *want, "{text}");
        }
    }
}
