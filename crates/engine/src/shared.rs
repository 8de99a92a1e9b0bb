//! What all workers share: the configuration, its runtime objects, loggers, and the switches that stop them.

use std::sync::atomic::{AtomicBool, AtomicI8, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use base::{ProxyId, ServerId};
use config::Config;
use config::model::{ServerAddress, ServerConfig};
use diag::Diagnostics;
use logs::Logger;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use sample::txn::ListenerFacts;
use state::grown::Grown;
use state::settled::Settled;
use state::{Proxy, Runtime, Server};
use tokio::sync::oneshot;

use crate::capture::Captures;
use crate::dynamic_cookie::DynamicCookies;
use crate::log_forward::LogPlane;
use crate::pool::IdleConns;
use crate::resolve::{Figures, Resolving};
use crate::route::Route;
use crate::send_proxy::ProxyHeader;
use crate::service::Service;
use crate::state_file::Restored;
use crate::strict_maxconn::StrictMaxconn;
use crate::worker::Mailbox;

/// One running configuration. Sessions keep the one that they began with.
pub struct Shared {
    /// The checked configuration: rules, formats, options.
    pub config: Arc<Config>,
    /// Its state.
    pub runtime: Arc<Runtime>,
    /// What the engine adds to each proxy, by id; `add backend` adds to them.
    pub proxies: Grown<ProxyRun>,
    /// How busy the workers are.
    pub load: crate::load::Load,
    /// Backends by name, for `use_backend` with a computed name.
    pub backends: Settled<FxHashMap<Box<[u8]>, ProxyId>>,
    /// All listeners.
    pub listeners: Vec<Arc<ListenerRun>>,
    /// What `ring` and `log-forward` sections run.
    pub logs: LogPlane,
    /// Host name of log headers, where one is sent.
    pub log_hostname: Option<Box<[u8]>>,
    /// Tag of log headers.
    pub log_tag: Box<[u8]>,
    /// What the machine did not do as the configuration asks, and that stopped no start.
    pub warnings: Diagnostics,
    /// The workers' inboxes.
    pub mailboxes: Mutex<Vec<Mailbox>>,
    /// What answers for statistics pages; set before the first worker starts.
    pub services: OnceLock<Box<dyn Service>>,
    /// Messages that were no HTTP, since the start.
    pub captured: AtomicU64,
    /// How many pools of idle connections workers have: one for each server that there is or was at a time.
    pub pools: AtomicUsize,
    /// The figures of name servers, by the number of their section.
    pub resolvers: Vec<Figures>,
    /// Names that requests asked for and that are none.
    pub failed_resolutions: AtomicU64,
    /// Held while a backend is added.
    pub(crate) adding: Mutex<()>,
    /// The way to the thread of the checks, once it runs.
    pub(crate) checks: crate::check::Checks,
    sessions: AtomicU64,
    is_stopping: AtomicBool,
    /// Workers that have closed their listeners at a soft stop.
    stopped_listening: AtomicUsize,
}

/// The engine's part of a proxy.
pub struct ProxyRun {
    /// Its state.
    pub state: Arc<Proxy>,
    /// Its servers, by [`base::ServerId`].
    pub servers: ServerRuns,
    /// Where requests go that nothing leads to a server (`dispatch`, `option transparent`). Its id is the number of the
    /// proxy's servers, among which it does not count.
    pub dispatch: Option<Arc<ServerRun>>,
    /// Log lines written so far (`%lc`).
    pub log_lines: AtomicU64,
    /// One for each `log` line.
    pub loggers: Vec<Logger>,
    /// Whether any request ruleset has rules.
    pub has_request_rules: bool,
    /// Whether any response ruleset has rules, `http-after-response` aside.
    pub has_response_rules: bool,
    /// Its own log tag.
    pub log_tag: Option<Box<[u8]>>,
    /// The last messages that were no HTTP.
    pub captures: Captures,
    /// What `cookie ... dynamic` makes cookies from.
    pub dynamic_cookies: DynamicCookies,
}

impl ProxyRun {
    /// A server by id, the one of `dispatch` too.
    #[must_use]
    pub fn server(&self, id: ServerId) -> Option<Arc<ServerRun>> {
        self.servers.get(id).or_else(|| self.dispatch.clone())
    }

    /// The id of `dispatch`.
    #[must_use]
    pub fn dispatch_id(&self) -> Option<ServerId> {
        self.dispatch.as_ref().map(|server| server.state.id)
    }
}

/// The engine's part of a proxy's servers: a list that grows and whose places are taken anew as those of
/// [`state::Servers`].
pub struct ServerRuns(Settled<Vec<Arc<ServerRun>>>);

impl ServerRuns {
    /// Those of the configuration, by id.
    #[must_use]
    pub fn new(servers: Vec<Arc<ServerRun>>) -> Self {
        ServerRuns(Settled::new(servers))
    }

    /// The one of an id, which may be gone.
    #[must_use]
    pub fn get(&self, id: ServerId) -> Option<Arc<ServerRun>> {
        self.0.load().get(id.index()).cloned()
    }

    /// Puts a server at its id's place: a new one, or that of a server that is gone.
    pub(crate) fn put(&self, server: Arc<ServerRun>) {
        let mut list = Vec::clone(&self.0.load());
        match list.get_mut(server.state.id.index()) {
            Some(place) => *place = server,
            None => list.push(server),
        }
        self.0.store(list);
    }
}

impl IntoIterator for &ServerRuns {
    type Item = Arc<ServerRun>;
    type IntoIter = Runs;

    /// Those of this moment, also those that are gone.
    fn into_iter(self) -> Runs {
        Runs { list: self.0.load_full(), at: 0 }
    }
}

/// The engine's part of the servers of one moment, one by one.
pub struct Runs {
    list: Arc<Vec<Arc<ServerRun>>>,
    at: usize,
}

impl Iterator for Runs {
    type Item = Arc<ServerRun>;

    fn next(&mut self) -> Option<Arc<ServerRun>> {
        let server = self.list.get(self.at)?;
        self.at += 1;
        Some(server.clone())
    }
}

/// The engine's part of a server.
pub struct ServerRun {
    /// Its state.
    pub state: Arc<Server>,
    /// Its line, where it came after the start; see [`ServerRun::config`].
    pub added: Option<Box<ServerConfig>>,
    /// What a state file says of its checks.
    pub restored: Option<Restored>,
    /// How to connect to it.
    pub connect: net::ConnectOptions,
    /// Added to the client's destination port, when the server line asks for it.
    pub port_offset: Option<i32>,
    /// Whether the address connected to depends on the client: such connections serve no other client.
    pub follows_client: bool,
    /// `send-proxy`, `send-proxy-v2`: connections name one client and serve no other.
    pub proxy_header: Option<ProxyHeader>,
    /// `usesrc`, ranges of source ports, `socks4` and the like; `None`: none of them.
    pub route: Option<Box<Route>>,
    /// Whether it stands for `dispatch` or `option transparent`: a client's connection to it is its own.
    pub is_dispatch: bool,
    /// TLS, where it is spoken to under it.
    pub tls: Option<crate::secure::ServerTls>,
    /// Whether that is used: 1; 0 or, after `no-ssl`, -1: it is not.
    pub(crate) tls_use: AtomicI8,
    /// Its idle connections.
    pub(crate) idle_conns: IdleConns,
    /// `strict-maxconn`.
    pub(crate) strict_maxconn: Option<StrictMaxconn>,
    /// How many of them all workers keep together; `u32::MAX`: no limit.
    pub idle_max: u32,
    /// How many connections it needed at once lately: as many are kept.
    pub needed: AtomicU32,
    /// `pool-low-conn`: how many more than that are kept, and how many must be idle before a worker takes one over.
    pub idle_low: u32,
    /// How long an idle connection is kept at least, in ms.
    pub idle_ms: u64,
    /// `redir`.
    pub redir: Option<Box<[u8]>>,
    /// What name servers have to do with it; `None`: nothing.
    pub resolving: Option<Box<Resolving>>,
    /// `on-marked-down shutdown-sessions`.
    pub shuts_sessions_down: bool,
    /// Number of this server among all servers of the process: the index of a worker's pool.
    pub pool: usize,
}

/// What an operator says of TLS to a server (`set server ... ssl`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsUse {
    /// It is used from now on.
    On,
    /// It is not.
    Off,
}

