//! From `ring` and `log-forward` sections and log backends to what runs, with their sockets bound.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use config::Config;
use config::model::{Bind, BindAddress, LogForward, ProxyConfig, RingConfig, ServerConfig, ServerNamespace};
use diag::{Diagnostic, Diagnostics, codes};
use logs::{Format, LogProto, Ring, RingSpec, Target};
use net::Endpoint;
use net::handover::{Exported, Kind as Taken, OldSockets};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use sample::Expr;
use state::Runtime;
use state::proxy::{Mode, Timeouts};

use super::LogPlane;
use super::backend::LogBackend;
use super::feed::{Feed, FeedTls, To};
use super::receive::{Forward, Kind, Socket};
use crate::build::{make_logger, resolve};
use crate::route;
use crate::send_proxy::ProxyHeader;
use crate::shared::ProxyRun;

/// The size of the ring that needs no section.
const BUILT_IN_RING_BYTES: usize = 1 << 20;
/// How long a connection to a `log` line's target may take.
const STREAM_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long such a connection may take nothing.
const STREAM_TIMEOUT: Duration = Duration::from_secs(5);

/// What `log` lines may send to by name, and the rings that they need besides.
pub(crate) struct Rings {
    /// Those of `ring` sections, by name.
    named: FxHashMap<Box<str>, Arc<Ring>>,
    /// Those in front of `log` lines whose messages go over a connection.
    streams: RefCell<Vec<(Endpoint, Arc<Ring>)>>,
    /// The log backends, by name.
    backends: LogBackends,
}

/// The log backends that are not disabled, by name.
pub(crate) type LogBackends = FxHashMap<Box<str>, Arc<LogBackend>>;

/// The log backends of the configuration, before they begin.
pub(crate) fn log_backends(config: &Config) -> LogBackends {
    let logs =
        |proxy: &&ProxyConfig| proxy.mode == Mode::Log && proxy.sides.has_backend() && !proxy.is_disabled;
    let make = |proxy: &ProxyConfig| (proxy.name.clone(), Arc::new(LogBackend::new(proxy, &config.files)));
    config.proxies.iter().filter(logs).map(make).collect()
}

impl Rings {
    /// The rings of sections, and the one that is there without a section; and log backends.
    pub(crate) fn new(mut named: FxHashMap<Box<str>, Arc<Ring>>, backends: LogBackends) -> Self {
        named.entry("buf0".into()).or_insert_with(|| {
            let spec = RingSpec {
                description: b"in-memory ring buffer".to_vec(),
                format: Some(Format::Timed),
                size: BUILT_IN_RING_BYTES,
                ..RingSpec::new(b"buf0")
            };
            Arc::new(Ring::new(spec))
        });
        Rings { named, streams: RefCell::default(), backends }
    }

    /// Those of a process that runs, for `log` lines that come later.
    pub(crate) fn of(plane: &LogPlane) -> Self {
        let named = plane.rings.iter().map(|(name, ring)| (name.clone(), ring.clone()));
        Rings { named: named.collect(), streams: RefCell::default(), backends: plane.backends.clone() }
    }

    /// The ring of a section.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Ring>> {
        self.named.get(name)
    }

    /// A log backend; `None` also where it is disabled.
    pub(crate) fn backend(&self, name: &str) -> Option<&Arc<LogBackend>> {
        self.backends.get(name)
    }

    /// The target that brings messages over a connection to where `target` would send datagrams. Lines with the same
    /// address share it.
    pub(crate) fn towards(&self, target: Target) -> Target {
        let endpoint = match target {
            Target::Udp(addr) => Endpoint::Inet(addr),
            Target::Unix(path) => Endpoint::Unix(path),
            Target::Abstract(name) => Endpoint::Abstract(name),
            other @ (Target::Fd(_)
            | Target::Stdout
            | Target::Stderr
            | Target::Ring(_)
            | Target::Backend(_)) => return other,
        };
        let mut streams = self.streams.borrow_mut();
        if let Some((_, ring)) = streams.iter().find(|(known, _)| *known == endpoint) {
            return Target::Ring(ring.clone());
        }
        // The format is that of each line.
        let spec = RingSpec { format: None, ..RingSpec::new(endpoint.to_string().as_bytes()) };
        let ring = Arc::new(Ring::new(spec));
        streams.push((endpoint, ring.clone()));
        Target::Ring(ring)
    }
}

