//! Compares proxies that read HAProxy's configuration, and nginx, in what TLS costs them. All answers are checked, in
//! bytes and by certificate; a round with an error counts nowhere.
//!
//! The proxy runs one thread on one CPU, the load is on another one: this process. Programs are measured in turn
//! (A B, B A, ...), since a machine's speed drifts within minutes: ratios of one round are steadier than figures.

mod answer;
mod certificates;
mod client;
mod figures;
mod load;
mod options;
mod process;
mod program;
mod scenarios;
mod table;

use std::io::Write;
use std::process::ExitCode;

use options::{Command, Options};

/// What keeps a measurement from being made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The program cannot do what is measured; the others are measured all the same.
    #[error("{0}")]
    Unsupported(String),
    /// Something went wrong: this round is lost.
    #[error("{0}")]
    Failed(String),
}

impl Trouble {
    /// For `map_err`: what was tried, and what the system said.
    pub(crate) fn of<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Trouble {
        move |error| Trouble::Failed(format!("{what}: {error}"))
    }
}

fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            eprint!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("lockgate-bench-tls: {error}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lockgate-bench-tls: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Trouble> {
    process::prepare(options.load_cpu)?;
    let directory = tempfile::tempdir().map_err(Trouble::of("a temporary directory"))?;
    let programs = program::identify(options)?;
    let mut results = Vec::new();
    for scenario in &options.scenarios {
        results.push(scenarios::run(*scenario, options, &programs, directory.path())?);
    }
    let markdown = table::markdown(&results);
    std::io::stdout().write_all(markdown.as_bytes()).map_err(Trouble::of("standard output"))?;
    if let Some(path) = &options.markdown {
        std::fs::write(path, &markdown).map_err(Trouble::of("--markdown"))?;
    }
    if let Some(path) = &options.json {
        std::fs::write(path, table::json(&results)).map_err(Trouble::of("--json"))?;
    }
    Ok(())
}
