//! What rules see of a session and a stream: plain data that the engine fills and recycles.
//!
//! A [`Session`] lives as long as a client's connection, a [`Txn`] as long as one exchange on it (one request and its
//! response, or a whole connection in TCP mode). A `Txn` is pooled by its worker: [`Txn::reset`] keeps its memory.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Millis;
use http::compress::Algorithm;
use state::counters::ProxyCounters;
use state::var_limits::VarBytes;
use state::vars::{Scope, VarRef, Vars};
use state::{Proxy, Runtime, Server, Value};

use crate::conn_error::ConnError;
pub use crate::message::{Message, Missing, Presence};
pub use crate::session::{ListenerFacts, Session};

/// When the parts of an exchange happened; `None`: they did not. Log timers are differences of these
/// (configuration manual, chapter 8.4).
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Where this exchange's clock starts: the session's acceptance for its first request, the end of the response
    /// before it for the others.
    pub start: Millis,
    /// Wall-clock time of the first byte of the request, since 1970.
    pub request_wall: Duration,
    /// Length of TLS and PROXY handshakes, in ms.
    pub handshake_ms: u32,
    /// First byte of the request.
    pub first_byte: Option<Millis>,
    /// Request head complete.
    pub request: Option<Millis>,
    /// Left the queue (or never was in one).
    pub queued: Option<Millis>,
    /// Connected to the server.
    pub connected: Option<Millis>,
    /// Response head complete (HTTP), first response byte (TCP).
    pub response: Option<Millis>,
    /// Last byte sent.
    pub end: Option<Millis>,
}

/// Why and where a stream ended: the first two characters of the termination state (chapter 8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Termination {
    /// `C S P L R I D U K c s -`.
    pub cause: u8,
    /// `R Q C H D L T -`.
    pub phase: u8,
}

impl Default for Termination {
    fn default() -> Self {
        Termination { cause: b'-', phase: b'-' }
    }
}

/// What the persistence cookie was and what became of it: the last two characters of the termination state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieTrace {
    /// `N I D V E O U -`.
    pub request: u8,
    /// `N I U P R D -`.
    pub response: u8,
}

impl Default for CookieTrace {
    fn default() -> Self {
        CookieTrace { request: b'-', response: b'-' }
    }
}

/// What the log line says that nothing else needs.
#[derive(Debug, Clone, Default)]
pub struct LogFacts {
    /// Why it ended.
    pub termination: Termination,
    /// What the cookie did.
    pub cookie: CookieTrace,
    /// Bytes received from the client.
    pub bytes_in: u64,
    /// Bytes sent to the client.
    pub bytes_out: u64,
    /// Bytes sent to the server.
    pub server_bytes_in: u64,
    /// Bytes received from the server.
    pub server_bytes_out: u64,
    /// Connection attempts after the first.
    pub retries: u32,
    /// Whether the last retry went to another server.
    pub is_redispatched: bool,
    /// Requests before this one in the server's queue.
    pub server_queue: u32,
    /// Requests before this one in the backend's queue.
    pub backend_queue: u32,
    /// Status sent to the client, 0 if none, whoever made it.
    pub status: u16,
    /// Status that the server sent.
    pub server_status: u16,
    /// Process, frontend, backend, server connections and sessions when the log line was made.
    pub connections: [u32; 4],
    /// The client's persistence cookie as captured by `capture cookie`.
    pub request_cookie: Option<Box<[u8]>>,
    /// The server's cookie as captured by `capture cookie`.
    pub response_cookie: Option<Box<[u8]>>,
    /// This request's number in the process (`%rt`).
    pub request_number: u64,
    /// Log lines that the frontend wrote before this one (`%lc`).
    pub log_number: u64,
    /// Whether the line is written before the exchange ended (`option logasap`).
    pub is_early: bool,
    /// Where the line is written from (`%OG`): `txn_close`, `txn_request`, ...; `None`: not said.
    pub origin: Option<&'static str>,
    /// What answered instead of a server, for `%b/%s` (`<STATS>`, ...); `None`: `<NOSRV>` when there was no server.
    pub service: Option<&'static str>,
}

/// The severity that `http-request set-log-level` chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOverride {
    /// Nothing is logged.
    Silent,
    /// Logged at this syslog level, 0 (emerg) to 7 (debug).
    Level(u8),
}

