//! From sending the request to the end of the response: awaiting the head, response rules, forwarding both bodies.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use base::clock::{self, Millis, NEVER};
use config::model::{LogOrigin, ProxyConfig, Toggle};
use http::compress::More;
use http::h1::{BodyDecoder, BodyLength, Connection, Framing, Progress, response_framing};
use rules::observe::{NoTrace, Observer};
use sample::conn_error::ConnError;
use sample::txn::Presence;

use super::transfer::{client_deadline, server_deadline};
use super::{Exchange, Next, Stop};
use crate::client::{Client, poll_fill};
use crate::compress::Coding;
use crate::failure::Failure;
use crate::forward::{self, Broken, Outgoing, Pump, Splicing, Trailers, Way};
use crate::server_conn::{Assigned, ServerConn};
use crate::worker::Worker;
use crate::{balance, compress, cookie, h1, log, pacer, rules_run, tcp};

/// What became of a request that was sent.
#[derive(Debug)]
pub(super) enum HeadResult {
    /// The response's head is in `txn.res`.
    Here,
    /// It failed.
    Failed(Failure),
}

/// One thing that happens while the response's head is awaited.
enum Event {
    Head(Framing),
    Interim,
    Failed(Failure),
}

impl Exchange {
    /// Whether not one byte of a response has come.
    pub(super) fn response_is_untouched(&self) -> bool {
        self.txn.res.presence == Presence::Waiting && self.txn.log.server_bytes_out == 0
    }
}

/// Sends the request and awaits the head of its response. Interim responses pass to the client meanwhile.
pub(super) async fn await_head(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
    backend: &ProxyConfig,
) -> HeadResult {
    begin_upload(server, x, backend);
    let watches = super::watches_client(x);
    let independent = super::is_server_independent(x);
    let mut shutdown = pin!(worker.pools.shutdown.notified());
    loop {
        let begun = clock::now();
        let mut deadline = server_deadline(x, begun);
        let mut moved = (0, false);
        let event = poll_fn(|cx| {
            let event = poll_event(client, x, server, cx);
            let now_moved = (x.upload.received + x.upload.delivered, x.upload.is_paced());
            if now_moved != moved && event.is_pending() {
                moved = now_moved;
                let now = if independent && x.upload.is_done() { begun } else { clock::now() };
                let is_client_due = x.upload.waits_for_source();
                deadline = match now_moved {
                    (_, true) => NEVER,
                    _ if is_client_due => client_deadline(x, now),
                    _ => server_deadline(x, now),
                };
            }
            if event.is_pending() && server.poll_shutdown(&worker.pools, shutdown.as_mut(), cx).is_ready() {
                return Poll::Ready(Event::Failed(Failure::ServerDownBeforeResponse));
            }
            if event.is_pending() && watches && x.upload.is_done() && client.has_gone(cx) {
                return Poll::Ready(Event::Failed(Failure::ClientGoneBeforeResponse));
            }
            if event.is_pending() && client.poll_deadline(deadline, cx).is_ready() {
                return Poll::Ready(Event::Failed(if x.upload.waits_for_source() {
                    Failure::ClientTimeoutBeforeResponse
                } else {
                    Failure::ResponseTimeout
                }));
            }
            event
        })
        .await;
        match event {
            Event::Head(framing) => {
                crate::secure::note_server(server, x);
                note_head(x, framing);
                return HeadResult::Here;
            }
            Event::Interim => {
                if forward_interim(client, x).await.is_err() {
                    return HeadResult::Failed(Failure::ClientGoneBeforeResponse);
                }
            }
            Event::Failed(failure) => return HeadResult::Failed(failure),
        }
    }
}

