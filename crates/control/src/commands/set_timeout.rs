//! `set timeout cli`: how long this connection may be silent.

use base::units::{TimeUnit, parse_duration};

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "timeout"],
    "set timeout [cli] <delay>",
    "change how long this connection may be silent",
    run,
)];

fn run(request: &mut Request<'_>) -> Answer {
    if request.word(2) != b"cli" {
        return Answer::error("'set timeout' only supports 'cli'.\n");
    }
    let word = request.word(3);
    if word.is_empty() {
        return Answer::error("Expects an integer value.\n");
    }
    match parse_duration(word, TimeUnit::Seconds) {
        Ok(time) if time.as_secs() >= 1 => {
            request.client.timeout = time;
            Answer::Done
        }
        _ => Answer::error("Invalid timeout value.\n"),
    }
}
