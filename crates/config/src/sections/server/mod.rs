//! `server`, `server-template` and `default-server` lines (configuration manual, chapters 4.2 and 5.2): a name, an
//! address, then words, each with a row of its own.
//!
//! `default-server` fills what every `server` line behind it starts with; that of a `defaults` section reaches the
//! proxies with the rest of its lines. The servers of a proxy stand in the order in which [`names_of`] tells their
//! names, also those whose lines are wrong.

use base::ServerId;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::Word;

use crate::address;
use crate::context::{ProxyParse, ServerParse};
use crate::model::ServerConfig;
use crate::row::ServerRow;
use keyword::{Built, Sections};

mod agent;
mod checks;
mod complete;
mod connect;
mod dynamic;
mod expr;
mod inherit;
mod names;
mod pool;
mod proxy_protocol;
mod resolve;
mod rows;
mod state;
#[cfg(test)]
mod tests;
mod tls;
mod weights;

pub(crate) use complete::{check_ports, tls_of_checks};
pub(crate) use dynamic::{keywords as dynamic_keywords, parse as dynamic};
pub(crate) use names::names_of;

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static ServerRow> {
    rows::TABLE.iter()
}

/// Parses a `server`, `server-template` or `default-server` line; the cursor stands behind the keyword.
///
/// # Errors
/// A wrong name or address, unknown words, and what a word finds wrong.
pub(crate) fn parse_line(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    match words.line().words[words.position() - 1].text.as_slice() {
        b"default-server" => default_server(words, parse),
        b"server-template" => template(words, parse),
        _ => server(words, parse),
    }
}

fn server(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let name = words.need("the server's name")?;
    let mut server = ServerConfig {
        id: ServerId::from_index(parse.proxy.servers.len()),
        name: super::value::text(name),
        span: words.line().span,
        ..parse.scratch.default_server.clone()
    };
    let parsed = names::check(name, parse).and_then(|()| body(words, &mut server, parse));
    parse.proxy.servers.push(server);
    parsed
}

/// One line for several servers, which differ in their number only.
fn template(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let line = words.line();
    let prefix = words.need("the beginning of the servers' names")?;
    let range = words.need("the number of servers, or the first and the last one's, as in `1-5`,")?;
    let numbers = names::range(range)?;
    let mut server = ServerConfig { span: line.span, ..parse.scratch.default_server.clone() };
    let parsed = names::check_characters(prefix).and_then(|()| body(words, &mut server, parse));
    for number in numbers {
        let name = format!("{}{number}", prefix.lossy());
        let id = ServerId::from_index(parse.proxy.servers.len());
        parse.proxy.servers.push(ServerConfig { id, name: name.into(), ..server.clone() });
    }
    parsed
}

/// The address, and all words behind it.
fn body(words: &mut Words<'_>, server: &mut ServerConfig, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the server's address")?;
    let place = address::server(word)?;
    if let Some(port) = place.cut_port {
        parse
            .cx
            .warn(word.span, format!("the port is too large; port {port} is used, as HAProxy did up to 2.0"));
    }
    if words.eat("from") {
        inherit::from(words, server, parse)?;
    }
    server.address = place.address;
    server.port_offset = place.port_offset;
    server.connect.multipath = place.is_multipath;
    server.is_datagram = place.is_datagram;
    server.unsupported.extend(place.needs.map(Box::from));
    all_words(words, server, parse)?;
    complete::complete(server, word, parse)
}

/// `default-server [name NAME] ...`: nothing is counted or completed until a server uses it.
fn default_server(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if words.peek().is_none() {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            words.span(),
            "the words that all servers shall have are missing",
        ));
    }
    let name = words.eat("name").then(|| words.need("the name of these words")).transpose()?;
    let known = |parse: &ProxyParse<'_>, name: &Word| {
        parse.scratch.named_servers.iter().position(|(known, _)| **known == *name.text)
    };
    let mut server = match name {
        None => parse.scratch.default_server.clone(),
        Some(name) => match known(parse, name) {
            Some(at) => parse.scratch.named_servers[at].1.clone(),
            None => ServerConfig::default(),
        },
    };
    if words.eat("from") {
        inherit::from(words, &mut server, parse)?;
    }
    let is_plain = words.peek().is_none();
    let parsed = all_words(words, &mut server, parse);
    match name {
        None => {
            parse.scratch.has_default_server = !is_plain;
            parse.scratch.default_server = server;
        }
        Some(name) => match known(parse, name) {
            Some(at) => parse.scratch.named_servers[at].1 = server,
            None => parse.scratch.named_servers.push((name.text.as_slice().into(), server)),
        },
    }
    parsed
}

fn all_words(
    words: &mut Words<'_>,
    server: &mut ServerConfig,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let is_default = words.line().words.first().is_some_and(|word| word.text == b"default-server");
    while let Some(word) = words.next() {
        let Some(row) = row_of(word) else { return Err(rows::unknown(word)) };
        if is_default && !row.sections.contains(Sections::DEFAULTS) {
            return Err(problem(
                word.span,
                format!("`{}` is for one server; it cannot be a default", row.name),
            ));
        }
        if parse.scratch.is_dynamic {
            dynamic::check_keyword(row.name, word.span)?;
        }
        let mut one = ServerParse { server, line: parse, span: word.span };
        (row.parse)(words, &mut one)?;
        one.tell_built(row.built, row.name);
    }
    Ok(())
}

/// The row of a word; `set-proxy-v2-tlv-fmt` has a number in parentheses.
fn row_of(word: &Word) -> Option<&'static ServerRow> {
    let text = word.as_str()?;
    let name = text.find('(').map_or(text, |at| &text[..at]);
    rows::TABLE.get(name)
}

/// Tells that a word is understood, but not carried out yet.
fn not_yet(parse: &mut ServerParse<'_, '_>, what: &str) {
    parse.tell_built(Built::Noted, what);
}

/// The word that the row in charge was found by.
fn keyword_of<'l>(words: &Words<'l>, parse: &ServerParse<'_, '_>) -> &'l Word {
    let taken = &words.line().words[..words.position()];
    taken.iter().rev().find(|word| word.span == parse.span).unwrap_or(&words.line().words[0])
}
