//! `set server ... addr` and `set server ... fqdn`: where a server is from now on.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use engine::check::Updater;
use state::Server;

use crate::access::Severity;
use crate::command::{Answer, Request};
use crate::process::Process;

/// Takes `<ip> [port <port>]` from word 4 on.
pub(super) fn set(process: &Process, server: &Arc<Server>, request: &Request<'_>) -> Result<Answer, Answer> {
    let text = request.text(4);
    if text.is_empty() {
        return Err(Answer::error("set server <b>/<s> addr requires an address and optionally a port.\n"));
    }
    let Some(before) = server.endpoint().inet() else {
        return Err(Answer::error(
            "Update for the current server address family is only supported through configuration file.\n",
        ));
    };
    let Ok(ip) = text.parse::<IpAddr>() else {
        return Err(Answer::error(format!("Invalid addr '{text}'\n")));
    };
    let port = match request.word(5) {
        b"port" => port(&request.text(6))?,
        _ => before.port(),
    };
    let after = SocketAddr::new(ip, port);
    match engine::check::set_address(&process.shared, server, after, Updater::Operator) {
        None => Ok(Answer::Message(Severity::Notice, b"nothing changed\n".to_vec())),
        Some(changed) => Ok(Answer::Message(Severity::Notice, format!("{changed}\n").into_bytes())),
    }
}

/// Takes the name of its host from word 4 on (`set server ... fqdn`).
pub(super) fn set_name(process: &Process, server: &Server, request: &Request<'_>) -> Result<Answer, Answer> {
    let refuse = |why: &str| Err(Answer::error(format!("set server <b>/<s> fqdn {why}\n")));
    let name = request.text(4);
    if name.is_empty() {
        return refuse("requires a FQDN.");
    }
    let run = process.shared.server(server);
    let Some(resolving) = &run.resolving else {
        return refuse("failed because no resolution is configured.");
    };
    if resolving.service.is_some() {
        return refuse("failed because SRV resolution is configured.");
    }
    let said = match engine::resolve::rename(&process.shared, &run, &name) {
        Ok(changed) => changed,
        Err(error) => error.to_string(),
    };
    let text = format!("{said} by 'stats socket command'\n");
    Ok(Answer::Message(Severity::Warning, text.into_bytes()))
}

fn port(text: &str) -> Result<u16, Answer> {
    let bad = || Answer::error(format!("problem converting port '{text}' to an int\n"));
    let number: i32 = text.parse().map_err(|_| bad())?;
    // A sign makes it relative to the port that the client connected to, which only the configuration can say.
    let is_relative = text.starts_with(['+', '-']);
    if is_relative || number < 1 {
        return Err(Answer::error("provided port is not valid\n"));
    }
    u16::try_from(number).map_err(|_| Answer::error("provided port is not valid\n"))
}
