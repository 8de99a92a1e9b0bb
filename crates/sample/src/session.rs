//! What rules see of a client's connection, and of the `bind` line that it came through: plain data that the engine
//! fills.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::ProxyId;
use base::clock::Millis;
use state::counters::{PerWorker, ProxyCounters};
use state::vars::Vars;

use crate::conn_error::ConnError;

/// What rules can ask about the `bind` line that a connection came through.
#[derive(Debug, Clone, Default)]
pub struct ListenerFacts {
    /// `name`.
    pub name: Option<Box<str>>,
    /// Numeric id, counted from 1 within its proxy unless `id` sets it.
    pub id: u32,
    /// The address it is bound to, if it has one.
    pub addr: Option<SocketAddr>,
    /// Whether clients speak TLS to it.
    pub is_tls: bool,
    /// Whether a PROXY protocol header comes first.
    pub accepts_proxy: bool,
    /// What is counted of it alone (`option socket-stats`).
    pub counters: Option<Arc<PerWorker<ProxyCounters>>>,
}

impl ListenerFacts {
    /// Does something with its counters, if it has any.
    pub fn count(&self, count: impl FnOnce(&ProxyCounters)) {
        if let Some(counters) = &self.counters {
            count(counters.here());
        }
    }
}

/// One client connection.
#[derive(Debug)]
pub struct Session {
    /// Number of this session in the process, for `%rt`-like identification and unique ids.
    pub id: u64,
    /// The frontend that accepted it.
    pub frontend: ProxyId,
    /// The `bind` line that it came through.
    pub listener: Arc<ListenerFacts>,
    /// The client's address; `None` on UNIX sockets. `set-src` and the PROXY protocol change it.
    pub src: Option<SocketAddr>,
    /// The address that the client connected to; filled when a rule or a log needs it.
    pub dst: Option<SocketAddr>,
    /// The address as the socket has it, whatever rules and the PROXY protocol said.
    pub socket_src: Option<SocketAddr>,
    /// The local address as the socket has it.
    pub socket_dst: Option<SocketAddr>,
    /// Wall-clock time of acceptance, since 1970.
    pub accepted_wall: Duration,
    /// Monotonic time of acceptance.
    pub accepted: Millis,
    /// Length of TLS and PROXY handshakes, in ms.
    pub handshake_ms: u32,
    /// What is known of the client's TLS connection; `None`: it speaks none.
    pub tls: Option<Arc<tls::facts::Facts>>,
    /// Whether the client's handshake is not over: what it sent so far is early data (`ssl_fc_has_early`).
    pub is_handshake_pending: bool,
    /// What ended the client's connection, for error logs (`fc_err`).
    pub conn_error: Option<ConnError>,
    /// Whether a PROXY protocol header comes first, as the `bind` line or a rule says.
    pub expects_proxy: bool,
    /// Whether a NetScaler client IP header comes then, as the `bind` line or a rule says.
    pub expects_netscaler: bool,
    /// Fields of the PROXY protocol header that the connection began with; `None`: it brought none.
    pub proxy_tlvs: Option<Box<crate::proxy_tlvs::ProxyTlvs>>,
    /// Requests that began on this connection so far.
    pub requests: u32,
    /// What the kernel last told of the connection; filled when a rule needs it.
    pub tcp_info: Option<Box<net::TcpInfo>>,
    /// The headers of the packet that opened the connection (`tcp-ss`); filled when a rule needs them.
    pub saved_syn: Option<Box<Vec<u8>>>,
    /// Variables of scope `sess`.
    pub vars: RefCell<Vars>,
    /// Stick-table entries tracked since the connection began (`sc0` to `sc11`).
    pub tracked: RefCell<Vec<(u8, state::table::Tracked)>>,
}

impl Session {
    /// A session with nobody: what is known before a client connects.
    #[must_use]
    pub fn vacant(frontend: ProxyId, listener: Arc<ListenerFacts>) -> Self {
        Session {
            id: 0,
            frontend,
            listener,
            src: None,
            dst: None,
            socket_src: None,
            socket_dst: None,
            accepted_wall: Duration::ZERO,
            accepted: Millis(0),
            handshake_ms: 0,
            tls: None,
            is_handshake_pending: false,
            conn_error: None,
            expects_proxy: false,
            expects_netscaler: false,
            proxy_tlvs: None,
            requests: 0,
            tcp_info: None,
            saved_syn: None,
            vars: RefCell::default(),
            tracked: RefCell::default(),
        }
    }
}
