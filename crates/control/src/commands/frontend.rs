//! `disable frontend`, `enable frontend`: whether a frontend takes new connections.

use std::sync::Arc;

use engine::Listening;
use state::Proxy;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["disable", "frontend"],
        "disable frontend <frontend>",
        "let a frontend take no new connections for a while",
        |request| settle(set(request, Listening::Off)),
    )
    .level(Level::Admin),
    Command::new(
        &["enable", "frontend"],
        "enable frontend <frontend>",
        "let a frontend take connections again",
        |request| settle(set(request, Listening::On)),
    )
    .level(Level::Admin),
    Command::new(
        &["shutdown", "frontend"],
        "shutdown frontend <frontend>",
        "let a frontend take no connections any more",
        |request| settle(shut_down(request)),
    )
    .level(Level::Admin),
];

fn frontend<'a>(request: &Request<'a>) -> Result<&'a Arc<Proxy>, Answer> {
    let name = request.text(2);
    if name.is_empty() {
        return Err(Answer::error("A frontend name is expected.\n"));
    }
    let found = names::proxy(request.process, &name, Side::Frontend);
    found.ok_or_else(|| Answer::error("No such frontend.\n"))
}

fn set(request: &Request<'_>, listening: Listening) -> Result<Answer, Answer> {
    let proxy = frontend(request)?;
    let word = if listening == Listening::On { "enable" } else { "disable" };
    if request.process.is_shut(proxy.id) {
        return Err(Answer::error(format!("Frontend was previously shut down, cannot {word}.\n")));
    }
    if engine::set_listening(&request.process.shared, proxy, listening) {
        return Ok(Answer::Done);
    }
    Err(Answer::error(format!("All sockets are already {word}d.\n")))
}

fn shut_down(request: &Request<'_>) -> Result<Answer, Answer> {
    let proxy = frontend(request)?;
    if !request.process.shut(proxy.id) {
        return Err(Answer::error("Frontend was already shut down.\n"));
    }
    engine::set_listening(&request.process.shared, proxy, Listening::Off);
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn a_frontend_is_paused_once() {
        let lab = Lab::new("frontend f\nbackend b\n");
        assert_eq!(lab.ask("disable frontend f"), "");
        assert_eq!(lab.ask("disable frontend f"), "All sockets are already disabled.\n");
        assert!(lab.ask("show stat f 1 -1").contains(",PAUSED,"));
        assert_eq!(lab.ask("enable frontend f"), "");
        assert_eq!(lab.ask("enable frontend f"), "All sockets are already enabled.\n");
        assert_eq!(lab.ask("shutdown frontend f"), "");
        assert!(lab.ask("show stat f 1 -1").contains(",STOP,"));
        assert_eq!(lab.ask("shutdown frontend f"), "Frontend was already shut down.\n");
        assert_eq!(lab.ask("enable frontend f"), "Frontend was previously shut down, cannot enable.\n");
        assert_eq!(lab.ask("enable frontend b"), "No such frontend.\n");
        assert_eq!(lab.ask("enable frontend"), "A frontend name is expected.\n");
    }
}
