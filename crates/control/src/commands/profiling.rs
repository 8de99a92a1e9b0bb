//! `set profiling`, `show profiling`, `show tasks`: what HAProxy measures of its own tasks and memory. The tasks of this
//! program have no names and its allocator keeps no books, so there is nothing to measure: orders are refused, questions
//! answered with what is so.

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["set", "profiling"],
        "set profiling <what> {auto|on|off}",
        "measure tasks or memory, which is not built in",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "profiling"],
        "show profiling [<what>]",
        "show what profiling measured, which is not built in",
        |_| Answer::Dump(STATUS.to_vec()),
    ),
    Command::new(
        &["show", "tasks"],
        "show tasks",
        "show tasks that wait for their turn, which are not told apart",
        |_| {
            Answer::error(
                "Tasks have no names here: 'show sess' tells what goes on, 'show threads' who is at it.\n",
            )
        },
    ),
];

const STATUS: &[u8] =
    b"Per-task CPU profiling              : off           # set profiling tasks {on|auto|off}\n\
    Memory usage profiling              : off           # set profiling memory {on|off}\n";

fn set(request: &Request<'_>) -> Result<Answer, Answer> {
    let words = &request.words[2.min(request.words.len())..];
    let Some((what, orders)) = words.split_first() else {
        return Err(Answer::error("Expects either 'tasks' or 'memory'.\n"));
    };
    let is_off = match what.as_slice() {
        b"memory" => match orders.first().map(Vec::as_slice) {
            Some(b"off") => true,
            Some(b"on") => false,
            _ => return Err(Answer::error("Expects either 'on' or 'off'.\n")),
        },
        b"tasks" => {
            const KNOWN: &[&[u8]] = &[b"on", b"auto", b"off", b"lock", b"no-lock", b"memory", b"no-memory"];
            if orders.is_empty() || orders.iter().any(|order| !KNOWN.contains(&order.as_slice())) {
                return Err(Answer::error(
                    "Expects a combination of either 'on', 'auto', 'off', 'lock', 'no-lock', 'memory' or 'no-memory'.\n",
                ));
            }
            orders.iter().all(|order| matches!(order.as_slice(), b"off" | b"no-lock" | b"no-memory"))
        }
        _ => return Err(Answer::error("Expects either 'tasks' or 'memory'.\n")),
    };
    // What is never on can be switched off at any time.
    if is_off {
        return Ok(Answer::Done);
    }
    let subject = if what == b"memory" { "Memory" } else { "Task" };
    Err(Answer::error(format!("{subject} profiling not compiled in.\n")))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn nothing_is_measured() {
        let lab = Lab::new("");
        assert_eq!(lab.ask("set profiling tasks off"), "");
        assert_eq!(lab.ask("set profiling tasks on"), "Task profiling not compiled in.\n");
        assert_eq!(lab.ask("set profiling memory on"), "Memory profiling not compiled in.\n");
        assert_eq!(lab.ask("set profiling memory"), "Expects either 'on' or 'off'.\n");
        assert_eq!(lab.ask("set profiling"), "Expects either 'tasks' or 'memory'.\n");
        assert!(lab.ask("set profiling tasks foo").starts_with("Expects a combination"));
        assert!(lab.ask("show profiling").starts_with("Per-task CPU profiling              : off "));
        assert!(lab.ask("show tasks").contains("show sess"));
    }
}
