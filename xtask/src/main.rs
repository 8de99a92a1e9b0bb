//! The project's own chores, run as `cargo xtask CHORE`:
//!
//! - `test`: everything that must hold before a change is taken, what it needs included;
//! - `vtc`: the varnishtest files alone;
//! - `tidy`: sizes of files and functions, headers of files;
//! - `docs`: the reference in `docs/reference/`, from the rows of the program;
//! - `coverage`: how much of HAProxy's language has rows, and how much of that works;
//! - `bench`: load on a release build, and what a request costs.
//!
//! Each chore is bounded in time and ends the processes that it started, by their ids.

mod bench;
mod coverage;
mod docs;
mod packages;
mod regtests;
mod rows;
mod step;
mod test;
mod tidy;
mod vtc;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask CHORE
  test [--no-install]             format, lints, tests, varnishtest files; installs what is missing
  vtc [--no-install]              the varnishtest files alone
  tidy                            sizes and headers of all sources
  docs [--check]                  writes docs/reference from the program's rows, or says what is stale
  coverage [DIR]                  counts rows, by kind or against the lists of names in DIR
  bench [--seconds N] [BINARY...] load on a release build, and on other binaries beside it
";

/// What to do.
enum Chore {
    Test(packages::Policy),
    Vtc(packages::Policy),
    Tidy,
    Docs(docs::Task),
    Coverage(Option<PathBuf>),
    Bench { seconds: u64, others: Vec<PathBuf> },
    Help,
}

fn main() -> ExitCode {
    let chore = match chore(std::env::args().skip(1)) {
        Ok(chore) => chore,
        Err(error) => {
            eprintln!("xtask: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let outcome = match chore {
        Chore::Test(policy) => test::run(policy),
        Chore::Vtc(policy) => test::run_vtc(policy),
        Chore::Tidy => tidy::run(),
        Chore::Docs(task) => test::with_rows(|rows| docs::run(rows, task)),
        Chore::Coverage(directory) => test::with_rows(|rows| coverage::run(rows, directory.as_deref())),
        Chore::Bench { seconds, others } => bench::run(seconds, &others),
        Chore::Help => {
            eprint!("{USAGE}");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the arguments; the name comes first.
fn chore(mut words: impl Iterator<Item = String>) -> Result<Chore, String> {
    let chore = match words.next().as_deref() {
        Some("test") => Chore::Test(policy(&mut words)?),
        Some("vtc") => Chore::Vtc(policy(&mut words)?),
        Some("tidy") => Chore::Tidy,
        Some("docs") => Chore::Docs(docs_task(&mut words)?),
        Some("coverage") => Chore::Coverage(words.next().map(PathBuf::from)),
        Some("bench") => return bench_chore(words),
        Some("help" | "--help" | "-h") => Chore::Help,
        Some(other) => return Err(format!("there is no chore `{other}`")),
        None => return Err("a chore is missing".to_owned()),
    };
    words.next().map_or(Ok(chore), |word| Err(format!("nothing is known about `{word}` here")))
}

fn policy(words: &mut impl Iterator<Item = String>) -> Result<packages::Policy, String> {
    match words.next().as_deref() {
        None => Ok(packages::Policy::Install),
        Some("--no-install") => Ok(packages::Policy::OnlyLook),
        Some(other) => Err(format!("there is no option `{other}`")),
    }
}

fn docs_task(words: &mut impl Iterator<Item = String>) -> Result<docs::Task, String> {
    match words.next().as_deref() {
        None => Ok(docs::Task::Write),
        Some("--check") => Ok(docs::Task::Check),
        Some(other) => Err(format!("there is no option `{other}`")),
    }
}

fn bench_chore(mut words: impl Iterator<Item = String>) -> Result<Chore, String> {
    let (mut seconds, mut others) = (10, Vec::new());
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().and_then(|number| number.parse().ok());
            seconds = number.ok_or("`--seconds` needs a number")?;
        } else {
            others.push(word.into());
        }
    }
    Ok(Chore::Bench { seconds, others })
}

/// The workspace's directory.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