/// Puts the request's head, and as much of its body as rules have buffered, into the upload.
fn begin_upload(server: &ServerConn, x: &mut Exchange, backend: &ProxyConfig) {
    let body = x.framing.map_or(BodyLength::None, |framing| framing.body);
    let splicing = x.splicing(Way::Request);
    let outgoing = h1::outgoing(body, http::message::Version::Http11);
    let mut coding = compress::begin(x, Way::Request);
    x.upload.head.clear();
    server.push_proxy_header(&x.txn, &mut x.upload.head);
    let head_at = x.upload.head.len();
    x.txn.req.head.write_to(&mut x.upload.head);
    x.upload.trailers = trailers(backend.options.http_drop_request_trailers);
    x.upload.spell(h1::header_cases(&x.shared, backend, Way::Request), head_at);
    let buffered = if x.body_decoder.is_some() { x.txn.req.body.len() } else { 0 };
    pacer::take_over(x, Way::Request, buffered);
    match x.body_decoder.take() {
        None => {
            x.upload.begin(body, outgoing, splicing, super::limits(&x.shared));
            if let Some(coding) = coding {
                x.upload.compress(coding);
            }
        }
        Some(decoder) => {
            let has_ended = decoder.is_ended();
            write_buffered(&mut x.upload, &x.txn.req.body, &decoder, outgoing, &mut coding);
            if has_ended {
                // All is in the head now, and stays at hand for another attempt.
                x.upload.begin(BodyLength::None, outgoing, Splicing::Off, super::limits(&x.shared));
                x.body_decoder = Some(decoder);
            } else {
                x.upload.resume(decoder, false, outgoing);
                if let Some(coding) = coding {
                    x.upload.compress(coding);
                }
            }
        }
    }
}

/// Frames what was buffered of the body behind the head. What compresses it is gone when the body ends there.
fn write_buffered(
    pump: &mut Pump,
    buffered: &[u8],
    decoder: &BodyDecoder,
    outgoing: Outgoing,
    coding: &mut Option<Box<Coding>>,
) {
    use http::h1::{CHUNK_END, CHUNK_HEADER_BYTES_MAX, chunk_header};
    let trailers = pump.trailers.of(decoder);
    let cases = pump.header_cases.as_deref();
    let out = &mut pump.head;
    if let Some(mut working) = coding.take() {
        let more = if decoder.is_ended() { More::Nothing } else { More::Follows };
        working.push(buffered, more, out);
        match more {
            More::Nothing => forward::write_end(trailers, cases, out),
            More::Follows => *coding = Some(working),
        }
        return;
    }
    if outgoing == Outgoing::Plain {
        out.extend_from_slice(buffered);
        return;
    }
    if !buffered.is_empty() {
        let mut header = [0; CHUNK_HEADER_BYTES_MAX];
        let len = chunk_header(buffered.len(), &mut header);
        out.extend_from_slice(&header[..len]);
        out.extend_from_slice(buffered);
        out.extend_from_slice(CHUNK_END);
    }
    if decoder.is_ended() {
        forward::write_end(trailers, cases, out);
    }
}

fn trailers(drops: Toggle) -> Trailers {
    if drops.is_on() { Trailers::Dropped } else { Trailers::Kept }
}

fn poll_event(
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
    cx: &mut Context<'_>,
) -> Poll<Event> {
    if !x.upload.is_done() {
        match x.upload.poll(&mut client.input, &mut client.conn, &mut server.conn, cx) {
            Poll::Ready(Ok(())) | Poll::Pending => {}
            Poll::Ready(Err(Broken::Source)) => {
                return Poll::Ready(Event::Failed(Failure::ClientGoneBeforeResponse));
            }
            Poll::Ready(Err(Broken::Framing)) => return Poll::Ready(Event::Failed(Failure::BadRequest(400))),
            // The server may have answered before it closed: what it said counts.
            Poll::Ready(Err(Broken::Sink)) => x.upload.abandon(),
        }
    }
    loop {
        if !server.input.is_empty()
            && let Some(event) = parse(x, server)
        {
            return Poll::Ready(event);
        }
        match poll_fill(&mut server.conn, &mut server.input, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(n)) if n > 0 => x.txn.log.server_bytes_out += n as u64,
            Poll::Ready(Err(error)) if error.kind() == std::io::ErrorKind::StorageFull => {
                crate::capture::response(x, server.input.data(), None);
                return Poll::Ready(Event::Failed(Failure::BadResponse));
            }
            Poll::Ready(Err(error))
                if is_refusal(&error) && server.uses == 1 && x.response_is_untouched() =>
            {
                x.txn.server_conn_error = Some(ConnError::of(&error));
                return Poll::Ready(Event::Failed(Failure::ConnectRefused));
            }
            Poll::Ready(Err(_)) if x.response_is_untouched() && crate::secure::note_fatal(server, x) => {
                return Poll::Ready(Event::Failed(Failure::ConnectRefused));
            }
            // A head that was begun and not finished is no HTTP.
            Poll::Ready(Ok(_)) if !server.input.is_empty() => {
                return Poll::Ready(Event::Failed(Failure::BadResponse));
            }
            Poll::Ready(Ok(_) | Err(_)) => return Poll::Ready(Event::Failed(Failure::ResponseAborted)),
        }
    }
}

