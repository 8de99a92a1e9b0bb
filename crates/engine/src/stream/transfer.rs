//! Getting the request to a server and the head of its response back: assignment, queue, connection, retries.
//!
//! ```text
//! assign (cookie, rules, algorithm) -> queue -> connect or reuse -> send + await head -> Ok
//!    ^                                              |                     |
//!    +--- redispatch, or the same server again <----+-- refused, timeout -+-- lost before an answer, retry-on
//! ```

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::ServerId;
use base::clock::{self, Millis};
use config::model::{LogOrigin, ProxyConfig};
use http::Method;
use http::h1::BodyLength;
use rules::observe::NoTrace;
use sample::txn::Presence;
use state::Server;
use state::queue::{Entered, Outcome, Persistence, Priority, Ticket, Waiter};

use super::response::{self, HeadResult};
use super::{Exchange, Stop};
use crate::balance::{self, Chosen};
use crate::check::{self, Seen};
use crate::client::Client;
use crate::failure::Failure;
use crate::secure;
use crate::server_conn::{self, Assigned, Freshness, ServerConn};
use crate::worker::Worker;
use crate::{h1, log};

/// A pause before the same server is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// What is left of `retries`, and what the last attempt taught.
struct Attempts {
    total: u32,
    left: u32,
    avoid: Option<ServerId>,
    last: Option<ServerId>,
    freshness: Freshness,
}

impl Attempts {
    /// None was made yet: as many as the exchange, or else its backend, allows.
    fn new(x: &Exchange, backend: &ProxyConfig, freshness: Freshness) -> Attempts {
        let total = x.txn.overrides.retries.unwrap_or(backend.retries);
        Attempts { total, left: total, avoid: None, last: None, freshness }
    }
}

/// What is done once, however many attempts follow.
async fn prepare(client: &mut Client, x: &mut Exchange, backend: &ProxyConfig) -> Result<(), Stop> {
    h1::finish_request(x, backend);
    if secure::is_early(client) {
        // RFC 8470 section 5.1: the server decides whether it takes a request that may be a repetition.
        x.txn.req.head.fields.set(b"Early-Data", b"1");
    }
    if backend.options.http_proxy.is_on() {
        crate::http_proxy::aim(x)?;
    }
    send_early_hints(client, x).await?;
    keep_for_retries(client, x, backend).await
}

/// Sends the request and returns with the response's head in `txn.res`.
pub(super) async fn send_request(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
) -> Result<ServerConn, Stop> {
    let config = x.shared.config.clone();
    let backend = config.proxy(x.txn.backend.id);
    prepare(client, x, backend).await?;
    let mut attempts = Attempts::new(x, backend, Freshness::Any);
    x.preferred = prefer_last(client, x, backend);
    let mut chosen = balance::choose(x, backend, &mut NoTrace);
    loop {
        let assigned = assign(worker, client, x, backend, chosen).await?;
        let id = assigned.state().id;
        attempts.last = Some(id);
        note_server(x, assigned.state());
        if let Some(prefix) = assigned.run.redir.as_deref().filter(|_| is_redirectable(x)) {
            return Err(server_redirect(x, prefix));
        }
        name_server(x, backend);
        let failure = match server_conn::obtain(worker, client, x, assigned, attempts.freshness).await {
            Ok(mut server) => {
                x.txn.times.connected = Some(clock::now());
                log::at_step(x, LogOrigin::Connect);
                check::saw(&x.shared, &server.assigned.run, Seen::Connection);
                let answer = response::await_head(worker, client, x, &mut server, backend).await;
                note_answer(x, &server, &answer);
                match answer {
                    HeadResult::Here if attempts.left == 0 || !retries_status(x, backend) => {
                        return Ok(server);
                    }
                    HeadResult::Here => Failure::BadResponse,
                    HeadResult::Failed(failure) if server.is_reused() && may_resend(x, failure) => {
                        attempts.freshness = Freshness::New;
                        reset_response(x);
                        chosen = Chosen::Bound(id);
                        continue;
                    }
                    // It never stood, which only the first write told.
                    HeadResult::Failed(Failure::ConnectRefused)
                        if backend.retry_on.conn_failure && is_replayable(x) =>
                    {
                        server.assigned.state().counters.here().failed_conns.bump();
                        x.txn.backend.backend.here().failed_conns.bump();
                        Failure::ConnectRefused
                    }
                    HeadResult::Failed(failure) if l7_retry(x, backend, failure) => failure,
                    HeadResult::Failed(Failure::ResponseAborted)
                        if server.is_reused() && x.response_is_untouched() =>
                    {
                        // Whether the server carried it out nobody knows: the client decides whether it asks again.
                        x.txn.overrides.log = Some(sample::txn::LogOverride::Silent);
                        return Err(Failure::LostOnReuse.into());
                    }
                    HeadResult::Failed(failure) => return Err(failure.into()),
                }
            }
            Err((_, Failure::ConnectAborted)) => return Err(Failure::ConnectAborted.into()),
            Err((assigned, failure)) => {
                assigned.state().counters.here().failed_conns.bump();
                x.txn.backend.backend.here().failed_conns.bump();
                check::saw(&x.shared, &assigned.run, Seen::NoConnection);
                if !backend.retry_on.conn_failure {
                    return Err(failure.into());
                }
                failure
            }
        };
        chosen = again(client, x, backend, &mut attempts, failure).await?;
    }
}

