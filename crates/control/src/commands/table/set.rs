//! `set table`: an entry's data, which is made if it was not there.

use base::clock;
use state::table::Tracked;

use super::filter::{data_type, integer};
use super::{Which, check_type, need_operator, table, which};
use crate::command::{Answer, Request};

const ARGUMENTS: &str = "Required arguments: <table> key <key> [data.<store_data_type> <value>]* or <table> ptr <ptr> \
                         [data.<store_data_type> <value>]*\n";

pub(super) fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    if request.word(2).is_empty() {
        return Err(Answer::error(ARGUMENTS));
    }
    let table = table(request)?;
    need_operator(request)?;
    if request.word(3).starts_with(b"data.") {
        return Err(Answer::error(
            "content-based lookup is only supported with the \"show\" and \"clear\" actions\n",
        ));
    }
    let now = clock::now();
    let entry = match which(request, table, ARGUMENTS)? {
        Which::All(_) => return Ok(Answer::Done),
        Which::Entry(entry) => entry,
        Which::Key(key) => {
            let entry = table.get_or_create(&key, now);
            entry.ok_or_else(|| Answer::error("Unable to allocate a new entry\n"))?
        }
    };
    check_type(table, "Inserting keys into")?;
    let done = set_all(request, &entry);
    // Changed or not, it was meant.
    entry.touch(now);
    done.map(|()| Answer::Done)
}

fn set_all(request: &Request<'_>, entry: &Tracked) -> Result<(), Answer> {
    let now = clock::now();
    for at in (5..).step_by(2).take_while(|at| !request.word(*at).is_empty()) {
        if !request.word(at).starts_with(b"data.") {
            return Err(Answer::error("\"data.<type>\" followed by a value expected\n"));
        }
        let (data, index) =
            data_type(request.word(at)).ok_or_else(|| Answer::error("Unknown data type\n"))?;
        if !entry.table().stores(data, 0) {
            return Err(Answer::error("Data type not stored in this table\n"));
        }
        let Some(value) = integer(request.word(at + 1)) else {
            return Err(Answer::error("Require a valid integer value to store\n"));
        };
        entry.set(data, index, value, now).map_err(|error| Answer::error(format!("{error}\n")))?;
    }
    Ok(())
}
