//! What the command line set.

use std::ffi::OsString;

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// Carry it out.
    #[default]
    Run,
    /// Only check it (`-c`).
    Check,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Verbosity {
    /// Warnings and errors (`-q`).
    Quiet,
    /// As usual.
    #[default]
    Normal,
    /// Everything (`-V`).
    Verbose,
}

/// How the version is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionShape {
    /// `-v`.
    Short,
    /// `-vv`.
    Build,
    /// `-vq`: `3.5-dev5`.
    Plain,
    /// `-vqs`: `3.5`.
    Numbers,
    /// `-vqb`: `3.5`.
    Branch,
}

/// `-dK`: classes of keywords, comma-separated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dump(pub(crate) String);

/// How `-dC` writes the configuration: as options of it, a comma between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Written {
    /// The key that names are made unreadable with.
    pub(crate) key: Option<u32>,
    /// Whether the number of each line stands before it.
    pub(crate) has_numbers: bool,
}

impl Written {
    /// Reads what stands behind `-dC`: a key, `line`, or both.
    pub(crate) fn read(text: &str) -> Written {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let key = text[..digits].parse().ok().filter(|key| *key != 0);
        Written { key, has_numbers: text.split(',').any(|word| word == "line") }
    }
}

impl Dump {
    /// Whether the program's own lists are all that is wanted, which needs no configuration.
    pub(crate) fn needs_no_file(&self) -> bool {
        matches!(self.0.as_str(), "help" | "json")
    }
}

/// The master's manners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Master {
    /// `-W`.
    Plain,
    /// `-Ws`: it tells systemd how it is.
    Systemd,
}

/// Why a master started a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Launch {
    /// The master starts, and has read the configuration itself just before.
    Start,
    /// A reload: another worker may serve already.
    Reload,
}

/// The options of a run; the default is what an empty command line means.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// `-f` and what follows `--`.
    pub(crate) files: Vec<OsString>,
    /// `-c`.
    pub(crate) mode: Mode,
    /// `-q`, `-V`.
    pub(crate) verbosity: Verbosity,
    /// `--format`.
    pub(crate) format: Option<diag::Format>,
    /// `-D`.
    pub(crate) is_daemon: bool,
    /// `-db`, `-d`.
    pub(crate) is_foreground: bool,
    /// Started again by a `-D` process, to be its daemon.
    pub(crate) is_daemon_child: bool,
    /// `-p`.
    pub(crate) pidfile: Option<OsString>,
    /// `-C`.
    pub(crate) directory: Option<OsString>,
    /// `-m`.
    pub(crate) memory_mb: Option<u64>,
    /// `-n`.
    pub(crate) maxconn: Option<u32>,
    /// `-N`.
    pub(crate) proxy_maxconn: Option<u32>,
    /// `-L`.
    pub(crate) local_peer: Option<String>,
    /// `-sf`.
    pub(crate) finish_pids: Vec<i32>,
    /// `-st`.
    pub(crate) terminate_pids: Vec<i32>,
    /// `-W`, `-Ws`.
    pub(crate) master: Option<Master>,
    /// `-S`.
    pub(crate) master_sockets: Vec<OsString>,
    /// Started by a master, to be its worker.
    pub(crate) worker: Option<Launch>,
    /// `-x`.
    pub(crate) old_socket: Option<OsString>,
    /// `-dW`.
    pub(crate) is_zero_warning: bool,
    /// `-dD`.
    pub(crate) is_diagnostic: bool,
    /// `-dr`.
    pub(crate) ignores_unresolved: bool,
    /// `-4`: name servers are asked for addresses of IPv4 alone.
    pub(crate) is_ipv4_only: bool,
    /// `-dS`.
    pub(crate) is_nosplice: bool,
    /// `-dR`.
    pub(crate) is_noreuseport: bool,
    /// `-dF`.
    pub(crate) is_not_fast_forward: bool,
    /// `-dV`.
    pub(crate) is_unverified: bool,
    /// `-dK`.
    pub(crate) keywords: Option<Dump>,
    /// `-dL`.
    pub(crate) lists_objects: bool,
    /// `-dC`.
    pub(crate) written: Option<Written>,
}
