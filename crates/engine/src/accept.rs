//! Accepting: limits, `tcp-request connection` rules, and the birth of a session.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::clock;
use net::buffer::Buf;
use net::listener::{AcceptTrouble, Accepted, Listener, accept_trouble};
use net::{Conn, Timer};
use sample::Session;
use state::rates::Limited;
use tls::Transport;

use crate::client::{Client, Place};
use crate::shared::ListenerRun;
use crate::worker::{Assigned, Message, Worker, spawn_session};

/// How long an acceptor pauses that found no descriptor or no memory left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Accepts on one listener until the task is aborted.
pub(crate) async fn run(worker: Rc<Worker>, assigned: Assigned) {
    let run = worker.shared.listeners[assigned.listener].clone();
    let Ok(mut listener) = Listener::from_fd(assigned.fd) else { return };
    let mut next = 0;
    loop {
        wait_for_room(&worker, &run).await;
        match poll_fn(|cx| listener.poll_accept(cx)).await {
            Ok(Accepted { fd, peer }) if assigned.is_shared => {
                hand_round(&worker, fd, peer, assigned.listener, &mut next);
            }
            Ok(Accepted { fd, peer }) => adopt(&worker, fd, peer, assigned.listener),
            Err(error) => match accept_trouble(&error) {
                AcceptTrouble::Exhausted => {
                    net::timer::sleep_until(clock::now().plus(EXHAUSTED_PAUSE)).await;
                }
                AcceptTrouble::Broken => return,
            },
        }
    }
}

/// Waits while the frontend, the listener or the process has as many connections as it may have. The kernel's queue
/// holds those that come meanwhile.
async fn wait_for_room(worker: &Rc<Worker>, run: &ListenerRun) {
    let shared = &worker.shared;
    let frontend = shared.runtime.proxy(run.proxy);
    let mut was_reached = false;
    loop {
        let maxconn = frontend.maxconn.load(Relaxed);
        let process = shared.runtime.maxconn();
        let is_reached = process > 0 && shared.runtime.connections.get() >= process;
        if is_reached && !std::mem::replace(&mut was_reached, true) {
            shared.runtime.maxconn_reached.fetch_add(1, Relaxed);
        }
        let is_full = (maxconn > 0 && frontend.frontend_sessions.get() >= maxconn)
            || is_reached
            || (run.maxconn > 0 && run.sessions.get() >= run.maxconn)
            || is_tls_full(worker, run)
            || shared.runtime.rates.are_reached(clock::now())
            || is_too_fast(shared.config.proxy(run.proxy).session_rate_max, frontend);
        if !is_full {
            return;
        }
        net::timer::sleep_until(clock::now().plus(Duration::from_millis(10))).await;
    }
}

/// Whether as many clients speak TLS as may (`maxsslconn`), or as many began to within a second (`maxsslrate`).
fn is_tls_full(worker: &Rc<Worker>, run: &ListenerRun) -> bool {
    let limits = &worker.shared.config.global.tls;
    let ssl = &worker.shared.runtime.ssl;
    let rate_max = worker.shared.runtime.rates.limit(Limited::TlsSessions);
    run.tls.is_some()
        && (limits.connections_max.is_some_and(|max| ssl.endpoints.get() >= max)
            || (rate_max > 0 && ssl.frontend_rate.read(clock::now()) >= f64::from(rate_max)))
}

/// Whether a second's worth of sessions (`rate-limit sessions`; 0: no limit) has begun within the last one.
fn is_too_fast(rate_max: u32, frontend: &state::Proxy) -> bool {
    if rate_max == 0 {
        return false;
    }
    let now = clock::now();
    frontend.frontend.iter().map(|counters| counters.sess_rate.read(now)).sum::<u32>() >= rate_max
}

/// Gives a connection of a single socket to the workers that serve it, in turn.
fn hand_round(worker: &Rc<Worker>, fd: OwnedFd, peer: Option<SocketAddr>, listener: usize, next: &mut usize) {
    let workers = &worker.shared.listeners[listener].workers;
    let target = workers[*next % workers.len()];
    *next = next.wrapping_add(1);
    let mailboxes = worker.shared.mailboxes.lock();
    if target == worker.index || target >= mailboxes.len() {
        drop(mailboxes);
        adopt(worker, fd, peer, listener);
        return;
    }
    mailboxes[target].send(Message::Accepted { fd, peer, listener });
}

/// Makes a session of an accepted connection, unless its frontend's rules refuse it.
pub(crate) fn adopt(worker: &Rc<Worker>, fd: OwnedFd, peer: Option<SocketAddr>, listener: usize) {
    let run = worker.shared.listeners[listener].clone();
    let shared = &worker.shared;
    let frontend = shared.runtime.proxy(run.proxy);
    frontend.frontend_sessions.enter();
    shared.runtime.connections.enter();
    let now = clock::now();
    let counters = frontend.frontend.here();
    counters.cum_conn.bump();
    run.facts.count(|counters| counters.cum_conn.bump());
    counters.conn_rate.bump(now);
    worker.shared.runtime.rates.connections.here().bump(now);
    let conn = Conn::from_fd(fd);
    let session = make_session(worker, &run, &conn, peer);
    let place = Box::new(Place::new(worker, run));
    tune(worker, &place, &conn);
    let client = Client {
        conn: Transport::Plain(conn),
        timer: Timer::new(),
        input: Buf::none(),
        session: Box::new(session),
        private: None,
        place,
        idle_since: now,
    };
    spawn_session(worker, client);
}

fn make_session(
    worker: &Rc<Worker>,
    run: &Arc<ListenerRun>,
    conn: &Conn,
    peer: Option<SocketAddr>,
) -> Session {
    let dst = if run.needs_dst.load(Relaxed) { destination(conn) } else { run.facts.addr };
    Session {
        id: worker.shared.next_session(),
        src: peer,
        dst,
        socket_src: peer,
        socket_dst: dst,
        accepted_wall: clock::wall(),
        accepted: clock::now(),
        expects_proxy: run.facts.accepts_proxy,
        expects_netscaler: run.netscaler_magic.is_some(),
        ..Session::vacant(run.proxy, run.facts.clone())
    }
}

/// Where the client was going: before netfilter redirected it, if that did.
fn destination(conn: &Conn) -> Option<SocketAddr> {
    let local = conn.local().ok()?.inet()?;
    // An IPv6 socket tells the address of an IPv4 client's as well; only the table of IPv4 is asked, as HAProxy does.
    if !local.is_ipv4() {
        return Some(local);
    }
    net::options::original_dst(conn.fd(), &local).ok().or(Some(local))
}

/// Socket options that are not inherited from the listener. Errors do not matter: the connection works without.
fn tune(worker: &Rc<Worker>, place: &Place, conn: &Conn) {
    let proxy = worker.shared.config.proxy(place.listener.proxy);
    if !place.listener.sets_nodelay {
        let _ = conn.set_nodelay();
    }
    if proxy.options.clitcpka.is_on() {
        let _ = conn.set_keepalive(&proxy.client_keepalive);
    }
}
