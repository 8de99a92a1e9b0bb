//! From the checked configuration to the objects that run: proxies, servers, loggers, rings, listening sockets.
//!
//! What only the machine can tell is found out here: names to resolve, sockets to bind, files to log to.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicU32, AtomicU64};
use std::time::Duration;

use config::Config;
use config::model::{
    Bind, BindAddress, HashKeyFrom, InitAddr, LogLine, LogTarget, ProxyConfig, RingConfig, ServerAddress,
    ServerConfig,
};
use diag::{Diagnostic, Diagnostics, codes};
use logs::{Logger, LoggerSpec, Ring, RingSpec, Target};
use net::handover::{Kind, OldSockets};
use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use sample::txn::ListenerFacts;
use state::balance::{Algorithm, Backups, BalanceSetup, HashKey};
use state::counters::PerWorker;
use state::proxy::{Mode, ProxyFacts, ProxySetup};
use state::rates::{Limited, Rates};
use state::runtime::ProcessFacts;
use state::server::{ADMIN_MAINT, ADMIN_UNRESOLVED, ServerSetup};
use state::{Proxy, Runtime, Server, Vars};

use crate::capture::Captures;
use crate::dynamic_cookie::DynamicCookies;
use crate::log_forward::{self, Rings};
use crate::pool::IdleConns;
use crate::route::{self, Namespaces, Route};
use crate::secure::ServerTls;
use crate::send_proxy::ProxyHeader;
use crate::shared::{ListenerRun, Parts, ProxyRun, ServerRun, ServerRuns, Shared};
use crate::state_file::{StateFiles, StateLine};
use crate::strict_maxconn::StrictMaxconn;

/// Facts that the configuration does not hold.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Workers that will run.
    pub workers: usize,
    /// The host's name.
    pub hostname: String,
    /// The process id that logs show.
    pub pid: u32,
    /// Connections of the whole process.
    pub maxconn: u32,
}

/// A listening socket, ready to be given to workers.
pub struct Bound {
    /// Its place in [`Shared::listeners`].
    pub listener: usize,
    /// The sockets: one for each of `workers`, or more of an old process; fewer where the kernel cannot share the address.
    pub sockets: Vec<OwnedFd>,
    /// The workers that accept, by number.
    pub workers: Box<[usize]>,
}

/// The start failed; every reason is a diagnostic.
#[derive(Debug)]
pub struct BuildError(pub Diagnostics);

/// Builds the runtime of `config` and binds its listeners.
///
/// # Errors
/// Everything that is wrong at once: names that do not resolve, addresses that cannot be bound, log targets that
/// cannot be opened, words that this version only checks.
pub fn build(config: Arc<Config>, around: &Surroundings) -> Result<(Arc<Shared>, Vec<Bound>), BuildError> {
    build_from(config, around, &OldSockets::default())
}

/// The same, listening with the sockets of an old process where that listens on the same.
///
/// # Errors
/// As [`build`].
pub fn build_from(
    config: Arc<Config>,
    around: &Surroundings,
    old: &OldSockets,
) -> Result<(Arc<Shared>, Vec<Bound>), BuildError> {
    let mut diags = Diagnostics::default();
    let rings = Rings::new(make_rings(&config.rings), log_forward::log_backends(&config));
    let namespaces = Arc::new(Namespaces::open(&config, &mut diags));
    route::note_interfaces(&config, &mut diags);
    let mut next_pool = 0;
    let states = StateFiles::open(&config, &mut diags);
    let fullconns = config.fullconns(around.maxconn);
    let ground = Ground { rings: &rings, namespaces: &namespaces, states, fullconns };
    let mut states = Vec::new();
    let mut proxies = Vec::new();
    for proxy in &config.proxies {
        let (state, run) = make_proxy(&config, proxy, &ground, around, &mut next_pool, &mut diags);
        states.push(state);
        proxies.push(run);
    }
    let runtime = Arc::new(make_runtime(&config, states, around));
    let (listeners, bound) = bind_all(&config, around, old, &mut diags);
    let logs = log_forward::build(&config, &runtime, &proxies, &rings, old, &mut diags);
    if diags.has_errors() {
        return Err(BuildError(diags));
    }
    let parts = Parts {
        backends: backends_by_name(&config),
        proxies,
        listeners,
        logs,
        log_hostname: log_hostname(&config, around),
        log_tag: config.global.log_tag.clone().unwrap_or_else(|| (*b"haproxy").into()),
        warnings: diags,
        pools: next_pool,
    };
    Ok((Arc::new(Shared::new(config, runtime, parts)), bound))
}