/// A connection used before it stood learns only now that it was refused.
fn is_refusal(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::ConnectionRefused
}

fn parse(x: &mut Exchange, server: &mut ServerConn) -> Option<Event> {
    match x.response_parser.parse(server.input.data(), &mut x.txn.res.head) {
        Ok(Progress::Partial) => None,
        Ok(Progress::Done { consumed }) => {
            server.input.consume(consumed);
            if server.input.is_empty() {
                server.input = net::Buf::none();
            }
            let method = x.txn.req.head.method_kind();
            let policy = x.response_policy;
            match response_framing(&mut x.txn.res.head, method, policy) {
                Ok(_) if matches!(x.txn.res.head.status(), 100..=199) && x.txn.res.head.status() != 101 => {
                    Some(Event::Interim)
                }
                Ok(framing) => Some(Event::Head(framing)),
                Err(_) => Some(Event::Failed(Failure::BadResponse)),
            }
        }
        Err(error) => {
            crate::capture::response(x, server.input.data(), Some(error.at));
            Some(Event::Failed(Failure::BadResponse))
        }
    }
}

async fn forward_interim(client: &mut Client, x: &mut Exchange) -> Result<(), Failure> {
    if !x.txn.req.head.version().is_11_or_above() {
        return Ok(());
    }
    x.scratch.clear();
    x.txn.res.head.write_to(&mut x.scratch);
    h1::respell_answer(x);
    send_scratch(client, x).await?;
    x.txn.res.head.clear();
    Ok(())
}

/// Sends what stands in `scratch` to the client, ahead of the response.
pub(super) async fn send_scratch(client: &mut Client, x: &mut Exchange) -> Result<(), Failure> {
    let deadline = client_deadline(x, clock::now());
    let mut sent = 0;
    while sent < x.scratch.len() {
        let wrote = poll_fn(|cx| match client.conn.poll_write(cx, &x.scratch[sent..]) {
            Poll::Ready(result) => Poll::Ready(result.map_err(|_| Failure::ClientGoneBeforeResponse)),
            Poll::Pending => {
                client.poll_deadline(deadline, cx).map(|()| Err(Failure::ClientTimeoutBeforeResponse))
            }
        });
        sent += wrote.await?;
    }
    x.txn.log.bytes_out += sent as u64;
    Ok(())
}

/// The response's head is complete.
pub(crate) fn note_head(x: &mut Exchange, framing: Framing) {
    x.txn.times.response = Some(clock::now());
    x.txn.res.presence = Presence::Here;
    x.txn.log.server_status = x.txn.res.head.status();
    x.txn.res.length = match framing.body {
        BodyLength::Length(n) => Some(n),
        BodyLength::None => Some(0),
        BodyLength::Chunked | BodyLength::UntilClose => None,
    };
    x.response_framing = Some(framing);
}

