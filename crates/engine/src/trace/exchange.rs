//! What HTTP and TCP have in common: the session, running rulesets, finding a server, the log.

use std::net::SocketAddr;
use std::sync::Arc;

use base::clock;
use config::Config;
use config::model::{ProxyConfig, Rulesets, ServerAddress};
use diag::Diagnostics;
use rules::action::Wait;
use rules::ruleset::Undecided;
use rules::{Observer, Ruleset};
use sample::Session;
use sample::txn::ListenerFacts;
use state::balance::Algorithm;
use state::proxy::Mode;
use state::queue::{Entered, Persistence, Priority, Ticket};
use tls::facts::Facts;

use super::entry::Chosen;
use super::recorder::Recorder;
use super::snapshot::{Snapshot, lossy};
use super::{Ending, LogLine, Message, Named, Question, Target, Trace};
use crate::balance;
use crate::failure::Failure;
use crate::rules_run::{self, Turn, Walk};
use crate::server_conn::Assigned;
use crate::shared::Shared;
use crate::stream::{self, Exchange, Stop};
use crate::{log, secure};

/// A trace under way.
pub(super) struct Traced<'q> {
    pub(super) config: Arc<Config>,
    pub(super) x: Box<Exchange>,
    pub(super) recorder: Recorder,
    pub(super) question: &'q Question,
    /// What the client sends behind its head (HTTP).
    pub(super) body: Vec<u8>,
    pub(super) trace: Trace,
    /// Whether the frontend has a `log` line.
    has_log: bool,
}