/// Builds the runtime of `config` for explanations: nothing is bound. What it comes upon that would keep it from starting is
/// told, and left out.
pub(crate) fn unbound(config: Arc<Config>, around: &Surroundings) -> (Arc<Shared>, Diagnostics) {
    let mut diags = Diagnostics::default();
    let rings = Rings::new(make_rings(&config.rings), log_forward::log_backends(&config));
    let namespaces = Arc::new(Namespaces::default());
    let mut next_pool = 0;
    let fullconns = config.fullconns(around.maxconn);
    let ground = Ground { rings: &rings, namespaces: &namespaces, states: StateFiles::none(), fullconns };
    let make = |proxy| make_proxy(&config, proxy, &ground, around, &mut next_pool, &mut diags);
    let (states, proxies) = config.proxies.iter().map(make).unzip();
    let runtime = Arc::new(make_runtime(&config, states, around));
    let enabled = config.proxies.iter().filter(|p| !p.is_disabled);
    let binds = enabled.flat_map(|proxy| proxy.binds.iter().map(move |bind| (proxy, bind)));
    let listeners = binds
        .enumerate()
        .map(|(index, (proxy, bind))| Arc::new(listener_run(&config, proxy, bind, index, Box::new([0]), 1)));
    let parts = Parts {
        backends: backends_by_name(&config),
        proxies,
        listeners: listeners.collect(),
        logs: crate::log_forward::LogPlane::default(),
        log_hostname: log_hostname(&config, around),
        log_tag: config.global.log_tag.clone().unwrap_or_else(|| (*b"haproxy").into()),
        warnings: Diagnostics::default(),
        pools: next_pool,
    };
    (Arc::new(Shared::new(config, runtime, parts)), diags)
}

fn log_hostname(config: &Config, around: &Surroundings) -> Option<Box<[u8]>> {
    let wanted = config.global.log_send_hostname.as_ref()?;
    Some(wanted.clone().unwrap_or_else(|| around.hostname.as_bytes().into()))
}

fn backends_by_name(config: &Config) -> FxHashMap<Box<[u8]>, base::ProxyId> {
    let has_backend = config.proxies.iter().filter(|p| p.sides.has_backend());
    has_backend.map(|p| (p.name.as_bytes().into(), p.id)).collect()
}

fn make_runtime(config: &Config, proxies: Vec<Arc<Proxy>>, around: &Surroundings) -> Runtime {
    let mut vars = Vars::new();
    for (var, value) in &config.global.vars {
        vars.set(var.id, value.clone());
    }
    let node = config.global.node.clone();
    let mut runtime = Runtime::default();
    runtime.proxies = proxies.into();
    runtime.vars = RwLock::new(vars);
    runtime.userlists = config.userlists.clone();
    runtime.files.clone_from(&config.files);
    runtime.rates = make_rates(config, around);
    let tune = &config.global.tune;
    runtime.process = ProcessFacts {
        hostname: around.hostname.clone().into(),
        node: node.unwrap_or_else(|| around.hostname.clone().into()),
        description: config.global.description.clone().unwrap_or_default(),
        pid: around.pid,
        nbthread: u32::try_from(around.workers).unwrap_or(u32::MAX),
        maxconn: around.maxconn,
        log_uri_bytes_max: u32::try_from(tune.http_logurilen).unwrap_or(u32::MAX),
        buffer_bytes: u32::try_from(tune.bufsize).unwrap_or(u32::MAX),
    };
    runtime
}

