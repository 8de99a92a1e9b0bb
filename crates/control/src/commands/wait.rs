//! `wait`: time between commands.

use base::units::{TimeUnit, parse_duration};

use super::server::dynamic::{Waiting, why_not};
use crate::access::Level;
use crate::command::{Answer, Command, Condition, Request, Verdict};
use crate::names::{self, Side};
use crate::process::Process;

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
  - <condition> ends the waiting early: 'srv-removable <backend>/<server>' when a server
    that is in maintenance has nothing more to do, such that 'del server' removes it;
    'be-removable <backend>' when no stream is left on a backend that 'del backend' removes.
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
            b"be-removable" => Answer::Await(
                time,
                Condition { of: request.text(3).into_owned(), look: super::del_backend::removable },
            ),
            b"srv-removable" => {
                Answer::Await(time, Condition { of: request.text(3).into_owned(), look: removable })
            }
            _ => Answer::error(USAGE),
        },
        _ => Answer::error("Invalid duration.\n"),
    }
}

/// Whether a server can be removed.
fn removable(process: &Process, name: &str) -> Verdict {
    let (backend, name) = name.split_once('/').unwrap_or((name, ""));
    let Some(proxy) = names::proxy(process, backend, Side::Backend) else {
        return Verdict::Never("No such backend.");
    };
    let Some(server) = names::server_of(proxy, name) else { return Verdict::Never("No such server.") };
    match why_not(process, &server) {
        None => Verdict::Met,
        Some((Waiting::Helps, why)) => Verdict::NotYet(why),
        Some((Waiting::IsIdle, why)) => Verdict::Never(why),
    }
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
        assert_eq!(lab.ask("wait 1 srv-removable b/z"), "Failed. No such server.\n");
        assert_eq!(lab.ask("disable server b/s;wait 1 srv-removable b/s"), "\nDone.\n");
        let server = lab.process.shared.runtime.proxies[0].servers.at(base::ServerId(0));
        server.sessions.enter();
        let waits = "<wait 20ms><wait 5ms>Wait delay expired. Server still has connections attached to it, cannot \
                     remove it.\n";
        assert_eq!(lab.ask("wait 25 srv-removable b/s"), waits);
    }
}