/// Runs response rules, sends the response, and ends the exchange.
pub(super) async fn forward(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    mut server: ServerConn,
) -> Result<Next, Stop> {
    let config = x.shared.config.clone();
    let frontend = config.proxy(x.txn.frontend.id);
    let backend = config.proxy(x.txn.backend.id);
    let framing = x.response_framing.expect("set with the head");
    note_response(x, frontend, backend, &mut NoTrace);
    if config.uses.rtt {
        super::note_tcp_info(x, client);
        x.txn.server_rtt_us = super::rtt_us(server.conn.conn());
    }
    super::body::note_waiting_response(&server, x);
    run_rules(client, &mut server, x).await?;
    edit_cookies(x, backend)?;
    if !backend.rules.http_after.is_empty() {
        rules_run::run(client, x, backend.id, |r| &r.http_after).await?;
    }
    if frontend.id != backend.id && !frontend.rules.http_after.is_empty() {
        rules_run::run(client, x, frontend.id, |r| &r.http_after).await?;
    }
    let keeps_client = keeps_client(x) && !worker.sends_away() && x.upload.is_done();
    let (outgoing, client_stays) = complete_head(x, &framing, keeps_client);
    begin_download(x, frontend, &framing, outgoing);
    if x.wants_head_only() {
        x.download.discard();
    }
    x.has_answered = true;
    log::at_response(x, LogOrigin::Response);
    if framing.connection == Connection::Tunnel {
        return Box::pin(tcp::tunnel(worker, client, x, server)).await;
    }
    let (server, result) = match x.download.take_in(&mut server.input) {
        Ok(true) if keeps_server(x, &framing) => {
            // Others may use its connection while the client takes what is left.
            let (assigned, mut input) = release(worker, client, x, server);
            let result = flush(client, x, &mut input).await;
            drop(assigned);
            (None, result)
        }
        Ok(_) => {
            let result = pump(worker, client, x, &mut server).await;
            (Some(server), result)
        }
        Err(_) => (Some(server), Err(Failure::ServerAborted)),
    };
    finish(worker, client, x, server, &framing, client_stays, result)
}

/// Whether the server's connection outlives this response.
fn keeps_server(x: &Exchange, framing: &Framing) -> bool {
    framing.connection == Connection::KeepAlive && x.upload.is_done() && h1::keeps_server(x)
}

/// Lets go of the server's connection, whose response has come.
fn release(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &Exchange,
    mut server: ServerConn,
) -> (Assigned, net::Buf) {
    server.made.is_private |= x.is_server_private;
    let reuse = x.shared.config.proxy(x.txn.backend.id).http_reuse;
    server.release(worker, client, reuse)
}

/// What is kept of a response before rules change it: captures, counters, whether it will be compressed, the server in
/// stick tables.
pub(crate) fn note_response<O: Observer>(
    x: &mut Exchange,
    frontend: &ProxyConfig,
    backend: &ProxyConfig,
    o: &mut O,
) {
    capture(frontend, x);
    count_server_status(x);
    compress::judge(x);
    x.is_server_private = authenticates_connection(x);
    if !backend.stick.is_empty() {
        crate::stick::store(backend, &x.txn, &mut x.stick_stores, o);
    }
}

/// Whether the server asks for a scheme that authenticates the whole connection: NTLM or Negotiate, whatever it is called.
fn authenticates_connection(x: &Exchange) -> bool {
    let name: &[u8] = match x.txn.log.server_status {
        401 => b"www-authenticate",
        407 => b"proxy-authenticate",
        _ => return false,
    };
    let names_it = |value: &[u8]| {
        value.get(..4).is_some_and(|s| s.eq_ignore_ascii_case(b"nego") || s.eq_ignore_ascii_case(b"ntlm"))
    };
    x.txn
        .res
        .head
        .fields
        .all(name)
        .any(|line| line.split(|byte| *byte == b',').any(|v| names_it(v.trim_ascii())))
}

/// The persistence cookie, and `option checkcache`.
pub(crate) fn edit_cookies(x: &mut Exchange, backend: &ProxyConfig) -> Result<(), Stop> {
    if backend.options.checkcache.is_on() && cookie::leaks_into_caches(&x.txn) {
        return Err(Failure::ResponseDenied.into());
    }
    let ignores = || balance::persistence(backend, &x.txn, &mut NoTrace) == balance::Persistence::Ignored;
    if let Some(cookie) = backend.cookie.as_ref().filter(|_| !ignores()) {
        cookie::edit_response(cookie, backend, &mut x.txn);
    }
    Ok(())
}