/// What rules changed about how the engine treats this stream; `None`: as configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// `set-timeout client`.
    pub client: Option<Duration>,
    /// `set-timeout server`.
    pub server: Option<Duration>,
    /// `set-timeout connect`.
    pub connect: Option<Duration>,
    /// `set-timeout queue`.
    pub queue: Option<Duration>,
    /// `set-timeout tarpit`.
    pub tarpit: Option<Duration>,
    /// `set-timeout tunnel`.
    pub tunnel: Option<Duration>,
    /// `set-log-level`.
    pub log: Option<LogOverride>,
    /// `set-retries`.
    pub retries: Option<u32>,
    /// `disable-l7-retry`.
    pub is_l7_retry_disabled: bool,
    /// `set-priority-class`.
    pub priority_class: i32,
    /// `set-priority-offset`, in ms.
    pub priority_offset_ms: i32,
    /// `set-fc-tos`, `set-tos`.
    pub client_tos: Option<u8>,
    /// `set-fc-mark`, `set-mark`.
    pub client_mark: Option<u32>,
    /// `set-bc-tos`.
    pub server_tos: Option<u8>,
    /// `set-bc-mark`.
    pub server_mark: Option<u32>,
    /// `silent-drop rst-ttl`: hops that the reset may travel.
    pub rst_ttl: Option<u8>,
}

/// What the rules on whole lines of HAProxy 1.5 (`reqallow`, `reqpass`) said to those behind them, the backend's
/// among them.
#[derive(Debug, Default)]
pub struct LegacyMarks {
    /// `reqallow`: the request is not refused any more.
    pub is_allowed: bool,
    /// `reqpass`: the lines that are left alone.
    pub passed: Vec<Box<[u8]>>,
}

/// Which message a capture slot belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureSide {
    /// `declare capture request` and its like.
    Request,
    /// `declare capture response` and its like.
    Response,
}

/// What a converter kept in a capture slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateCapture {
    /// Whose slot.
    pub side: CaptureSide,
    /// Which one, from 0.
    pub index: usize,
    /// As much of the text as the slot takes.
    pub value: Box<[u8]>,
}

/// One exchange, as rules see it.
#[derive(Debug)]
pub struct Txn {
    /// The running configuration.
    pub runtime: Arc<Runtime>,
    /// The client's connection.
    pub session: Box<Session>,
    /// The frontend.
    pub frontend: Arc<Proxy>,
    /// The backend, the frontend itself before one was chosen.
    pub backend: Arc<Proxy>,
    /// Whether `backend` was chosen yet.
    pub has_backend: bool,
    /// The server, once chosen.
    pub server: Option<Arc<Server>>,
    /// The source address used towards the server, once connected.
    pub server_src: Option<SocketAddr>,
    /// The server's address, once connected.
    pub server_dst: Option<SocketAddr>,
    /// What is known of the TLS connection to the server; `None`: it speaks none, or is not connected yet.
    pub server_tls: Option<Arc<tls::facts::Facts>>,
    /// What ended the server's connection, or kept it from being made (`bc_err`).
    pub server_conn_error: Option<ConnError>,
    /// Whether the server's connection had been used before.
    pub is_server_reused: bool,
    /// Round-trip time and its variance towards the server, in microseconds, when a rule needs it.
    pub server_rtt_us: Option<(u32, u32)>,
    /// The request.
    pub req: Message,
    /// The response.
    pub res: Message,
    /// Variables of scope `txn`.
    pub vars: RefCell<Vars>,
    /// Variables of scope `req`, writable by converters.
    pub req_vars: RefCell<Vars>,
    /// Variables of scope `res`, writable by converters.
    pub res_vars: RefCell<Vars>,
    /// What the converters `capture-req` and `capture-res` kept; it counts before what the slots hold.
    pub late_captures: RefCell<Vec<LateCapture>>,
    /// Set by a converter whose result cannot change any more although the bytes that it was made of may.
    pub is_settled: Cell<bool>,
    /// Values of `capture request header` and `declare capture request` slots.
    pub req_captures: Vec<Option<Box<[u8]>>>,
    /// Values of `capture response header` and `declare capture response` slots.
    pub res_captures: Vec<Option<Box<[u8]>>>,
    /// `unique-id-format`, once made.
    pub unique_id: Option<Box<[u8]>>,
    /// Stick-table entries tracked by this stream.
    pub tracked: RefCell<Vec<(u8, state::table::Tracked)>>,
    /// The dates (last, first) of the client's valid persistence cookie, seconds since 1970.
    pub cookie_dates: Option<(Option<u64>, Option<u64>)>,
    /// When things happened.
    pub times: Times,
    /// For the log line.
    pub log: LogFacts,
    /// What rules changed.
    pub overrides: Overrides,
    /// Bandwidth limits that rules enabled and the engine has not taken over yet.
    pub bandwidth: Vec<state::bandwidth::Limit>,
    /// File and line of the rule that ended a ruleset last, for `last_rule_file` and `last_rule_line`.
    pub last_rule: Option<(diag::FileId, u32)>,
    /// Whether a failed rewrite of the request fails the exchange (`strict-mode`).
    pub is_strict_rewrite: bool,
    /// Whether a failed rewrite of the response fails the exchange (`strict-mode`).
    pub is_strict_response_rewrite: bool,
    /// Fields of 103 responses to send ahead of the response (`early-hint`), one set for each; the engine takes them.
    pub early_hints: Vec<http::message::Fields>,
    /// The session's addresses, source and destination, before rules changed them for this exchange alone.
    pub addresses_before: Option<(Option<SocketAddr>, Option<SocketAddr>)>,
    /// The answer's status of a reply made here, before it is sent (`http-after-response` sees it in `res`).
    pub is_internal_reply: bool,
    /// Whether this is a check that talks in bytes, whatever the proxy's mode.
    pub is_byte_check: bool,
    /// What `reqallow` and `reqpass` said.
    pub legacy: LegacyMarks,
    /// How the response's body is compressed on its way to the client.
    pub compression: Option<Algorithm>,
    /// Whether the client authenticates itself to this proxy, not to a server behind it: a request with a whole URI where
    /// `option http-use-proxy-header` is set.
    pub is_proxied: bool,
}

