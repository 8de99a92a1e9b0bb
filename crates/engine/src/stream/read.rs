//! Reading a request's head, within the times that the frontend allows (`timeout http-request`, `http-keep-alive`,
//! `client`).

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use base::clock::{self, Millis};
use http::h1::{Progress, request_framing};

use super::Exchange;
use crate::client::Client;
use crate::failure::Failure;

/// An idle session gives its working memory back after this long.
const PARK_AFTER: Duration = Duration::from_millis(20);

/// How reading a request ended.
#[derive(Debug)]
pub(crate) enum ReadRequest {
    /// Its head is complete and its framing is understood.
    Complete,
    /// Nothing came yet; wait without working memory.
    Park,
    /// The connection ended between requests, or before the first where that is not worth a line.
    Nothing,
    /// It is answered with an error.
    Failed(Failure),
}

/// What ended a wait for more bytes.
enum Woken {
    Bytes,
    Closed,
    Late,
}

/// Reads until a head is complete.
pub(super) async fn request(client: &mut Client, x: &mut Exchange) -> ReadRequest {
    let timeouts = x.txn.frontend.timeouts;
    let waiting_since = clock::now();
    let is_first = x.txn.session.requests == 0;
    let idle_from = if is_first { x.txn.session.accepted } else { client.idle_since };
    let idle_deadline = idle_from.deadline(idle_timeout(x, is_first));
    let mut head_deadline = None;
    x.txn.times.handshake_ms = if is_first { x.txn.session.handshake_ms } else { 0 };
    x.txn.times.start = if is_first { x.txn.session.accepted } else { client.idle_since };
    loop {
        if !client.input.is_empty() {
            let now = clock::now();
            head_deadline.get_or_insert_with(|| {
                first_byte(x, now);
                let from = if is_first { x.txn.session.accepted } else { now };
                from.deadline(timeouts.http_request.or(timeouts.client))
            });
            match parse(client, x) {
                Some(result) => return result,
                None if client.input.len() >= client.input.capacity() => {
                    crate::capture::request(x, client.input.data(), None);
                    return ReadRequest::Failed(Failure::BadRequest(400));
                }
                None => {}
            }
        }
        let deadline = match head_deadline {
            Some(whole) if timeouts.http_request.is_some() => {
                whole.min(clock::now().deadline(timeouts.client))
            }
            // Without `timeout http-request`, `timeout client` bounds each silence.
            Some(_) => clock::now().deadline(timeouts.client),
            None => idle_deadline.min(waiting_since.plus(PARK_AFTER)),
        };
        match fill(client, deadline).await {
            Woken::Bytes => {}
            Woken::Closed => return broken_off(x, head_deadline.is_some(), Failure::RequestAborted),
            Woken::Late if head_deadline.is_none() && clock::now() < idle_deadline => {
                return ReadRequest::Park;
            }
            Woken::Late => return broken_off(x, head_deadline.is_some(), Failure::RequestTimeout),
        }
    }
}

/// How long the session may stay silent before this request.
fn idle_timeout(x: &Exchange, is_first: bool) -> Option<Duration> {
    let timeouts = &x.txn.frontend.timeouts;
    if is_first {
        timeouts.http_request.or(timeouts.client)
    } else {
        timeouts.http_keep_alive.or(timeouts.http_request).or(timeouts.client)
    }
}

async fn fill(client: &mut Client, deadline: Millis) -> Woken {
    poll_fn(|cx| match client.poll_fill(cx) {
        Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(Woken::Closed),
        Poll::Ready(Ok(_)) => Poll::Ready(Woken::Bytes),
        Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Woken::Late),
    })
    .await
}

/// The request begins.
pub(crate) fn first_byte(x: &mut Exchange, now: Millis) {
    x.txn.times.first_byte = Some(now);
    x.txn.times.request_wall = clock::wall();
    x.txn.session.requests += 1;
    x.txn.log.request_number = x.shared.runtime.next_request_number();
    x.card.begin(&x.txn, now);
}

/// Tries to complete the head with what is there.
fn parse(client: &mut Client, x: &mut Exchange) -> Option<ReadRequest> {
    let done = match x.request_parser.parse(client.input.data(), &mut x.txn.req.head) {
        Ok(Progress::Partial) => return None,
        Ok(Progress::Done { consumed }) => {
            client.input.consume(consumed);
            x.txn.log.bytes_in += consumed as u64;
            let framing = request_framing(&mut x.txn.req.head, x.request_policy);
            if framing.is_err() {
                // Its bytes are gone; the head has all of them that matter.
                let mut bytes = Vec::new();
                x.txn.req.head.write_to(&mut bytes);
                crate::capture::request(x, &bytes, None);
            }
            framing
        }
        Err(error) => {
            crate::capture::request(x, client.input.data(), Some(error.at));
            Err(error)
        }
    };
    if client.input.is_empty() {
        client.input = net::Buf::none();
    }
    Some(match done {
        Ok(framing) => {
            note_head(x, framing);
            ReadRequest::Complete
        }
        Err(error) => {
            x.txn.log.bytes_in += client.input.len() as u64;
            ReadRequest::Failed(Failure::BadRequest(error.status()))
        }
    })
}

/// The request's head is complete.
pub(crate) fn note_head(x: &mut Exchange, framing: http::h1::Framing) {
    x.txn.times.request = Some(clock::now());
    x.txn.req.presence = sample::txn::Presence::Here;
    x.txn.req.length = match framing.body {
        http::h1::BodyLength::Length(n) => Some(n),
        http::h1::BodyLength::None => Some(0),
        http::h1::BodyLength::Chunked | http::h1::BodyLength::UntilClose => None,
    };
    x.framing = Some(framing);
}

/// The client closed (`RequestAborted`) or time is up (`RequestTimeout`): between requests that is how sessions end, in
/// silence; within one, and before the first, the failure is told.
fn broken_off(x: &mut Exchange, has_begun: bool, failure: Failure) -> ReadRequest {
    let options = &x.shared.config.proxy(x.txn.frontend.id).options;
    if !has_begun {
        if x.txn.session.requests > 0 || options.http_ignore_probes.is_on() {
            return ReadRequest::Nothing;
        }
        x.txn.times.request_wall = clock::wall();
        if options.dontlognull.is_on() {
            x.txn.overrides.log = Some(sample::txn::LogOverride::Silent);
        }
    }
    ReadRequest::Failed(failure)
}
