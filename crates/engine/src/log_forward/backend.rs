//! Log backends: which of its servers gets a message (configuration manual, chapter 4.2, "mode", "balance").
//!
//! Proxies log to backends that may stand behind them, so a backend is there before its servers are: until [`LogBackend::begin`]
//! it takes no messages. All its servers get datagrams, or all have a ring in front of them and a connection.

use std::fmt;
use std::sync::{Arc, OnceLock};

use base::ProxyId;
use config::Config;
use config::model::{BalanceKey, ProxyConfig, ServerConfig};
use logs::{Distribute, Recipient, Ring, RingSpec};
use sample::txn::ListenerFacts;
use sample::{Expr, Session, Txn};
use state::balance::{Balancer, Pick, Picked};
use state::value::{Type, Value};
use state::{Proxy, Runtime};

/// A backend in `mode log`.
pub(crate) struct LogBackend {
    id: ProxyId,
    /// By [`base::ServerId`]; none where servers get datagrams.
    rings: Vec<Arc<Ring>>,
    running: OnceLock<Running>,
}

struct Running {
    config: Arc<Config>,
    runtime: Arc<Runtime>,
    /// Expressions are told of a listener; messages come by none.
    listener: Arc<ListenerFacts>,
}

impl fmt::Debug for LogBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogBackend({:?})", self.id)
    }
}

impl LogBackend {
    /// That of `proxy`, with its rings, whose place in `files`, the names of the configuration's, their descriptions tell.
    pub(super) fn new(proxy: &ProxyConfig, files: &[Box<str>]) -> Self {
        let ring = |server: &ServerConfig| {
            let file = files.get(server.span.file.0 as usize).map_or("", |file| &**file);
            let line = server.span.line;
            let description = format!("server of a log backend, {file}:{line}").into_bytes();
            let name = format!("{}/{}", proxy.name, server.name);
            // The format is that of each `log` line.
            let spec = RingSpec {
                description,
                format: None,
                size: server.log_ring_bytes,
                ..RingSpec::new(name.as_bytes())
            };
            Arc::new(Ring::new(spec))
        };
        let rings = proxy.servers.iter().filter(|server| !server.is_datagram).map(ring).collect();
        LogBackend { id: proxy.id, rings, running: OnceLock::new() }
    }

    /// Its proxy.
    pub(super) fn id(&self) -> ProxyId {
        self.id
    }

    /// The rings in front of its servers, by [`base::ServerId`]; none where these get datagrams.
    pub(super) fn rings(&self) -> &[Arc<Ring>] {
        &self.rings
    }

    /// Takes messages from now on.
    pub(super) fn begin(&self, config: &Arc<Config>, runtime: &Arc<Runtime>) {
        let running = Running { config: config.clone(), runtime: runtime.clone(), listener: Arc::default() };
        // It begins once.
        let _ = self.running.set(running);
    }

    fn recipient(&self, proxy: &Proxy, index: usize) -> Option<Recipient<'_>> {
        match self.rings.get(index) {
            Some(ring) => Some(Recipient::Ring(ring)),
            None => proxy.servers.get(index)?.endpoint().inet().map(Recipient::Udp),
        }
    }
}

impl Distribute for LogBackend {
    fn choose(&self, message: &[u8]) -> Option<Recipient<'_>> {
        let running = self.running.get()?;
        let proxy = running.runtime.proxy(self.id);
        let key = match &running.config.proxy(self.id).balance.key {
            Some(BalanceKey::Log(expr)) => Some(running.hash(expr, &proxy.balancer, message, self.id)?),
            _ => None,
        };
        let picked = proxy.balancer.pick(proxy.servers.load().slots(), key, Pick::default());
        match picked {
            Picked::Server(id) => self.recipient(proxy, id.index()),
            Picked::Full | Picked::NoServer => None,
        }
    }
}

impl Running {
    /// The hash of what the converters of `log-hash` make of `message`; `None`: nothing.
    fn hash(&self, expr: &Expr, balancer: &Balancer, message: &[u8], id: ProxyId) -> Option<u32> {
        let session = Session::vacant(id, self.listener.clone());
        let txn = Txn::new(self.runtime.clone(), Box::new(session));
        let value = expr.convert(Value::str(message), &txn)?.cast(Type::Bin)?;
        Some(balancer.key_hash(&value.to_str()))
    }
}
