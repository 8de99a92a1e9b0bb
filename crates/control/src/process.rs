//! The process as commands see it: its runtime, who it is, when it began.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use base::ProxyId;
use base::clock::{self, Millis};
use engine::Shared;
use net::handover::Exported;
use parking_lot::Mutex;

use crate::input::Bounds;
use crate::machine::Machine;

/// Lines of commands may be as long as a buffer; this long at least, whatever `tune.bufsize` says.
const LINE_BYTES_MIN: usize = 1024;
/// How long a user may be silent without `stats timeout`.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Users at a time without `stats maxconn`.
const MAXCONN: u32 = 10;

/// Facts about the program and its start that only the binary knows.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The version of HAProxy that is spoken.
    pub version: String,
    /// What was built.
    pub build: String,
    /// The date of the version, as `2026/08/21`.
    pub release_date: String,
    /// Environment variables, as the configuration left them: name and value, in the order in which they are shown.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Descriptors that the process may have.
    pub nofile: u64,
    /// Connections that descriptors or memory allow.
    pub hard_maxconn: u32,
    /// Sockets of `stats socket`, as they are listed.
    pub sockets: Vec<(String, crate::Level)>,
    /// How long reading and checking the configuration took.
    pub boot: Duration,
    /// The features, each with its sign, as `-vv` lists them.
    pub features: String,
    /// What else is known of how it was built, a line each.
    pub build_lines: Vec<String>,
    /// The machine, and the process as it was started.
    pub machine: Machine,
}

/// What commands read and change.
pub struct Process {
    /// The running configuration and its state.
    pub shared: Arc<Shared>,
    /// The program.
    pub about: About,
    started: Millis,
    started_wall: Duration,
    sent: Mutex<Sent>,
    /// Frontends that were shut down for good.
    shut: Mutex<BTreeSet<ProxyId>>,
    /// The listening sockets that the next process may have.
    exported: Mutex<Arc<Vec<Exported>>>,
    /// Wakes who fetches OCSP answers.
    pub(crate) wants_answers: tokio::sync::Notify,
    /// What was told at the start.
    startup_logs: Mutex<Vec<u8>>,
    /// The key of dumps whose names are unreadable; 0: none is set.
    anon_key: AtomicU32,
}

/// The last look at the bytes that were sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    at: Millis,
    total: u64,
    rate: u64,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("about", &self.about).finish_non_exhaustive()
    }
}

impl Process {
    /// A process that begins now.
    #[must_use]
    pub fn new(shared: Arc<Shared>, about: About) -> Self {
        let anon_key = AtomicU32::new(shared.config.global.anon_key);
        Process {
            shared,
            about,
            started: clock::now(),
            started_wall: clock::wall(),
            sent: Mutex::new(Sent { at: clock::now(), total: 0, rate: 0 }),
            shut: Mutex::default(),
            exported: Mutex::default(),
            wants_answers: tokio::sync::Notify::new(),
            startup_logs: Mutex::default(),
            anon_key,
        }
    }

    /// Notes that a frontend takes no connections any more; false if it was noted before.
    pub(crate) fn shut(&self, frontend: ProxyId) -> bool {
        self.shut.lock().insert(frontend)
    }

    /// The key that names in dumps are made unreadable with, if one is set (`anonkey`).
    pub(crate) fn anon_key(&self) -> Option<u32> {
        Some(self.anon_key.load(Relaxed)).filter(|key| *key != 0)
    }

    /// Sets it; 0: none.
    pub(crate) fn set_anon_key(&self, key: u32) {
        self.anon_key.store(key, Relaxed);
    }

    /// Whether a frontend was shut down for good.
    #[must_use]
    pub fn is_shut(&self, frontend: ProxyId) -> bool {
        self.shut.lock().contains(&frontend)
    }

    /// Keeps the sockets that the next process may have.
    pub fn export(&self, sockets: Vec<Exported>) {
        *self.exported.lock() = Arc::new(sockets);
    }

    /// The sockets that the next process may have.
    #[must_use]
    pub fn exported(&self) -> Arc<Vec<Exported>> {
        self.exported.lock().clone()
    }

    /// Keeps what was told at the start, for `show startup-logs`.
    pub fn keep_startup_logs(&self, text: Vec<u8>) {
        *self.startup_logs.lock() = text;
    }

    /// What was told at the start.
    pub(crate) fn startup_logs(&self) -> Vec<u8> {
        self.startup_logs.lock().clone()
    }

    /// How long it has been running.
    #[must_use]
    pub fn uptime(&self, now: Millis) -> Duration {
        Duration::from_millis(now.since(self.started))
    }

    /// When it began, since 1970.
    #[must_use]
    pub fn started_wall(&self) -> Duration {
        self.started_wall
    }

    /// How long a user of a socket may be silent (`stats timeout`).
    #[must_use]
    pub fn stats_timeout(&self) -> Duration {
        self.shared.config.global.stats_timeout.unwrap_or(TIMEOUT)
    }

    /// How many users there may be at once (`stats maxconn`).
    #[must_use]
    pub fn stats_maxconn(&self) -> usize {
        let wanted = self.shared.config.global.stats_maxconn.unwrap_or(MAXCONN);
        usize::try_from(wanted).unwrap_or(usize::MAX)
    }

    /// How long a line of commands and its payload may be.
    pub(crate) fn input_bounds(&self) -> Bounds {
        let tune = &self.shared.config.global.tune;
        Bounds {
            line_bytes_max: tune.bufsize.max(LINE_BYTES_MIN),
            payload_bytes_max: tune.cli_payload_bytes_max.max(tune.bufsize),
        }
    }

    /// Bytes sent in a second: since somebody asked last, but at least half a second ago. `total` is what was sent so far.
    #[must_use]
    pub fn bytes_out_rate(&self, total: u64) -> u64 {
        let mut sent = self.sent.lock();
        let now = clock::now();
        let elapsed_ms = now.since(sent.at);
        if elapsed_ms >= 500 {
            let rate = total.saturating_sub(sent.total).saturating_mul(1_000) / elapsed_ms;
            *sent = Sent { at: now, total, rate };
        }
        sent.rate
    }

    /// The share of time that the workers did not compute, in percent, since somebody asked last, but at least half a
    /// second.
    #[must_use]
    pub fn idle_percent(&self) -> u32 {
        self.shared.load.idle_percent(self.shared.runtime.process.nbthread)
    }
}
