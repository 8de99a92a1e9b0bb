//! `set severity-output`: whether messages say how bad they are.

use crate::access::SeverityOutput;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "severity-output"],
    "set severity-output [none|number|string]",
    "put the severity of messages before them",
    run,
)];

fn run(request: &mut Request<'_>) -> Answer {
    request.client.is_glued = request.word(3) == b"-";
    match SeverityOutput::parse(request.word(2)) {
        Some(form) => {
            request.client.severity_output = form;
            Answer::Done
        }
        None => Answer::error("one of 'none', 'number', 'string' is a required argument\n"),
    }
}
