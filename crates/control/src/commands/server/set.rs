//! `set server`: one command for everything about a server.

use std::sync::Arc;

use engine::renamed::rename_server;
use engine::shared::TlsUse;
use state::{Proxy, Server};

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
        b"weight" => weight::set(process, &server, &request.text(4)),
        b"addr" => address::set(process, &server, request),
        b"agent" | b"agent-addr" | b"agent-port" | b"agent-send" | b"check-addr" | b"check-port" => {
            check_place::set(request, &server)
        }
        b"fqdn" => address::set_name(process, &server, request),
        b"name" => rename(request, proxy, &server),
        b"ssl" => ssl(request, &server),
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

/// `set server ... name`.
fn rename(request: &Request<'_>, proxy: &Proxy, server: &Arc<Server>) -> Result<Answer, Answer> {
    let name = request.text(4);
    if name.is_empty() {
        return Err(Answer::error("set server <b>/<s> name requires a new name.\n"));
    }
    rename_server(&request.process.shared, proxy, server, &name)
        .map_err(|error| Answer::error(format!("{error}\n")))?;
    Ok(Answer::Message(Severity::Notice, b"Server name updated.\n".to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    const UPDATED: &str = "Server name updated.\n";

    #[test]
    fn a_server_in_maintenance_gets_another_name() {
        let lab = Lab::new("backend b\n  server s1 127.0.0.1:1\n  server s2 127.0.0.1:2\n");
        let working = "Server must be in maintenance mode to be renamed (set server <b>/<s> state maint).\n";
        assert_eq!(lab.ask("set server b/s1 name x"), working);
        lab.ask("disable server b/s1");
        let long = "x".repeat(64);
        for (name, answer) in [
            ("", "set server <b>/<s> name requires a new name.\n"),
            ("a/b", "Server name contains invalid characters.\n"),
            (&long, "Server name too long.\n"),
            ("s2", "A server with the same name already exists in this backend.\n"),
            ("s1", UPDATED),
            ("blue", UPDATED),
        ] {
            assert_eq!(lab.ask(&format!("set server b/s1 name {name}")), answer, "{name}");
        }
        assert!(lab.ask("show servers state b").contains(" b 1 blue "));
        assert!(lab.ask("show stat").contains("\nb,blue,"));
        assert_eq!(lab.ask("set server b/s1 state ready"), "No such server.\n");
        assert_eq!(lab.ask("set server b/blue name s1"), UPDATED);
        assert_eq!(
            lab.ask("add server b/blue 127.0.0.1:3"),
            "New server registered.\n",
            "nobody has it any more"
        );
    }

    #[test]
    fn names_that_the_configuration_uses_stay() {
        let lab = Lab::new(
            "backend b\n  use-server s1 if { always_true }\n  server s1 127.0.0.1:1 disabled\n\
             backend t\n  server s1 127.0.0.1:1 check disabled\n  server s2 127.0.0.1:1 track t/s1\n",
        );
        for server in ["b/s1", "t/s1"] {
            let told = lab.ask(&format!("set server {server} name x"));
            assert!(told.starts_with("Cannot rename: server's name is statically referenced"), "{told}");
        }
    }
}
