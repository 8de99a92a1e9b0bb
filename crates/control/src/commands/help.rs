//! `help`: what commands there are.

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] =
    &[Command::new(&["help"], "", "list all commands, or those that begin alike", run)];

fn run(request: &mut Request<'_>) -> Answer {
    Answer::info(crate::help::help(&request.words[1..], request.client.access))
}
