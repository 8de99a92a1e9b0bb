//! The sub-commands: one row each, in the order of the usage text. All of them exit with 0 on success, 1 on a finding
//! or an error, 2 on wrong usage; problems go to standard error.

mod certs;
mod demo;
mod doctor;
mod explain;
mod fmt;
mod import;
mod network;
mod trace;
mod upgrade;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// One line of the usage text.
#[derive(Debug)]
pub(crate) struct Usage {
    /// The words behind `lockgate`.
    pub(crate) synopsis: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
}

/// A sub-command.
#[derive(Debug)]
pub(crate) struct Row {
    /// The first word of the command line.
    pub(crate) name: &'static str,
    /// What `-h` says of it.
    pub(crate) usage: &'static [Usage],
    /// Carries it out; takes the words behind the name.
    pub(crate) run: fn(Vec<OsString>) -> ExitCode,
}

/// All of them.
static ROWS: &[Row] = &[
    demo::ROW,
    certs::ROW,
    import::ROW,
    network::ROW,
    doctor::ROW,
    trace::ROW,
    explain::ROW,
    upgrade::ROW,
    fmt::ROW,
];

/// The sub-command of this name.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// All lines of the usage text.
pub(crate) fn usage() -> impl Iterator<Item = &'static Usage> {
    ROWS.iter().flat_map(|row| row.usage)
}

/// Says what is wrong with the words behind a sub-command, and how it is used; the exit code of wrong usage.
fn wrong_usage(problem: &str, usage: &str) -> ExitCode {
    tell(&format!("lockgate: {}\n\n{usage}", problem.replace('`', "'")));
    ExitCode::from(2)
}

/// Writes to standard error; if nobody reads it, nothing else can be done.
fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
