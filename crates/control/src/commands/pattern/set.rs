//! `set map`: another value for entries that are there.

use state::pattern::RefError;

use super::{Kind, entry_id};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "map"],
    "set map <map> [<key>|#<ref>] <value>",
    "change the value of a map's entry",
    |request| settle(run(request)),
)
.level(Level::Admin)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    if request.word(4).is_empty() {
        return Err(Answer::error("'set map' expects three parameters: map identifier, key and value.\n"));
    }
    let list = Kind::Map.find_any(request, 2)?;
    let (key, value) = (request.word(3), request.word(4));
    let done = match entry_id(key)? {
        Some(id) => list.reference.set_by_id(id, value),
        None => list.reference.set(key, value),
    };
    match done {
        Ok(()) => Ok(Answer::Done),
        Err(RefError::NotFound) => Err(Answer::error("entry not found.\n")),
        Err(error) => Err(Answer::error(format!("{error}.\n"))),
    }
}