/// The last edits of the response's head: how its body is framed for the client, and whether the client's connection
/// goes on.
pub(crate) fn complete_head(x: &mut Exchange, framing: &Framing, keeps_client: bool) -> (Outgoing, bool) {
    let client_version = x.txn.req.head.version();
    let outgoing = match x.txn.compression {
        None => h1::outgoing(framing.body, client_version),
        Some(algorithm) => {
            http::compress::announce(&mut x.txn.res.head, algorithm);
            Outgoing::Chunked
        }
    };
    let is_cut = framing.body == BodyLength::UntilClose
        || (framing.body == BodyLength::Chunked && outgoing == Outgoing::Plain && !is_bodiless(x, framing));
    if framing.body == BodyLength::Chunked && outgoing == Outgoing::Plain {
        x.txn.res.head.fields.remove_known(http::message::Known::TransferEncoding);
    }
    let client_stays = !is_cut && keeps_client;
    h1::finish_response(x, framing, client_stays);
    x.txn.log.status = x.txn.res.head.status();
    (outgoing, client_stays)
}

fn is_bodiless(x: &Exchange, framing: &Framing) -> bool {
    framing.body == BodyLength::None || x.wants_head_only()
}

async fn run_rules(client: &mut Client, server: &mut ServerConn, x: &mut Exchange) -> Result<(), Stop> {
    let (front, back) = (x.txn.frontend.id, x.txn.backend.id);
    for id in [Some(back), (front != back).then_some(front)].into_iter().flatten() {
        if !x.shared.proxy(id).has_response_rules {
            continue;
        }
        rules_run::run_on_response(client, server, x, id, |r| &r.tcp_response).await?;
        rules_run::run_on_response(client, server, x, id, |r| &r.http_response).await?;
        rules_run::run_on_response(client, server, x, id, |r| &r.legacy_response).await?;
    }
    Ok(())
}

fn capture(frontend: &ProxyConfig, x: &mut Exchange) {
    super::request::capture_headers(
        &frontend.captures.response,
        &x.txn.res.head.fields,
        &mut x.txn.res_captures,
    );
    if let Some(wanted) = &frontend.capture_cookie {
        x.txn.log.response_cookie = cookie::captured_response(wanted, &x.txn.res.head.fields);
    }
}

fn count_server_status(x: &Exchange) {
    log::count_tracked_status(&x.shared.config, &x.txn, x.txn.log.server_status, clock::now());
    if let Some(server) = &x.txn.server {
        server.counters.here().count_status(x.txn.log.server_status);
    }
}

/// Whether the client's connection outlives this response, as far as the request decides.
pub(crate) fn keeps_client(x: &Exchange) -> bool {
    let asked = x.framing.is_some_and(|f| f.connection == Connection::KeepAlive);
    asked && h1::keeps_client(x)
}

fn begin_download(x: &mut Exchange, front: &ProxyConfig, framing: &Framing, outgoing: Outgoing) {
    let splicing = x.splicing(Way::Response);
    let mut coding = compress::begin(x, Way::Response);
    x.download.head.clear();
    x.txn.res.head.write_to(&mut x.download.head);
    x.download.trailers = trailers(front.options.http_drop_response_trailers);
    x.download.spell(h1::header_cases(&x.shared, front, Way::Response), 0);
    let buffered = if x.response_decoder.is_some() { x.txn.res.body.len() } else { 0 };
    pacer::take_over(x, Way::Response, buffered);
    match x.response_decoder.take() {
        None => x.download.begin(framing.body, outgoing, splicing, super::limits(&x.shared)),
        Some(decoder) => {
            let has_ended = decoder.is_ended();
            if !x.wants_head_only() {
                write_buffered(&mut x.download, &x.txn.res.body, &decoder, outgoing, &mut coding);
            }
            x.download.resume(decoder, has_ended, outgoing);
        }
    }
    if let Some(coding) = coding {
        x.download.compress(coding);
    }
}

