//! `wait`: time between commands.

use base::units::{TimeUnit, parse_duration};

use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] =
    &[Command::new(&["wait"], "wait {-h|<delay_ms>}", "let some time pass (-h tells more)", run)
        .level(Level::Admin)];

const USAGE: &str = "Usage: wait {-h|<duration>}
  - '-h' shows this text
  - <duration> is how long to wait, with one of the units 'us', 'ms', 's', 'm', 'h', 'd';
    without one it is in milliseconds.
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
        Ok(time) if time.as_millis() >= 1 => {
            // Conditions to wait for are about servers that come and go, which there are none of yet.
            if request.word(2).is_empty() { Answer::Wait(time) } else { Answer::error(USAGE) }
        }
        _ => Answer::error("Invalid duration.\n"),
    }
}
