//! The keywords of `defaults`, `frontend`, `backend` and `listen` (configuration manual, chapter 4).
//!
//! [`parse_line`] finds the row of a line's keyword and hands the rest of the line to it. What a `defaults` section
//! says is parsed once on a proxy made for the purpose ([`check_defaults`]) and again for each proxy that inherits it;
//! there, what does not fit the proxy's side is left out without a word.

use diag::{Diagnostic, Span, codes};
use keyword::Sections;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use crate::context::{Pass, Polarity, ProxyParse};
use crate::row::{Negation, ProxyRow, today};

mod acl;
mod appsession;
mod args;
mod balance;
pub(crate) mod bandwidth;
mod blanks;
mod capture;
mod check_draft;
mod check_expect;
mod check_protocols;
mod check_steps;
mod checks;
mod complete;
mod compression;
mod cookie;
mod defaults;
mod errors;
mod expr;
mod filters;
mod general;
mod header;
mod http_check;
mod httpchk;
mod keepalive;
mod legacy;
mod legacy_setbe;
mod limits;
mod log;
mod log_format;
mod monitor;
mod option_flags;
mod option_forward;
mod option_http;
mod option_log;
mod order;
mod persist;
mod redirect;
mod reference;
mod retries;
mod rows;
mod rule_lines;
mod servers;
mod source;
mod stats;
mod stick;
mod stick_table;
mod switching;
mod synthetic;
mod tcp_check;
#[cfg(test)]
mod tests;
mod timeouts;

pub use check_draft::CheckDraft;
pub(crate) use check_draft::Family as CheckFamily;
pub(crate) use complete::complete;
pub use compression::FilterDraft;
pub(crate) use defaults::{check_defaults, refuse_heir};
pub(crate) use errors::status;
pub(crate) use header::header_addresses;
pub(crate) use reference::entries;
pub(crate) use source::use_source;

/// The most words that make a keyword (`capture request header`).
const KEYWORD_WORDS_MAX: usize = 3;

/// Keywords that are refused, not ignored, in a proxy without the side that they are for.
const STRICT: &[&str] = &[
    "server",
    "server-template",
    "default-server",
    "tcp-request connection",
    "tcp-request session",
    "tcp-response inspect-delay",
    "declare capture",
    "retry-on",
    "hash-preserve-affinity",
    "be-unpublished",
    "force-be-switch",
    "use-fcgi-app",
];

/// Parses a line of a proxy section; the cursor stands at its first word.
///
/// # Errors
/// An unknown keyword, one that may not stand here, and whatever its row finds wrong.
pub(crate) fn parse_line(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if header::is_header(words) {
        return header::address(words, parse);
    }
    parse.polarity = polarity(words);
    parse.span = words.span();
    let Some((row, taken)) = find(words.rest()) else {
        // An unknown word of a defaults section was told there.
        return if parse.pass == Pass::Inherited { Ok(()) } else { Err(unknown(words, parse)) };
    };
    parse.span = across(&words.rest()[..taken]);
    for _ in 0..taken {
        words.next();
    }
    if !fits(row, parse)? {
        return Ok(());
    }
    if parse.polarity != Polarity::Set && row.negation == Negation::Refused {
        return Err(problem_of(
            codes::NOT_NEGATABLE,
            parse.span,
            format!("`{}` cannot be negated", row.name),
        ));
    }
    if let Some(modern) = row.modern.filter(|_| parse.pass != Pass::Inherited) {
        let text = format!("`{}` is not known to HAProxy any more; it works here", row.name);
        let warning =
            Diagnostic::warning(text).at(parse.span).code(codes::REMOVED_KEYWORD).note(today(modern));
        parse.cx.diags.push(warning);
    }
    (row.parse)(words, parse)?;
    if parse.polarity == Polarity::Set {
        parse.tell_built(row.built, row.name);
    }
    Ok(())
}

/// Takes `no` or `default` from in front of the keyword.
fn polarity(words: &mut Words<'_>) -> Polarity {
    let has_keyword = words.rest().len() > 1;
    if has_keyword && words.eat("no") {
        Polarity::No
    } else if has_keyword && words.eat("default") {
        Polarity::Default
    } else {
        Polarity::Set
    }
}

