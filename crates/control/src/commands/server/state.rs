//! States and health: `set server ... state`, `set server ... health`, `enable server`, `disable server`, `enable
//! health`, `disable health`.

use std::sync::Arc;

use engine::check::{Administration, set_administration};
use state::Server;
use state::check::Disabled;
use state::server::Health;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;
use crate::process::Process;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["disable", "server"],
        "disable server (DEPRECATED)",
        "put a server into maintenance (better: 'set server')",
        |request| settle(administer(request, Administration::Maintenance)),
    )
    .level(Level::Admin),
    Command::new(
        &["enable", "server"],
        "enable server  (DEPRECATED)",
        "let a server work again (better: 'set server')",
        |request| settle(administer(request, Administration::Ready)),
    )
    .level(Level::Admin),
    Command::new(&["disable", "health"], "disable health", "make no checks of a server", |request| {
        settle(checks(request, Disabled::Yes))
    })
    .level(Level::Admin),
    Command::new(&["enable", "agent"], "enable agent", "ask a server's agent again", |request| {
        settle(agent(request, Disabled::No))
    })
    .level(Level::Admin),
    Command::new(&["disable", "agent"], "disable agent", "stop asking a server's agent", |request| {
        settle(agent(request, Disabled::Yes))
    })
    .level(Level::Admin),
    Command::new(&["enable", "health"], "enable health", "make checks of a server again", |request| {
        settle(checks(request, Disabled::No))
    })
    .level(Level::Admin),
];

fn administer(request: &Request<'_>, to: Administration) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(2))?;
    set_administration(&request.process.shared, &server, to);
    Ok(Answer::Done)
}

fn agent(request: &Request<'_>, disabled: Disabled) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(2))?;
    if disabled == Disabled::No && !server.agent.facts().is_configured {
        return Err(Answer::error("Agent was not configured on this server, cannot enable.\n"));
    }
    server.agent.set_disabled(disabled);
    Ok(Answer::Done)
}

fn checks(request: &Request<'_>, disabled: Disabled) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(2))?;
    if disabled == Disabled::No && !server.check.facts().is_configured {
        return Err(Answer::error("Health check was not configured on this server, cannot enable.\n"));
    }
    server.check.set_disabled(disabled);
    Ok(Answer::Done)
}

/// `set server ... state`.
pub(super) fn set(process: &Process, server: &Arc<Server>, word: &[u8]) -> Result<Answer, Answer> {
    let to = match word {
        b"ready" => Administration::Ready,
        b"drain" => Administration::Drain,
        b"maint" => Administration::Maintenance,
        _ => return Err(Answer::error("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n")),
    };
    set_administration(&process.shared, server, to);
    Ok(Answer::Done)
}

/// `set server ... health`: until a check finds something else.
pub(super) fn set_health(process: &Process, server: &Arc<Server>, word: &[u8]) -> Result<Answer, Answer> {
    let (health, steps) = match word {
        b"up" => (Health::Up, u32::MAX),
        b"stopping" => (Health::Stopping, u32::MAX),
        b"down" => (Health::Down, 0),
        _ => return Err(Answer::error("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n")),
    };
    server.check.set_health(steps);
    engine::check::set_health(&process.shared, server, health, None);
    Ok(Answer::Done)
}