/// What an answer, or its absence, tells who observes the server. A used connection that was lost tells nothing.
fn note_answer(x: &Exchange, server: &ServerConn, answer: &HeadResult) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nobody else blames the server")]
    let seen = match answer {
        HeadResult::Here => match x.txn.res.head.status() {
            100..=499 | 501 | 505 => Seen::GoodAnswer,
            _ => Seen::WrongAnswer,
        },
        HeadResult::Failed(Failure::ResponseAborted) if server.is_reused() => return,
        HeadResult::Failed(failure) => match failure {
            Failure::ResponseTimeout => Seen::ReadTimeout,
            Failure::ResponseAborted => Seen::Closed,
            Failure::BadResponse => Seen::BrokenAnswer,
            Failure::ConnectRefused => Seen::NoConnection,
            _ => return,
        },
    };
    check::saw(&x.shared, &server.assigned.run, seen);
}

/// The server that the client's connection has a connection of its own to, where the algorithm would decide and
/// `option prefer-last-server` is on: unless too many wait for it (`max-keep-alive-queue`).
fn prefer_last(client: &Client, x: &Exchange, backend: &ProxyConfig) -> Option<ServerId> {
    let is_hashed = matches!(backend.balance.algorithm, state::balance::Algorithm::Hash(_));
    // Who has shown who it is on a connection goes on there.
    let must = client.has_shown_itself();
    if is_hashed || !(must || backend.options.prefer_last_server.is_on()) {
        return None;
    }
    let proxy = &x.txn.backend;
    let limit = |server: &Server| server.limit(proxy.backend_sessions.get(), proxy.fullconn);
    let has_room = |server: &Server| match limit(server) {
        0 => true,
        limit => server.sessions.get() < limit,
    };
    let is_good = |server: &Server| {
        let waits_max = backend.max_keep_alive_queue;
        server.takes_new()
            && (must || waits_max.is_none_or(|max| has_room(server) || server.queued.get() < max))
    };
    client.last_server(&proxy.servers.load()).filter(|server| is_good(server)).map(|server| server.id)
}

/// The exchange's server, which that of `dispatch` is not: nobody is to see it.
pub(crate) fn note_server(x: &mut Exchange, server: &Arc<Server>) {
    let is_listed = x.txn.backend.servers.load().get(server.id).is_some();
    x.txn.server = is_listed.then(|| server.clone());
    x.card.set_server(x.txn.server.as_ref().map(|server| server.id));
}

/// Whether a server may answer with a redirection to itself (`redir`).
pub(crate) fn is_redirectable(x: &Exchange) -> bool {
    matches!(x.txn.req.head.method_kind(), Method::Get | Method::Head)
}

