//! `clear acl`, `clear map`: all entries go, or those of one generation.

use super::{Kind, generation};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["clear", "acl"], "clear acl [@<ver>] <acl>", "remove all patterns of an ACL", run)
        .level(Level::Admin),
    Command::new(&["clear", "map"], "clear map [@<ver>] <map>", "remove all entries of a map", run)
        .level(Level::Admin),
];

fn run(request: &mut Request<'_>) -> Answer {
    settle(clear(request))
}

fn clear(request: &Request<'_>) -> Result<Answer, Answer> {
    let kind = Kind::of(request);
    let (generation, at) = generation(request);
    if request.word(at).is_empty() {
        return Err(Answer::error(format!("Missing {} identifier.\n", kind.name())));
    }
    kind.find(request, at)?.reference.clear(generation);
    Ok(Answer::Done)
}