impl Txn {
    /// A fresh exchange of `session` under `runtime`.
    #[must_use]
    pub fn new(runtime: Arc<Runtime>, session: Box<Session>) -> Self {
        let frontend = runtime.proxy(session.frontend).clone();
        Txn {
            runtime,
            session,
            backend: frontend.clone(),
            frontend,
            has_backend: false,
            server: None,
            server_src: None,
            server_dst: None,
            server_tls: None,
            server_conn_error: None,
            is_server_reused: false,
            server_rtt_us: None,
            req: Message::default(),
            res: Message::default(),
            vars: RefCell::default(),
            req_vars: RefCell::default(),
            res_vars: RefCell::default(),
            late_captures: RefCell::default(),
            is_settled: Cell::new(false),
            req_captures: Vec::new(),
            res_captures: Vec::new(),
            unique_id: None,
            tracked: RefCell::default(),
            cookie_dates: None,
            times: Times::default(),
            log: LogFacts::default(),
            overrides: Overrides::default(),
            bandwidth: Vec::new(),
            last_rule: None,
            is_strict_rewrite: true,
            is_strict_response_rewrite: true,
            early_hints: Vec::new(),
            addresses_before: None,
            is_internal_reply: false,
            is_byte_check: false,
            compression: None,
            is_proxied: false,
            legacy: LegacyMarks::default(),
        }
    }

    /// Counts a rewrite that could not be done.
    pub fn count_failed_rewrite(&self) {
        self.count_frontend(|counters| counters.failed_rewrites.bump());
        if self.has_backend {
            self.backend.backend.here().failed_rewrites.bump();
        }
        if let Some(server) = &self.server {
            server.counters.here().failed_rewrites.bump();
        }
    }

    /// Counts on the client's side: for the frontend, and for the `bind` address if that counts for itself.
    pub fn count_frontend(&self, count: impl Fn(&ProxyCounters)) {
        count(self.frontend.frontend.here());
        self.session.listener.count(count);
    }

    /// Makes it ready for the next exchange of the same session; buffers keep their memory.
    pub fn reset(&mut self) {
        if self.has_backend {
            self.backend = self.frontend.clone();
            self.has_backend = false;
        }
        self.server = None;
        self.server_src = None;
        self.server_dst = None;
        self.server_tls = None;
        self.server_conn_error = None;
        self.is_server_reused = false;
        self.server_rtt_us = None;
        self.req.reset();
        self.res.reset();
        self.vars.get_mut().clear();
        self.req_vars.get_mut().clear();
        self.res_vars.get_mut().clear();
        self.late_captures.get_mut().clear();
        self.req_captures.clear();
        self.res_captures.clear();
        self.unique_id = None;
        self.tracked.get_mut().clear();
        self.cookie_dates = None;
        self.times = Times::default();
        self.log = LogFacts::default();
        self.overrides = Overrides::default();
        self.bandwidth.clear();
        self.last_rule = None;
        self.is_strict_rewrite = true;
        self.is_strict_response_rewrite = true;
        self.early_hints.clear();
        if let Some((src, dst)) = self.addresses_before.take() {
            self.session.src = src;
            self.session.dst = dst;
        }
        self.is_internal_reply = false;
        self.is_byte_check = false;
        self.is_proxied = false;
        self.compression = None;
        self.legacy.is_allowed = false;
        self.legacy.passed.clear();
    }

