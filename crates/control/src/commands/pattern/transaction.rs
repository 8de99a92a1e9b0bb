//! `prepare acl`, `prepare map`, `commit acl`, `commit map`: all entries of a list replaced at once.

use super::{Kind, generation};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["prepare", "acl"], "prepare acl <acl>", "begin another version of an ACL", prepare)
        .level(Level::Admin),
    Command::new(&["prepare", "map"], "prepare map <map>", "begin another version of a map", prepare)
        .level(Level::Admin),
    Command::new(&["commit", "acl"], "commit acl @<ver> <acl>", "put a version of an ACL in force", commit)
        .level(Level::Admin),
    Command::new(&["commit", "map"], "commit map @<ver> <map>", "put a version of a map in force", commit)
        .level(Level::Admin),
];

fn prepare(request: &mut Request<'_>) -> Answer {
    let list = Kind::of(request).find(request, 2);
    settle(list.map(|list| Answer::info(format!("New version created: {}\n", list.reference.prepare()))))
}

fn commit(request: &mut Request<'_>) -> Answer {
    settle(try_commit(request))
}

fn try_commit(request: &Request<'_>) -> Result<Answer, Answer> {
    let kind = Kind::of(request);
    let (Some(generation), at) = generation(request) else {
        return Err(Answer::error("Missing version number.\n"));
    };
    if request.word(at).is_empty() {
        return Err(Answer::error(format!("Missing {} identifier.\n", kind.name())));
    }
    let list = kind.find(request, at)?;
    let done = list.reference.commit(generation);
    done.map(|()| Answer::Done).map_err(|_| Answer::error("Version number out of range.\n"))
}
