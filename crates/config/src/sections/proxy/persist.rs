//! Persistence beyond cookies: `http-reuse`, `force-persist`, `ignore-persist`, `persist rdp-cookie`, `http-send-name-header`,
//! `be-unpublished`, `force-be-switch` (chapter 4.2).

use keyword::Sections;
use rules::Words;
use sample::compile::problem;
use sample::{Expr, Place, Problem};

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::{ForceSwitch, HttpReuse, PersistKind, PersistRule, ServerConfig};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "force-persist",
        Sections::SERVER_SIDE,
        |w, p| rule(w, p, PersistKind::Force),
        "clients for whom a server that is down counts as up",
        usage!["force-persist if { src 10.0.0.0/8 }"],
    ),
    ProxyRow::new(
        "ignore-persist",
        Sections::SERVER_SIDE,
        |w, p| rule(w, p, PersistKind::Ignore),
        "requests that are balanced as if there were no cookie",
        usage!["ignore-persist if { path_beg /static }"],
    ),
    ProxyRow::new(
        "persist",
        SERVER,
        rdp_cookie,
        "persistence by the cookie of a remote desktop",
        usage!["persist rdp-cookie", "persist rdp-cookie(msts)"],
    ),
    ProxyRow::new(
        "http-reuse",
        SERVER,
        http_reuse,
        "whether a server connection may serve requests of several clients",
        usage!["http-reuse safe", "http-reuse never"],
    ),
    ProxyRow::new(
        "http-send-name-header",
        SERVER,
        name_header,
        "the header in which servers are told their name",
        usage!["http-send-name-header X-Server"],
    ),
    ProxyRow::new(
        "be-unpublished",
        Sections::SERVER_SIDE,
        unpublished,
        "the backend is passed over by switching rules",
        usage!["be-unpublished"],
    ),
    ProxyRow::new(
        "force-be-switch",
        Sections::CLIENT_SIDE,
        force_switch,
        "requests that may go to a backend all the same that is disabled or not published",
        usage!["force-be-switch if { src 10.0.0.0/8 }"],
    ),
];

fn rule(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, kind: PersistKind) -> Result<(), Problem> {
    let place = parse.span.into();
    let condition = args::need_condition(words, Place::BackendRequest, parse)?;
    parse.proxy.persist.push(PersistRule { kind, condition, place });
    Ok(())
}

fn rdp_cookie(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`rdp-cookie`")?;
    if !word.text.starts_with(b"rdp-cookie") {
        return Err(args::unexpected(word, &["rdp-cookie"]));
    }
    let name = args::in_parentheses(word, "rdp-cookie")?.unwrap_or(b"msts");
    words.done()?;
    let text = [b"req.rdp_cookie(", name, b")"].concat();
    let compiled =
        parse.compile(Place::BackendRequest, word.span, |compile, _| Expr::compile(&text, compile))?;
    parse.proxy.rdp_cookie = Some(compiled);
    Ok(())
}

fn http_reuse(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`never`, `safe`, `aggressive` or `always`")?;
    parse.proxy.http_reuse = match word.text.as_slice() {
        b"never" => HttpReuse::Never,
        b"safe" => HttpReuse::Safe,
        b"aggressive" => HttpReuse::Aggressive,
        b"always" => HttpReuse::Always,
        _ => return Err(args::unexpected(word, &["never", "safe", "aggressive", "always"])),
    };
    words.done()
}

fn name_header(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the header's name")?;
    let name = word.text.to_ascii_lowercase();
    match name.as_slice() {
        b"content-length" | b"transfer-encoding" | b"connection" => {
            return Err(problem(word.span, format!("`{}` has another meaning already", word.lossy())));
        }
        // Where the servers above are named like hosts, that is what is wanted.
        b"host" if !are_hosts(&parse.proxy.servers) => {
            parse.cx.warn(word.span, "every server gets its name instead of the Host that the client sent")
        }
        _ => {}
    }
    parse.proxy.server_name_header = Some(name.as_slice().into());
    args::ignore_rest(words, parse);
    Ok(())
}

/// Whether there are servers, and all have names that could stand in Host.
fn are_hosts(servers: &[ServerConfig]) -> bool {
    !servers.is_empty() && servers.iter().all(|server| server.name.contains(['.', ':']))
}

fn unpublished(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.is_unpublished = true;
    args::ignore_rest(words, parse);
    Ok(())
}

fn force_switch(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let place = parse.span.into();
    let condition = args::need_condition(words, Place::Request, parse)?;
    parse.proxy.force_switch.push(ForceSwitch { condition, place });
    Ok(())
}
