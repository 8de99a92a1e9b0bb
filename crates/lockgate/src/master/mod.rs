//! Master-worker mode (`-W`, `-Ws`, `master-worker`; management guide, chapters 3, 4 and 9.4).
//!
//! ```text
//!   master: reads and checks -> pid file, `-S` sockets -> starts a worker -> ready: told to systemd -> waits
//!           SIGUSR2, SIGHUP, `reload`: starts another worker, which takes the sockets over from the one that serves;
//!                 ready:  the old one is told to go (SIGUSR1, or SIGTERM for `hard-reload`)
//!                 failed: the old one goes on as if nothing had been
//!           SIGTERM, SIGINT, SIGUSR1: passed on; the master ends with its last worker
//! ```
//! The master is the process that was started: its id is in the pid file and stays the same. It serves no connection but
//! those of its own sockets, never reads a file after its start, and runs one thread. Workers are executions of the binary
//! anew: they read the configuration themselves, as the user that the master runs as, and drop privileges then. Between
//! both is [`link`], a pair of sockets; neither side opens a path for the other.

pub(crate) mod link;
mod notify;
mod reloads;
mod run;
mod sockets;
mod workers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ::control::machine::Machine;
use ::control::{About, Process, StatsListener};
use config::Config;
use diag::Diagnostic;
use engine::Surroundings;

use crate::options::{Master, Options};
use crate::report::{Failed, Report};
use crate::{about, daemon, environment, startup};
use link::Terms;
use notify::Notifier;

/// What the master puts in front of the arguments of its first worker.
pub(crate) const WORKER_OPTION: &str = "--worker";
/// The same for workers of reloads.
pub(crate) const RELOAD_OPTION: &str = "--reload-worker";

/// Whether the options or the configuration ask for a master, and this process is not below one.
pub(crate) fn is_wanted(config: &Config, options: &Options) -> bool {
    options.worker.is_none() && (options.master.is_some() || config.global.is_master_worker)
}

/// Whether the master, and its workers with it, run in the background. systemd wants its services in the foreground.
pub(crate) fn is_daemon(config: &Config, options: &Options) -> bool {
    let is_wanted = options.is_daemon || config.global.is_daemon;
    is_wanted && !options.is_foreground && options.master != Some(Master::Systemd)
}

/// Runs the master to its end; returns what it exits with. `pidfile` is where its process id goes.
///
/// # Errors
/// What keeps it from starting a worker.
pub(crate) fn run(
    config: Config,
    options: &Options,
    report: &Report,
    pidfile: Option<PathBuf>,
) -> Result<ExitCode, Failed> {
    let terms = Terms::of(&config.global);
    let is_background = is_daemon(&config, options);
    drop(config);
    if let Some(path) = pidfile {
        daemon::write_pidfile(&path)?;
    }
    let listeners = sockets::bind(options).map_err(|(diags, sources)| {
        report.tell(&diags, &sources);
        Failed::because("the master's socket cannot be used")
    })?;
    let null = if is_background {
        let failed = |error| Failed::because(format!("cannot open /dev/null: {error}"));
        Some(daemon::open_null().map_err(failed)?)
    } else {
        None
    };
    let name = std::env::var_os(notify::VARIABLE).filter(|_| options.master == Some(Master::Systemd));
    let notifier = Notifier::new(name.as_deref());
    let process = own_process(&listeners)?;
    // What was told up to here is told by the worker again.
    startup::finish();
    let start = run::Start { listeners, process, notifier, terms, null, report: *report };
    run::run(start, options).map_err(|error| Failed::because(format!("cannot run workers: {error}")))
}

/// The master as a process of the runtime API, for the commands that it has in common with its workers: it runs nothing.
fn own_process(listeners: &[StatsListener]) -> Result<Arc<Process>, Failed> {
    let around =
        Surroundings { workers: 1, hostname: environment::hostname(), pid: std::process::id(), maxconn: 100 };
    let (shared, _) = engine::build(Arc::new(Config::default()), &around).map_err(|error| Failed(error.0))?;
    let mut env = syntax::Environment::from_process();
    env.set("HAPROXY_MWORKER", "1");
    let names: Vec<&str> = listeners.iter().map(|listener| listener.name.as_str()).collect();
    if !names.is_empty() {
        env.set("HAPROXY_MASTER_CLI", names.join(";"));
    }
    let about: About = about::gather(&env, listeners, Machine::look());
    Ok(Arc::new(Process::new(shared, about)))
}

/// Options that mean nothing without a master.
pub(crate) fn useless_words(options: &Options) -> Option<Diagnostic> {
    (!options.master_sockets.is_empty())
        .then(|| Diagnostic::warning("`-S` has no effect without `-W` or `-Ws`"))
}
