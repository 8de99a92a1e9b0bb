//! Lines of servers that come after the start: `add server` of the runtime API takes the words of a `server` line but those
//! that only a start can carry out (management guide, chapter 9.3).

use base::ServerId;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use state::proxy::Mode;

use super::{body, names, rows};
use crate::context::ProxyParse;
use crate::model::{InitAddr, ServerConfig};

/// The words that only lines of the configuration may have.
const STATIC: &[&str] = &[
    "check-sni-auto",
    "enabled",
    "init-addr",
    "log-bufsize",
    "log-proto",
    "max-reuse",
    "namespace",
    "no-check-ssl",
    "no-send-proxy-v2-ssl",
    "no-send-proxy-v2-ssl-cn",
    "no-ssl",
    "non-stick",
    "redir",
    "resolve-net",
    "resolve-opts",
    "resolve-prefer",
    "resolvers",
    "sni-auto",
    "socks4",
    "ssl-reuse",
    "stick",
];

/// The names of all words that such a line may have.
pub(crate) fn keywords() -> impl Iterator<Item = &'static str> {
    rows::TABLE.iter().map(|row| row.name).filter(|name| !STATIC.contains(name))
}

/// Parses such a line; the cursor stands behind `server`. Words of `default-server` lines count only where `from` asks
/// for them.
///
/// # Errors
/// As of a `server` line, and words that only the configuration may have.
pub(crate) fn parse(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<ServerConfig, Problem> {
    let line = words.line();
    if line.words.len() < 3 {
        let text = "'server' expects <name> and <addr>[:<port>] as arguments.";
        return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), text));
    }
    let name = words.need("the server's name")?;
    names::check_characters(name)?;
    let mut server = ServerConfig {
        id: ServerId(0),
        name: super::super::value::text(name),
        span: line.span,
        ..ServerConfig::default()
    };
    parse.scratch.is_dynamic = true;
    body(words, &mut server, parse)?;
    if server.is_datagram {
        return Err(problem_of(codes::LOG_BACKEND, line.span, crate::load::NO_DATAGRAMS));
    }
    let speaks_h2 = line.words[3..].windows(2).any(|pair| pair[0] == "proto" && pair[1] == "h2");
    if speaks_h2 && parse.proxy.mode != Mode::Http {
        return Err(problem_of(codes::CONFLICT, line.span, "MUX protocol is not usable for server."));
    }
    server.init_addr = vec![InitAddr::None];
    Ok(server)
}

/// Refuses the words that only the configuration may have.
pub(super) fn check_keyword(name: &str, span: diag::Span) -> Result<(), Problem> {
    if STATIC.contains(&name) {
        let text = format!("'{name}' option is not accepted for dynamic server");
        return Err(problem_of(codes::CONFLICT, span, text));
    }
    Ok(())
}
