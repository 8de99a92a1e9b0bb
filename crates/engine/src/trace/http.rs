//! An HTTP exchange, in the order of `stream`: `read`, `request`, `transfer`, `response`, and `reply` for what leaves that way.

use base::ProxyId;
use base::clock;
use config::model::Rulesets;
use http::compress::More;
use http::h1::{BodyLength, Framing, Progress, request_framing, response_framing, write_last_chunk};
use rules::Ruleset;

use super::exchange::Traced;
use super::snapshot::Snapshot;
use super::{Ending, Message};
use crate::failure::Failure;
use crate::forward::Way;
use crate::reply::{self, Ending as Left};
use crate::stream::{Exchange, Stop, make_unique_id, read, request, response, transfer};
use crate::{compress, h1, service};

/// A request's first rulesets, in order; then names of header fields are judged.
type Set = (&'static str, fn(&Rulesets) -> &Ruleset);
const BEFORE_NAMES: [Set; 3] = [
    ("tcp-request content", |rules| &rules.tcp_content),
    ("block", |rules| &rules.block),
    ("http-request", |rules| &rules.http_request),
];
const OF_RESPONSES: [Set; 3] = [
    ("tcp-response content", |rules| &rules.tcp_response),
    ("http-response", |rules| &rules.http_response),
    ("rsprep and its family", |rules| &rules.legacy_response),
];

/// What a server answers of which nothing is said.
const ASSUMED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

impl Traced<'_> {
    /// The exchange from its first byte to its log line.
    pub(super) fn http(&mut self) {
        self.x.txn.times.start = self.x.txn.session.accepted;
        read::first_byte(&mut self.x, clock::now());
        if let Err(stop) = self.exchange() {
            self.answer(stop);
        }
    }

    fn exchange(&mut self) -> Result<(), Stop> {
        self.read()?;
        self.prepare()?;
        self.send()?;
        self.respond()
    }

    /// As `stream::read`.
    fn read(&mut self) -> Result<(), Stop> {
        let bytes = &self.question.request;
        let x = &mut *self.x;
        let framing = match x.request_parser.parse(bytes, &mut x.txn.req.head) {
            Ok(Progress::Done { consumed }) => {
                x.txn.log.bytes_in += consumed as u64;
                self.body = bytes[consumed..].to_vec();
                request_framing(&mut x.txn.req.head, x.request_policy)
            }
            Ok(Progress::Partial) => return Err(Failure::BadRequest(400).into()),
            Err(error) => Err(error),
        };
        match framing {
            Ok(framing) => {
                read::note_head(x, framing);
                Ok(())
            }
            Err(error) => Err(Failure::BadRequest(error.status()).into()),
        }
    }

    /// As `stream::request`.
    fn prepare(&mut self) -> Result<(), Stop> {
        let config = self.config.clone();
        let frontend = config.proxy(self.x.txn.frontend.id);
        request::count(&mut self.x);
        self.recorder.enter("capture", &frontend.name);
        self.observed("capture", |x| request::capture(frontend, &mut x.txn));
        if let Some(format) = &frontend.unique_id_format {
            self.observed("unique-id-format", |x| make_unique_id(frontend, format, x));
        }
        self.recorder.enter("monitor-uri", &frontend.name);
        let monitored = request::monitor(frontend, &self.x.txn, &mut self.recorder);
        if monitored.is_err() {
            let uri = frontend.monitor_uri.as_deref().map(super::snapshot::lossy).unwrap_or_default();
            self.recorder.at("monitor-uri", None, format!("{uri} is answered before any rule runs"));
        }
        monitored?;
        if frontend.options.http_buffer_request.is_on() {
            self.take_body(Message::Request);
        }
        self.request_rules(frontend.id)?;
        self.switch()?;
        let backend = config.proxy(self.x.txn.backend.id);
        if backend.id != frontend.id {
            self.request_rules(backend.id)?;
        }
        self.recorder.enter("option forwardfor", &backend.name);
        self.observed("option forwardfor", |x| request::forwarded_for(frontend, backend, x));
        self.recorder.enter("compression", &backend.name);
        self.observed("compression", |x| compress::prepare(x, frontend, backend));
        Ok(())
    }

    fn request_rules(&mut self, proxy: ProxyId) -> Result<(), Stop> {
        for (phase, which) in BEFORE_NAMES {
            self.rules(phase, proxy, which, Message::Request)?;
        }
        self.observed("option http-restrict-req-hdr-names", |x| request::restrict_names(x, proxy))?;
        let is_page = service::is_page(&self.x, proxy);
        self.rules("reqrep and its family", proxy, |rules| &rules.legacy_request, Message::Request)?;
        if is_page {
            return Err(self.page(proxy));
        }
        self.rules("redirect", proxy, |rules| &rules.redirect, Message::Request)
    }

    /// The statistics page: its rules, and that it answers. What it says is not made here.
    fn page(&mut self, proxy: ProxyId) -> Stop {
        let name = self.config.proxy(proxy).name.clone();
        self.recorder.enter("stats http-request", &name);
        match service::judge(&mut self.x, proxy, &mut self.recorder) {
            Ok(rights) => Stop::Service(Box::new(service::Opened::Page { proxy, rights })),
            Err(stop) => stop,
        }
    }

    /// As `stream::transfer`, up to the head that the server gets.
    fn send(&mut self) -> Result<(), Stop> {
        let config = self.config.clone();
        let backend = config.proxy(self.x.txn.backend.id);
        self.recorder.enter("connection", &backend.name);
        self.observed("connection", |x| h1::finish_request(x, backend));
        // Early hints would be sent now.
        self.x.txn.early_hints.clear();
        let assigned = self.find_server()?;
        if let Some(prefix) = assigned.run.redir.as_deref().filter(|_| transfer::is_redirectable(&self.x)) {
            self.say("`redir`: the client is sent to the server itself");
            return Err(transfer::server_redirect(&mut self.x, prefix));
        }
        self.observed("http-send-name-header", |x| transfer::name_server(x, backend));
        self.connected();
        let mut head = Vec::new();
        self.x.txn.req.head.write_to(&mut head);
        h1::respell(&self.x.shared, backend, Way::Request, &mut head);
        self.x.txn.log.bytes_in += (self.body.len() - self.x.txn.req.body.len().min(self.body.len())) as u64;
        self.x.txn.log.server_bytes_in = (self.trace.preamble.len() + head.len() + self.body.len()) as u64;
        self.trace.to_server = Some(head);
        Ok(())
    }

    /// As `stream::response`.
    fn respond(&mut self) -> Result<(), Stop> {
        let config = self.config.clone();
        let (frontend, backend) = (config.proxy(self.x.txn.frontend.id), config.proxy(self.x.txn.backend.id));
        let (framing, body_bytes) = self.read_response()?;
        self.recorder.enter("response", &frontend.name);
        self.note_response(frontend, backend);
        let proxies = [Some(backend.id), (backend.id != frontend.id).then_some(frontend.id)];
        for proxy in proxies.into_iter().flatten() {
            for (phase, which) in OF_RESPONSES {
                self.rules(phase, proxy, which, Message::Response)?;
            }
        }
        self.recorder.enter("cookie", &backend.name);
        self.observed("cookie", |x| response::edit_cookies(x, backend))?;
        for proxy in proxies.into_iter().flatten() {
            self.rules("http-after-response", proxy, |rules| &rules.http_after, Message::Response)?;
        }
        self.recorder.enter("connection", &frontend.name);
        self.observed("connection", |x| {
            let keeps_client = response::keeps_client(x);
            response::complete_head(x, &framing, keeps_client);
        });
        let mut head = Vec::new();
        self.x.txn.res.head.write_to(&mut head);
        h1::respell(&self.x.shared, frontend, Way::Response, &mut head);
        let body_bytes = match compressed_bytes(&self.x) {
            _ if self.x.wants_head_only() => 0,
            Some(bytes) => bytes,
            None => body_bytes,
        };
        self.x.txn.log.bytes_out += (head.len() + body_bytes) as u64;
        self.x.txn.log.server_bytes_out = (self.question_response().len()) as u64;
        self.trace.to_client = Some(head);
        self.trace.ending = Ending::Served;
        self.close_books();
        Ok(())
    }

    fn question_response(&self) -> &[u8] {
        if self.question.response.is_empty() { ASSUMED } else { &self.question.response }
    }

    /// The response's framing, and the length of the body behind its head.
    fn read_response(&mut self) -> Result<(Framing, usize), Stop> {
        let bytes = self.question_response().to_vec();
        let x = &mut *self.x;
        let Ok(Progress::Done { consumed }) = x.response_parser.parse(&bytes, &mut x.txn.res.head) else {
            return Err(Failure::BadResponse.into());
        };
        let method = x.txn.req.head.method_kind();
        let framing = response_framing(&mut x.txn.res.head, method, x.response_policy)
            .map_err(|_| Failure::BadResponse)?;
        response::note_head(x, framing);
        let behind = &bytes[consumed..];
        let length = match framing.body {
            BodyLength::None => 0,
            BodyLength::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
            BodyLength::Chunked | BodyLength::UntilClose => behind.len(),
        };
        if framing.body != BodyLength::Chunked {
            x.txn.res.body.extend_from_slice(behind);
            x.txn.res.body_is_complete = true;
        }
        Ok((framing, length))
    }

    fn note_response(&mut self, frontend: &config::ProxyConfig, backend: &config::ProxyConfig) {
        let before = Snapshot::of(&self.x.txn);
        self.recorder.enter("stick", &backend.name);
        response::note_response(&mut self.x, frontend, backend, &mut self.recorder);
        self.recorder.enter("capture", &frontend.name);
        self.recorder.did("capture", &before, &self.x.txn, Vec::new());
    }

    /// As `reply`.
    fn answer(&mut self, stop: Stop) {
        if let Stop::Service(opened) = &stop {
            let who = opened.title();
            service::note(&mut self.x);
            self.x.txn.log.status = 200;
            self.trace.ending = Ending::Answered;
            self.trace.notes.push(format!("{who} answers; what it says is not made here"));
            return self.close_books();
        }
        let answer = match reply::ending(&mut self.x, stop) {
            Left::Close | Left::Drop => return self.close(),
            Left::Head(head) => rules::Answer { head: *head, ..rules::Answer::default() },
            Left::Reply(reply) => reply::build(&mut self.x, &reply),
            Left::Tarpit(reply) => {
                reply::note_tarpit(&mut self.x);
                reply::build(&mut self.x, &reply)
            }
        };
        if answer.is_silent {
            return self.close();
        }
        let name = self.x.txn.backend.name.clone();
        self.recorder.enter("http-after-response", &name);
        if !reply::after_rules(&mut self.x, answer.head, &mut self.recorder) {
            return self.close();
        }
        let stays = reply::client_stays(&self.x);
        reply::write_answer(&mut self.x, &answer.body, stays);
        self.x.txn.log.bytes_out += self.x.scratch.len() as u64;
        self.trace.to_client = Some(self.x.scratch.clone());
        self.trace.ending = Ending::Answered;
        self.close_books();
    }

    fn close(&mut self) {
        self.trace.ending = Ending::Closed;
        self.close_books();
    }
}

/// How many bytes the response's body has on the wire, the last chunk included; `None`: it is not compressed.
fn compressed_bytes(x: &Exchange) -> Option<usize> {
    let mut coding = compress::begin(x, Way::Response)?;
    let mut out = Vec::new();
    coding.push(&x.txn.res.body, More::Nothing, &mut out);
    write_last_chunk(None, &mut out);
    Some(out.len())
}
