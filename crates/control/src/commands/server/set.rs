//! `set server`: one command for everything about a server.

use std::sync::Arc;

use engine::shared::TlsUse;
use state::Server;

use super::{address, check_place, state as states, weight};
use crate::access::{Level, Severity};
use crate::command::{Answer, Command, Request, settle};
use crate::names;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "server"],
    "set server <bk>/<srv> [opts]",
    "change a server's state, weight, health or address",
    |request| settle(run(request)),
)
.level(Level::Admin)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let process = request.process;
    let (proxy, server) = names::server(process, &request.text(2))?;
    match request.word(3) {
        b"state" => states::set(process, &server, request.word(4)),
        b"health" => states::set_health(process, &server, request.word(4)),
        b"weight" => weight::set(proxy, &server, &request.text(4)),
        b"addr" => address::set(process, proxy, &server, request),
        b"agent" | b"agent-addr" | b"agent-port" | b"agent-send" | b"check-addr" | b"check-port" => {
            check_place::set(request, &server)
        }
        b"fqdn" => {
            Err(Answer::error("set server <b>/<s> fqdn failed because no resolution is configured.\n"))
        }
        b"name" if request.word(4).is_empty() => {
            Err(Answer::error("set server <b>/<s> name requires a new name.\n"))
        }
        b"ssl" => ssl(request, &server),
        b"name" => Err(not_built(request)),
        _ => Err(Answer::error(
            "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | \
             check-port | fqdn | health | name | ssl | state | weight\n",
        )),
    }
}

/// `set server ... ssl`, of a server whose line prepared TLS.
fn ssl(request: &Request<'_>, server: &Arc<Server>) -> Result<Answer, Answer> {
    let shared = &request.process.shared;
    let run = shared.server(server);
    if run.added.is_some() {
        return Err(Answer::error("'set server <srv> ssl' not supported on dynamic servers\n"));
    }
    if run.tls.is_none() {
        let text = "'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n";
        return Err(Answer::error(text));
    }
    let to = match request.word(4) {
        b"on" => TlsUse::On,
        b"off" => TlsUse::Off,
        _ => return Err(Answer::error("'set server <srv> ssl' expects 'on' or 'off'.\n")),
    };
    run.set_tls(to);
    // Idle connections speak as before.
    engine::check::close_idle(shared, server);
    Ok(Answer::Message(Severity::Notice, b"server ssl setting updated.\n".to_vec()))
}

fn not_built(request: &Request<'_>) -> Answer {
    Answer::error(format!("'set server <b>/<s> {}' is known, but not built yet.\n", request.text(3)))
}