fn make_rates(config: &Config, around: &Surroundings) -> Rates {
    let rates = Rates::new(around.workers);
    rates.set_limit(Limited::Connections, config.global.conn_rate_max);
    rates.set_limit(Limited::Sessions, config.global.sess_rate_max);
    rates.set_limit(Limited::TlsSessions, config.global.tls.rate_max.unwrap_or(0));
    rates.set_limit(Limited::CompressedBytes, config.global.compression.bytes_per_second_max);
    rates
}

fn make_rings(rings: &[RingConfig]) -> FxHashMap<Box<str>, Arc<Ring>> {
    let make = |ring: &RingConfig| {
        let mut spec = RingSpec::new(ring.name.as_bytes());
        if let Some(description) = &ring.description {
            spec.description = description.as_bytes().to_vec();
        }
        spec.format = Some(ring.format);
        spec.maxlen = ring.bytes_max;
        spec.size = ring.size;
        (ring.name.clone(), Arc::new(Ring::new(spec)))
    };
    rings.iter().map(make).collect()
}

pub(crate) fn make_logger(line: &LogLine, rings: &Rings, diags: &mut Diagnostics) -> Option<Logger> {
    let target = match &line.target {
        LogTarget::Udp(addr) => Target::Udp(*addr),
        LogTarget::UdpName { host, port } => {
            match (&**host, *port).to_socket_addrs().ok().and_then(prefer_v4) {
                Some(addr) => Target::Udp(addr),
                None => {
                    let text =
                        format!("the address of this log target cannot be found: `{host}` does not resolve");
                    diags.push(Diagnostic::error(text).at(line.span).code(codes::CANNOT_START));
                    return None;
                }
            }
        }
        LogTarget::Unix(path) => Target::Unix(path.clone()),
        LogTarget::Abstract(name) => Target::Abstract(name.clone()),
        LogTarget::Fd(1) => Target::Stdout,
        LogTarget::Fd(2) => Target::Stderr,
        LogTarget::Fd(fd) => Target::Fd(*fd),
        LogTarget::Ring(name) => match rings.get(name) {
            Some(ring) => Target::Ring(ring.clone()),
            None => {
                diags.push(
                    Diagnostic::error(format!("no ring is called `{name}`"))
                        .at(line.span)
                        .code(codes::UNKNOWN_SECTION),
                );
                return None;
            }
        },
        // What is disabled gets nothing.
        LogTarget::Backend(name) => Target::Backend(rings.backend(name)?.clone()),
    };
    let target = if line.is_stream { rings.towards(target) } else { target };
    let mut spec = LoggerSpec::new(target, line.facility);
    spec.len = line.bytes_max;
    spec.format = line.format;
    spec.sample = line.sample.clone();
    spec.profile = line.profile;
    spec.level_max = line.level_max;
    spec.level_min = line.level_min;
    match Logger::new(spec) {
        Ok(logger) => Some(logger),
        Err(error) => {
            diags.push(
                Diagnostic::error(format!("this log target cannot be used: {error}"))
                    .at(line.span)
                    .code(codes::CANNOT_START),
            );
            None
        }
    }
}

/// What all proxies are built upon.
pub(crate) struct Ground<'g> {
    pub(crate) rings: &'g Rings,
    pub(crate) namespaces: &'g Arc<Namespaces>,
    pub(crate) states: StateFiles,
    /// `fullconn` of each proxy of the files, by its id; others have what their lines say.
    pub(crate) fullconns: Vec<u32>,
}

