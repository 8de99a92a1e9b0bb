//! A session: one client connection from its acceptance to its end.
//!
//! ```text
//!            bytes                      nothing for a while
//! accepted ---------> active (boxed) -----------------------> parked --bytes--> active ...
//!     \__ rules refuse __ closed __ request ends the session __/  \__ timeout, soft stop: closed
//! ```
//! The outer future is what an idle session keeps; everything that an exchange needs is in the boxed future of
//! [`active`] and in the worker's pool of exchanges.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use base::clock::{self, Millis};
use sample::conn_error::ConnError;
use state::proxy::Mode;

use crate::client::Client;
use crate::stream::{self, Next};
use crate::streams::unless_killed;
use crate::worker::Worker;
use crate::{log, proxy_header, rules_run, secure, tcp};

/// Carries a client's connection to its end.
pub(crate) async fn run(worker: Rc<Worker>, mut client: Client) {
    let mode = worker.shared.runtime.proxy(client.session.frontend).mode;
    ask_kernel(&worker, &mut client);
    if !rules_run::admit(&worker, &mut client, |rules| &rules.tcp_connection, |c| &c.denied_conn) {
        return;
    }
    let session = &client.session;
    if session.expects_proxy || session.expects_netscaler || client.place.listener.tls.is_some() {
        match Box::pin(introduced(&worker, client)).await {
            Some(introduced) => client = introduced,
            None => return,
        }
    }
    if !rules_run::admit(&worker, &mut client, |rules| &rules.tcp_session, |c| &c.denied_sess) {
        return;
    }
    count_session(&worker, &client);
    if mode != Mode::Http {
        return Box::pin(tcp::run(worker, client)).await;
    }
    loop {
        match Box::pin(active(&worker, client)).await {
            Some(parked) => client = parked,
            None => return,
        }
        if !park(&worker, &mut client).await {
            return;
        }
    }
}

/// What the kernel knows of a connection and rules may ask from its beginning on.
fn ask_kernel(worker: &Worker, client: &mut Client) {
    let uses = worker.shared.config.uses;
    if uses.rtt {
        client.session.tcp_info = client.conn.conn().tcp_info().ok().map(Box::new);
    }
    if uses.saved_syn {
        let syn = client.conn.conn().saved_syn().ok();
        client.session.saved_syn = syn.filter(|bytes| !bytes.is_empty()).map(Box::new);
    }
}

/// What comes between the rules on a connection and those on its session: a PROXY or NetScaler header, which tells its
/// addresses, and the TLS handshake.
async fn introduced(worker: &Rc<Worker>, mut client: Client) -> Option<Client> {
    let timeout = worker.shared.runtime.proxy(client.session.frontend).timeouts.client;
    if client.session.expects_proxy && !proxy_header::receive(&mut client, timeout).await {
        log_stranger(worker, &mut client);
        return None;
    }
    if client.session.expects_netscaler {
        // A rule may ask for the header where the line does not say how it begins: HAProxy then expects zeroes.
        let magic = client.place.listener.netscaler_magic.unwrap_or_default();
        if !proxy_header::receive_netscaler(&mut client, magic, timeout).await {
            log_stranger(worker, &mut client);
            return None;
        }
    }
    if let Some(context) = client.place.listener.tls.as_ref().map(|slot| slot.current()) {
        client = secure::wrap(client, context);
        if let Err(unfinished) = secure::greet_client(worker, &mut client).await {
            log::write_embryonic(worker, &mut client, &secure::describe(&unfinished));
            return None;
        }
    }
    Some(client)
}

/// Logs a connection that ended before anybody knew whose it was.
fn log_stranger(worker: &Rc<Worker>, client: &mut Client) {
    let what = client.session.conn_error.map_or("unknown connection error", ConnError::text);
    log::write_embryonic(worker, client, what);
}

fn count_session(worker: &Rc<Worker>, client: &Client) {
    let counters = worker.shared.runtime.proxy(client.session.frontend).frontend.here();
    counters.cum_sess.bump();
    client.session.listener.count(|counters| counters.cum_sess.bump());
    let now = clock::now();
    counters.sess_rate.bump(now);
    worker.shared.runtime.rates.sessions.here().bump(now);
}

/// Exchanges until the client falls silent (then it comes back) or the session is over.
async fn active(worker: &Rc<Worker>, mut client: Client) -> Option<Client> {
    let mut exchange = stream::begin(worker, &mut client);
    let card = exchange.card.clone();
    let next = loop {
        let outcome = {
            let work = pin!(stream::run(worker, &mut client, &mut exchange));
            unless_killed(&card, work).await
        };
        let Some(next) = outcome else {
            log::finish_killed(&mut exchange);
            return None;
        };
        match next {
            Next::Again => {}
            next @ (Next::Park | Next::Close) => break next,
        }
    };
    stream::end(worker, &mut client, exchange);
    let stays = next == Next::Park;
    stays.then_some(client)
}

/// Waits for bytes with next to no memory; false when the session is over.
async fn park(worker: &Rc<Worker>, client: &mut Client) -> bool {
    let mut deadline = idle_deadline(worker, client);
    let stays = outlives_stop(worker, client) || client.session.requests == 0;
    let mut stopping = std::pin::pin!(worker.stopping.notified());
    let goes_at = |since: Millis| worker.farewell.idle_deadline(since, clock::now());
    let mut is_told = worker.is_stopping.get();
    if is_told && !stays {
        deadline = deadline.min(goes_at(client.idle_since));
    }
    poll_fn(|cx| {
        if client.poll_fill(cx).is_ready() {
            // End of stream or an error: the exchange reads it again and decides what it means.
            return Poll::Ready(true);
        }
        if !stays && !is_told && std::future::Future::poll(stopping.as_mut(), cx).is_ready() {
            is_told = true;
            deadline = deadline.min(goes_at(client.idle_since));
        }
        client.poll_deadline(deadline, cx).map(|()| client.session.requests == 0)
    })
    .await
}

/// Whether a soft stop lets a silent client have one more request (`option idle-close-on-response`).
fn outlives_stop(worker: &Worker, client: &Client) -> bool {
    let frontend = client.place.listener.proxy;
    worker.shared.config.proxy(frontend).options.idle_close_on_response.is_on()
}

fn idle_deadline(worker: &Rc<Worker>, client: &Client) -> Millis {
    let timeouts = &worker.shared.runtime.proxy(client.session.frontend).timeouts;
    if client.session.requests == 0 {
        return client.session.accepted.deadline(timeouts.http_request.or(timeouts.client));
    }
    let idle = timeouts.http_keep_alive.or(timeouts.http_request).or(timeouts.client);
    clock::now().deadline(idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_bytes<A, B, F: Future>(_: fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    /// What an idle session keeps: its future, the session's facts and its place in the counters. The sockets' own
    /// registrations and the task around the future come on top of it.
    #[test]
    fn an_idle_session_is_small() {
        assert!(future_bytes(run) <= 384, "future: {}", future_bytes(run));
        let kept = size_of::<sample::Session>() + size_of::<crate::client::Place>();
        assert!(kept <= 320, "facts: {kept}");
    }
}
