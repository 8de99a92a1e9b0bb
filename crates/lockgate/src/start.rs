//! From a checked configuration to running workers, and to their end.
//!
//! ```text
//!   limits -> bind -> pid file -> chroot -> old processes told -> group, user -> workers -> ready -> signals
//! ```
//! The order matters: everything that needs a path, a low port or root comes before it is given up, and that before
//! the first thread starts, since identities belong to threads.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ::control::machine::Machine;
use ::control::{Process, Statistics, StatsListener};
use config::Config;
use diag::{Diagnostic, codes};
use engine::{Assigned, Bound, Shared, Surroundings, WorkerHandle};
use net::handover::OldSockets;

use crate::check_config::{self, Checked};
use crate::control::Signals;
use crate::limits::{self, Limits};
use crate::master::{self, link::Terms};
use crate::old_processes::OldProcesses;
use crate::options::{Launch, Options, Verbosity};
use crate::report::{Failed, Report};
use crate::{about, control, daemon, environment, exports, privileges, startup, worker};

/// How often binding is tried while an old process may still let go of an address, and how long apart.
const BIND_TRIES: u32 = 100;
const BIND_PAUSE: Duration = Duration::from_millis(10);

/// Runs the configuration until it is told to stop; returns what the process exits with.
pub(crate) fn run(checked: Checked, options: &Options) -> ExitCode {
    let Checked { mut config, sources, environment, .. } = checked;
    let report = Report::new(options);
    limits::apply_options(&mut config, options);
    match start_and_serve(config, &environment, options, &report) {
        Ok(code) => code,
        Err(Failed(diags)) => {
            report.tell(&diags, &sources);
            ExitCode::FAILURE
        }
    }
}

fn start_and_serve(
    config: Config,
    environment: &syntax::Environment,
    options: &Options,
    report: &Report,
) -> Result<ExitCode, Failed> {
    if !check_config::has_listener(&config) {
        return Err(Diagnostic::error(
            "nothing listens in this configuration: no enabled proxy has a `bind`",
        )
        .code(codes::NOTHING_LISTENS)
        .into());
    }
    let is_daemon = master::is_daemon(&config, options);
    if is_daemon && !options.is_daemon_child {
        return daemon::start_child();
    }
    if options.is_daemon_child && options.worker.is_none() {
        daemon::leave_terminal().map_err(|error| refused(&format!("cannot leave the terminal: {error}")))?;
    }
    if master::is_wanted(&config, options) {
        let pidfile = pidfile(&config, options);
        return master::run(config, options, report, pidfile);
    }
    if options.worker.is_none()
        && let Some(problem) = master::useless_words(options)
    {
        report.tell_one(problem);
    }
    let Started { process, workers, sockets, null, signals } =
        start(config, environment, options, report, is_daemon)?;
    let is_quiet =
        is_daemon || options.verbosity == Verbosity::Quiet || process.shared.config.global.is_quiet;
    process.keep_startup_logs(startup::finish());
    announce(&process, null.as_ref())?;
    let told = if is_quiet { None } else { Some(*report) };
    control::run(&process, workers, sockets, signals, told)
        .map_err(|error| refused(&format!("cannot wait for signals: {error}")).into())
}

/// Tells whoever waits that this process accepts connections: the master, or who started the daemon.
fn announce(process: &Process, null: Option<&OwnedFd>) -> Result<(), Failed> {
    let failed = |error| Failed::from(refused(&format!("cannot let go of the terminal: {error}")));
    match (worker::link(), null) {
        (None, None) => Ok(()),
        (None, Some(null)) => daemon::tell_ready(null).map_err(failed),
        (Some(link), null) => {
            null.map_or(Ok(()), daemon::leave_streams).map_err(failed)?;
            let terms = Terms::of(&process.shared.config.global);
            link.ready(terms).map_err(|error| Failed::because(format!("the master is gone: {error}")))
        }
    }
}

/// Where the process id goes, if anywhere.
fn pidfile(config: &Config, options: &Options) -> Option<PathBuf> {
    let set = config.global.pidfile.as_deref().map(|path| PathBuf::from(OsStr::from_bytes(path)));
    options.pidfile.clone().map(PathBuf::from).or(set)
}

/// The error about a step that every start takes and the system did not allow.
fn refused(text: &str) -> Diagnostic {
    Diagnostic::error(text).code(codes::SYSTEM_REFUSED)
}

/// What runs.
struct Started {
    process: Arc<Process>,
    workers: Vec<WorkerHandle>,
    sockets: Vec<StatsListener>,
    null: Option<OwnedFd>,
    signals: Signals,
}

