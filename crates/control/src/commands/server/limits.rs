//! Limits of connections: `set maxconn server`, `set maxconn frontend`, `set maxconn global`.

use std::sync::atomic::Ordering::Relaxed;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["set", "maxconn", "server"],
        "set maxconn server <bk>/<srv>",
        "change how many requests a server gets at once",
        |request| settle(server(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "maxconn", "frontend"],
        "set maxconn frontend <frontend> <value>",
        "change how many connections a frontend takes",
        |request| settle(frontend(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "maxconn", "global"],
        "set maxconn global <value>",
        "change how many connections the process takes",
        |request| settle(global(request)),
    )
    .level(Level::Admin),
];

fn server(request: &Request<'_>) -> Result<Answer, Answer> {
    let (proxy, server) = names::server(request.process, &request.text(3))?;
    let text = request.text(4);
    if text.is_empty() {
        return Err(Answer::error("Require <maxconn>.\n"));
    }
    let Some(maxconn) = leading_number(&text) else {
        return Err(Answer::error("maxconn string empty or preceded by garbage\n"));
    };
    server.set_maxconn(u32::try_from(maxconn).unwrap_or(0));
    proxy.queue.fill(&server);
    Ok(Answer::Done)
}

fn frontend(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = request.text(3);
    if name.is_empty() {
        return Err(Answer::error("A frontend name is expected.\n"));
    }
    let Some(proxy) = names::proxy(request.process, &name, Side::Frontend) else {
        return Err(Answer::error("No such frontend.\n"));
    };
    if request.word(4).is_empty() {
        return Err(Answer::error("Integer value expected.\n"));
    }
    let Ok(maxconn) = u32::try_from(leading_number(&request.text(4)).unwrap_or(0)) else {
        return Err(Answer::error("Value out of range.\n"));
    };
    proxy.maxconn.store(maxconn, Relaxed);
    Ok(Answer::Done)
}

fn global(request: &Request<'_>) -> Result<Answer, Answer> {
    if request.word(3).is_empty() {
        return Err(Answer::error("Expects an integer value.\n"));
    }
    let wanted = leading_number(&request.text(3)).unwrap_or(0);
    if wanted > i64::from(request.process.about.hard_maxconn) {
        return Err(Answer::error("Value out of range.\n"));
    }
    // Nothing, or less than nothing, means as much as there may be.
    request.process.shared.runtime.set_maxconn(u32::try_from(wanted).unwrap_or(0));
    Ok(Answer::Done)
}

/// The number that a text begins with.
fn leading_number(text: &str) -> Option<i64> {
    let is_part = |(at, c): (usize, char)| c.is_ascii_digit() || at == 0 && c == '-';
    let end = text.char_indices().find(|part| !is_part(*part)).map_or(text.len(), |(at, _)| at);
    text[..end].parse().ok()
}
