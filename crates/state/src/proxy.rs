//! A proxy: what `frontend`, `backend` and `listen` sections are at run time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use base::{ProxyId, ServerId, clock};
use parking_lot::Mutex;

use crate::balance::{BalanceSetup, Balancer, Load, Pick, Picked};
use crate::counters::{Gauge, PerWorker, ProxyCounters};
use crate::queue::{Queue, Redistribute};
use crate::server::Server;
use crate::servers::Servers;
use crate::table::Table;
use crate::uptime::Uptime;

/// What a proxy carries (`mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Byte streams.
    Tcp,
    /// HTTP exchanges.
    Http,
    /// Log messages (`mode log`).
    Log,
    /// SPOE agents (`mode spop`).
    Spop,
}

/// Which sides a proxy section has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sides {
    /// `frontend`.
    Frontend,
    /// `backend`.
    Backend,
    /// `listen`: both.
    Both,
}

impl Sides {
    /// Whether clients connect to it.
    #[must_use]
    pub fn has_frontend(self) -> bool {
        self != Sides::Backend
    }

    /// Whether it has servers.
    #[must_use]
    pub fn has_backend(self) -> bool {
        self != Sides::Frontend
    }
}

/// Every `timeout` of a proxy; `None` waits for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// Inactivity of the client.
    pub client: Option<Duration>,
    /// Inactivity of the client after one side closed.
    pub client_fin: Option<Duration>,
    /// The client's TLS handshake.
    pub client_hs: Option<Duration>,
    /// A connection attempt to a server.
    pub connect: Option<Duration>,
    /// The whole request head.
    pub http_request: Option<Duration>,
    /// The first byte of the next request.
    pub http_keep_alive: Option<Duration>,
    /// Waiting for a free server.
    pub queue: Option<Duration>,
    /// Inactivity of the server.
    pub server: Option<Duration>,
    /// Inactivity of the server after one side closed.
    pub server_fin: Option<Duration>,
    /// How long a tarpitted client waits.
    pub tarpit: Option<Duration>,
    /// Inactivity of either side once a tunnel is open.
    pub tunnel: Option<Duration>,
    /// A check's answer after its connection.
    pub check: Option<Duration>,
}

/// What is fixed about a proxy when it is built.
#[derive(Debug, Clone)]
pub struct ProxySetup {
    /// Its place among all proxies.
    pub id: ProxyId,
    /// Its numeric id (`id N`, else counted from 2).
    pub uuid: u32,
    /// Its name.
    pub name: Box<str>,
    /// What it carries.
    pub mode: Mode,
    /// Which sides it has.
    pub sides: Sides,
    /// Its timeouts.
    pub timeouts: Timeouts,
    /// Connections its frontend side takes at once, 0 for no limit of its own.
    pub maxconn: u32,
    /// Backend sessions at which `minconn` servers use their full `maxconn`.
    pub fullconn: u32,
    /// Connection attempts after the first.
    pub retries: u32,
}

/// One proxy's shared state.
#[derive(Debug)]
pub struct Proxy {
    /// Its place among all proxies.
    pub id: ProxyId,
    /// Its numeric id.
    pub uuid: u32,
    /// Its name.
    pub name: Box<str>,
    /// What it carries.
    pub mode: Mode,
    /// Which sides it has.
    pub sides: Sides,
    /// Its timeouts.
    pub timeouts: Timeouts,
    /// Connections its frontend side takes at once, 0 for no limit of its own.
    pub maxconn: AtomicU32,
    /// Whether an operator keeps its frontend side from taking new connections.
    pub is_paused: AtomicBool,
    /// Whether rules of other proxies that lead to it are passed over (`be-unpublished`, `unpublish backend`).
    pub is_unpublished: AtomicBool,
    /// Whether it is gone for good (`del backend`): nobody finds it by its name.
    pub is_removed: AtomicBool,
    /// Backend sessions at which `minconn` servers use their full `maxconn`.
    pub fullconn: u32,
    /// Connection attempts after the first.
    pub retries: u32,
    /// Connections on its frontend side now.
    pub frontend_sessions: Gauge,
    /// Sessions on its backend side now, queued ones included.
    pub backend_sessions: Arc<Gauge>,
    /// Requests waiting for any of its servers.
    pub queued: Arc<Gauge>,
    /// Counters of the frontend side.
    pub frontend: PerWorker<ProxyCounters>,
    /// Counters of the backend side.
    pub backend: PerWorker<ProxyCounters>,
    /// Its servers.
    pub servers: Servers,
    /// Chooses among them.
    pub balancer: Arc<Balancer>,
    /// Their slots, and those who wait for one.
    pub queue: Arc<Queue>,
    /// Its `stick-table`; set before the proxy is shared.
    pub table: Option<Arc<Table>>,
    /// What else of its configuration rules can ask for; set before the proxy is shared.
    pub facts: ProxyFacts,
    /// Since when its backend side has had servers, or none.
    pub uptime: Uptime,
    /// Held while the state of one of its servers changes, so that those who count servers before and after see no
    /// other change.
    pub changing: Mutex<()>,
}