    /// What capture slot `index` of `side` holds now.
    #[must_use]
    pub fn capture(&self, side: CaptureSide, index: usize) -> Option<Cow<'_, [u8]>> {
        let late = self.late_captures.borrow();
        if let Some(kept) = late.iter().find(|kept| (kept.side, kept.index) == (side, index)) {
            return Some(Cow::Owned(kept.value.to_vec()));
        }
        let slots = match side {
            CaptureSide::Request => &self.req_captures,
            CaptureSide::Response => &self.res_captures,
        };
        slots.get(index)?.as_deref().map(Cow::Borrowed)
    }

    /// Keeps `value` in a capture slot of the frontend, as much of it as the slot takes; `None` where there is no such
    /// slot.
    #[must_use]
    pub fn keep_capture(&self, side: CaptureSide, index: usize, value: &[u8]) -> Option<()> {
        let facts = &self.frontend.facts;
        let bytes_max = match side {
            CaptureSide::Request => &facts.request_captures_bytes_max,
            CaptureSide::Response => &facts.response_captures_bytes_max,
        };
        let bytes_max = bytes_max.get(index)?;
        let value = value[..value.len().min(*bytes_max)].into();
        let mut late = self.late_captures.borrow_mut();
        late.retain(|kept| (kept.side, kept.index) != (side, index));
        late.push(LateCapture { side, index, value });
        Some(())
    }

    /// The name of the file that `last_rule` stands in.
    #[must_use]
    pub fn last_rule_file(&self) -> Option<&str> {
        let (file, _) = self.last_rule?;
        self.runtime.files.get(usize::try_from(file.0).ok()?).map(|name| &**name)
    }

    /// A variable's value now, in whichever scope it lives.
    #[must_use]
    pub fn var(&self, var: VarRef) -> Option<Value<'static>> {
        match var.scope {
            Scope::Proc => self.runtime.vars.read().get(var.id).cloned(),
            Scope::Sess => self.session.vars.borrow().get(var.id).cloned(),
            Scope::Txn | Scope::Check => self.vars.borrow().get(var.id).cloned(),
            Scope::Req => self.req_vars.borrow().get(var.id).cloned(),
            Scope::Res => self.res_vars.borrow().get(var.id).cloned(),
        }
    }

    /// Sets a variable; rules and converters share this. Where memory for variables is bounded and would not do, a new
    /// variable is not made, and one that has no room for its text becomes a boolean, as in HAProxy.
    pub fn set_var(&self, var: VarRef, value: Value<'static>) {
        if self.runtime.var_limits.is_any() {
            self.set_bounded_var(var, value);
        } else {
            self.store_var(var, value);
        }
    }

    fn set_bounded_var(&self, var: VarRef, value: Value<'static>) {
        let (old, have) = (self.var(var), self.var_bytes(var.scope));
        if let Some(value) = self.runtime.var_limits.fitting(var.scope, have, old.as_ref(), value) {
            self.store_var(var, value);
        }
    }

    /// What variables take now, as seen from `scope`.
    fn var_bytes(&self, scope: Scope) -> VarBytes {
        let is_response = scope == Scope::Res || (scope != Scope::Req && self.res.is_here());
        let message = if is_response { &self.res_vars } else { &self.req_vars };
        VarBytes {
            sess: self.session.vars.borrow().bytes(),
            txn: self.vars.borrow().bytes(),
            reqres: message.borrow().bytes(),
        }
    }

    fn store_var(&self, var: VarRef, value: Value<'static>) {
        match var.scope {
            Scope::Proc => self.runtime.vars.write().set(var.id, value),
            Scope::Sess => self.session.vars.borrow_mut().set(var.id, value),
            Scope::Txn | Scope::Check => self.vars.borrow_mut().set(var.id, value),
            Scope::Req => self.req_vars.borrow_mut().set(var.id, value),
            Scope::Res => self.res_vars.borrow_mut().set(var.id, value),
        }
    }

    /// Removes a variable.
    pub fn unset_var(&self, var: VarRef) {
        match var.scope {
            Scope::Proc => self.runtime.vars.write().unset(var.id),
            Scope::Sess => self.session.vars.borrow_mut().unset(var.id),
            Scope::Txn | Scope::Check => self.vars.borrow_mut().unset(var.id),
            Scope::Req => self.req_vars.borrow_mut().unset(var.id),
            Scope::Res => self.res_vars.borrow_mut().unset(var.id),
        }
    }
}
