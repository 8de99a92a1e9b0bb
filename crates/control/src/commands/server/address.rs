//! `set server ... addr`: where a server is from now on.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use net::Endpoint;
use state::queue::Redistribute;
use state::server::ADMIN_UNRESOLVED;
use state::{Proxy, Server};

use crate::access::Severity;
use crate::command::{Answer, Request};
use crate::process::Process;

/// Who changed it, in the answer.
const UPDATER: &str = "stats socket command";

/// Takes `<ip> [port <port>]` from word 4 on.
pub(super) fn set(
    process: &Process,
    proxy: &Arc<Proxy>,
    server: &Arc<Server>,
    request: &Request<'_>,
) -> Result<Answer, Answer> {
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
    let changed = changes(before, after);
    if changed.is_empty() {
        return Ok(Answer::Message(Severity::Notice, b"nothing changed\n".to_vec()));
    }
    let _changing = proxy.changing.lock();
    server.set_endpoint(Endpoint::Inet(after));
    server.change_admin(0, ADMIN_UNRESOLVED);
    engine::dynamic_cookie::renew(&process.shared, server);
    proxy.server_changed(server, Redistribute::Nobody);
    // Idle connections lead to the old address.
    engine::check::close_idle(&process.shared, server);
    Ok(Answer::Message(Severity::Notice, format!("{changed} by '{UPDATER}'\n").into_bytes()))
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

/// What changes, in words.
fn changes(before: SocketAddr, after: SocketAddr) -> String {
    let mut parts = Vec::new();
    if before.ip() != after.ip() {
        parts.push(format!("IP changed from '{}' to '{}'", before.ip(), after.ip()));
    }
    if before.port() != after.port() {
        parts.push(format!("port changed from '{}' to '{}'", before.port(), after.port()));
    }
    parts.join(", ")
}