impl ServerRun {
    /// TLS, where it is spoken now.
    #[must_use]
    pub fn tls(&self) -> Option<&crate::secure::ServerTls> {
        self.tls.as_ref().filter(|_| self.tls_use() > 0)
    }

    /// `srv_use_ssl` of state files: 1 with TLS, 0 without, -1 after `no-ssl`.
    #[must_use]
    pub fn tls_use(&self) -> i8 {
        self.tls_use.load(Relaxed)
    }

    /// Switches TLS; false where the server's line prepared none.
    pub fn set_tls(&self, to: TlsUse) -> bool {
        if self.tls.is_some() {
            self.tls_use.store(i8::from(to == TlsUse::On), Relaxed);
        }
        self.tls.is_some()
    }

    /// The name of its host now, where it has one.
    #[must_use]
    pub fn fqdn(&self, config: &Config) -> Option<Box<str>> {
        if let Some(resolving) = &self.resolving {
            return resolving.fqdn();
        }
        match &self.config(config).address {
            ServerAddress::Name { host, .. } => Some(host.clone()),
            ServerAddress::Endpoint(_) => None,
        }
    }

    /// Its line: of the configuration, or as it was added.
    #[must_use]
    pub fn config<'c>(&'c self, config: &'c Config) -> &'c ServerConfig {
        let of_file = || &config.proxy(self.state.proxy).servers[self.state.id.index()];
        self.added.as_deref().unwrap_or_else(of_file)
    }
}

