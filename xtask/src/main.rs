//! The project's own chores: `cargo xtask test` runs everything that must pass, `cargo xtask tidy` looks at the shape of
//! the code.
//!
//! Each step prints what it does; the first one that fails ends the run with exit status 1.

mod packages;
mod regtests;
mod tidy;
mod vtc;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask COMMAND\n\
    \n\
    test    format, lints, all tests with the real binary, varnishtest files\n\
    vtc     the varnishtest files alone\n\
    tidy    long functions and files, files without an opening comment\n";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "test" => test(),
        "vtc" => vtc::install().and_then(|()| build()).and_then(|()| vtc::run(&binary())),
        "tidy" => tidy::check(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that must pass before a change is taken.
fn test() -> Result<(), String> {
    vtc::install()?;
    cargo(&["fmt", "--all", "--check"])?;
    tidy::check()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    build()?;
    cargo(&["test", "--workspace", "--no-fail-fast"])?;
    regtests::run(&binary())?;
    vtc::run(&binary())
}

fn build() -> Result<(), String> {
    cargo(&["build", "--package", "lockgate"])
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where the binary under test is.
fn binary() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug/lockgate")
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).args(arguments).current_dir(root()))
}

/// Runs a command to its end; its output is the user's.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("xtask: {command:?}");
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}
