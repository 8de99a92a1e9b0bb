//! lockgate: a TCP and HTTP load balancer that runs HAProxy configurations.
//!
//! The binary: the command line, `-c` and `-cc`, the start from limits to privileges, the background, signals, and the
//! sub-commands. What it does with connections is the engine's.

mod about;
mod args;
mod check_config;
mod control;
mod daemon;
mod dump_config;
mod environment;
mod exports;
mod facts;
mod files;
mod keywords;
mod limits;
mod master;
mod objects;
mod old_processes;
mod options;
mod privileges;
mod report;
mod start;
mod startup;
mod states;
mod subcommands;
mod version;
mod worker;

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use args::Command;
use options::{Mode, Options, Verbosity};
use report::{Report, print};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => carry_out(command),
        Err(wrong) => {
            let text = format!("lockgate: {}\n\n{}", wrong.to_string().replace('`', "'"), args::usage());
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn carry_out(command: Command) -> ExitCode {
    match command {
        Command::Version(shape) => {
            print(&version::text(shape));
            ExitCode::SUCCESS
        }
        Command::Help => {
            print(&args::usage());
            ExitCode::SUCCESS
        }
        Command::Condition(condition, options) => answer(&condition, &options),
        Command::Run(options) => run(&options),
        Command::Sub(row, words) => (row.run)(words),
    }
}

/// `-cc`: 0 for true, 1 for false, 2 for what is no condition.
fn answer(condition: &OsStr, options: &Options) -> ExitCode {
    let env = syntax::Environment::from_process();
    match syntax::evaluate(condition.as_bytes(), &env, &facts::ProgramFacts::new(options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let text = format!("`-cc`: {error}, at byte {} of the condition", error.offset() + 1);
            Report::new(options).tell_one(diag::Diagnostic::error(text));
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> ExitCode {
    if options.files.is_empty() {
        // Only lists of the program's own do without a configuration.
        let classes = options.keywords.as_ref().map_or("help", |classes| &classes.0);
        print(&keywords::text(classes));
        return ExitCode::SUCCESS;
    }
    if options.worker.is_some()
        && let Err(error) = worker::meet_master()
    {
        let text = format!("a worker is started by its master alone: {error}");
        Report::new(options).tell_one(diag::Diagnostic::error(text));
        return ExitCode::FAILURE;
    }
    if let Some(written) = options.written {
        return dump_config::run(options, written);
    }
    let Ok(checked) = check_config::load(options) else { return ExitCode::FAILURE };
    if options.lists_objects && options.verbosity != Verbosity::Quiet {
        print(&objects::text());
    }
    if let Some(classes) = &options.keywords {
        print(&keywords::text(&classes.0));
    }
    match options.mode {
        Mode::Check => check_config::verdict(&checked, options),
        Mode::Run => start::run(checked, options),
    }
}