/// One `bind` address.
pub struct ListenerRun {
    /// What rules may ask.
    pub facts: Arc<ListenerFacts>,
    /// What it serves under TLS; `None`: in clear.
    pub tls: Option<Arc<tls::Slot<tls::server::Context>>>,
    /// The proxy that it belongs to.
    pub proxy: ProxyId,
    /// Its place among all listeners.
    pub index: usize,
    /// The number that NetScaler's header begins with (`accept-netscaler-cip`).
    pub netscaler_magic: Option<u32>,
    /// The workers that serve it, by number.
    pub workers: Box<[usize]>,
    /// Whether the local address of its connections must be asked for.
    pub needs_dst: AtomicBool,
    /// Its own connection limit, 0: none.
    pub maxconn: u32,
    /// Its connections now.
    pub sessions: state::counters::Gauge,
    /// Whether accepted sockets inherit `TCP_NODELAY` from it.
    pub sets_nodelay: bool,
    /// Whether the kernel waits with acknowledging what clients send first (`option tcp-smart-accept`).
    pub acks_late: bool,
}

impl Shared {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Arc<Config>, runtime: Arc<Runtime>, parts: Parts) -> Self {
        Shared {
            resolvers: config.resolvers.iter().map(Figures::of).collect(),
            failed_resolutions: AtomicU64::new(0),
            config,
            runtime,
            proxies: parts.proxies.into(),
            load: crate::load::Load::default(),
            backends: Settled::new(parts.backends),
            listeners: parts.listeners,
            logs: parts.logs,
            log_hostname: parts.log_hostname,
            log_tag: parts.log_tag,
            warnings: parts.warnings,
            mailboxes: Mutex::new(Vec::new()),
            services: OnceLock::new(),
            captured: AtomicU64::new(0),
            pools: AtomicUsize::new(parts.pools),
            adding: Mutex::new(()),
            checks: crate::check::Checks::default(),
            sessions: AtomicU64::new(0),
            is_stopping: AtomicBool::new(false),
            stopped_listening: AtomicUsize::new(0),
        }
    }

    /// The engine's part of a proxy.
    #[must_use]
    pub fn proxy(&self, id: ProxyId) -> &ProxyRun {
        &self.proxies[id.index()]
    }

    /// The engine's part of a server.
    #[must_use]
    pub fn server(&self, server: &Server) -> Arc<ServerRun> {
        let proxy = &self.proxies[server.proxy.index()];
        proxy.server(server.id).expect("every server has its part here")
    }

    /// The number of the next session.
    pub fn next_session(&self) -> u64 {
        self.sessions.fetch_add(1, Relaxed)
    }

    /// Waits until every worker has dealt with what happened before this call: sessions that their clients had ended are
    /// over, their counters written.
    pub async fn fence(&self) {
        let answers: Vec<_> = {
            let mailboxes = self.mailboxes.lock();
            let ask = |mailbox: &Mailbox| {
                let (sender, receiver) = oneshot::channel();
                mailbox.send(crate::worker::Message::Fence(sender));
                receiver
            };
            mailboxes.iter().map(ask).collect()
        };
        for answer in answers {
            // A worker that has ended has nothing left to deal with.
            let _ = answer.await;
        }
    }

    /// Whether a soft stop is under way: nothing is kept alive any more.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Relaxed)
    }

    /// Notes that a worker has closed its listeners. The last one tells all of them, behind whatever connections it handed
    /// round before.
    pub(crate) fn worker_stopped_listening(&self) {
        let mailboxes = self.mailboxes.lock();
        // One that broke down does not listen any more either.
        let running = mailboxes.iter().filter(|mailbox| mailbox.is_open()).count();
        if self.stopped_listening.fetch_add(1, Relaxed) + 1 >= running {
            mailboxes.iter().for_each(|mailbox| mailbox.send(crate::worker::Message::AllStopped));
        }
    }

    /// Begins a soft stop.
    pub fn stop_softly(&self) {
        self.is_stopping.store(true, Relaxed);
        self.runtime.is_stopping.store(true, Relaxed);
        for mailbox in self.mailboxes.lock().iter() {
            mailbox.send(crate::worker::Message::StopListening);
        }
    }
}

/// What [`crate::build::build`] gathers for [`Shared::new`].
pub struct Parts {
    /// As [`Shared::proxies`].
    pub proxies: Vec<ProxyRun>,
    /// As [`Shared::backends`].
    pub backends: FxHashMap<Box<[u8]>, ProxyId>,
    /// As [`Shared::listeners`].
    pub listeners: Vec<Arc<ListenerRun>>,
    /// As [`Shared::logs`].
    pub logs: LogPlane,
    /// As [`Shared::log_hostname`].
    pub log_hostname: Option<Box<[u8]>>,
    /// As [`Shared::log_tag`].
    pub log_tag: Box<[u8]>,
    /// As [`Shared::warnings`].
    pub warnings: Diagnostics,
    /// As [`Shared::pools`].
    pub pools: usize,
}
