//! `wait`: time between commands.

use base::units::{TimeUnit, parse_duration};

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;
use crate::stat::is_in_maintenance;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["wait"],
    "wait {-h|<delay_ms>} cond [args...]",
    "let some time pass (-h tells more)",
    run,
)
.level(Level::Admin)];

const USAGE: &str = "Usage: wait {-h|<duration>} [condition [args...]]
  - '-h' shows this text
  - <duration> is how long to wait, with one of the units 'us', 'ms', 's', 'm', 'h', 'd';
    without one it is in milliseconds.
  - <condition> ends the waiting early: 'srv-removable <backend>/<server>', which no
    server becomes as long as servers cannot be removed.
";

fn run(request: &mut Request<'_>) -> Answer {
    let word = request.word(1);
    if word == b"-h" || request.word(2) == b"-h" {
        return Answer::info(USAGE);
    }
    if word.is_empty() {
        return Answer::error("Expects a duration in milliseconds.\n");
    }
    match parse_duration(word, TimeUnit::Millis) {
        Ok(time) if time.as_millis() >= 1 => match request.word(2) {
            b"" => Answer::Wait(time),
            b"srv-removable" => settle(removable(request)),
            _ => Answer::error(USAGE),
        },
        _ => Answer::error("Invalid duration.\n"),
    }
}

/// Why a server cannot be removed, which waiting does not change.
fn removable(request: &Request<'_>) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(3))?;
    if is_in_maintenance(&server) {
        return Err(Answer::error("Failed. 'del server' is known, but not built yet.\n"));
    }
    Err(Answer::error("Failed. Only servers in maintenance mode can be deleted.\n"))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn waiting() {
        let lab = Lab::new("backend b\n  server s 127.0.0.1:80\n");
        assert_eq!(lab.ask("wait"), "Expects a duration in milliseconds.\n");
        assert_eq!(lab.ask("wait x"), "Invalid duration.\n");
        assert!(lab.ask("wait 1 foo").starts_with("Usage: wait "));
        let answer = lab.ask("wait 1 srv-removable b/s");
        assert_eq!(answer, "Failed. Only servers in maintenance mode can be deleted.\n");
        assert_eq!(lab.ask("wait 1 srv-removable b/z"), "No such server.\n");
    }
}