/// The redirection to a server itself: its prefix and the request's path. A prefix of `/` stands for none.
pub(crate) fn server_redirect(x: &mut Exchange, prefix: &[u8]) -> Stop {
    let Some(path) = x.txn.req.head.path_and_query() else { return Failure::BadRequest(400).into() };
    let location = if prefix == b"/" { path.to_vec() } else { [prefix, path].concat() };
    let mut head = http::Head::new();
    head.start_response(http::message::Version::Http11, 302, None);
    head.fields.push(b"Cache-Control", b"no-cache");
    head.fields.push(b"Content-length", b"0");
    head.fields.push(b"Location", &location);
    Stop::Redirect(Box::new(head))
}

/// `http-send-name-header`: tells the server which of all it is.
pub(crate) fn name_server(x: &mut Exchange, backend: &ProxyConfig) {
    if let (Some(header), Some(server)) = (&backend.server_name_header, &x.txn.server) {
        x.txn.req.head.fields.set(header, server.name.as_bytes());
    }
}

/// Sends the 103 responses that rules made, before the server is asked for anything.
async fn send_early_hints(client: &mut Client, x: &mut Exchange) -> Result<(), Stop> {
    for fields in std::mem::take(&mut x.txn.early_hints) {
        if !x.txn.req.head.version().is_11_or_above() {
            continue;
        }
        x.scratch.clear();
        x.scratch.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n");
        fields.write_to(&mut x.scratch);
        x.scratch.extend_from_slice(b"\r\n");
        h1::respell_answer(x);
        response::send_scratch(client, x).await?;
    }
    Ok(())
}

/// Where responses may be retried, a request's body of known length that fits the buffer is read first, so that it can
/// be sent again.
async fn keep_for_retries(client: &mut Client, x: &mut Exchange, backend: &ProxyConfig) -> Result<(), Stop> {
    let wants = backend.retry_on.is_l7() && !x.txn.overrides.is_l7_retry_disabled;
    let room = super::body::room(x, &x.txn.req.head) as u64;
    let fits = x.framing.is_some_and(|f| matches!(f.body, BodyLength::Length(n) if n > 0 && n <= room));
    if !wants || !fits || x.txn.req.body_is_complete {
        return Ok(());
    }
    let time =
        x.txn.overrides.client.or(x.txn.frontend.timeouts.client).unwrap_or(Duration::from_secs(86_400));
    Box::pin(super::buffer_request(client, x, time, 0)).await?;
    if x.has_client_left { Err(Failure::RequestBodyAborted.into()) } else { Ok(()) }
}

/// Connects a TCP stream to a server.
pub(crate) async fn connect_stream(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
) -> Result<ServerConn, Stop> {
    let config = x.shared.config.clone();
    let backend = config.proxy(x.txn.backend.id);
    let mut attempts = Attempts::new(x, backend, Freshness::New);
    let mut chosen = balance::choose(x, backend, &mut NoTrace);
    loop {
        let assigned = assign(worker, client, x, backend, chosen).await?;
        attempts.last = Some(assigned.state().id);
        note_server(x, assigned.state());
        match server_conn::obtain(worker, client, x, assigned, attempts.freshness).await {
            Ok(server) => {
                x.txn.times.connected = Some(clock::now());
                check::saw(&x.shared, &server.assigned.run, Seen::Connection);
                return Ok(server);
            }
            Err((assigned, failure)) => {
                assigned.state().counters.here().failed_conns.bump();
                x.txn.backend.backend.here().failed_conns.bump();
                if failure == Failure::ConnectAborted {
                    return Err(failure.into());
                }
                check::saw(&x.shared, &assigned.run, Seen::NoConnection);
                drop(assigned);
                chosen = again(client, x, backend, &mut attempts, failure).await?;
            }
        }
    }
}

