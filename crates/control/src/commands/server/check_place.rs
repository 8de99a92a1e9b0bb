//! `set server ... check-addr`, `check-port`, `agent`, `agent-addr`, `agent-port`, `agent-send`: where a server's checks and its
//! agent's go, and what the agent is told and says.

use std::net::IpAddr;
use std::sync::Arc;

use state::Server;
use state::check::{CheckFacts, CheckState};
use state::server::Health;

use crate::access::Severity;
use crate::command::{Answer, Request};

/// Carries out the order of word 3 from word 4 on.
pub(super) fn set(request: &Request<'_>, server: &Arc<Server>) -> Result<Answer, Answer> {
    match request.word(3) {
        b"agent" => agent(request, server),
        b"agent-send" => agent_send(request, server),
        b"agent-addr" | b"agent-port" => place(request, &server.agent, "agent checks"),
        _ => place(request, &server.check, "health checks"),
    }
}

fn is_on(facts: &CheckFacts) -> bool {
    facts.is_configured && !facts.is_disabled
}

fn no_agent() -> Answer {
    Answer::error("agent checks are not enabled on this server.\n")
}

/// What an agent would say.
fn agent(request: &Request<'_>, server: &Arc<Server>) -> Result<Answer, Answer> {
    if !is_on(&server.agent.facts()) {
        return Err(no_agent());
    }
    let (health, steps) = match request.word(4) {
        b"up" => (Health::Up, u32::MAX),
        b"down" => (Health::Down, 0),
        _ => return Err(Answer::error("'set server <srv> agent' expects 'up' or 'down'.\n")),
    };
    server.agent.set_health(steps);
    engine::check::set_health(&request.process.shared, server, health, None);
    Ok(Answer::Done)
}

fn agent_send(request: &Request<'_>, server: &Server) -> Result<Answer, Answer> {
    if !is_on(&server.agent.facts()) {
        return Err(no_agent());
    }
    let text = request.word(4).to_vec();
    server.agent.change_place(|place| place.send = Some(text));
    Ok(Answer::Done)
}

/// `<addr> [port <port>]` or `<port>`; whoever gives one that cannot be is warned.
fn place(request: &Request<'_>, checks: &CheckState, what: &str) -> Result<Answer, Answer> {
    let (word, text) = (request.text(3), request.text(4));
    let is_port = word.ends_with("-port");
    if text.is_empty() {
        let wanted = if is_port { "a port" } else { "an address and optionally a port" };
        return Err(Answer::error(format!("set server <b>/<s> {word} requires {wanted}.\n")));
    }
    let warning = |text: String| Answer::Message(Severity::Warning, (text + "\n").into_bytes());
    if !is_on(&checks.facts()) {
        return Err(warning(format!("{what} are not enabled on this server")));
    }
    let mut addr = None;
    if !is_port {
        let ip: IpAddr = text.parse().map_err(|_| warning(format!("invalid addr '{text}'")))?;
        addr = Some(ip);
    }
    let port = match (is_port, request.word(5)) {
        (true, _) => Some(text),
        (false, b"port") => Some(request.text(6)),
        (false, _) => None,
    };
    let port = match port {
        None => None,
        Some(text) => {
            let number: i64 =
                text.parse().map_err(|_| warning("provided port is not an integer".to_owned()))?;
            let number = u16::try_from(number).ok().filter(|port| *port > 0);
            Some(number.ok_or_else(|| warning("provided port is invalid".to_owned()))?)
        }
    };
    checks.change_place(|place| {
        place.addr = addr.or(place.addr);
        place.port = port.or(place.port);
    });
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use state::server::Health;

    use crate::testing::Lab;

    fn lab() -> Lab {
        let lab = Lab::new(
            "backend b\n  server s1 127.0.0.1:1 check agent-check agent-port 9 agent-send hi\n  server s2 127.0.0.1:2\n",
        );
        engine::check::spawn(&lab.process.shared);
        lab
    }

    #[test]
    fn places_of_checks_and_agents() {
        let lab = lab();
        assert_eq!(lab.ask("set server b/s1 check-addr 127.0.0.2 port 77"), "");
        assert_eq!(lab.ask("set server b/s1 check-port 78"), "");
        assert_eq!(lab.ask("set server b/s1 agent-addr 127.0.0.3"), "");
        assert_eq!(lab.ask("set server b/s1 agent-send x"), "");
        assert!(lab.ask("show servers state b").contains(" - 0 78 127.0.0.2 127.0.0.3 9\n"));
        for (order, answer) in [
            ("s1 check-port x", "provided port is not an integer\n"),
            ("s1 check-port 0", "provided port is invalid\n"),
            ("s1 check-addr foo", "invalid addr 'foo'\n"),
            ("s1 check-port", "set server <b>/<s> check-port requires a port.\n"),
            ("s1 agent-addr", "set server <b>/<s> agent-addr requires an address and optionally a port.\n"),
            ("s2 check-port 5", "health checks are not enabled on this server\n"),
            ("s2 agent-port 5", "agent checks are not enabled on this server\n"),
            ("s2 agent up", "agent checks are not enabled on this server.\n"),
            ("s1 agent sideways", "'set server <srv> agent' expects 'up' or 'down'.\n"),
        ] {
            assert_eq!(lab.ask(&format!("set server b/{order}")), answer, "{order}");
        }
        lab.process.shared.stop_softly();
    }

    #[test]
    fn agents_are_spoken_for_and_silenced() {
        let lab = lab();
        let server = lab.process.shared.runtime.proxies[0].servers.at(base::ServerId(0));
        assert_eq!(lab.ask("set server b/s1 agent down"), "");
        assert_eq!(server.health(), Health::Down);
        assert_eq!(lab.ask("disable agent b/s1"), "");
        assert_eq!(lab.ask("set server b/s1 agent up"), "agent checks are not enabled on this server.\n");
        assert_eq!(lab.ask("enable agent b/s1"), "");
        let none = "Agent was not configured on this server, cannot enable.\n";
        assert_eq!(lab.ask("enable agent b/s2"), none);
        lab.process.shared.stop_softly();
    }
}
