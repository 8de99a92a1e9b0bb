//! Weights: `get weight`, `set weight`, `set server ... weight`.

use std::sync::Arc;

use state::Server;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names;
use crate::process::Process;

/// The highest weight.
const WEIGHT_MAX: i64 = 256;

pub(super) static ROWS: &[Command] = &[
    Command::new(&["get", "weight"], "get weight <bk>/<srv>", "show a server's weight", |request| {
        settle(get(request))
    }),
    Command::new(
        &["set", "weight"],
        "set weight <bk>/<srv>  (DEPRECATED)",
        "change a server's weight (better: 'set server')",
        |request| {
            let found = names::server(request.process, &request.text(2));
            settle(found.and_then(|(_, server)| set(request.process, &server, &request.text(3))))
        },
    )
    .level(Level::Admin),
];

fn get(request: &Request<'_>) -> Result<Answer, Answer> {
    let (_, server) = names::server(request.process, &request.text(2))?;
    Ok(Answer::Dump(format!("{} (initial {})\n", server.weight(), server.initial_weight).into_bytes()))
}

/// An absolute weight, or one in percent of the first one.
pub(super) fn set(process: &Process, server: &Arc<Server>, text: &str) -> Result<Answer, Answer> {
    let weight = weight(server, text).map_err(|text| Answer::error(format!("{text}\n")))?;
    if !engine::check::set_weight(&process.shared, server, weight) {
        return Err(Answer::error(
            "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n",
        ));
    }
    Ok(Answer::Done)
}

fn weight(server: &Server, text: &str) -> Result<u32, &'static str> {
    if text.is_empty() {
        return Err("Require <weight> or <weight%>.");
    }
    let is_part = |(at, c): (usize, char)| c.is_ascii_digit() || at == 0 && matches!(c, '-' | '+');
    let end = text.char_indices().find(|part| !is_part(*part)).map_or(text.len(), |(at, _)| at);
    let Ok(number) = text[..end].parse::<i64>() else {
        return Err("Empty weight string empty or preceded by garbage");
    };
    let weight = match &text[end..] {
        "%" if number < 0 => return Err("Relative weight must be positive."),
        "%" => (i64::from(server.initial_weight) * number.min(25_600) / 100).min(WEIGHT_MAX),
        _ if !(0..=WEIGHT_MAX).contains(&number) => {
            return Err("Absolute weight can only be between 0 and 256 inclusive.");
        }
        "" => number,
        _ => return Err("Trailing garbage in weight string"),
    };
    Ok(u32::try_from(weight).unwrap_or(0))
}