/// The next attempt after `failure`, or the end of all attempts.
async fn again(
    client: &mut Client,
    x: &mut Exchange,
    backend: &ProxyConfig,
    attempts: &mut Attempts,
    failure: Failure,
) -> Result<Chosen, Stop> {
    // An address that is not known will not be known at the next attempt either.
    if attempts.left == 0 || failure == Failure::ConnectInternal {
        return Err(failure.into());
    }
    attempts.left -= 1;
    x.txn.log.retries += 1;
    let last = attempts.last.and_then(|id| x.txn.backend.servers.get(id.index()));
    x.txn.backend.backend.here().retries.bump();
    if let Some(server) = &last {
        server.counters.here().retries.bump();
    }
    reset_response(x);
    let number = i32::try_from(attempts.total - attempts.left).unwrap_or(i32::MAX);
    let total = i32::try_from(attempts.total).unwrap_or(i32::MAX);
    let redispatches = match backend.options.redispatch {
        0 => last.as_ref().is_some_and(|s| !s.is_running()),
        n if n > 0 => number % n == 0,
        n => number == total + n + 1,
    };
    if redispatches {
        attempts.avoid = attempts.last;
        lose_persistence(x);
        x.txn.log.is_redispatched = true;
        x.txn.backend.backend.here().redispatches.bump();
        return Ok(balance::choose_any(x, backend, attempts.avoid));
    }
    if matches!(failure, Failure::ConnectRefused | Failure::ConnectResource) {
        let pause = x.txn.backend.timeouts.connect.map_or(RETRY_PAUSE, |t| t.min(RETRY_PAUSE));
        pause_before_retry(client, x, pause).await?;
    }
    Ok(attempts.last.map_or(Chosen::None, Chosen::Bound))
}

/// Waits, unless the client goes and is watched.
async fn pause_before_retry(client: &mut Client, x: &Exchange, pause: Duration) -> Result<(), Stop> {
    let watches = super::watches_client(x);
    let deadline = clock::now().plus(pause);
    let is_over = poll_fn(|cx| {
        if watches && client.has_gone(cx) {
            return Poll::Ready(false);
        }
        client.poll_deadline(deadline, cx).map(|()| true)
    })
    .await;
    if is_over { Ok(()) } else { Err(Failure::ConnectAborted.into()) }
}

/// Waits for the chosen server to have room.
async fn assign(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    backend: &ProxyConfig,
    mut chosen: Chosen,
) -> Result<Assigned, Stop> {
    let run = worker.shared.proxy(x.txn.backend.id);
    let server = |id| run.server(id).expect("chosen among the proxy's own");
    let ticket = Ticket {
        priority: Priority {
            class: x.txn.overrides.priority_class,
            offset_ms: x.txn.overrides.priority_offset_ms,
        },
        persistence: Persistence::Free,
    };
    loop {
        let proxy = x.txn.backend.clone();
        let waiter = match chosen {
            Chosen::None => return Err(Failure::NoServer.into()),
            Chosen::Full => proxy.queue.wait(proxy.servers.load().slots(), ticket),
            Chosen::Bound(id) | Chosen::Balanced(id) => match proxy.queue.enter(&server(id).state, ticket) {
                Entered::Slot(slot) => {
                    // Attempts after the first count as time to connect.
                    x.txn.times.queued.get_or_insert_with(clock::now);
                    return Ok(Assigned::new(server(id), slot));
                }
                Entered::Wait(waiter) => waiter,
                Entered::Full if matches!(chosen, Chosen::Bound(_)) && backend.options.redispatch != 0 => {
                    lose_persistence(x);
                    chosen = balance::choose_any(x, backend, Some(id));
                    if matches!(chosen, Chosen::Balanced(other) if other == id) {
                        return Err(Failure::QueueFull.into());
                    }
                    continue;
                }
                Entered::Full => return Err(Failure::QueueFull.into()),
            },
        };
        match Box::pin(queue(client, x, waiter)).await? {
            Outcome::Granted { slot, position } => {
                x.txn.log.server_queue += position.server;
                x.txn.log.backend_queue += position.backend;
                x.txn.times.queued = Some(clock::now());
                let id = slot.server().id;
                return Ok(Assigned::new(server(id), slot));
            }
            Outcome::Redispatch { position } => {
                x.txn.log.server_queue += position.server;
                x.txn.log.backend_queue += position.backend;
                chosen = balance::choose_any(x, backend, None);
            }
        }
    }
}

