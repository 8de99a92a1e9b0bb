//! Everything that runs under one configuration, as sessions see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use base::ProxyId;
use parking_lot::RwLock;

use crate::counters::Gauge;
use crate::grown::Grown;
use crate::proxy::Proxy;
use crate::rates::Rates;
use crate::ssl_counters::SslCounters;
use crate::userlist::Userlist;
use crate::var_limits::VarLimits;
use crate::vars::Vars;

/// Process-wide facts that rules can ask for.
#[derive(Debug, Clone, Default)]
pub struct ProcessFacts {
    /// `hostname`, or what `log-send-hostname` or `node` replaced it with.
    pub hostname: Box<str>,
    /// `node`.
    pub node: Box<str>,
    /// `description`.
    pub description: Box<str>,
    /// The process id that logs show.
    pub pid: u32,
    /// Workers.
    pub nbthread: u32,
    /// `global maxconn`.
    pub maxconn: u32,
    /// `tune.bufsize`: bytes that a message's head and what is buffered of its body may take together, 0 for no bound.
    pub buffer_bytes: u32,
    /// `tune.http.logurilen`: bytes of a request line that logs show, 0 for the usual 1024.
    pub log_uri_bytes_max: u32,
}

/// The running configuration: a snapshot that sessions keep for as long as they live.
#[derive(Debug, Default)]
pub struct Runtime {
    /// All proxies, by id; `add backend` adds to them.
    pub proxies: Grown<Arc<Proxy>>,
    /// Process-wide facts.
    pub process: ProcessFacts,
    /// Variables of scope `proc`.
    pub vars: RwLock<Vars>,
    /// How much memory variables may take.
    pub var_limits: VarLimits,
    /// Every `userlist`, in file order.
    pub userlists: Vec<Userlist>,
    /// The names of the configuration's files, in the order in which they were read.
    pub files: Vec<Box<str>>,
    /// Client connections now, over all frontends.
    pub connections: Gauge,
    /// How often no more connections were accepted because there were as many as there may be.
    pub maxconn_reached: AtomicU64,
    /// TLS in numbers.
    pub ssl: SslCounters,
    /// What begins within a second, and how much of it may.
    pub rates: Rates,
    /// Whether a soft stop is under way.
    pub is_stopping: AtomicBool,
    requests: AtomicU64,
    maxconn_set: AtomicU32,
}

impl Runtime {
    /// A proxy by id.
    #[must_use]
    pub fn proxy(&self, id: ProxyId) -> &Arc<Proxy> {
        &self.proxies[id.index()]
    }

    /// Client connections that the process takes now: as configured, unless an operator lowered it; 0: no limit.
    #[must_use]
    pub fn maxconn(&self) -> u32 {
        match self.maxconn_set.load(Relaxed) {
            0 => self.process.maxconn,
            set => set,
        }
    }

    /// Changes [`Runtime::maxconn`] (`set maxconn global`); 0 goes back to what is configured.
    pub fn set_maxconn(&self, maxconn: u32) {
        self.maxconn_set.store(maxconn, Relaxed);
    }

    /// The next number for log variable `%rt`: counts every request and connection of the process.
    pub fn next_request_number(&self) -> u64 {
        self.requests.fetch_add(1, Relaxed)
    }
}
