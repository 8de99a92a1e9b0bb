//! `show cli level`, `show cli sockets`: this connection's level, and all sockets of this kind.

use std::io::Write;

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["show", "cli", "level"], "show cli level", "show the level of this connection", level),
    Command::new(
        &["show", "cli", "sockets"],
        "show cli sockets",
        "list the sockets of the runtime API",
        sockets,
    ),
];

fn level(request: &mut Request<'_>) -> Answer {
    Answer::info(request.client.access.level.name())
}

fn sockets(request: &mut Request<'_>) -> Answer {
    let mut out = b"# socket lvl processes\n".to_vec();
    for (name, level) in &request.process.about.sockets {
        // Writing to a Vec cannot fail.
        let _ = writeln!(out, "{name} {} all", level.name());
    }
    Answer::Dump(out)
}
