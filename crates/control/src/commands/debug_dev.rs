//! `debug dev`: what those who look for faults of HAProxy itself do to it. What makes sense here is carried out; what reaches
//! into memory, tasks or threads that are HAProxy's is refused, with the reason.

use crate::access::{Level, Mode};
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["debug", "dev", "exit"],
        "debug dev exit [code]",
        "end the process at once, with this code",
        |request| settle(exit(request)),
    )
    .level(Level::Admin)
    .mode(Mode::Expert),
    Command::new(&["debug", "dev", "write"], "debug dev write [size]", "write so many bytes", |request| {
        settle(write(request))
    })
    .level(Level::Admin)
    .mode(Mode::Expert),
    refused(&["debug", "dev", "abort"], MEMORY),
    refused(&["debug", "dev", "bug"], MEMORY),
    refused(&["debug", "dev", "check"], MEMORY),
    refused(&["debug", "dev", "close"], DESCRIPTORS),
    refused(&["debug", "dev", "deadlock"], THREADS),
    refused(&["debug", "dev", "delay"], THREADS),
    refused(&["debug", "dev", "fd"], DESCRIPTORS),
    refused(&["debug", "dev", "hex"], MEMORY),
    refused(&["debug", "dev", "loop"], THREADS),
    refused(&["debug", "dev", "panic"], MEMORY),
    refused(&["debug", "dev", "sched"], THREADS),
    refused(&["debug", "dev", "stream"], MEMORY),
    refused(&["debug", "dev", "sym"], MEMORY),
    refused(&["debug", "dev", "task"], MEMORY),
    refused(&["debug", "dev", "tkill"], THREADS),
    refused(&["debug", "dev", "warn"], MEMORY),
];

type Refusal = fn(&mut Request<'_>) -> Answer;

const MEMORY: Refusal = |_| {
    Answer::error(
        "Refused: this reaches into the memory of a C program, and no command of this one may break it.\n",
    )
};
const DESCRIPTORS: Refusal = |_| {
    Answer::error(
        "Refused: every descriptor has one owner here, and no other may close it ('show fd' lists them).\n",
    )
};
const THREADS: Refusal = |_| {
    Answer::error("Refused: commands run on the thread that also serves all others; none may hold it up.\n")
};

/// A command that is never carried out; `help` leaves it out.
const fn refused(words: &'static [&'static str], run: Refusal) -> Command {
    Command::new(words, "", "looks for faults of a C program; refused, with the reason", run)
        .level(Level::Admin)
        .mode(Mode::Expert)
}

/// More bytes than this are no test of anything.
const BYTES_MAX: usize = 16 * 1024 * 1024;
const LINE_BYTES: usize = 64;

fn write(request: &Request<'_>) -> Result<Answer, Answer> {
    let size = number(request)?;
    if size > BYTES_MAX {
        return Err(Answer::error("Too large.\n"));
    }
    let is_end = |at: usize| (at + 1).is_multiple_of(LINE_BYTES) || at + 1 == size;
    Ok(Answer::Dump((0..size).map(|at| if is_end(at) { b'\n' } else { b'.' }).collect()))
}

fn exit(request: &Request<'_>) -> Result<Answer, Answer> {
    let code = i32::try_from(number(request)?).unwrap_or(1);
    std::process::exit(code)
}

/// Word 3 as a number, 0 where there is none.
fn number(request: &Request<'_>) -> Result<usize, Answer> {
    match &*request.text(3) {
        "" => Ok(0),
        text => text.parse().map_err(|_| Answer::error("Expects a number.\n")),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_makes_sense_is_done() {
        let lab = Lab::new("");
        let written = lab.ask("expert-mode on;debug dev write 130");
        assert_eq!(written.trim_start_matches('\n').len(), 130);
        assert_eq!(lab.ask("expert-mode on;debug dev write x"), "\nExpects a number.\n");
        assert!(lab.ask("expert-mode on;debug dev hex 0 1").contains("Refused: "));
        assert_eq!(lab.ask("debug dev write 1"), "This command is restricted to expert mode only.\n");
    }
}