/// Makes what runs of a proxy; `next_pool` goes on from the number of its first server.
pub(crate) fn make_proxy(
    config: &Config,
    proxy: &ProxyConfig,
    ground: &Ground<'_>,
    around: &Surroundings,
    next_pool: &mut usize,
    diags: &mut Diagnostics,
) -> (Arc<Proxy>, ProxyRun) {
    let Ground { rings, namespaces, states, fullconns } = ground;
    let mut servers = Vec::new();
    let mut runs = Vec::new();
    let states = states.of(config, proxy, diags);
    for server in &proxy.servers {
        let former = states.server(proxy, server);
        let state = Arc::new(make_server(proxy, server, former, around.workers, diags));
        let restored = former.and_then(|former| former.restore(proxy, server, &state, diags));
        let run = server_run(proxy, server, state.clone(), namespaces, *next_pool);
        let run = ServerRun { restored, ..run };
        // What a line with `ssl` says is not undone by a file that may be older.
        if let Some(restored) = run.restored.as_ref().filter(|_| server.tls.is_ready) {
            restored.restore_tls(&run);
        }
        runs.push(Arc::new(run));
        *next_pool += 1;
        servers.push(state);
    }
    let mut state = Proxy::with_balance(
        proxy_setup(proxy, fullconns.get(proxy.id.index()).copied().unwrap_or(proxy.fullconn)),
        balance_setup(proxy),
        servers,
        around.workers,
    );
    state.table = proxy.table.clone().map(|spec| make_table(config, proxy, spec));
    state.facts = proxy_facts(config, proxy);
    state.is_unpublished = AtomicBool::new(proxy.is_unpublished);
    let state = Arc::new(state);
    let loggers = proxy.logs.iter().filter_map(|line| make_logger(line, rings, diags)).collect();
    let r = &proxy.rules;
    let run = ProxyRun {
        state: state.clone(),
        servers: ServerRuns::new(runs),
        dispatch: dispatch(proxy, namespaces, around, next_pool),
        log_lines: AtomicU64::new(0),
        loggers,
        has_request_rules: [&r.tcp_content, &r.block, &r.http_request, &r.legacy_request, &r.redirect]
            .iter()
            .any(|set| !set.is_empty()),
        has_response_rules: [&r.tcp_response, &r.http_response, &r.legacy_response]
            .iter()
            .any(|set| !set.is_empty()),
        log_tag: proxy.log_tag.clone(),
        captures: Captures::default(),
        dynamic_cookies: DynamicCookies::of(proxy),
    };
    (state, run)
}

/// What rules can ask about the configuration of `proxy`.
fn proxy_facts(config: &Config, proxy: &ProxyConfig) -> ProxyFacts {
    let bytes_max = |slots: &[rules::action::CaptureSlot]| slots.iter().map(|slot| slot.bytes_max).collect();
    ProxyFacts {
        default_backend: proxy.default_backend.map(|id| config.proxy(id).name.clone()),
        request_captures_bytes_max: bytes_max(&proxy.captures.request),
        response_captures_bytes_max: bytes_max(&proxy.captures.response),
    }
}

/// The nameless server of `dispatch` and `option transparent`.
fn dispatch(
    proxy: &ProxyConfig,
    namespaces: &Arc<Namespaces>,
    around: &Surroundings,
    next_pool: &mut usize,
) -> Option<Arc<ServerRun>> {
    let options = &proxy.options;
    let is_wanted = proxy.dispatch.is_some() || options.transparent.is_on() || options.http_proxy.is_on();
    if !is_wanted {
        return None;
    }
    let nowhere = net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], 0)));
    let endpoint = proxy.dispatch.clone().unwrap_or(nowhere);
    let config = ServerConfig {
        id: base::ServerId::from_index(proxy.servers.len()),
        name: "<NOSRV>".into(),
        address: ServerAddress::Endpoint(endpoint.clone()),
        pool_max_conn: 0,
        ..ServerConfig::default()
    };
    let state = Arc::new(Server::new(server_setup(proxy, &config, endpoint, 0), around.workers));
    let run = server_run(proxy, &config, state, namespaces, *next_pool);
    *next_pool += 1;
    Some(Arc::new(ServerRun { is_dispatch: true, added: Some(Box::new(config)), ..run }))
}

