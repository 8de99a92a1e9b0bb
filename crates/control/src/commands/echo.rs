//! `echo`: text, for marks between answers.

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(&["echo"], "echo <text>", "say the same text", run)];

fn run(request: &mut Request<'_>) -> Answer {
    Answer::info(request.words[1..].join(&b' '))
}
