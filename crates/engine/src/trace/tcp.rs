//! A TCP stream, in the order of the engine's `tcp`: inspection, backend, inspection, server, the server's first words.

use base::{ProxyId, clock};
use rules::Wait;
use sample::txn::Presence;

use super::exchange::Traced;
use super::hello::client_hello;
use super::{Ending, Scheme};
use crate::failure::Failure;
use crate::forward::Way;
use crate::rules_run::{Turn, Walk};
use crate::stream::{self, Stop};
use crate::{log, rules_run, stick};

impl Traced<'_> {
    /// The stream from its acceptance to its log line.
    pub(super) fn tcp(&mut self) {
        let x = &mut *self.x;
        x.txn.session.requests += 1;
        x.txn.times.start = x.txn.session.accepted;
        x.txn.times.request_wall = x.txn.session.accepted_wall;
        x.txn.log.request_number = x.shared.runtime.next_request_number();
        self.body = self.payload();
        self.trace.ending = match self.stream() {
            Ok(()) => Ending::Served,
            Err(stop) => {
                self.refuse(&stop);
                Ending::Closed
            }
        };
        self.close_books();
    }

    /// What comes from the client: what the question says, or the hello of a TLS that goes through unread.
    fn payload(&mut self) -> Vec<u8> {
        let is_unread = self.question.scheme.is_tls() && !self.trace.entry.is_tls;
        if is_unread && (self.question.scheme == Scheme::Https || self.question.request.is_empty()) {
            self.trace.notes.push(
                "TLS goes through unread: the client's first message is a hello made up for its server name"
                    .to_owned(),
            );
            let host = self.question.host.as_deref();
            let is_name = |host: &&str| host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err();
            return client_hello(host.filter(is_name));
        }
        self.question.request.clone()
    }

    /// As `tcp::carry`.
    fn stream(&mut self) -> Result<(), Stop> {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        self.inspect(frontend.id)?;
        if let Some(format) = &frontend.unique_id_format {
            self.observed("unique-id-format", |x| stream::make_unique_id(frontend, format, x));
        }
        self.switch()?;
        if self.x.txn.backend.id != frontend.id {
            self.inspect(self.x.txn.backend.id)?;
        }
        let assigned = self.find_server()?;
        self.connected();
        self.trace.to_server = Some(self.body.clone());
        let log = &mut self.x.txn.log;
        log.bytes_in = self.body.len() as u64;
        log.server_bytes_in = (self.trace.preamble.len() + self.body.len()) as u64;
        let backend = config.proxy(self.x.txn.backend.id);
        if !backend.stick.is_empty() {
            self.recorder.enter("stick", &backend.name);
            let x = &mut *self.x;
            stick::store(backend, &x.txn, &mut x.stick_stores, &mut self.recorder);
        }
        let answered = self.hear_server();
        drop(assigned);
        answered
    }

    /// As `tcp::inspect`: rules that ask for more get all that the client sends, then are told that no more comes.
    fn inspect(&mut self, proxy: ProxyId) -> Result<(), Stop> {
        let config = self.config.clone();
        let proxy = config.proxy(proxy);
        self.recorder.enter("tcp-request content", &proxy.name);
        let has_delay = proxy.request_inspect_delay.is_some();
        let mut is_late = !has_delay;
        let mut walk = Walk::of(&proxy.rules.tcp_content);
        loop {
            let is_final = self.x.txn.req.body_is_final || is_late;
            let turn = walk.inspect(&mut self.x.txn, Way::Request, is_final, &mut self.recorder);
            match turn.map_err(Stop::Verdict)? {
                Turn::Over => return Ok(()),
                Turn::Log(_) => self.log_now(),
                Turn::Wait(Wait::Name(_)) => {}
                Turn::More | Turn::Wait(_) if self.x.txn.req.body.is_empty() && !self.body.is_empty() => {
                    self.hear();
                }
                Turn::More | Turn::Wait(_) => {
                    self.say("`inspect-delay` is over: what is not there counts as absent");
                    is_late = true;
                }
            }
        }
    }

    /// What the client sends comes.
    fn hear(&mut self) {
        self.say(&format!("waits; {} bytes come from the client", self.body.len()));
        let limit = self.config.global.tune.bufsize;
        let x = &mut *self.x;
        x.txn.times.first_byte = Some(clock::now());
        x.txn.req.body.extend_from_slice(&self.body);
        x.txn.req.presence = Presence::Waiting;
        x.txn.req.body_is_final = x.txn.req.body.len() >= limit;
    }

    /// As `tcp::inspect_response`.
    fn hear_server(&mut self) -> Result<(), Stop> {
        let response = self.question.response.clone();
        let config = self.config.clone();
        let (back, front) = (self.x.txn.backend.id, self.x.txn.frontend.id);
        let sides = [Some(back), (front != back).then_some(front)];
        let with_rules: Vec<_> = sides
            .into_iter()
            .flatten()
            .filter(|id| !config.proxy(*id).rules.tcp_response.is_empty())
            .collect();
        if response.is_empty() {
            if !with_rules.is_empty() {
                self.trace.notes.push(
                    "the rules on what the server says wait for it to speak: `--response` says something"
                        .to_owned(),
                );
            }
            return Ok(());
        }
        self.x.txn.times.response = Some(clock::now());
        self.x.txn.res.body.extend_from_slice(&response);
        self.x.txn.log.server_bytes_out = response.len() as u64;
        for id in with_rules {
            self.inspect_response(id)?;
        }
        self.x.txn.log.bytes_out = response.len() as u64;
        self.trace.to_client = Some(response);
        Ok(())
    }

    fn inspect_response(&mut self, proxy: ProxyId) -> Result<(), Stop> {
        let config = self.config.clone();
        let proxy = config.proxy(proxy);
        self.recorder.enter("tcp-response content", &proxy.name);
        let mut walk = Walk::of(&proxy.rules.tcp_response);
        let mut is_final = proxy.response_inspect_delay.is_none();
        loop {
            let turn = walk.inspect(&mut self.x.txn, Way::Response, is_final, &mut self.recorder);
            match turn.map_err(|_| Failure::TcpResponseRejected)? {
                Turn::Over => return Ok(()),
                Turn::Log(_) => self.log_now(),
                Turn::More | Turn::Wait(_) => is_final = true,
            }
        }
    }

    /// As `tcp::refuse`.
    fn refuse(&mut self, stop: &Stop) {
        let is_response = self.x.txn.res.presence == Presence::Here;
        let failure = match stop {
            Stop::Failure(failure) => *failure,
            Stop::Redirect(_) | Stop::Service(_) => Failure::NoServer,
            Stop::Verdict(verdict) => rules_run::refusal(verdict, is_response),
        };
        log::note_failure(&mut self.x.txn, failure);
    }
}