/// What rules can ask about a proxy's configuration.
#[derive(Debug, Default)]
pub struct ProxyFacts {
    /// The name of its `default_backend`.
    pub default_backend: Option<Box<str>>,
    /// How many bytes each request capture slot keeps.
    pub request_captures_bytes_max: Vec<usize>,
    /// How many bytes each response capture slot keeps.
    pub response_captures_bytes_max: Vec<usize>,
}

impl Proxy {
    /// A proxy with its servers and the default way of choosing among them.
    #[must_use]
    pub fn new(setup: ProxySetup, servers: Vec<Arc<Server>>, workers: usize) -> Self {
        Self::with_balance(setup, BalanceSetup::default(), servers, workers)
    }

    /// A proxy with its servers and what its `balance` and hash lines say.
    #[must_use]
    pub fn with_balance(
        setup: ProxySetup,
        balance: BalanceSetup,
        servers: Vec<Arc<Server>>,
        workers: usize,
    ) -> Self {
        let backend_sessions = Arc::new(Gauge::default());
        let queued = Arc::new(Gauge::default());
        let load = Load { sessions: Arc::clone(&backend_sessions), fullconn: AtomicU32::new(setup.fullconn) };
        let balancer = Arc::new(Balancer::new(balance, load, &servers));
        Proxy {
            id: setup.id,
            uuid: setup.uuid,
            name: setup.name,
            mode: setup.mode,
            sides: setup.sides,
            timeouts: setup.timeouts,
            maxconn: AtomicU32::new(setup.maxconn),
            is_paused: AtomicBool::new(false),
            is_unpublished: AtomicBool::new(false),
            is_removed: AtomicBool::new(false),
            fullconn: setup.fullconn,
            retries: setup.retries,
            frontend_sessions: Gauge::default(),
            backend_sessions,
            queue: Arc::new(Queue::new(Arc::clone(&balancer), Arc::clone(&queued))),
            queued,
            frontend: PerWorker::new(workers),
            backend: PerWorker::new(workers),
            servers: Servers::new(servers),
            balancer,
            table: None,
            facts: ProxyFacts::default(),
            uptime: Uptime::new(clock::now()),
            changing: Mutex::new(()),
        }
    }

    /// Whether it is there; one that `del backend` removed is not, nor one that only holds a table of a `peers` section.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.is_removed.load(Relaxed)
    }

    /// Chooses a server for a request; see [`Balancer::pick`].
    #[must_use]
    pub fn pick(&self, key: Option<u32>, avoid: Option<ServerId>) -> Picked {
        self.balancer.pick(self.servers.load().slots(), key, Pick { avoid, queued: self.queued.get() })
    }

    /// Follows a change of `server`'s weight, health, administrative state, address or limit: balancing takes note,
    /// then those who wait are served if it has room now, or choose again if it takes no more requests. Returns how
    /// many requests moved. `whom` is what `option redispatch` and maintenance say.
    pub fn server_changed(&self, server: &Arc<Server>, whom: Redistribute) -> usize {
        self.balancer.server_changed(self.servers.load().slots());
        if server.takes_new() { self.queue.fill(server) } else { self.queue.redistribute(server, whom) }
    }
}
