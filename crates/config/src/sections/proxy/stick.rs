//! `stick on`, `stick match`, `stick store-request`, `stick store-response`: persistence by a stick table (chapter 4.2).

use diag::codes;
use keyword::Sections;
use rules::Words;
use sample::compile::{Names, problem_of};
use sample::{Place, Problem};
use state::proxy::{Mode, Sides};

use super::rows::usage;
use super::{args, expr};
use crate::context::ProxyParse;
use crate::model::StickRule;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "stick on",
        Sections::SERVER_SIDE,
        |w, p| parse_kind("on", w, p),
        "looks a key up in a table and stores it with the server that is chosen",
        usage!["stick on src table be", "stick on src table be if { src 127.0.0.0/8 }"],
    ),
    ProxyRow::new(
        "stick match",
        Sections::SERVER_SIDE,
        |w, p| parse_kind("match", w, p),
        "looks a key up in a table",
        usage!["stick match src table be"],
    ),
    ProxyRow::new(
        "stick store-request",
        Sections::SERVER_SIDE,
        |w, p| parse_kind("store-request", w, p),
        "stores a request's key with the server that is chosen",
        usage!["stick store-request src table be"],
    )
    .also(&["stick store"]),
    ProxyRow::new(
        "stick store-response",
        Sections::SERVER_SIDE,
        |w, p| parse_kind("store-response", w, p),
        "stores a response's key with the server that it came from",
        usage!["stick store-response src table be"],
    ),
];

/// Parses what follows the two words of the keyword.
pub(super) fn parse_kind(
    kind: &str,
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let is_store_response = kind == "store-response";
    let place = match (is_store_response, parse.proxy.mode) {
        (false, _) => Place::BackendRequest,
        (true, Mode::Http) => Place::Response,
        (true, _) => Place::TcpResponse,
    };
    let span = words.span();
    let key = expr::parse(words, place, parse)?;
    let table = if words.eat("table") { table(words, parse)? } else { parse.proxy.id };
    let condition = args::condition(words, place, parse)?;
    parse.proxy.stick.push(StickRule {
        key,
        table,
        condition,
        is_match: matches!(kind, "on" | "match"),
        is_store_request: matches!(kind, "on" | "store-request"),
        is_store_response,
        span,
    });
    Ok(())
}

/// The proxy whose table a word names.
fn table(words: &mut Words<'_>, parse: &ProxyParse<'_>) -> Result<base::ProxyId, Problem> {
    let word = words.need("the table's name")?;
    if let Some(found) = parse.cx.names.proxy(&word.text, Sides::Both) {
        return Ok(found.id);
    }
    let name = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_TABLE, word.span, format!("there is no stick table `{name}`"));
    let known = parse.cx.names.proxy_names();
    problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(problem)
}