/// Forwards both bodies until the response is over.
async fn pump(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
) -> Result<(), Failure> {
    let mut shutdown = pin!(worker.pools.shutdown.notified());
    let counts_on = super::counts_on(x);
    let independent = super::is_server_independent(x);
    let mut seen = (0, 0, false);
    let mut deadline = clock::now();
    let mut is_first = true;
    poll_fn(|cx| {
        if !x.upload.is_done() {
            match x.upload.poll(&mut client.input, &mut client.conn, &mut server.conn, cx) {
                Poll::Ready(Ok(())) | Poll::Pending => {}
                Poll::Ready(Err(_)) => x.upload.abandon(),
            }
        }
        match x.download.poll(&mut server.input, &mut server.conn, &mut client.conn, cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(Broken::Sink)) => return Poll::Ready(Err(Failure::ClientAborted)),
            Poll::Ready(Err(Broken::Source | Broken::Framing)) => {
                return Poll::Ready(Err(Failure::ServerAborted));
            }
            Poll::Pending => {}
        }
        if server.poll_shutdown(&worker.pools, shutdown.as_mut(), cx).is_ready() {
            return Poll::Ready(Err(Failure::ServerDown));
        }
        let waits_for_server = x.download.waits_for_source();
        // What goes to an independent side says nothing about whether that side lives.
        let (to_server, from_client) =
            if independent { (0, 0) } else { (x.upload.delivered, x.upload.received) };
        let is_paced = x.download.is_paced() || x.upload.is_paced();
        let now_seen = (x.download.received + to_server, x.download.delivered + from_client, is_paced);
        if is_first || now_seen != seen {
            is_first = false;
            seen = now_seen;
            if counts_on {
                log::count_moved(x);
            }
            let now = clock::now();
            deadline = match now_seen {
                (_, _, true) => NEVER,
                _ if waits_for_server => server_deadline(x, now),
                _ => client_deadline(x, now),
            };
        }
        client
            .poll_deadline(deadline, cx)
            .map(|()| Err(if waits_for_server { Failure::ServerTimeout } else { Failure::ClientTimeout }))
    })
    .await
}

/// Sends the client what is left of a response that has come.
async fn flush(client: &mut Client, x: &mut Exchange, input: &mut net::Buf) -> Result<(), Failure> {
    let counts_on = super::counts_on(x);
    let mut waits: Option<(u64, Millis)> = None;
    poll_fn(|cx| {
        match x.download.poll_flush(input, &mut client.conn, cx) {
            Poll::Ready(result) => return Poll::Ready(result.map_err(|_| Failure::ClientAborted)),
            Poll::Pending => {}
        }
        let delivered = x.download.delivered;
        let deadline = match waits {
            Some((before, deadline)) if before == delivered => deadline,
            Some(_) | None => client_deadline(x, clock::now()),
        };
        if counts_on && waits.is_none_or(|(before, _)| before != delivered) {
            log::count_moved(x);
        }
        waits = Some((delivered, deadline));
        client.poll_deadline(deadline, cx).map(|()| Err(Failure::ClientTimeout))
    })
    .await
}

/// Decides about both connections, and logs. `server` is `None` where its connection was let go before.
fn finish(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    server: Option<ServerConn>,
    framing: &Framing,
    client_stays: bool,
    result: Result<(), Failure>,
) -> Result<Next, Stop> {
    x.txn.log.bytes_in += x.upload.taken;
    x.txn.log.server_bytes_in += x.upload.delivered;
    x.txn.log.server_bytes_out += x.download.received;
    x.txn.log.bytes_out += x.download.delivered;
    super::count_spliced(x);
    if let Err(failure) = result {
        log::note_failure(&mut x.txn, failure);
        drop(server);
        log::finish(x);
        return Ok(Next::Close);
    }
    let upload_done = x.upload.is_done();
    // Bytes behind a complete response belong to nobody.
    if let Some(server) = server
        && server.input.is_empty()
        && keeps_server(x, framing)
    {
        release(worker, client, x, server);
    }
    client.idle_since = log::finish(x);
    Ok(if client_stays && upload_done { Next::Again } else { Next::Close })
}