/// The table of a proxy. One that `stick` rules use keeps servers, whatever its line says.
fn make_table(
    config: &Config,
    proxy: &ProxyConfig,
    mut spec: state::table::TableSpec,
) -> Arc<state::table::Table> {
    let mut rules = config.proxies.iter().flat_map(|p| &p.stick);
    if rules.any(|rule| rule.table == proxy.id) {
        // Both are plain data types that any table can hold.
        let _ = spec.store("server_id,server_key");
    }
    state::table::Table::new(spec)
}

fn proxy_setup(proxy: &ProxyConfig, fullconn: u32) -> ProxySetup {
    ProxySetup {
        id: proxy.id,
        uuid: proxy.uuid,
        name: proxy.name.clone(),
        mode: proxy.mode,
        sides: proxy.sides,
        timeouts: proxy.timeouts,
        maxconn: proxy.maxconn,
        fullconn,
        retries: proxy.retries,
    }
}

fn balance_setup(proxy: &ProxyConfig) -> BalanceSetup {
    let mut algorithm = proxy.balance.algorithm;
    if proxy.mode == Mode::Log && matches!(algorithm, Algorithm::Random { .. }) {
        // Nobody counts what servers have to do: there is nothing to compare.
        algorithm = Algorithm::Random { draws: 1 };
    }
    BalanceSetup {
        algorithm,
        hash_type: proxy.balance.hash_type,
        hash_balance_factor: proxy.balance.hash_balance_factor,
        affinity: proxy.balance.affinity,
        backups: if proxy.options.allbackups.is_on() { Backups::All } else { Backups::First },
        hash_keys: proxy.servers.iter().map(hash_key).collect(),
    }
}

pub(crate) fn hash_key(server: &ServerConfig) -> HashKey {
    match (server.hash_key, &server.guid) {
        (HashKeyFrom::Guid, Some(guid)) => HashKey::Guid(guid.clone()),
        (HashKeyFrom::Id, _) | (HashKeyFrom::Guid, None) => HashKey::Id,
        (HashKeyFrom::Id32, _) => HashKey::Id32,
        (HashKeyFrom::Addr, _) => HashKey::Addr,
        (HashKeyFrom::AddrPort, _) => HashKey::AddrPort,
    }
}

pub(crate) fn server_run(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    state: Arc<Server>,
    namespaces: &Arc<Namespaces>,
    pool: usize,
) -> ServerRun {
    let mut connect = route::connect_options(proxy, server, namespaces);
    if proxy.options.srvtcpka.is_on() && connect.keepalive.is_none() {
        connect.keepalive = Some(proxy.server_keepalive);
    }
    connect.quick_ack = !proxy.options.tcp_smart_connect.is_on();
    let idle_conns = IdleConns::new(state.counters.iter().count());
    ServerRun {
        follows_client: follows_client(server),
        proxy_header: ProxyHeader::of(&server.send_proxy),
        route: Route::of(proxy, server, namespaces),
        is_dispatch: false,
        state,
        added: None,
        restored: None,
        tls: server_tls(server),
        tls_use: AtomicI8::new(match (server.tls.is_on, server.tls.is_taken_back) {
            (true, _) => 1,
            (false, true) => -1,
            (false, false) => 0,
        }),
        connect,
        port_offset: server.port_offset,
        idle_conns,
        strict_maxconn: server.is_maxconn_strict.then(StrictMaxconn::default),
        idle_max: u32::try_from(server.pool_max_conn).unwrap_or(u32::MAX),
        needed: AtomicU32::new(0),
        idle_low: server.pool_low_conn,
        idle_ms: u64::try_from(server.pool_purge_delay.as_millis()).unwrap_or(u64::MAX),
        redir: server.redir.clone(),
        shuts_sessions_down: server.on_marked_down == config::model::OnMarkedDown::ShutdownSessions,
        pool,
    }
}

