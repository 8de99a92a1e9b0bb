//! `cargo xtask test`: everything that must hold before a change is taken. It goes on after a failure, so that one run
//! tells everything; the last line is a summary.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::packages::{self, Policy};
use crate::step::{self, Trouble};
use crate::{docs, regtests, root, rows, tidy, vtc};

const MINUTE: Duration = Duration::from_secs(60);

/// Runs all steps.
pub(crate) fn run(policy: Policy) -> Result<(), Trouble> {
    packages::ensure(policy)?;
    let mut troubles = Vec::new();
    let mut note = |outcome: Result<(), Trouble>| troubles.extend(outcome.err());
    note(step::run("format", &mut cargo(&["fmt", "--all", "--check"]), MINUTE));
    let clippy = &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    note(tidy::run());
    note(step::run("lints", &mut cargo(clippy), MINUTE * 15));
    let built = step::run("build", &mut cargo(&["build", "--workspace", "--bins"]), MINUTE * 15);
    let is_built = built.is_ok();
    note(built);
    if is_built {
        let binary = binary();
        note(rows::of(&binary).and_then(|rows| docs::run(&rows, docs::Task::Check)));
        note(tests(&binary));
        note(regtests::run(&binary));
        note(vtc::run(&binary));
    }
    let failed: Vec<String> = troubles.iter().map(ToString::to_string).collect();
    if failed.is_empty() {
        eprintln!("xtask: all is well");
        return Ok(());
    }
    Err(Trouble::Other(failed.join("; ")))
}

/// `cargo xtask vtc`: the varnishtest files alone.
pub(crate) fn run_vtc(policy: Policy) -> Result<(), Trouble> {
    packages::ensure(policy)?;
    step::run("build", &mut cargo(&["build", "--package", "lockgate"]), MINUTE * 15)?;
    vtc::run(&binary())
}

/// Builds the program, and does something with its rows.
pub(crate) fn with_rows(work: impl FnOnce(&[rows::Row]) -> Result<(), Trouble>) -> Result<(), Trouble> {
    step::run("build", &mut cargo(&["build", "--package", "lockgate"]), MINUTE * 15)?;
    work(&rows::of(&binary())?)
}

/// Unit tests, end-to-end tests and examples. nextest runs each test in a process of its own, but no examples.
fn tests(binary: &Path) -> Result<(), Trouble> {
    let limit = MINUTE * 20;
    let with_binary = |arguments: &[&str]| {
        let mut command = Command::new(cargo_program());
        command.args(arguments).current_dir(root()).env("LOCKGATE_BIN", binary);
        command
    };
    if packages::find("cargo-nextest").is_none() {
        return step::run("tests", &mut with_binary(&["test", "--workspace", "--no-fail-fast"]), limit);
    }
    let nextest = ["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"];
    step::run("tests", &mut with_binary(&nextest), limit)?;
    step::run(
        "examples in the documentation",
        &mut with_binary(&["test", "--workspace", "--doc", "--quiet"]),
        limit,
    )
}

/// The program that was built.
fn binary() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("debug/lockgate")
}

/// The cargo that runs this.
pub(crate) fn cargo_program() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(arguments).current_dir(root());
    command
}