/// Makes feeds and forwards, and binds the latter's addresses. What is wrong is told. Log backends begin.
pub(crate) fn build(
    config: &Arc<Config>,
    runtime: &Arc<Runtime>,
    proxies: &[ProxyRun],
    rings: &Rings,
    old: &OldSockets,
    diags: &mut Diagnostics,
) -> LogPlane {
    let named = rings.named.iter().map(|(name, ring)| (name.clone(), ring.clone()));
    let backends = rings.backends.clone();
    let mut plane = LogPlane { rings: named.collect(), backends, ..LogPlane::default() };
    for backend in rings.backends.values() {
        backend.begin(config, runtime);
        backend_feeds(backend, &proxies[backend.id().index()], config, &mut plane);
    }
    for ring in &config.rings {
        if let Some(run) = rings.get(&ring.name) {
            feeds(ring, run, &mut plane.feeds, diags);
        }
    }
    let mut sockets = Vec::new();
    for section in &config.log_forwards {
        let index = plane.forwards.len();
        plane.forwards.push(Arc::new(forward(config, section, rings, diags)));
        bind(config, (section, index), old, &mut sockets, diags);
    }
    plane.exports = Mutex::new(sockets.iter().filter_map(|(socket, export)| export.of(socket)).collect());
    plane.sockets = Mutex::new(sockets.into_iter().map(|(socket, _)| socket).collect());
    let feed = |(endpoint, ring): &(net::Endpoint, Arc<Ring>)| Arc::new(stream_feed(endpoint, ring));
    plane.feeds.extend(rings.streams.borrow().iter().map(feed));
    plane
}

/// What a `log-forward` section receives by.
fn forward(config: &Config, section: &LogForward, rings: &Rings, diags: &mut Diagnostics) -> Forward {
    Forward {
        loggers: section.proxy.logs.iter().filter_map(|line| make_logger(line, rings, diags)).collect(),
        host: section.host,
        framing: section.framing,
        is_parsed: section.is_parsed,
        maxconn: section.proxy.maxconn,
        timeout: section.proxy.timeouts.client,
        message_bytes_max: config.global.tune.bufsize,
        received: AtomicU64::new(0),
    }
}

/// What empties the ring of a log target that is a stream.
fn stream_feed(endpoint: &net::Endpoint, ring: &Arc<Ring>) -> Feed {
    Feed {
        ring: ring.clone(),
        to: To::Endpoint(endpoint.clone()),
        options: net::ConnectOptions::default(),
        proto: LogProto::Legacy,
        proxy_header: None,
        tls: None,
        timeouts: Timeouts {
            connect: Some(STREAM_CONNECT_TIMEOUT),
            server: Some(STREAM_TIMEOUT),
            ..Timeouts::default()
        },
        sent: AtomicU64::new(0),
        is_connected: AtomicBool::new(false),
    }
}

fn feeds(ring: &RingConfig, run: &Arc<Ring>, feeds: &mut Vec<Arc<Feed>>, diags: &mut Diagnostics) {
    for server in &ring.proxy.servers {
        if !server.unsupported.is_empty() {
            let words = server.unsupported.join("`, `");
            let text = format!(
                "server `{}` of ring `{}` needs `{words}`, which this version does not carry out yet",
                server.name, ring.name
            );
            diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START));
        }
        let endpoint = match resolve(server, None) {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => continue,
            Err(host) => {
                let text = format!(
                    "the address of server `{}` cannot be found: `{host}` does not resolve",
                    server.name
                );
                diags.push(Diagnostic::error(text).at(server.span).code(codes::CANNOT_START));
                continue;
            }
        };
        let mut options = server.connect.clone();
        if let Some(ServerNamespace::Named(name)) = &server.namespace {
            options.namespace = route::open_namespace(name, server, diags);
        }
        feeds.push(Arc::new(Feed {
            ring: run.clone(),
            to: To::Endpoint(endpoint),
            options,
            proto: server.log_proto,
            proxy_header: ProxyHeader::of(&server.send_proxy),
            tls: feed_tls(server),
            timeouts: ring.proxy.timeouts,
            sent: AtomicU64::new(0),
            is_connected: AtomicBool::new(false),
        }));
    }
}

/// One for each server of a log backend that is connected to. Its ring is among those that have names.
fn backend_feeds(backend: &LogBackend, proxy: &ProxyRun, config: &Config, plane: &mut LogPlane) {
    for (server, ring) in (&proxy.servers).into_iter().zip(backend.rings()) {
        let line = server.config(config);
        let name = String::from_utf8_lossy(ring.name()).into_owned();
        plane.rings.insert(name.into(), ring.clone());
        plane.feeds.push(Arc::new(Feed {
            ring: ring.clone(),
            options: server.connect.clone(),
            proto: line.log_proto,
            proxy_header: None,
            tls: feed_tls(line),
            timeouts: config.proxy(backend.id()).timeouts,
            sent: AtomicU64::new(0),
            is_connected: AtomicBool::new(false),
            to: To::Server { backend: proxy.state.clone(), server },
        }));
    }
}

