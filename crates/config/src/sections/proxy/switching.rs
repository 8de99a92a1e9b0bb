//! Where a request goes: `use_backend`, `default_backend`, `use-server` (chapter 4.2).

use base::ProxyId;
use diag::codes;
use keyword::Sections;
use rules::Words;
use sample::compile::{Names, problem_of};
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};
use state::proxy::Sides;
use syntax::Word;

use super::args;
use super::order::{self, Step};
use super::rows::{CLIENT, usage};
use crate::context::ProxyParse;
use crate::model::{SwitchRule, SwitchTarget, UseServer};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "use_backend",
        Sections::CLIENT_SIDE,
        use_backend,
        "the backend for requests that a condition holds for",
        usage!["use_backend be if { path_beg /api }", "use_backend bk_%[req.hdr(host),lower]"],
    ),
    ProxyRow::new(
        "default_backend",
        CLIENT,
        default_backend,
        "the backend for requests that no `use_backend` took",
        usage!["default_backend be"],
    ),
    ProxyRow::new(
        "use-server",
        Sections::SERVER_SIDE,
        use_server,
        "the server for requests that a condition holds for",
        usage!["use-server s1 if { path_beg /admin }"],
    ),
];

fn use_backend(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the backend's name")?;
    let condition = args::condition(words, Place::Request, parse)?;
    order::note_rule(Step::UseBackend, "use_backend", parse);
    let target = if word.text.contains(&b'%') {
        SwitchTarget::Computed(computed(word, Place::Request, parse)?)
    } else {
        match backend(word, parse) {
            Ok(id) => SwitchTarget::Fixed(id),
            Err(problem) => {
                parse.scratch.late.push(*problem);
                return Ok(());
            }
        }
    };
    parse.proxy.switching.push(SwitchRule { condition, target, place: word.span.into() });
    Ok(())
}

/// A name with variables in it.
fn computed(word: &Word, place: Place, parse: &mut ProxyParse<'_>) -> Result<LogFormat, Problem> {
    parse.compile(place, word.span, |compile, _| LogFormat::compile(&word.text, Style::Text, compile))
}

/// The proxy that a word names and that has servers.
pub(super) fn backend(word: &Word, parse: &ProxyParse<'_>) -> Result<ProxyId, Problem> {
    if let Some(found) = parse.cx.names.proxy(&word.text, Sides::Backend) {
        return Ok(found.id);
    }
    let name = word.lossy().to_string();
    if parse.cx.names.proxy(&word.text, Sides::Frontend).is_some() {
        return Err(problem_of(
            codes::NO_BACKEND_SIDE,
            word.span,
            format!("`{name}` is a frontend: it has no servers"),
        ));
    }
    let mut problem = problem_of(codes::UNKNOWN_BACKEND, word.span, format!("there is no backend `{name}`"));
    let known = parse.cx.names.proxies().iter().filter(|proxy| proxy.sides.has_backend());
    let known: Vec<String> = known.map(|proxy| base::Lossy(&proxy.name).to_string()).collect();
    problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(problem)
}

fn default_backend(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the backend's name")?;
    words.done()?;
    match backend(word, parse) {
        Ok(id) => {
            parse.proxy.default_backend = Some(id);
            parse.proxy.default_backend_place = Some(word.span.into());
        }
        Err(problem) => parse.scratch.late.push(*problem),
    }
    Ok(())
}

fn use_server(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the server's name")?;
    let condition = args::need_condition(words, Place::BackendRequest, parse)?;
    order::note_rule(Step::UseServer, "use-server", parse);
    let rule = if word.text.contains(&b'%') {
        let name = computed(word, Place::BackendRequest, parse)?;
        UseServer { condition: Some(condition), server: None, name: Some(name), place: word.span.into() }
    } else {
        let Some(server) = parse.cx.names.server(parse.proxy.id, &word.text) else {
            return Err(no_server(word, parse));
        };
        UseServer { condition: Some(condition), server: Some(server), name: None, place: word.span.into() }
    };
    parse.proxy.use_server.push(rule);
    Ok(())
}

fn no_server(word: &Word, parse: &ProxyParse<'_>) -> Problem {
    let name = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_SERVER, word.span, format!("there is no server `{name}` here"));
    let servers = parse.cx.names.proxies().get(parse.proxy.id.index()).map(|proxy| &proxy.servers);
    let known: Vec<String> =
        servers.into_iter().flatten().map(|name| base::Lossy(name).to_string()).collect();
    problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    problem
}
