//! `show version`: the version of HAProxy that is spoken.

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] =
    &[Command::new(&["show", "version"], "show version", "show the version of this process", run)];

fn run(request: &mut Request<'_>) -> Answer {
    Answer::info(request.process.about.version.as_str())
}
