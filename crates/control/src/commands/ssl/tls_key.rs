//! `show tls-keys`, `set ssl tls-key`: keys of session tickets.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tls::tickets::TicketFile;

use super::store;
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["set", "ssl", "tls-key"],
        "set ssl tls-key [id|file] <key>",
        "give the next key of session tickets; the oldest goes",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "tls-keys"],
        "show tls-keys [id|*]",
        "list the files of ticket keys, or show their keys",
        |request| settle(show(request)),
    )
    .level(Level::Admin),
];

/// The file that `#number` or a path means.
fn find(request: &Request<'_>, wanted: &str) -> Option<Arc<TicketFile>> {
    let number = wanted.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
    let is_it = |file: &Arc<TicketFile>| match number {
        Some(number) => file.id == number,
        None => *file.name == *wanted,
    };
    store(request).tickets().into_iter().find(is_it)
}

fn set(request: &Request<'_>) -> Result<Answer, Answer> {
    let (wanted, key) = (request.text(3), request.word(4));
    if wanted.is_empty() || key.is_empty() {
        let text = "'set ssl tls-key' expects a filename and the new TLS key in base64 encoding.\n";
        return Err(Answer::error(text));
    }
    let file = find(request, &wanted)
        .ok_or_else(|| Answer::error("'set ssl tls-key' unable to locate referenced filename\n"))?;
    let key = STANDARD
        .decode(key)
        .map_err(|_| Answer::error("'set ssl tls-key' received invalid base64 encoded TLS key.\n"))?;
    match file.push(&key) {
        Ok(()) => Ok(Answer::info("TLS ticket key updated!\n")),
        Err(_) => Err(Answer::error("'set ssl tls-key' received a key of wrong size.\n")),
    }
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let wanted = request.text(2);
    let mut out = String::new();
    if wanted.is_empty() {
        out.push_str("# id (file)\n");
        for file in store(request).tickets() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{} ({})", file.id, file.name);
        }
        return Ok(Answer::Dump(out.into_bytes()));
    }
    let files = match wanted.strip_prefix('*') {
        Some(_) => store(request).tickets(),
        None => vec![
            find(request, &wanted)
                .ok_or_else(|| Answer::error("'show tls-keys' unable to locate referenced filename\n"))?,
        ],
    };
    out.push_str("# id secret\n");
    for file in files {
        let _ = writeln!(out, "# {} ({})", file.id, file.name);
        for (at, key) in file.keys().iter().enumerate() {
            let _ = writeln!(out, "{}.{at} {}", file.id, STANDARD.encode(key));
        }
    }
    Ok(Answer::Dump(out.into_bytes()))
}
