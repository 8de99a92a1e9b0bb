//! What answers requests in place of a server: the statistics page of a proxy (chapter 4.2, `stats ...`), and what rules name
//! (`http-request use-service`).
//!
//! ```text
//! http-request rules -> is_page -> [legacy rules] -> open: the page's rules, its admin rules, a POST's body
//!                                                 -> Service::respond --+-> http-after-response rules -> head, then body
//!                `----- use-service -> named ------> Service::serve ----'
//! ```
//! The engine knows when a request is the page's; what the page says is [`Service`]'s, which the binary fills in. A body comes
//! in parts of bounded size, and other sessions have their turn between two of them.

use std::rc::Rc;
use std::time::Duration;

use base::ProxyId;
use base::clock;
use config::model::StatsPage;
use http::compress::More;
use http::h1::BodyLength;
use http::message::{Head, Version};
use rules::Tri;
use rules::observe::{NoTrace, Observer};
use rules::ruleset::{Undecided, Verdict};
use sample::Txn;

use crate::client::Client;
use crate::compress::Coding;
use crate::failure::Failure;
use crate::forward::Way;
use crate::stream::{Exchange, Next, Stop};
use crate::worker::Worker;
use crate::{compress, log, reply};

/// What stands for the server in logs.
const STATS: &str = "<STATS>";
/// How long a request's body may take without `timeout client`.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// How much of a body is read that nobody asked for; the connection ends under a longer one.
const DRAINED_BYTES_MAX: u64 = 1 << 20;

/// Answers requests itself.
pub trait Service: Send + Sync {
    /// Begins the page's answer to a request; the body of a POST from an administrator is in `txn.req.body`.
    fn respond(&self, request: &Request<'_>) -> Response;

    /// Begins the answer of a service that a rule named.
    fn serve(&self, service: rules::Service, txn: &Txn) -> Response;
}

/// What a service is asked.
pub struct Request<'a> {
    /// The exchange.
    pub txn: &'a Txn,
    /// The proxy whose page it is.
    pub proxy: ProxyId,
    /// The page.
    pub page: &'a StatsPage,
    /// What the client may do.
    pub rights: Rights,
}

/// What the client of a page may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Look.
    Read,
    /// Change servers.
    Admin,
}

/// An answer.
pub struct Response {
    /// Status line and fields, those of framing and connection aside.
    pub head: Head,
    /// What follows; `None`: nothing, and the head says so.
    pub body: Option<Box<dyn Body>>,
}

/// A body that is made while it is sent.
pub trait Body {
    /// Appends the next part, about 16 KiB; tells whether there is more.
    fn fill(&mut self, out: &mut Vec<u8>) -> Left;
}

/// Whether there is more to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// There is.
    More,
    /// That was all.
    Nothing,
}

/// A request that is answered here.
#[derive(Debug)]
pub(crate) enum Opened {
    /// By the page of a proxy.
    Page {
        /// The proxy.
        proxy: ProxyId,
        /// What the client may do.
        rights: Rights,
    },
    /// By what a rule named.
    Named(rules::Service),
}

impl Opened {
    /// What answers, in words.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Opened::Page { .. } => "the statistics page",
            Opened::Named(service) => service.name(),
        }
    }
}

/// Leaves the usual way of an exchange for a service that a rule named.
pub(crate) fn named(x: &mut Exchange, service: rules::Service) -> Stop {
    note_service(x, service.log_name());
    Stop::Service(Box::new(Opened::Named(service)))
}

/// What the log has in place of a server and of its cookie.
fn note_service(x: &mut Exchange, name: &'static str) {
    x.txn.log.service = Some(name);
    if x.txn.has_backend && x.shared.config.proxy(x.txn.backend.id).cookie.is_some() {
        (x.txn.log.cookie.request, x.txn.log.cookie.response) = (b'N', b'N');
    }
}

/// Whether a request is for the statistics page of `proxy`.
pub(crate) fn is_page(x: &Exchange, proxy: ProxyId) -> bool {
    let Some(page) = &x.shared.config.proxy(proxy).stats else { return false };
    let head = &x.txn.req.head;
    if !matches!(head.method(), b"GET" | b"HEAD" | b"POST") {
        return false;
    }
    let uri = if page.uri.first() == Some(&b'/') { head.path_and_query() } else { Some(head.uri()) };
    uri.is_some_and(|uri| uri.starts_with(&page.uri))
}

