//! TCP mode: a stream is the whole connection. Also what an HTTP connection becomes after an upgrade.
//!
//! ```text
//! inspect (tcp-request content) -> switch -> inspect -> connect -> relay both ways, half-closes kept -> log
//! ```

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use base::ProxyId;
use base::clock::{self, Millis};
use config::model::LogOrigin;
use rules::Wait;
use rules::observe::NoTrace;
use rules::ruleset::Verdict;
use sample::txn::Presence;

use crate::client::Client;
use crate::failure::Failure;
use crate::forward::{Broken, Way};
use crate::rules_run::{Turn, Walk};
use crate::server_conn::ServerConn;
use crate::stream::{self, Exchange, Next, Stop};
use crate::streams::unless_killed;
use crate::worker::Worker;
use crate::{log, pacer, relay, rules_run};

/// Carries a TCP session to its end.
pub(crate) async fn run(worker: Rc<Worker>, mut client: Client) {
    let mut exchange = stream::begin(&worker, &mut client);
    let x = &mut *exchange;
    x.txn.session.requests += 1;
    x.txn.times.start = x.txn.session.accepted;
    x.txn.times.request_wall = x.txn.session.accepted_wall;
    x.txn.log.request_number = x.shared.runtime.next_request_number();
    let card = x.card.clone();
    card.begin(&x.txn, x.txn.times.start);
    let done = {
        let work = pin!(carry(&worker, &mut client, x));
        unless_killed(&card, work).await
    };
    let Some(done) = done else {
        log::finish_killed(x);
        return;
    };
    let ending = done.err().map(|stop| refuse(&mut client, x, stop));
    // A refusal may go without a line.
    card.end();
    stream::end(&worker, &mut client, exchange);
    match ending {
        None | Some(Ending::Silence) => {}
        Some(Ending::Now) => crate::reply::close_cleanly(&mut client).await,
        Some(Ending::Linger) => crate::reply::linger(&mut client).await,
    }
}

/// How the connection of a client is closed that was not served. What it has sent and nobody read would make the kernel
/// reset the connection, and what was sent to the client might be lost with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Without a word, as a rule asks.
    Silence,
    /// What has come is read, and no more is waited for: a rule refused it.
    Now,
    /// What is still on its way is read too, for a moment.
    Linger,
}

fn refuse(client: &mut Client, x: &mut Exchange, stop: Stop) -> Ending {
    let (failure, ending) = match stop {
        Stop::Failure(failure) => (failure, Ending::Linger),
        Stop::Redirect(_) | Stop::Service(_) => (Failure::NoServer, Ending::Linger),
        Stop::Verdict(verdict) => {
            let failure = rules_run::refusal(&verdict, x.txn.res.presence == Presence::Here);
            if matches!(verdict, Verdict::SilentDrop) {
                crate::reply::drop_silently(client, x);
                (failure, Ending::Silence)
            } else {
                (failure, Ending::Now)
            }
        }
    };
    let options = &x.shared.config.proxy(x.txn.frontend.id).options;
    if failure == Failure::RequestAborted && x.txn.req.body.is_empty() && options.dontlognull.is_on() {
        return ending;
    }
    log::note_failure(&mut x.txn, failure);
    log::finish(x);
    ending
}

async fn carry(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange) -> Result<(), Stop> {
    let config = x.shared.config.clone();
    let frontend = config.proxy(x.txn.frontend.id);
    if !frontend.captures.request.is_empty() {
        x.txn.req_captures.resize(frontend.captures.request.len(), None);
    }
    log::at_step(x, LogOrigin::Accept);
    inspect(client, x, frontend.id).await?;
    if let Some(format) = &frontend.unique_id_format {
        stream::make_unique_id(frontend, format, x);
    }
    stream::switch(x, frontend, &mut NoTrace)?;
    if x.txn.backend.id != frontend.id {
        inspect(client, x, x.txn.backend.id).await?;
    }
    let server = stream::connect_stream(worker, client, x).await?;
    x.upload.head.clear();
    server.push_proxy_header(&x.txn, &mut x.upload.head);
    x.upload.head.extend_from_slice(&x.txn.req.body);
    x.txn.log.bytes_in = x.txn.req.body.len() as u64;
    let buffered = x.txn.req.body.len();
    pacer::take_over(x, Way::Request, buffered);
    x.download.head.clear();
    let backend = config.proxy(x.txn.backend.id);
    if !backend.stick.is_empty() {
        crate::stick::store(backend, &x.txn, &mut x.stick_stores, &mut NoTrace);
    }
    log::at_response(x, LogOrigin::Connect);
    Box::pin(carry_both(worker, client, x, server)).await;
    Ok(())
}

/// Runs content rules, reading more as long as they ask and `inspect-delay` lasts.
async fn inspect(client: &mut Client, x: &mut Exchange, proxy: ProxyId) -> Result<(), Stop> {
    let config = x.shared.config.clone();
    let config = config.proxy(proxy);
    if config.rules.tcp_content.is_empty() {
        return Ok(());
    }
    let delay = config.request_inspect_delay;
    let deadline = delay.map_or(Millis(0), |delay| clock::now().plus(delay));
    let mut walk = Walk::of(&config.rules.tcp_content);
    loop {
        let is_final = x.txn.req.body_is_complete || x.txn.req.body_is_final || clock::now() >= deadline;
        let turn = walk.inspect(&mut x.txn, Way::Request, is_final, &mut NoTrace);
        rules_run::mark_client(client, &mut x.txn);
        match turn.map_err(Stop::Verdict)? {
            Turn::Over => return Ok(()),
            Turn::Log(call) => log::write_call(x, call),
            Turn::Wait(Wait::Name(call)) => {
                let until = delay.map_or(base::clock::NEVER, |_| deadline);
                Box::pin(rules_run::resolve_name(x, &call, until)).await;
            }
            Turn::More | Turn::Wait(_) => read_more(client, x, deadline).await?,
        }
    }
}

