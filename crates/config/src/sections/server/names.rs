//! The names of servers: which a line declares, and what they are made of.

use std::ops::RangeInclusive;

use diag::{Diagnostic, codes};
use sample::Problem;
use sample::compile::problem_of;
use syntax::{Line, Word};

use crate::context::ProxyParse;

/// More servers than this of one template are a mistake.
const TEMPLATE_SERVERS_MAX: u64 = 65_536;

/// The names that a line of a proxy section declares: none unless it is `server` or `server-template`.
pub(crate) fn names_of(line: &Line) -> impl Iterator<Item = Vec<u8>> {
    let words = &line.words;
    let mut names = Vec::new();
    match words[0].text.as_slice() {
        b"server" => names.extend(words.get(1).map(|name| name.text.clone())),
        b"server-template" => {
            if let Some((prefix, Ok(numbers))) = words.get(1).zip(words.get(2).map(range)) {
                names.extend(numbers.map(|number| [&prefix.text, number.to_string().as_bytes()].concat()));
            }
        }
        _ => {}
    }
    names.into_iter()
}

/// `N` (from 1 to N) or `N-M`.
pub(super) fn range(word: &Word) -> Result<RangeInclusive<u64>, Problem> {
    let mut ends = word.text.splitn(2, |byte| *byte == b'-').map(base::bytes::parse_decimal);
    let range = match (ends.next().flatten(), ends.next()) {
        (Some(last), None) => 1..=last,
        (Some(first), Some(Some(last))) => first..=last,
        _ => {
            return Err(problem_of(
                codes::NUMBER,
                word.span,
                format!("`{}` is no number or range of numbers", word.lossy()),
            ));
        }
    };
    if range.is_empty() {
        return Err(problem_of(codes::NUMBER, word.span, format!("`{}` is an empty range", word.lossy())));
    }
    if range.end() - range.start() >= TEMPLATE_SERVERS_MAX {
        return Err(problem_of(
            codes::NUMBER,
            word.span,
            format!("{TEMPLATE_SERVERS_MAX} servers of one template are the limit"),
        ));
    }
    Ok(range)
}

/// Checks the name of a `server` line: its characters, and that no server before it has it. The latter is an error
/// since 1.6, and files are older than that.
pub(super) fn check(word: &Word, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    check_characters(word)?;
    let name = super::super::value::text(word);
    if let Some(other) = parse.proxy.servers.iter().find(|server| server.name == name) {
        let text = format!("a server `{name}` exists already in this proxy: names find the first one only");
        let note = format!("the first one is in line {}", other.span.line);
        parse.cx.diags.push(Diagnostic::warning(text).at(word.span).code(codes::DUPLICATE_SERVER).note(note));
    }
    Ok(())
}

pub(super) fn check_characters(word: &Word) -> Result<(), Problem> {
    let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    match word.text.iter().find(|byte| !is_good(byte)) {
        None => Ok(()),
        Some(bad) => {
            let text = format!(
                "`{}` in a name: letters, digits, `-`, `_`, `.` and `:` are allowed",
                base::Lossy(&[*bad])
            );
            Err(problem_of(codes::NUMBER, word.span, text))
        }
    }
}