/// Runs the page's own rules, and tells what the client may do.
pub(crate) fn judge<O: Observer>(x: &mut Exchange, proxy: ProxyId, o: &mut O) -> Result<Rights, Stop> {
    let config = x.shared.config.clone();
    let Some(page) = &config.proxy(proxy).stats else { return Err(Failure::Internal.into()) };
    note_service(x, STATS);
    let is_admin = page.admin.iter().any(|condition| condition.test(&x.txn) == Tri::Yes);
    match page.rules.run_watched(&mut x.txn, 0, Undecided::IsFalse, o) {
        Verdict::Pass | Verdict::NotYet { .. } | Verdict::Wait { .. } | Verdict::Log { .. } => {
            Ok(if is_admin { Rights::Admin } else { Rights::Read })
        }
        verdict @ (Verdict::Reply(_)
        | Verdict::Deny(_)
        | Verdict::Tarpit(_)
        | Verdict::Reject
        | Verdict::SilentDrop
        | Verdict::Fail) => Err(Stop::Verdict(verdict)),
        Verdict::Service(service) => Err(named(x, service)),
    }
}

/// Makes everything ready for the page. Always leaves the usual way of the exchange.
pub(crate) async fn open(client: &mut Client, x: &mut Exchange, proxy: ProxyId) -> Stop {
    let rights = match judge(x, proxy, &mut NoTrace) {
        Ok(rights) => rights,
        Err(stop) => return stop,
    };
    if rights == Rights::Admin && x.txn.req.head.method() == b"POST" {
        let time = body_wait(x);
        if let Err(stop) = Box::pin(crate::stream::buffer_request(client, x, time, 0)).await {
            return stop;
        }
        if x.has_client_left {
            return Failure::RequestBodyAborted.into();
        }
    }
    Stop::Service(Box::new(Opened::Page { proxy, rights }))
}

/// How long a request's body may take.
fn body_wait(x: &Exchange) -> Duration {
    x.txn.frontend.timeouts.client.unwrap_or(BODY_WAIT)
}

/// Answers, logs, and says what becomes of the session.
pub(crate) async fn serve(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    opened: Opened,
) -> Next {
    let Some(response) = respond(x, &opened) else {
        return Box::pin(reply::answer(worker, client, x, Failure::NoServer.into())).await;
    };
    note(x);
    let Response { mut head, body } = response;
    let is_whole = head.fields.get(b"content-length").is_some();
    // Heads alone tell of chunks only where a rule named the service, and only then leave the connection as it is.
    let tells_chunks = !x.wants_head_only() || matches!(opened, Opened::Named(_));
    let takes_chunks = x.txn.req.head.version() == Version::Http11 && tells_chunks;
    let mut is_chunked = body.is_some() && !is_whole && takes_chunks;
    if is_chunked {
        head.fields.push(b"transfer-encoding", b"chunked");
    }
    if body.is_some() {
        compress::judge_own(x, &head, length(&head, is_chunked));
    }
    if !reply::after_rules(x, head, &mut NoTrace) {
        log::finish(x);
        return Next::Close;
    }
    let stays =
        reply::client_may_stay(x) && !worker.sends_away() && (is_chunked || is_whole || body.is_none());
    let coding = compress::begin(x, Way::Response);
    if let Some(algorithm) = x.txn.compression {
        http::compress::announce(&mut x.txn.res.head, algorithm);
        is_chunked = true;
    }
    reply::write_answer(x, &[], stays);
    let is_sent = match body.filter(|_| !x.wants_head_only()) {
        None => send_scratch(client, x).await,
        Some(body) => send_body(client, x, body, Framed::of(is_chunked, coding)).await,
    };
    let log = &mut x.txn.log;
    (log.server_bytes_in, log.server_bytes_out) = (log.bytes_in, log.bytes_out);
    client.idle_since = log::finish(x);
    if stays && is_sent {
        // A body that was not asked for is read behind the answer, so that the connection can go on.
        crate::stream::drain_request(client, x, body_wait(x), DRAINED_BYTES_MAX).await;
        if reply::is_read(x) {
            return Next::Again;
        }
    }
    if is_sent && !reply::is_read(x) {
        reply::linger(client).await;
    }
    Next::Close
}