/// Runs the rules on what the server says first (`tcp-response content`), while what the client says goes to it.
async fn inspect_response(
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
) -> Result<(), Failure> {
    let config = x.shared.config.clone();
    let (back, front) = (x.txn.backend.id, x.txn.frontend.id);
    if x.txn.frontend.mode != state::proxy::Mode::Tcp {
        return Ok(());
    }
    let sides = [Some(back), (front != back).then_some(front)];
    for proxy in sides.into_iter().flatten().map(|id| config.proxy(id)) {
        if proxy.rules.tcp_response.is_empty() {
            continue;
        }
        let mut walk = Walk::of(&proxy.rules.tcp_response);
        let delay = proxy.response_inspect_delay;
        while x.txn.res.body.is_empty() && !x.txn.res.body_is_final {
            read_response(client, x, server, Millis(u64::MAX)).await?;
        }
        let deadline = delay.map_or(Millis(0), |delay| clock::now().plus(delay));
        loop {
            let is_final = x.txn.res.body_is_final || clock::now() >= deadline;
            let turn = walk.inspect(&mut x.txn, Way::Response, is_final, &mut NoTrace);
            rules_run::mark_client(client, &mut x.txn);
            match turn.map_err(|_| Failure::TcpResponseRejected)? {
                Turn::Over => break,
                Turn::Log(call) => log::write_call(x, call),
                Turn::More | Turn::Wait(_) => read_response(client, x, server, deadline).await?,
            }
        }
    }
    // What was looked at goes to the client first.
    x.download.head.extend_from_slice(&x.txn.res.body);
    let buffered = x.txn.res.body.len();
    pacer::take_over(x, Way::Response, buffered);
    Ok(())
}

/// One more piece of the response for inspection, or the note that there will be none.
async fn read_response(
    client: &mut Client,
    x: &mut Exchange,
    server: &mut ServerConn,
    deadline: Millis,
) -> Result<(), Failure> {
    let (idle, late) = relay::first_deadline(x);
    let got = poll_fn(|cx| {
        if !x.upload.is_done() {
            match x.upload.poll(&mut client.input, &mut client.conn, &mut server.conn, cx) {
                Poll::Ready(Err(Broken::Source)) => return Poll::Ready(Err(Failure::ClientAborted)),
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Failure::ServerAborted)),
                Poll::Ready(Ok(())) => drop(server.conn.shutdown_write()),
                Poll::Pending => {}
            }
        }
        match crate::client::poll_fill(&mut server.conn, &mut server.input, cx) {
            Poll::Ready(Ok(n)) => Poll::Ready(Ok(Some(n))),
            Poll::Ready(Err(_)) => Poll::Ready(Err(Failure::ServerAborted)),
            Poll::Pending if deadline < idle => client.poll_deadline(deadline, cx).map(|()| Ok(None)),
            Poll::Pending => client.poll_deadline(idle, cx).map(|()| Err(late)),
        }
    })
    .await?;
    if got.is_some_and(|n| n > 0) {
        x.txn.times.response.get_or_insert_with(clock::now);
        x.txn.res.body.extend_from_slice(server.input.data());
        x.txn.log.server_bytes_out += server.input.len() as u64;
        server.input = net::Buf::none();
    }
    let limit = x.shared.config.global.tune.bufsize;
    x.txn.res.body_is_complete = got == Some(0);
    x.txn.res.body_is_final = matches!(got, None | Some(0)) || x.txn.res.body.len() >= limit;
    Ok(())
}

/// One more piece for inspection, or the note that there will be none.
async fn read_more(client: &mut Client, x: &mut Exchange, deadline: Millis) -> Result<(), Stop> {
    let got = poll_fn(|cx| match client.poll_fill(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => client.poll_deadline(deadline, cx).map(|()| None),
    })
    .await;
    match got {
        Some(Ok(n)) if n > 0 => {
            x.txn.times.first_byte.get_or_insert_with(clock::now);
            x.txn.req.body.extend_from_slice(client.input.data());
            x.txn.req.presence = Presence::Waiting;
            client.input = net::Buf::none();
            let limit = x.shared.config.global.tune.bufsize;
            x.txn.req.body_is_final = x.txn.req.body.len() >= limit;
        }
        Some(Ok(_)) => x.txn.req.body_is_complete = true,
        Some(Err(_)) => return Err(Failure::RequestAborted.into()),
        None => x.txn.req.body_is_final = true,
    }
    Ok(())
}

/// Goes on as a tunnel after a 101, or a 200 to CONNECT, whose head is in the download.
pub(crate) async fn tunnel(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    server: ServerConn,
) -> Result<Next, Stop> {
    x.upload.head.clear();
    carry_both(worker, client, x, server).await;
    Ok(Next::Close)
}

/// Moves bytes both ways until both directions are over; then logs.
async fn carry_both(worker: &Rc<Worker>, client: &mut Client, x: &mut Exchange, mut server: ServerConn) {
    relay::begin(x);
    let result = match inspect_response(client, x, &mut server).await {
        Ok(()) => relay::run(worker, client, x, &mut server).await,
        Err(failure) => Err(failure),
    };
    x.txn.log.bytes_in += x.upload.taken;
    x.txn.log.bytes_out += x.download.delivered;
    x.txn.log.server_bytes_in += x.upload.delivered;
    x.txn.log.server_bytes_out += x.download.received;
    stream::count_spliced(x);
    drop(server);
    if let Err(failure) = result {
        log::note_failure(&mut x.txn, failure);
    }
    log::finish(x);
}
