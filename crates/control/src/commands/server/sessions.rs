//! `shutdown sessions server`: the end of everything that goes on with a server.

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["shutdown", "sessions", "server"],
    "shutdown sessions server <bk>/<srv>",
    "end all sessions of a server",
    |request| settle(run(request)),
)
.level(Level::Admin)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(3))?;
    engine::check::end_sessions(&request.process.shared, &server);
    Ok(Answer::Done)
}
