//! `operator` and `user`: lowering the connection's own level.

use crate::access::{Access, Level};
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["operator"], "operator", "lower the level of this connection to operator", |request| {
        lower(request, Level::Operator)
    }),
    Command::new(&["user"], "user", "lower the level of this connection to user", |request| {
        lower(request, Level::User)
    }),
];

fn lower(request: &mut Request<'_>, level: Level) -> Answer {
    request.client.is_glued = request.word(1) == b"-";
    if !request.has_level(level) {
        return Answer::denied();
    }
    request.client.access = Access::new(level);
    Answer::Done
}