/// Stands in a queue, within `timeout queue` (else `timeout connect`).
async fn queue(client: &mut Client, x: &mut Exchange, mut waiter: Waiter) -> Result<Outcome, Stop> {
    let timeouts = &x.txn.backend.timeouts;
    let deadline = clock::now().deadline(x.txn.overrides.queue.or(timeouts.queue).or(timeouts.connect));
    let watches = super::watches_client(x);
    let outcome = poll_fn(|cx| {
        if let Poll::Ready(outcome) = waiter.poll_outcome(cx) {
            return Poll::Ready(Ok(outcome));
        }
        if watches && client.has_gone(cx) {
            return Poll::Ready(Err(Failure::QueueAborted));
        }
        client.poll_deadline(deadline, cx).map(|()| Err(Failure::QueueTimeout))
    })
    .await;
    outcome.map_err(|failure| {
        let position = waiter.give_up();
        x.txn.log.server_queue += position.server;
        x.txn.log.backend_queue += position.backend;
        x.txn.times.queued = Some(clock::now());
        failure.into()
    })
}

/// The client's cookie led to a server that cannot serve it: it counts as that of a server that is down, and the client
/// gets the cookie of the next one.
fn lose_persistence(x: &mut Exchange) {
    if x.txn.log.cookie.request == b'V' {
        x.txn.log.cookie.request = b'D';
        x.txn.cookie_dates = None;
    }
}

fn reset_response(x: &mut Exchange) {
    x.response_parser.reset();
    x.txn.res.head.clear();
    x.txn.res.presence = Presence::Waiting;
    x.response_framing = None;
    x.txn.times.response = None;
    x.txn.log.server_status = 0;
    x.txn.log.server_bytes_out = 0;
    x.txn.is_server_reused = false;
}

/// Whether the whole request is still at hand.
fn is_replayable(x: &Exchange) -> bool {
    let is_bodiless = |f: http::h1::Framing| matches!(f.body, BodyLength::None | BodyLength::Length(0));
    x.upload.received == 0 && (x.framing.is_some_and(is_bodiless) || x.txn.req.body_is_complete)
}

/// Whether the response that has come has a status that `retry-on` names, and the request can be sent again.
fn retries_status(x: &Exchange, backend: &ProxyConfig) -> bool {
    backend.retry_on.statuses.contains(&x.txn.log.server_status)
        && !x.txn.overrides.is_l7_retry_disabled
        && is_replayable(x)
}

/// A used connection was lost before an answer began. Requests that change nothing when repeated are sent again
/// (RFC 9110 section 9.2.2).
fn may_resend(x: &Exchange, failure: Failure) -> bool {
    let is_idempotent = !matches!(x.txn.req.head.method_kind(), Method::Post | Method::Patch | Method::Other);
    failure == Failure::ResponseAborted && is_idempotent && is_replayable(x) && x.response_is_untouched()
}

/// `retry-on` beyond connection failures.
fn l7_retry(x: &Exchange, backend: &ProxyConfig, failure: Failure) -> bool {
    let on = &backend.retry_on;
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these can be asked for")]
    let wanted = match failure {
        Failure::ResponseAborted => on.empty_response && x.response_is_untouched(),
        Failure::BadResponse => on.junk_response,
        Failure::ResponseTimeout => on.response_timeout,
        Failure::BadRequest(status) => on.statuses.contains(&status),
        _ => false,
    };
    wanted && !x.txn.overrides.is_l7_retry_disabled && is_replayable(x)
}

/// The time by which a silent peer is given up.
pub(super) fn server_deadline(x: &Exchange, now: Millis) -> Millis {
    now.deadline(x.txn.overrides.server.or(x.txn.backend.timeouts.server))
}

/// The time by which a silent client is given up.
pub(super) fn client_deadline(x: &Exchange, now: Millis) -> Millis {
    now.deadline(x.txn.overrides.client.or(x.txn.frontend.timeouts.client))
}
