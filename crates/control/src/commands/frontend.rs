//! `disable frontend`, `enable frontend`: whether a frontend takes new connections.

use engine::Listening;

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
];

fn set(request: &Request<'_>, listening: Listening) -> Result<Answer, Answer> {
    let name = request.text(2);
    if name.is_empty() {
        return Err(Answer::error("A frontend name is expected.\n"));
    }
    let Some(proxy) = names::proxy(request.process, &name, Side::Frontend) else {
        return Err(Answer::error("No such frontend.\n"));
    };
    if engine::set_listening(&request.process.shared, proxy, listening) {
        return Ok(Answer::Done);
    }
    let word = if listening == Listening::On { "enabled" } else { "disabled" };
    Err(Answer::error(format!("All sockets are already {word}.\n")))
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
        assert_eq!(lab.ask("enable frontend b"), "No such frontend.\n");
        assert_eq!(lab.ask("enable frontend"), "A frontend name is expected.\n");
    }
}