/// The row of the longest keyword that the words begin with, and how many words it takes. Arguments in parentheses, as
/// in `http-check set-var(name)`, do not belong to the keyword.
fn find(words: &[Word]) -> Option<(&'static ProxyRow, usize)> {
    let longest = words.len().min(KEYWORD_WORDS_MAX);
    (1..=longest).rev().find_map(|taken| {
        let text = joined(&words[..taken])?;
        let name = text.split('(').next().unwrap_or_default();
        // What follows a word with parentheses is no part of the keyword.
        let is_whole = name.len() == text.len() || words[taken - 1].text.contains(&b'(');
        let is_last = words[..taken - 1].iter().all(|word| !word.text.contains(&b'('));
        rows::TABLE.get(name).filter(|_| is_whole && is_last).map(|row| (row, taken))
    })
}

fn joined(words: &[Word]) -> Option<String> {
    let texts: Option<Vec<&str>> = words.iter().map(Word::as_str).collect();
    Some(texts?.join(" "))
}

/// The place of several words of one line.
fn across(words: &[Word]) -> Span {
    let (first, last) = (words[0].span, words[words.len() - 1].span);
    let end = last.column.saturating_add(last.len);
    Span { len: end.saturating_sub(first.column).max(first.len), ..first }
}

/// Whether the line is to be parsed: `false` for a keyword that has no effect in this section.
fn fits(row: &ProxyRow, parse: &mut ProxyParse<'_>) -> Result<bool, Problem> {
    if row.sections.contains(parse.section) {
        return Ok(true);
    }
    if parse.pass == Pass::Inherited {
        return Ok(false);
    }
    if parse.section == Sections::DEFAULTS {
        return Err(problem_of(
            codes::WRONG_SECTION,
            parse.span,
            format!("`{}` cannot stand in a defaults section", row.name),
        ));
    }
    let side = if row.sections.contains(Sections::FRONTEND) { "client" } else { "server" };
    let text = format!("a {} has no {side} side for `{}`", parse.section, row.name);
    if STRICT.contains(&row.name) {
        return Err(problem_of(codes::WRONG_SECTION, parse.span, text));
    }
    let mut warning =
        Diagnostic::warning(format!("{text}; the line is ignored")).at(parse.span).code(codes::IGNORED_HERE);
    if let Some(other) = counterpart(row.name) {
        warning = warning.note(format!("perhaps `{other}` is meant"));
    }
    parse.cx.diags.push(warning);
    Ok(false)
}

/// The keyword of the other side that is often confused with `name`.
fn counterpart(name: &str) -> Option<&'static str> {
    match name {
        "maxconn" => Some("fullconn"),
        "fullconn" => Some("maxconn"),
        _ => None,
    }
}

/// The problem of a line without a row. A known first word (`timeout`, `option`) is not what is wrong.
fn unknown(words: &Words<'_>, parse: &ProxyParse<'_>) -> Problem {
    let rest = words.rest();
    let first = rest.first().map(|word| word.lossy().to_string()).unwrap_or_default();
    let usable = || rows::TABLE.iter().filter(|row| row.sections.contains(parse.section));
    let names = || usable().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
    let prefix = format!("{first} ");
    let seconds: Vec<&str> = names().filter_map(|name| name.strip_prefix(&prefix)).collect();
    if seconds.is_empty() {
        let mut problem = problem_of(
            codes::UNKNOWN_KEYWORD,
            words.span(),
            format!("unknown keyword `{first}` in a {} section", parse.section),
        );
        problem.suggestion = diag::nearest(&first, names()).map(str::to_owned);
        if Sections::opened_by(&first).is_none() {
            return problem;
        }
        problem.notes.push("a section begins with its keyword in the first place of a line".to_owned());
        return problem;
    }
    let Some(second) = rest.get(1) else {
        let text = format!("`{first}` needs another word: {}", listed(&seconds));
        return problem_of(codes::MISSING_ARGUMENT, words.span(), text);
    };
    let word = second.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_WORD, second.span, format!("unknown word `{word}` after `{first}`"));
    problem.suggestion = diag::nearest(&word, seconds.iter().copied()).map(str::to_owned);
    if problem.suggestion.is_none() {
        problem.notes.push(format!("known are {}", listed(&seconds)));
    }
    problem
}

/// At most a dozen words between backticks.
fn listed(words: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let mut shown: Vec<String> = words.iter().take(SHOWN_MAX).map(|word| format!("`{word}`")).collect();
    if words.len() > SHOWN_MAX {
        shown.push("...".to_owned());
    }
    shown.join(", ")
}
