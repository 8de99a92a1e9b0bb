//! `set server`: one command for everything about a server.

use super::{address, state, weight};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "server"],
    "set server <bk>/<srv> [opts]",
    "change a server's state, weight, health or address",
    |request| settle(run(request)),
)
.level(Level::Admin)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let process = request.process;
    let (proxy, server) = names::server(process, &request.text(2))?;
    match request.word(3) {
        b"state" => state::set(process, server, request.word(4)),
        b"health" => state::set_health(process, server, request.word(4)),
        b"weight" => weight::set(proxy, server, &request.text(4)),
        b"addr" => address::set(process, proxy, server, request),
        _ => Err(Answer::error("usage: set server <backend>/<server> addr | health | state | weight\n")),
    }
}