fn server_tls(server: &ServerConfig) -> Option<ServerTls> {
    let is_usable = server.tls.is_on || server.tls.is_ready;
    let context = server.tls.context.clone().filter(|_| is_usable)?;
    Some(ServerTls { context, sni: server.tls.sni.clone() })
}

fn make_server(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    former: Option<&StateLine>,
    workers: usize,
    diags: &mut Diagnostics,
) -> Server {
    if !server.unsupported.is_empty() {
        let words = server.unsupported.join("`, `");
        let text =
            format!("server `{}` needs `{words}`, which this version does not carry out yet", server.name);
        diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START));
    }
    let mut admin = if server.is_disabled { ADMIN_MAINT } else { 0 };
    let endpoint = match resolve(server, former.and_then(StateLine::address)) {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => {
            admin |= ADMIN_UNRESOLVED;
            net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], 0)))
        }
        Err(host) => {
            let text =
                format!("the address of server `{}` cannot be found: `{host}` does not resolve", server.name);
            let note = "`init-addr none` starts without an address";
            diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START).note(note));
            net::Endpoint::Inet(SocketAddr::from(([0, 0, 0, 0], 0)))
        }
    };
    Server::new(server_setup(proxy, server, endpoint, admin), workers)
}

pub(crate) fn server_setup(
    proxy: &ProxyConfig,
    server: &ServerConfig,
    endpoint: net::Endpoint,
    admin: u8,
) -> ServerSetup {
    ServerSetup {
        id: server.id,
        puid: server.puid,
        name: server.name.clone(),
        proxy: proxy.id,
        cookie: server.cookie.clone().or_else(|| DynamicCookies::of(proxy).cookie(&endpoint)),
        endpoint,
        weight: server.weight,
        role: server.role,
        maxconn: server.maxconn,
        minconn: server.minconn,
        maxqueue: server.maxqueue,
        admin,
    }
}

/// The address to start with, `last` being that of a state file: `None` when the server starts without one.
pub(crate) fn resolve(server: &ServerConfig, last: Option<IpAddr>) -> Result<Option<net::Endpoint>, &str> {
    let (host, port) = match &server.address {
        ServerAddress::Endpoint(endpoint) => return Ok(Some(endpoint.clone())),
        ServerAddress::Name { host, port } => (host, *port),
    };
    let usual = [InitAddr::Last, InitAddr::Libc];
    let ways = if server.init_addr.is_empty() { &usual[..] } else { &server.init_addr[..] };
    for way in ways {
        match way {
            InitAddr::Last => {
                if let Some(ip) = last {
                    return Ok(Some(net::Endpoint::Inet(SocketAddr::new(ip, port))));
                }
            }
            InitAddr::None => return Ok(None),
            InitAddr::Ip(ip) => return Ok(Some(net::Endpoint::Inet(SocketAddr::new(*ip, port)))),
            InitAddr::Libc => {
                let found = (&**host, port).to_socket_addrs().ok();
                if let Some(addr) = found.and_then(prefer_v4) {
                    return Ok(Some(net::Endpoint::Inet(addr)));
                }
            }
        }
    }
    Err(host)
}

fn prefer_v4(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let all: Vec<SocketAddr> = addresses.collect();
    all.iter().find(|a| a.is_ipv4()).or(all.first()).copied()
}

