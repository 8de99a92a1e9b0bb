//! `add acl`, `add map`: one entry, or those of a payload.

use state::pattern::{Columns, PatternRef, RefError};

use super::{Kind, generation};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(&["add", "acl"], "add acl [@<ver>] <acl> <pattern>", "add a pattern to an ACL", run)
        .level(Level::Admin),
    Command::new(
        &["add", "map"],
        "add map [@<ver>] <map> <key> <val>",
        "add an entry to a map (or those of a payload)",
        run,
    )
    .level(Level::Admin),
];

fn run(request: &mut Request<'_>) -> Answer {
    settle(add(request))
}

fn add(request: &Request<'_>) -> Result<Answer, Answer> {
    let kind = Kind::of(request);
    let (generation, at) = generation(request);
    check_words(request, kind, at)?;
    let list = kind.find_any(request, at)?;
    let reference = &*list.reference;
    if let Some(generation) = generation
        && generation.wrapping_sub(reference.newest()).cast_signed() > 0
    {
        let word = kind.word();
        let text = format!("Version number in the future, please use 'prepare {word}' before.\n");
        return Err(Answer::error(text));
    }
    if kind == Kind::Acl && reference.columns() == Columns::Two {
        let text = "This ACL is shared with a map containing samples. You must use the command 'add map' to add values.\n";
        return Err(Answer::error(text));
    }
    match (kind, request.payload) {
        (Kind::Map, Some(payload)) => add_all(reference, generation, payload)?,
        (Kind::Map, None) => {
            add_one(reference, generation, request.word(at + 1), Some(request.word(at + 2)))?;
        }
        (Kind::Acl, _) => add_one(reference, generation, request.word(at + 1), None)?,
    }
    Ok(Answer::Done)
}

fn check_words(request: &Request<'_>, kind: Kind, at: usize) -> Result<(), Answer> {
    let has = |word: usize| !request.word(at + word).is_empty();
    let is_complete = match (kind, request.payload) {
        (Kind::Acl, _) => has(0) && has(1),
        (Kind::Map, Some(_)) => has(0),
        (Kind::Map, None) => has(0) && has(1) && has(2),
    };
    if is_complete {
        return Ok(());
    }
    Err(Answer::error(match kind {
        Kind::Acl => "'add acl' expects two parameters: ACL identifier and pattern.\n",
        Kind::Map => {
            "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) \
             and a payload\n"
        }
    }))
}

/// One entry a line: a key, blanks, the value up to the end of the line.
fn add_all(reference: &PatternRef, generation: Option<u32>, payload: &[u8]) -> Result<(), Answer> {
    for line in payload.split(|byte| *byte == b'\n') {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let Some(end) = line.iter().position(is_blank) else {
            return Err(Answer::error(format!("Missing value for key '{}'.\n", base::Lossy(line))));
        };
        let value = &line[end + line[end..].iter().take_while(|byte| is_blank(byte)).count()..];
        add_one(reference, generation, &line[..end], Some(value))?;
    }
    Ok(())
}

fn add_one(
    reference: &PatternRef,
    generation: Option<u32>,
    pattern: &[u8],
    value: Option<&[u8]>,
) -> Result<(), Answer> {
    let added = match generation {
        Some(generation) => reference.add_to(generation, pattern, value),
        None => reference.add(pattern, value),
    };
    added.map_err(|error| match error {
        RefError::Generation => Answer::error("Version number out of range.\n"),
        RefError::NotFound | RefError::Pattern(_) | RefError::Output(_) => {
            Answer::error(format!("{error}.\n"))
        }
    })
}
