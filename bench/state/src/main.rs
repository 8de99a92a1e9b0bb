//! Measures maps and stick tables with a million entries.
//!
//! Without arguments: maps and tables in this process, as the proxy uses them. With programs (`NAME=BINARY`, those that
//! read HAProxy's configuration): how long `-c` takes with such maps, and what memory a table of a million entries
//! takes that is filled through the runtime API.

mod maps;
mod programs;
mod rounds;
mod tables;

use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Entries of every map and table.
const ENTRIES: u32 = 1_000_000;

/// What keeps a measurement from being made: what was tried, and what the system said.
#[derive(Debug)]
struct Trouble(String);

impl Trouble {
    /// For `map_err`.
    fn of<E: Display>(what: &str) -> impl FnOnce(E) -> Trouble {
        move |error| Trouble(format!("{what}: {error}"))
    }
}

/// One line of the result.
fn tell(what: &str, figure: impl Display, unit: &str) {
    let _ = writeln!(std::io::stdout(), "{what:<64} {figure:>16} {unit}");
}

fn main() -> ExitCode {
    let mut programs: Vec<(String, PathBuf)> = Vec::new();
    for word in std::env::args().skip(1) {
        let Some((name, binary)) = word.split_once('=') else {
            eprintln!("lockgate-bench-state: {word}: NAME=BINARY expected");
            return ExitCode::from(2);
        };
        programs.push((name.to_owned(), binary.into()));
    }
    let measured = if programs.is_empty() {
        tables::measure();
        maps::measure();
        Ok(())
    } else {
        programs::measure(&programs)
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble(text)) => {
            eprintln!("lockgate-bench-state: {text}");
            ExitCode::FAILURE
        }
    }
}

/// The numbers below `ENTRIES`, each once before any comes again, in an order that no cache foresees.
fn scattered(at: u32) -> u32 {
    // A step without a common divisor visits every number.
    let at = u64::from(at) * 617_411 % u64::from(ENTRIES);
    u32::try_from(at).unwrap_or(0)
}