impl<'q> Traced<'q> {
    pub(super) fn new(
        shared: Arc<Shared>,
        chosen: &Chosen,
        question: &'q Question,
        has_log: bool,
    ) -> Traced<'q> {
        let config = shared.config.clone();
        let frontend = &config.proxies[chosen.proxy];
        let listener = match chosen.listener {
            Some(index) => shared.listeners[index].facts.clone(),
            None => {
                Arc::new(ListenerFacts { id: 1, is_tls: chosen.entry.is_tls, ..ListenerFacts::default() })
            }
        };
        let mut session = Session::vacant(frontend.id, listener);
        session.id = shared.next_session();
        (session.src, session.socket_src) = (Some(question.src), Some(question.src));
        (session.dst, session.socket_dst) = (Some(chosen.dst), Some(chosen.dst));
        (session.accepted, session.accepted_wall) = (clock::now(), clock::wall());
        shared.runtime.proxy(frontend.id).frontend_sessions.enter();
        shared.runtime.connections.enter();
        let recorder = Recorder::new(&frontend.name);
        let mut x = Exchange::new(shared, Box::new(session));
        stream::configure(&mut x);
        let trace = Trace {
            entry: chosen.entry.clone(),
            steps: Vec::new(),
            backend: None,
            target: None,
            preamble: Vec::new(),
            to_server: None,
            to_client: None,
            ending: Ending::Closed,
            status: 0,
            termination: String::new(),
            log: None,
            notes: chosen.notes.clone(),
        };
        Traced { config, x, recorder, question, body: Vec::new(), trace, has_log }
    }

    /// The session from its first rules on.
    pub(super) fn run(&mut self) {
        if !self.admit("tcp-request connection", |rules| &rules.tcp_connection) {
            return;
        }
        if self.trace.entry.is_tls {
            self.x.txn.session.tls = Some(Arc::new(self.facts()));
        }
        if !self.admit("tcp-request session", |rules| &rules.tcp_session) {
            return;
        }
        match self.frontend().mode {
            Mode::Http => self.http(),
            Mode::Tcp | Mode::Log | Mode::Spop => self.tcp(),
        }
    }

    /// What is told of it; of `diags` what concerns the proxies that it went through.
    pub(super) fn finish(mut self, diags: &Diagnostics) -> Trace {
        self.trace.steps = self.recorder.finish();
        let proxies = [self.frontend(), self.config.proxy(self.x.txn.backend.id)];
        let concerns = |span: diag::Span| {
            let is_it = |own: diag::Span| (own.file, own.line) == (span.file, span.line);
            proxies.iter().any(|p| is_it(p.span) || p.servers.iter().any(|server| is_it(server.span)))
        };
        let concerned = diags.iter().filter(|one| one.span.is_none_or(concerns));
        let told: Vec<String> = concerned.map(|one| one.message.clone()).collect();
        self.trace.notes.extend(told);
        let log = &self.x.txn.log;
        self.trace.status = log.status;
        self.trace.termination =
            [log.termination.cause, log.termination.phase, log.cookie.request, log.cookie.response]
                .into_iter()
                .map(char::from)
                .collect();
        self.trace
    }

    pub(super) fn frontend(&self) -> &ProxyConfig {
        self.config.proxy(self.x.txn.frontend.id)
    }

    /// What a client's TLS connection would be known by: TLS 1.3 with its first cipher, no certificate of its own.
    fn facts(&self) -> Facts {
        let host = self.question.host.clone();
        let is_name = |host: &str| host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err();
        Facts {
            version: Some(tls::version::Version::Tls13),
            suite: Some(0x1301),
            group: Some(0x001d),
            alpn: Some((*b"http/1.1").into()).filter(|_| self.frontend().mode == Mode::Http),
            sni: host.filter(|host| is_name(host)),
            ..Facts::default()
        }
    }

    /// Rules on the connection or its session. False: they refuse the client.
    fn admit(&mut self, phase: &'static str, which: fn(&Rulesets) -> &Ruleset) -> bool {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        self.recorder.enter(phase, &frontend.name);
        let verdict =
            which(&frontend.rules).run_watched(&mut self.x.txn, 0, Undecided::IsFalse, &mut self.recorder);
        // Each ruleset of the connection runs in an exchange of its own.
        let expects_proxy = self.x.txn.session.expects_proxy;
        self.x.txn.reset();
        if expects_proxy && !self.x.txn.session.listener.accepts_proxy {
            self.trace.notes.push(
                "a rule expects a PROXY protocol header: addresses are taken as it tells them".to_owned(),
            );
        }
        if !verdict.lets_pass() {
            let note = "refused before anything was read; such connections are not logged";
            self.trace.notes.push(note.to_owned());
        }
        verdict.lets_pass()
    }

    /// Runs a ruleset of a proxy on the exchange, as `rules_run` does.
    pub(super) fn rules(
        &mut self,
        phase: &'static str,
        proxy: base::ProxyId,
        which: fn(&Rulesets) -> &Ruleset,
        message: Message,
    ) -> Result<(), Stop> {
        let config = self.config.clone();
        let proxy = config.proxy(proxy);
        self.recorder.enter(phase, &proxy.name);
        let mut walk = Walk::of(which(&proxy.rules));
        loop {
            let turn = walk.go_on(&mut self.x.txn, Undecided::IsFalse, &mut self.recorder);
            match turn.map_err(|verdict| rules_run::stop(&mut self.x, verdict))? {
                Turn::Over => return Ok(()),
                Turn::Log(_) => self.log_now(),
                Turn::Wait(Wait::Body { .. }) => self.take_body(message),
                Turn::Wait(Wait::Pause(_) | Wait::Handshake | Wait::Name(_)) | Turn::More => {}
            }
        }
    }

    /// `do-log`: the line as it is at this moment.
    pub(super) fn log_now(&mut self) {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        log::compose(&mut self.x, frontend);
        let line = lossy(&self.x.scratch);
        self.recorder.add_note(format!("logs: {line}"));
    }

    /// Gives rules the body that they waited for, as much as fits the buffer.
    pub(super) fn take_body(&mut self, message: Message) {
        if message == Message::Request && !self.x.txn.req.body_is_complete {
            let room = stream::body::room(&self.x, &self.x.txn.req.head);
            let fits = self.body.len().min(room);
            self.x.txn.req.body.extend_from_slice(&self.body[..fits]);
            self.x.txn.req.body_is_complete = fits == self.body.len();
            self.x.txn.log.bytes_in += fits as u64;
        }
    }

    /// The choice of a backend.
    pub(super) fn switch(&mut self) -> Result<(), Stop> {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        self.recorder.enter("use_backend", &frontend.name);
        let result = stream::switch(&mut self.x, frontend, &mut self.recorder);
        if result.is_err() {
            self.recorder.at("default_backend", None, "no backend takes the request".to_owned());
            return result;
        }
        let backend = config.proxy(self.x.txn.backend.id);
        let told = format!("backend {}", backend.name);
        // The last rule that was looked at decided, if it applied and its name is that of a backend.
        let decided = !frontend.switching.is_empty() && self.recorder.last_holds();
        let is_default = frontend.default_backend == Some(backend.id);
        if decided && !self.recorder.last_note_says("there is no such backend") {
            self.recorder.add_note(told);
        } else if let Some(place) = frontend.default_backend_place.filter(|_| is_default) {
            self.recorder.at("default_backend", Some(place), told);
        }
        self.trace.backend = Some(Named { name: backend.name.clone(), place: Some(backend.span.into()) });
        Ok(())
    }

    /// The choice of a server, and its place in the books.
    pub(super) fn find_server(&mut self) -> Result<Assigned, Stop> {
        let config = self.config.clone();
        let backend = config.proxy(self.x.txn.backend.id);
        self.recorder.enter("server", &backend.name);
        let chosen = balance::choose(&mut self.x, backend, &mut self.recorder);
        let id = match chosen {
            balance::Chosen::Bound(id) | balance::Chosen::Balanced(id) => id,
            balance::Chosen::Full | balance::Chosen::None => {
                let text = if backend.servers.is_empty() { "there is no server" } else { "no server is up" };
                self.recorder.at("server", Some(backend.span.into()), text.to_owned());
                return Err(Failure::NoServer.into());
            }
        };
        let shared = self.x.shared.clone();
        let run = shared.proxy(backend.id).server(id).expect("chosen among the proxy's own");
        let proxy = self.x.txn.backend.clone();
        let priority = Priority { class: 0, offset_ms: 0 };
        let entered = proxy.queue.enter(&run.state, Ticket { priority, persistence: Persistence::Free });
        let Entered::Slot(slot) = entered else {
            // Nothing else runs here that could take a server's last place.
            return Err(Failure::QueueFull.into());
        };
        self.x.txn.times.queued = Some(clock::now());
        let assigned = Assigned::new(run.clone(), slot);
        stream::transfer::note_server(&mut self.x, assigned.state());
        self.tell_server(backend, &assigned, chosen);
        Ok(assigned)
    }

    fn tell_server(&mut self, backend: &ProxyConfig, assigned: &Assigned, chosen: balance::Chosen) {
        let state = assigned.state();
        let server = backend.servers.get(state.id.index());
        let place = server.map(|server| server.span.into());
        let why = match chosen {
            balance::Chosen::Bound(_) if server.is_none() => {
                "by `dispatch` or `option transparent`".to_owned()
            }
            balance::Chosen::Bound(_) => self.by_whom(backend).to_owned(),
            balance::Chosen::Balanced(_) | balance::Chosen::Full | balance::Chosen::None => {
                self.by_algorithm(backend)
            }
        };
        self.recorder.at("server", place, format!("server {}: {why}", state.name));
        let endpoint = crate::server_conn::destination(&self.x, &assigned.run);
        self.x.txn.server_dst = endpoint.inet();
        let address = match server.map(|server| &server.address) {
            Some(ServerAddress::Name { host, port }) => format!("{host}:{port}"),
            Some(ServerAddress::Endpoint(_)) | None => endpoint.to_string(),
        };
        let is_tls = assigned.run.tls().is_some();
        self.trace.target = Some(Target {
            server: Named { name: state.name.to_boxed(), place },
            address: address.into(),
            is_tls,
            sni: secure::sni_for(&self.x, assigned),
        });
        if let Some(header) = &assigned.run.proxy_header {
            header.push(&self.x.txn, &mut self.trace.preamble);
        }
    }

    /// What binds the client to its server.
    fn by_whom(&self, backend: &ProxyConfig) -> &'static str {
        if self.recorder.decided(|place| backend.use_server.iter().any(|rule| rule.place == place)) {
            "by `use-server`"
        } else if self.x.txn.log.cookie.request == b'V' {
            "by its cookie"
        } else {
            "by the stick table"
        }
    }

    /// Why the algorithm chose what it chose.
    fn by_algorithm(&self, backend: &ProxyConfig) -> String {
        let txn = &self.x.txn;
        let name = backend.balance.algorithm.name();
        let usable = txn.backend.servers.iter().filter(|server| server.is_usable()).count();
        let of = format!("{usable} of {} servers usable", txn.backend.servers.len());
        if matches!(backend.balance.algorithm, Algorithm::Random { .. }) {
            return format!("balance {name}, drawn among {of}");
        }
        match backend.balance.key.as_ref().map(|key| balance::hash(txn, key)) {
            Some(Some(hash)) => format!("balance {name}, hash {hash:#010x}, {of}"),
            Some(None) => format!("balance {name}: nothing to hash, so in turns, {of}"),
            None => format!("balance {name}, the first request since the start, {of}"),
        }
    }

    /// Keeps the response's or the connection's log line.
    pub(super) fn close_books(&mut self) {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        log::close_books(&mut self.x);
        let Some(level) = log::level(&self.x.txn, frontend) else { return };
        log::compose(&mut self.x, frontend);
        let message = lossy(&self.x.scratch);
        self.trace.log = Some(LogLine { level: level.name(), message, is_written: self.has_log });
    }

    /// The local address that a server sees is not known before there is a connection.
    pub(super) fn connected(&mut self) {
        self.x.txn.times.connected = Some(clock::now());
        if self.config.uses.server_src {
            self.x.txn.server_src = Some(SocketAddr::from(([0, 0, 0, 0], 0)));
            self.trace.notes.push(
                "the address that the server would see is not known: 0.0.0.0:0 stands for it".to_owned(),
            );
        }
    }

    /// Runs a part and tells what it changed.
    pub(super) fn observed<T>(&mut self, phase: &'static str, part: impl FnOnce(&mut Exchange) -> T) -> T {
        let before = Snapshot::of(&self.x.txn);
        let result = part(&mut self.x);
        self.recorder.did(phase, &before, &self.x.txn, Vec::new());
        result
    }

    /// Says something about the rule that was looked at last.
    pub(super) fn say(&mut self, text: &str) {
        self.recorder.note(format_args!("{text}"));
    }
}