fn bind_all(
    config: &Config,
    around: &Surroundings,
    old: &OldSockets,
    diags: &mut Diagnostics,
) -> (Vec<Arc<ListenerRun>>, Vec<Bound>) {
    let mut listeners = Vec::new();
    let mut bound = Vec::new();
    for proxy in config.proxies.iter().filter(|p| !p.is_disabled) {
        for bind in &proxy.binds {
            let index = listeners.len();
            let workers = workers_of(bind, around.workers, diags);
            match bind_one(config, proxy, bind, workers.len(), (around, old), diags) {
                Ok(sockets) => bound.push(Bound { listener: index, sockets, workers: workers.clone() }),
                Err(diagnostic) => diags.push(diagnostic.at(bind.span)),
            }
            listeners.push(Arc::new(listener_run(config, proxy, bind, index, workers, around.workers)));
        }
    }
    if !diags.has_errors() {
        close_originals(config);
    }
    (listeners, bound)
}

/// Inherited sockets were duplicated; what they were inherited as must not go on listening when the duplicates close.
fn close_originals(config: &Config) {
    let inherited =
        config.proxies.iter().flat_map(|proxy| &proxy.binds).filter_map(|bind| match bind.address {
            BindAddress::Inherited(fd) => Some(fd),
            BindAddress::Endpoint(_) => None,
        });
    let unique: std::collections::BTreeSet<i32> = inherited.collect();
    unique.into_iter().for_each(net::listen::close_inherited);
}

/// The workers that accept on a line's sockets.
fn workers_of(bind: &Bind, workers: usize, diags: &mut Diagnostics) -> Box<[usize]> {
    let Some(threads) = &bind.threads else { return (0..workers).collect() };
    let is_one = |worker: &usize| u32::try_from(worker + 1).is_ok_and(|thread| threads.has(thread));
    let some: Box<[usize]> = (0..workers).filter(is_one).collect();
    if some.is_empty() {
        let text = format!("`thread` names none of the {workers} threads; all of them accept");
        diags.push(Diagnostic::warning(text).code(codes::NO_EFFECT));
        return (0..workers).collect();
    }
    some
}

fn listener_run(
    config: &Config,
    proxy: &ProxyConfig,
    bind: &Bind,
    index: usize,
    workers: Box<[usize]>,
    all_workers: usize,
) -> ListenerRun {
    let addr = match &bind.address {
        BindAddress::Endpoint(endpoint) => endpoint.inet().filter(|a| !a.ip().is_unspecified()),
        BindAddress::Inherited(_) => None,
    };
    let asks = config.uses.dst || config.proxies.iter().any(adds_destination) || needs_port(config);
    let context = bind.tls.as_ref().and_then(|tls| tls.context.clone());
    ListenerRun {
        facts: Arc::new(ListenerFacts {
            name: bind.name.clone(),
            id: bind.id,
            addr,
            is_tls: context.is_some(),
            accepts_proxy: bind.accepts_proxy,
            counters: proxy.options.socket_stats.is_on().then(|| Arc::new(PerWorker::new(all_workers))),
        }),
        tls: context,
        proxy: proxy.id,
        index,
        netscaler_magic: bind.netscaler_magic,
        workers,
        needs_dst: AtomicBool::new(asks),
        maxconn: bind.maxconn,
        sessions: state::counters::Gauge::default(),
        acks_late: proxy.options.accepts_smartly(proxy.mode, bind.tls.is_some()),
        sets_nodelay: matches!(&bind.address, BindAddress::Endpoint(e) if e.inet().is_some()),
    }
}

/// Whether requests to this proxy's servers say what address the client connected to.
pub(crate) fn adds_destination(proxy: &ProxyConfig) -> bool {
    let options = &proxy.options;
    options.originalto.is_some() || (options.forwarded.is_on() && options.forwarded_parts.by.is_some())
}

/// Whether some server's address depends on the client's destination.
fn needs_port(config: &Config) -> bool {
    config.proxies.iter().any(|p| {
        p.options.transparent.is_on() || p.servers.iter().any(|s| follows_client(s) || s.send_proxy.is_on())
    })
}

