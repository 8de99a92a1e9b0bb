//! `del acl`, `del map`: entries go.

use super::{Kind, entry_id};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["del", "acl"], "del acl <acl> [<key>|#<ref>]", "remove a pattern from an ACL", run)
        .level(Level::Admin),
    Command::new(&["del", "map"], "del map <map> [<key>|#<ref>]", "remove an entry from a map", run)
        .level(Level::Admin),
];

fn run(request: &mut Request<'_>) -> Answer {
    settle(del(request))
}

fn del(request: &Request<'_>) -> Result<Answer, Answer> {
    let kind = Kind::of(request);
    let key = request.word(3);
    if key.is_empty() {
        let text = format!("This command expects two parameters: {} identifier and key.\n", kind.name());
        return Err(Answer::error(text));
    }
    let list = kind.find(request, 2)?;
    let done = match entry_id(key)? {
        Some(id) => list.reference.delete_by_id(id),
        None => list.reference.delete(key),
    };
    done.map(|()| Answer::Done).map_err(|_| Answer::error("Key not found.\n"))
}
