//! The keywords of `global` (configuration manual, chapter 3): one row each.
//!
//! What changes how this program runs fills [`Global`](crate::model::Global). What tunes HAProxy's own machinery is
//! checked for arity and type and has no effect; what is meant to have one but is not carried out yet says so.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use crate::context::{GlobalParse, Polarity};
use crate::row::{GlobalRow, Negation, today};

pub(crate) mod accounts;
pub(crate) mod h1;
mod kinds;
mod limits;
mod log;
mod lua;
mod misc;
mod ocsp;
mod process;
mod rows;
mod setcap;
mod stats;
#[cfg(test)]
mod tests;
mod tls;
mod tune;
mod tune_h2;
mod tune_quic;
mod tune_ssl;
mod unix_bind;
pub(crate) mod vars;

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static GlobalRow> {
    rows::TABLE.iter()
}

/// Parses a line of a `global` section; the cursor stands at its first word.
///
/// # Errors
/// An unknown keyword, and whatever its row finds wrong.
pub(crate) fn parse_line(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if words.rest().len() > 1 {
        parse.polarity = match words.peek().map(|word| word.text.as_slice()) {
            Some(b"no") => Polarity::No,
            Some(b"default") => Polarity::Default,
            _ => Polarity::Set,
        };
        if parse.polarity != Polarity::Set {
            words.next();
        }
    }
    parse.span = words.span();
    let Some((row, taken)) = find(words) else { return Err(unknown(words)) };
    for _ in 0..taken {
        words.next();
    }
    if parse.polarity != Polarity::Set && row.negation == Negation::Refused {
        return Err(problem_of(
            codes::NOT_NEGATABLE,
            parse.span,
            format!("`{}` cannot be negated", row.name),
        ));
    }
    if let Some(modern) = row.modern {
        let text = format!("`{}` is not known to HAProxy any more; it works here", row.name);
        let warning =
            diag::Diagnostic::warning(text).at(parse.span).code(codes::REMOVED_KEYWORD).note(today(modern));
        parse.cx.diags.push(warning);
    }
    (row.parse)(words, parse)?;
    if parse.polarity == Polarity::Set {
        parse.cx.tell_built(row.built, row.name, parse.span);
    }
    Ok(())
}

/// The row of the line's keyword, of two words or one.
fn find(words: &Words<'_>) -> Option<(&'static GlobalRow, usize)> {
    let rest = words.rest();
    let first = rest.first()?.as_str()?;
    let both = rest.get(1).and_then(|second| Some(format!("{first} {}", second.as_str()?)));
    if let Some(row) = both.and_then(|both| rows::TABLE.get(&both)) {
        return Some((row, 2));
    }
    rows::TABLE.get(first).map(|row| (row, 1))
}

fn unknown(words: &Words<'_>) -> Problem {
    let rest = words.rest();
    let first = rest.first().map(|word| word.lossy().to_string()).unwrap_or_default();
    let prefix = format!("{first} ");
    let seconds: Vec<&str> = rows::TABLE.names().filter_map(|name| name.strip_prefix(&prefix)).collect();
    if seconds.is_empty() {
        let mut problem = problem_of(
            codes::UNKNOWN_KEYWORD,
            words.span(),
            format!("unknown keyword `{first}` in a global section"),
        );
        problem.suggestion = rows::TABLE.nearest(&first).map(str::to_owned);
        return problem;
    }
    match rest.get(1) {
        Some(second) => super::value::unexpected(second, &seconds),
        None => problem_of(
            codes::MISSING_ARGUMENT,
            words.span(),
            format!("`{first}` needs another word: {}", seconds.join(", ")),
        ),
    }
}