/// Whether a server's port is the client's destination port, or its address the client's destination (`0.0.0.0`).
pub(crate) fn follows_client(server: &ServerConfig) -> bool {
    let is_open = match &server.address {
        ServerAddress::Endpoint(endpoint) => endpoint.inet().is_some_and(|addr| addr.ip().is_unspecified()),
        ServerAddress::Name { .. } => false,
    };
    is_open || server.port_offset.is_some()
}

fn bind_one(
    config: &Config,
    proxy: &ProxyConfig,
    bind: &Bind,
    workers: usize,
    (around, old): (&Surroundings, &OldSockets),
    diags: &mut Diagnostics,
) -> Result<Vec<OwnedFd>, Box<Diagnostic>> {
    if !bind.unsupported.is_empty() {
        let words = bind.unsupported.join("`, `");
        return Err(Box::new(
            Diagnostic::error(format!("`{words}` is checked, but not carried out yet"))
                .code(codes::NOT_BUILT),
        ));
    }
    let mut options = bind.options.clone();
    options.backlog = bind.backlog.or(proxy.backlog).unwrap_or_else(|| default_backlog(proxy, around));
    options.unix_mode = bind.permissions.mode.or(options.unix_mode);
    options.unix_uid = bind.permissions.uid.or(options.unix_uid);
    options.unix_gid = bind.permissions.gid.or(options.unix_gid);
    options.nolinger = proxy.options.nolinger.is_on();
    options.quick_ack = !proxy.options.accepts_smartly(proxy.mode, bind.tls.is_some());
    // As many may come with data as may wait at all.
    options.fast_open = options.fast_open.map(|_| options.backlog);
    let (endpoint, count) = match &bind.address {
        BindAddress::Inherited(fd) => (net::Endpoint::Fd(*fd), 1),
        BindAddress::Endpoint(endpoint) => {
            let shares = endpoint.inet().is_some() && !config.global.is_noreuseport;
            options.reuse_port = shares;
            (endpoint.clone(), if shares && !bind.is_single { workers } else { 1 })
        }
    };
    let mut refused = Vec::new();
    let sockets = listen(&endpoint, &options, count, old, &mut refused);
    refused.dedup_by_key(|refused| refused.option);
    for one in &refused {
        diags.push(
            Diagnostic::warning(format!("{one}, on {endpoint}"))
                .code(codes::NO_EFFECT)
                .code(codes::CANNOT_START),
        );
    }
    sockets.map_err(|error| {
        Box::new(
            Diagnostic::error(format!("cannot listen on {endpoint}: {error}")).code(codes::CANNOT_LISTEN),
        )
    })
}

/// At least `count` sockets, those of the old process first. All of these are kept: closing one would reset what waits on
/// it.
fn listen(
    endpoint: &net::Endpoint,
    options: &net::ListenOptions,
    count: usize,
    old: &OldSockets,
    refused: &mut Vec<net::Refused>,
) -> std::io::Result<Vec<OwnedFd>> {
    let taken = old.take(endpoint, Kind::Stream, options).into_iter();
    let mut sockets: Vec<OwnedFd> =
        taken.filter_map(|fd| net::listen::listen_again(fd, endpoint, options, refused).ok()).collect();
    while sockets.len() < count {
        match net::listen_noting(endpoint, options, refused) {
            Ok(socket) => sockets.push(socket),
            // The old process did not share its address: its socket serves all workers.
            Err(_) if !sockets.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sockets)
}

fn default_backlog(proxy: &ProxyConfig, around: &Surroundings) -> u32 {
    match (proxy.maxconn, around.maxconn) {
        (0, 0) => 1024,
        (0, process) => process,
        (own, _) => own,
    }
}

/// How long the process waits for sessions at a soft stop; `None`: for ever.
#[must_use]
pub fn hard_stop_after(config: &Config) -> Option<Duration> {
    config.global.hard_stop_after
}
