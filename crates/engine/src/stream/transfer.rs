//! Getting the request to a server and the head of its response back: assignment, queue, connection, retries.
//!
//! ```text
//! assign (cookie, rules, algorithm) -> queue -> connect or reuse -> send + await head -> Ok
//!    ^                                              |                     |
//!    +--- redispatch, or the same server again <----+-- refused, timeout -+-- lost before an answer, retry-on
//! ```

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use base::ServerId;
use base::clock::{self, Millis};
use config::model::ProxyConfig;
use http::Method;
use state::queue::{Entered, Outcome, Persistence, Priority, Ticket, Waiter};

use super::response::{self, HeadResult};
use super::{Exchange, Stop};
use crate::balance::{self, Chosen};
use crate::client::Client;
use crate::failure::Failure;
use crate::h1;
use crate::server_conn::{self, Assigned, Freshness, ServerConn};
use crate::worker::Worker;

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

/// Sends the request and returns with the response's head in `txn.res`.
pub(super) async fn send_request(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
) -> Result<ServerConn, Stop> {
    let config = x.shared.config.clone();
    let backend = config.proxy(x.txn.backend.id);
    h1::finish_request(x, backend);
    let total = x.txn.overrides.retries.unwrap_or(backend.retries);
    let mut attempts = Attempts { total, left: total, avoid: None, last: None, freshness: Freshness::Any };
    let mut chosen = balance::choose(x, backend);
    loop {
        let assigned = assign(worker, client, x, backend, chosen).await?;
        let id = assigned.state().id;
        attempts.last = Some(id);
        x.txn.server = Some(assigned.state().clone());
        let failure = match server_conn::obtain(worker, client, x, assigned, attempts.freshness).await {
            Ok(mut server) => {
                x.txn.times.connected = Some(clock::now());
                match response::await_head(client, x, &mut server, backend).await {
                    HeadResult::Here => return Ok(server),
                    HeadResult::Failed(failure) if server.is_reused() && may_resend(x, failure) => {
                        attempts.freshness = Freshness::New;
                        reset_response(x);
                        chosen = Chosen::Bound(id);
                        continue;
                    }
                    HeadResult::Failed(failure) if l7_retry(x, backend, failure) => failure,
                    HeadResult::Failed(failure) => return Err(failure.into()),
                }
            }
            Err((_, Failure::ConnectAborted)) => return Err(Failure::ConnectAborted.into()),
            Err((assigned, failure)) => {
                assigned.state().counters.here().failed_conns.bump();
                x.txn.backend.backend.here().failed_conns.bump();
                if !backend.retry_on.conn_failure {
                    return Err(failure.into());
                }
                failure
            }
        };
        chosen = again(client, x, backend, &mut attempts, failure).await?;
    }
}

/// Connects a TCP stream to a server.
pub(crate) async fn connect_stream(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
) -> Result<ServerConn, Stop> {
    let config = x.shared.config.clone();
    let backend = config.proxy(x.txn.backend.id);
    let total = x.txn.overrides.retries.unwrap_or(backend.retries);
    let mut attempts = Attempts { total, left: total, avoid: None, last: None, freshness: Freshness::New };
    let mut chosen = balance::choose(x, backend);
    loop {
        let assigned = assign(worker, client, x, backend, chosen).await?;
        attempts.last = Some(assigned.state().id);
        x.txn.server = Some(assigned.state().clone());
        match server_conn::obtain(worker, client, x, assigned, attempts.freshness).await {
            Ok(server) => {
                x.txn.times.connected = Some(clock::now());
                return Ok(server);
            }
            Err((assigned, failure)) => {
                assigned.state().counters.here().failed_conns.bump();
                x.txn.backend.backend.here().failed_conns.bump();
                drop(assigned);
                if failure == Failure::ConnectAborted {
                    return Err(failure.into());
                }
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
    if attempts.left == 0 {
        return Err(failure.into());
    }
    attempts.left -= 1;
    x.txn.log.retries += 1;
    let last = attempts.last.map(|id| x.txn.backend.servers[id.index()].clone());
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
        x.txn.log.is_redispatched = true;
        x.txn.backend.backend.here().redispatches.bump();
        return Ok(balance::pick(&x.txn, &backend.balance, attempts.avoid));
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
            Chosen::Full => proxy.queue.wait(&proxy.servers, ticket),
            Chosen::Bound(id) | Chosen::Balanced(id) => match proxy
                .queue
                .enter(&proxy.servers[id.index()], ticket)
            {
                Entered::Slot(slot) => {
                    x.txn.times.queued = Some(clock::now());
                    return Ok(Assigned::new(run.servers[id.index()].clone(), slot));
                }
                Entered::Wait(waiter) => waiter,
                Entered::Full if matches!(chosen, Chosen::Bound(_)) && backend.options.redispatch != 0 => {
                    chosen = balance::pick(&x.txn, &backend.balance, Some(id));
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
                return Ok(Assigned::new(run.servers[id.index()].clone(), slot));
            }
            Outcome::Redispatch { position } => {
                x.txn.log.server_queue += position.server;
                x.txn.log.backend_queue += position.backend;
                chosen = balance::pick(&x.txn, &backend.balance, None);
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

fn reset_response(x: &mut Exchange) {
    x.response_parser.reset();
    x.txn.res.head.clear();
    x.txn.is_server_reused = false;
}

/// Whether the whole request is still at hand.
fn is_replayable(x: &Exchange) -> bool {
    x.upload.received == 0
        && x.framing.is_some_and(|f| {
            f.body == http::h1::BodyLength::None || f.body == http::h1::BodyLength::Length(0)
        })
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