/// The name that a server is told is a constant: there is no client whose connection could tell one.
fn feed_tls(server: &ServerConfig) -> Option<FeedTls> {
    let tls = &server.tls;
    let context = tls.context.clone().filter(|_| tls.is_on)?;
    let sni = tls.sni.as_deref().and_then(constant);
    Some(FeedTls { context, sni })
}

/// The text of `str(TEXT)`.
fn constant(expr: &Expr) -> Option<Box<str>> {
    let source = std::str::from_utf8(expr.source()).ok()?;
    let text = source.strip_prefix("str(")?.strip_suffix(')')?;
    (!expr.has_converters()).then(|| text.into())
}

fn bind(
    config: &Config,
    (section, forward): (&LogForward, usize),
    old: &OldSockets,
    sockets: &mut Vec<(Socket, Export)>,
    diags: &mut Diagnostics,
) {
    let mut keep = |bind: &Bind, kind: Kind, fd: Result<OwnedFd, Box<Diagnostic>>| match fd {
        Ok(fd) => sockets.push((Socket { forward, fd, kind }, Export::of_line(bind))),
        Err(diagnostic) => diags.push(diagnostic.at(bind.span)),
    };
    for bind in &section.datagrams {
        keep(bind, Kind::Datagrams, bind_datagrams(config, bind, old));
    }
    for bind in &section.proxy.binds {
        let tls = bind.tls.as_ref().and_then(|tls| tls.context.clone());
        let kind = Kind::Streams { tls, accepts_proxy: bind.accepts_proxy };
        keep(bind, kind, bind_streams(config, section, bind, old));
    }
}

/// What the next process must know of a socket.
struct Export {
    namespace: Option<String>,
    interface: Option<String>,
}

impl Export {
    fn of_line(bind: &Bind) -> Self {
        Export { namespace: bind.options.namespace.clone(), interface: bind.options.interface.clone() }
    }

    /// A duplicate for it; it binds what cannot be duplicated anew.
    fn of(&self, socket: &Socket) -> Option<Exported> {
        let fd = socket.fd.try_clone().ok()?;
        Some(Exported { fd, namespace: self.namespace.clone(), interface: self.interface.clone() })
    }
}

fn refused(text: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(text).code(codes::CANNOT_LISTEN))
}

fn bind_datagrams(config: &Config, bind: &Bind, old: &OldSockets) -> Result<OwnedFd, Box<Diagnostic>> {
    let BindAddress::Endpoint(Endpoint::Inet(addr)) = &bind.address else {
        return Err(refused("datagrams are received over UDP"));
    };
    let options = net::ListenOptions { reuse_port: !config.global.is_noreuseport, ..bind.options.clone() };
    if let Some(taken) = old.take(&Endpoint::Inet(*addr), Taken::Datagrams, &options).pop() {
        return Ok(taken);
    }
    net::listen::bind_datagrams(addr, &options)
        .map_err(|error| refused(format!("cannot receive datagrams on {addr}: {error}")))
}

fn bind_streams(
    config: &Config,
    section: &LogForward,
    bind: &Bind,
    old: &OldSockets,
) -> Result<OwnedFd, Box<Diagnostic>> {
    if !bind.unsupported.is_empty() {
        let words = bind.unsupported.join("`, `");
        return Err(refused(format!("`{words}` is checked, but not carried out yet")));
    }
    let mut options = bind.options.clone();
    options.backlog = bind.backlog.or(section.proxy.backlog).unwrap_or(section.proxy.maxconn.max(10));
    options.unix_mode = bind.permissions.mode.or(options.unix_mode);
    options.unix_uid = bind.permissions.uid.or(options.unix_uid);
    options.unix_gid = bind.permissions.gid.or(options.unix_gid);
    let endpoint = match &bind.address {
        BindAddress::Inherited(fd) => Endpoint::Fd(*fd),
        BindAddress::Endpoint(endpoint) => {
            options.reuse_port = endpoint.inet().is_some() && !config.global.is_noreuseport;
            endpoint.clone()
        }
    };
    let again = |fd| net::listen::listen_again(fd, &endpoint, &options, &mut Vec::new()).ok();
    let taken = old.take(&endpoint, Taken::Stream, &options).into_iter().find_map(again);
    taken
        .map_or_else(|| net::listen(&endpoint, &options), Ok)
        .map_err(|error| refused(format!("cannot listen on {endpoint}: {error}")))
}