/// How long a body is, as its head says.
fn length(head: &Head, is_chunked: bool) -> BodyLength {
    let told = head.fields.get(b"content-length").and_then(|text| std::str::from_utf8(text).ok());
    match told.and_then(|text| text.parse().ok()) {
        _ if is_chunked => BodyLength::Chunked,
        Some(bytes) => BodyLength::Length(bytes),
        None => BodyLength::UntilClose,
    }
}

/// How the parts of a body go over the wire.
enum Framed {
    /// As they are.
    Plain,
    /// In chunks.
    Chunked,
    /// In chunks of what compression makes of them.
    Coded(Box<Coding>),
}

impl Framed {
    fn of(is_chunked: bool, coding: Option<Box<Coding>>) -> Framed {
        match coding {
            Some(coding) => Framed::Coded(coding),
            None if is_chunked => Framed::Chunked,
            None => Framed::Plain,
        }
    }

    /// Appends a part as it goes over the wire (RFC 9112 section 7.1).
    fn push(&mut self, part: &[u8], left: Left, out: &mut Vec<u8>) {
        match self {
            Framed::Plain => return out.extend_from_slice(part),
            Framed::Chunked if part.is_empty() => {}
            Framed::Chunked => {
                out.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
                out.extend_from_slice(part);
                out.extend_from_slice(b"\r\n");
            }
            Framed::Coded(coding) => {
                let more = if left == Left::More { More::Follows } else { More::Nothing };
                coding.push(part, more, out);
            }
        }
        if left == Left::Nothing {
            out.extend_from_slice(b"0\r\n\r\n");
        }
    }
}

/// What is said to a request; `None`: nothing serves such requests in this process (yet).
fn respond(x: &Exchange, opened: &Opened) -> Option<Response> {
    let service = x.shared.services.get()?;
    match *opened {
        Opened::Named(name) => Some(service.serve(name, &x.txn)),
        Opened::Page { proxy, rights } => {
            let page = x.shared.config.proxy(proxy).stats.as_ref()?;
            Some(service.respond(&Request { txn: &x.txn, proxy, page, rights }))
        }
    }
}

/// The answer is one of this program's own, given at once.
pub(crate) fn note(x: &mut Exchange) {
    x.txn.log.termination.cause = b'L';
    x.txn.log.termination.phase = b'R';
    if !x.txn.has_backend || x.txn.backend.id == x.txn.frontend.id {
        x.txn.frontend.frontend.here().intercepted.bump();
    }
    let now = Some(clock::now());
    let times = &mut x.txn.times;
    (times.queued, times.connected, times.response) = (now, now, now);
}

/// Sends the body behind the head that stands in the scratch buffer. False: the client took no more.
async fn send_body(
    client: &mut Client,
    x: &mut Exchange,
    mut body: Box<dyn Body>,
    mut framed: Framed,
) -> bool {
    let mut part = Vec::new();
    loop {
        part.clear();
        let left = body.fill(&mut part);
        framed.push(&part, left, &mut x.scratch);
        if !send_scratch(client, x).await {
            return false;
        }
        if left == Left::Nothing {
            return true;
        }
        x.scratch.clear();
        net::yield_now().await;
    }
}

async fn send_scratch(client: &mut Client, x: &mut Exchange) -> bool {
    let sent = reply::write_all(client, x).await;
    x.txn.log.bytes_out += sent as u64;
    sent == x.scratch.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_chunks() {
        let mut out = Vec::new();
        Framed::Chunked.push(&[b'x'; 17], Left::More, &mut out);
        Framed::Chunked.push(b"", Left::More, &mut out);
        Framed::Chunked.push(b"end", Left::Nothing, &mut out);
        assert_eq!(out, b"11\r\nxxxxxxxxxxxxxxxxx\r\n3\r\nend\r\n0\r\n\r\n");
        out.clear();
        Framed::Plain.push(b"end", Left::Nothing, &mut out);
        assert_eq!(out, b"end");
    }
}
