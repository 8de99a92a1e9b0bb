//! From the options to a checked configuration, and `-c`.

use std::path::PathBuf;
use std::process::ExitCode;

use config::{Config, Lints, Loaded};
use diag::{Diagnostic, Diagnostics, FileId, Sources, codes};

use crate::facts::ProgramFacts;
use crate::options::{Mode, Options, Verbosity};
use crate::report::{Failed, Report, print};
use crate::{environment, files};

/// A configuration without errors, and the files it came from.
pub(crate) struct Checked {
    /// What it says.
    pub(crate) config: Config,
    /// For later diagnostics.
    pub(crate) sources: Sources,
    /// The environment, as the configuration left it.
    pub(crate) environment: syntax::Environment,
    /// Whether there were warnings that HAProxy gives.
    pub(crate) has_warnings: bool,
    /// Whether there was advice, which HAProxy does not give.
    pub(crate) has_advice: bool,
}

/// The configuration cannot be used; everything has been told.
#[derive(Debug)]
pub(crate) struct Refused;

/// Reads and checks the files of `options`, and tells what is to be told.
///
/// # Errors
/// When a file cannot be read, or something in it is wrong, or there are warnings and they are taken for errors.
pub(crate) fn load(options: &Options) -> Result<Checked, Refused> {
    let report = Report::new(options);
    let back = enter_directory(options).map_err(|Failed(diags)| {
        report.tell(&diags, &Sources::new());
        Refused
    })?;
    let mut sources = Sources::new();
    let found = files::expand(&options.files).and_then(|files| {
        let ids = files::read(&files, &mut sources)?;
        Ok((files, ids))
    });
    let (names, ids) = found.map_err(|diags| {
        report.tell(&diags, &sources);
        Refused
    })?;
    let checked = check(sources, &ids, &names, options);
    if let Some(back) = back {
        // Where it was before; it may have been removed since, which harms nobody.
        let _ = std::env::set_current_dir(back);
    }
    checked
}

/// `-C`: files are read from there, and only read. Returns where to go back to.
pub(crate) fn enter_directory(options: &Options) -> Result<Option<PathBuf>, Failed> {
    let Some(directory) = &options.directory else { return Ok(None) };
    let back = std::env::current_dir().ok();
    std::env::set_current_dir(directory).map_err(|error| {
        Failed::because(format!("cannot change to directory `{}`: {error}", directory.to_string_lossy()))
    })?;
    Ok(back)
}

/// Checks what has been read; as [`load`].
pub(crate) fn check(
    sources: Sources,
    ids: &[FileId],
    names: &[std::ffi::OsString],
    options: &Options,
) -> Result<Checked, Refused> {
    let report = Report::of_reading(options);
    let local_peer = options.local_peer.clone().unwrap_or_else(environment::hostname);
    let mut env = environment::presets(&local_peer, names);
    if options.master.is_some() || options.worker.is_some() {
        env.set("HAPROXY_MWORKER", "1");
    }
    let facts = ProgramFacts::new(options);
    let lints = match options.mode {
        Mode::Check => Lints::Run,
        Mode::Run => Lints::Skip,
    };
    let read = Box::new(files::read_named);
    let Loaded { config, diags } = config::load(&sources, ids, &mut env, &facts, read, lints);
    report.tell(&diags, &sources);
    if diags.has_errors() {
        report.tell_sum(&diags);
        return Err(Refused);
    }
    if is_refused_for_warnings(&config, options, &diags) {
        report.tell_one(
            Diagnostic::error("there are warnings, and `zero-warning` or `-dW` takes them for errors")
                .code(codes::WARNINGS_FATAL),
        );
        return Err(Refused);
    }
    let (has_warnings, has_advice) = (diags.warnings() > 0, diags.advice() > 0);
    Ok(Checked { config, sources, environment: env, has_warnings, has_advice })
}

fn is_refused_for_warnings(config: &Config, options: &Options, diags: &Diagnostics) -> bool {
    (options.is_zero_warning || config.global.is_zero_warning) && diags.warnings() > 0
}

/// Whether anything would listen.
pub(crate) fn has_listener(config: &Config) -> bool {
    !config.global.stats_sockets.is_empty()
        || config.proxies.iter().any(|proxy| !proxy.is_disabled && !proxy.binds.is_empty())
        || config.log_forwards.iter().any(|one| !one.proxy.binds.is_empty() || !one.datagrams.is_empty())
}

/// The answer of `-c`: 0 when it would start, 2 when nothing would listen. Tools look for HAProxy's sentence about
/// warnings, so advice has another one.
pub(crate) fn verdict(checked: &Checked, options: &Options) -> ExitCode {
    let is_quiet = options.verbosity == Verbosity::Quiet || checked.config.global.is_quiet;
    let say = |text: &str| {
        if !is_quiet {
            print(text);
        }
    };
    if checked.has_warnings {
        say("Warnings were found.\n");
    }
    if checked.has_advice {
        say("Advice was given.\n");
    }
    if has_listener(&checked.config) {
        if options.verbosity == Verbosity::Verbose {
            say("Configuration file is valid\n");
        }
        return ExitCode::SUCCESS;
    }
    say("The configuration has no error, but nothing listens in it: it would not start\n");
    ExitCode::from(2)
}
