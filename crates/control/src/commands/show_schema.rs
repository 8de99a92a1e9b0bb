//! `show schema json`: the schema of the JSON forms of `show info` and `show stat`.

use crate::command::{Answer, Command, Request};
use crate::page;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "schema", "json"],
    "show schema json",
    "show what the JSON forms look like",
    run,
)];

fn run(_: &mut Request<'_>) -> Answer {
    Answer::Dump(page::schema())
}