fn start(
    config: Config,
    environment: &syntax::Environment,
    options: &Options,
    report: &Report,
    is_daemon: bool,
) -> Result<Started, Failed> {
    let machine = Machine::look();
    // The zone's file is out of reach after `chroot`.
    let zone = std::env::var_os("TZ");
    base::localtime::load(zone.as_deref());
    net::set_bufsize(config.global.tune.bufsize);
    let limits = limits::resolve(&config, options, net::process::nofile_limit());
    if options.maxconn.or(config.global.maxconn).is_none() {
        let text = format!("`maxconn` is {}, from the machine", limits.maxconn);
        report.tell_one(Diagnostic::notice(text).code(codes::MAXCONN_COMPUTED));
    }
    if let Some(problem) = limits::apply(&limits) {
        report.tell_one(problem);
    }
    let old = OldProcesses::new(options);
    let sockets = old_sockets(options, report)?;
    let counters = stats_file(&config, report);
    let bound = prepare(Arc::new(config), options, &limits, (&old, &sockets), is_daemon);
    let (shared, listeners, sockets, null) = bound.inspect_err(|_| old.resume())?;
    for warning in shared.warnings.iter() {
        report.tell_one(warning.clone());
    }
    // A signal between the first connection and the end of the start must not take its default action.
    let signals = Signals::catch().map_err(|error| refused(&format!("cannot catch signals: {error}")))?;
    if let Some(text) = counters {
        ::control::stat::preload(&shared, &text);
    }
    let process = Arc::new(Process::new(shared.clone(), about::gather(environment, &sockets, machine)));
    // The first request may be for the statistics page.
    let _ = shared.services.set(Box::new(Statistics::of(&process)));
    process.export(exports::of(&shared, &listeners, &sockets));
    // What servers begin as (`init-state`, `track`) is settled before the first client comes.
    engine::check::spawn(&shared);
    let workers = spawn_workers(&shared, limits.workers, listeners)?;
    engine::log_forward::spawn(&shared);
    Ok(Started { process, workers, sockets, null, signals })
}

/// The counters to start with (`stats-file`). A file that is not there is told, and stops no start.
fn stats_file(config: &Config, report: &Report) -> Option<String> {
    let path = Path::new(OsStr::from_bytes(config.global.stats_file.as_deref()?));
    match std::fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            let text = format!("the counters in '{}' cannot be read: {error}", path.display());
            report.tell_one(Diagnostic::warning(text).code(codes::FILE_UNREADABLE));
            None
        }
    }
}

type Prepared = (Arc<Shared>, Vec<Bound>, Vec<StatsListener>, Option<OwnedFd>);

/// The listening sockets of the process that this one replaces.
fn old_sockets(options: &Options, report: &Report) -> Result<OldSockets, Failed> {
    let got = match (worker::link(), &options.old_socket) {
        (Some(link), _) if options.worker == Some(Launch::Reload) => link.old_sockets(),
        (_, Some(path)) if path != "/dev/null" => OldSockets::ask(Path::new(path)),
        _ => return Ok(OldSockets::default()),
    };
    match got {
        Ok(sockets) => Ok(sockets),
        Err(error) if options.worker.is_some() => {
            report.tell_one(Diagnostic::warning(format!("sockets are bound anew: {error}")));
            Ok(OldSockets::default())
        }
        Err(error) => {
            Err(Failed::because(format!("cannot take over the sockets of the old process: {error}")))
        }
    }
}

/// All that needs paths and privileges; at its end the old processes have been told to go.
fn prepare(
    config: Arc<Config>,
    options: &Options,
    limits: &Limits,
    (old, old_sockets): (&OldProcesses, &OldSockets),
    is_daemon: bool,
) -> Result<Prepared, Failed> {
    let (shared, listeners) = bind(&config, limits, old, old_sockets)?;
    let sockets = ::control::bind_from(&config, old_sockets).map_err(Failed)?;
    let null = if is_daemon {
        let null =
            daemon::open_null().map_err(|error| refused(&format!("cannot open /dev/null: {error}")))?;
        // Below a master, the file is the master's.
        if let Some(path) = pidfile(&config, options).filter(|_| options.worker.is_none()) {
            daemon::write_pidfile(&path)?;
        }
        Some(null)
    } else {
        None
    };
    privileges::confine(&config.global)?;
    old.end();
    privileges::take_identity(&config)?;
    Ok((shared, listeners, sockets, null))
}

/// Builds the runtime. While old processes live and an address is taken, they are asked to let go of it.
fn bind(
    config: &Arc<Config>,
    limits: &Limits,
    old: &OldProcesses,
    old_sockets: &OldSockets,
) -> Result<(Arc<Shared>, Vec<Bound>), Failed> {
    let around = Surroundings {
        workers: limits.workers,
        hostname: environment::hostname(),
        pid: std::process::id(),
        maxconn: limits.maxconn,
    };
    let mut tries = 0;
    loop {
        old_sockets.give_back();
        match engine::build_from(config.clone(), &around, old_sockets) {
            Ok(built) => return Ok(built),
            Err(error) => {
                tries += 1;
                if tries >= BIND_TRIES || old.pause() == 0 {
                    return Err(Failed(error.0));
                }
                std::thread::sleep(BIND_PAUSE);
            }
        }
    }
}

/// Gives each worker its sockets: one of each group, or all connections of a single socket to the first one, who
/// hands them round.
fn spawn_workers(
    shared: &Arc<Shared>,
    count: usize,
    listeners: Vec<Bound>,
) -> Result<Vec<WorkerHandle>, Failed> {
    let mut assigned: Vec<Vec<Assigned>> = (0..count).map(|_| Vec::new()).collect();
    for Bound { listener, sockets, workers } in listeners {
        let is_shared = sockets.len() < workers.len();
        // An old process may have had more sockets; all are kept.
        for (worker, fd) in workers.iter().cycle().zip(sockets) {
            assigned[*worker].push(Assigned { listener, fd, is_shared });
        }
    }
    let mut workers = Vec::new();
    for (index, listeners) in assigned.into_iter().enumerate() {
        let worker = engine::spawn_worker(shared.clone(), index, listeners)
            .map_err(|error| refused(&format!("cannot start worker {index}: {error}")))?;
        shared.mailboxes.lock().push(worker.mailbox.clone());
        workers.push(worker);
    }
    Ok(workers)
}
