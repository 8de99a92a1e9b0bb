//! A connection to a server: its slot under `maxconn`, and how it is got: an idle one, or a new one.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use base::clock::{self, Millis};
use config::model::{HttpReuse, ProxyConfig};
use net::{Buf, Conn, Particulars, PortLease};
use sample::conn_error::ConnError;
use state::Server;
use state::proxy::Mode;
use state::queue::Slot;
use tls::Transport;
use tls::facts::Facts;
use tokio::sync::futures::Notified;

use crate::client::Client;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::pool::{Choice, Idle, Pools, Wanted};
use crate::route::{self, Unstarted};
use crate::secure::{self, Greeted};
use crate::shared::ServerRun;
use crate::socks4;
use crate::stream::Exchange;
use crate::strict_maxconn::Seat;
use crate::worker::Worker;

/// A server that takes this exchange, counted in its sessions until dropped.
pub(crate) struct Assigned {
    pub(crate) run: Arc<ServerRun>,
    /// Dropping it lets the next request of the queue go.
    _slot: Slot,
}

impl Assigned {
    pub(crate) fn new(run: Arc<ServerRun>, slot: Slot) -> Self {
        run.state.sessions.enter();
        let counters = run.state.counters.here();
        counters.cum_sess.bump();
        counters.sess_rate.bump(clock::now());
        counters.last_sess.set(clock::wall().as_secs());
        Assigned { run, _slot: slot }
    }

    pub(crate) fn state(&self) -> &Arc<Server> {
        &self.run.state
    }
}

impl Drop for Assigned {
    fn drop(&mut self) {
        self.run.state.sessions.leave();
    }
}

/// HAProxy's default of `max-session-srv-conns`.
const SESSION_CONNS_MAX: u32 = 5;

/// What a connection occupies; free again when it is closed.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// Its port out of a range.
    pub(crate) _port: Option<PortLease>,
    /// Its place under `strict-maxconn`.
    pub(crate) _seat: Option<Seat>,
}

/// How a connection was made, where not as any other to its server.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// What a request must want to use it again.
    pub(crate) identity: Option<Box<Identity>>,
    /// What it occupies.
    pub(crate) lease: Lease,
    /// Whether its client has shown on it who it is, so that nobody else may use it (NTLM).
    pub(crate) is_private: bool,
}

/// The server's side of an exchange.
pub(crate) struct ServerConn {
    pub(crate) conn: Transport,
    /// What is known of its TLS; `None` until the handshake is over.
    pub(crate) tls: Option<Arc<Facts>>,
    /// Received and not yet understood.
    pub(crate) input: Buf,
    /// Requests that the connection has carried, this one included.
    pub(crate) uses: u32,
    /// How often this server's sessions had been ended when this one began.
    pub(crate) shutdowns: u32,
    /// How it was made; dropped after `conn`.
    pub(crate) made: Made,
    /// Dropped last: who waits for this place finds the connection closed.
    pub(crate) assigned: Assigned,
}

impl ServerConn {
    /// Whether it carried a request before this one.
    pub(crate) fn is_reused(&self) -> bool {
        self.uses > 1
    }

    /// Tells a server that asks for it who the client is, at the start of a new connection.
    pub(crate) fn push_proxy_header(&self, txn: &sample::Txn, out: &mut Vec<u8>) {
        if let Some(header) =
            self.assigned.run.proxy_header.as_ref().filter(|_| !self.is_reused() && !self.conn.is_tls())
        {
            header.push_once(self.made.identity.as_deref().and_then(Identity::header), txn, out);
        }
    }

    /// Whether this server's sessions are to end. Where they may (`on-marked-down shutdown-sessions`), the task is woken
    /// when `shutdown`, made by [`Pools::shutdown`], tells of a server whose sessions do.
    pub(crate) fn poll_shutdown<'p>(
        &self,
        pools: &'p Pools,
        mut shutdown: Pin<&mut Notified<'p>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.assigned.run.shuts_sessions_down && shutdown.as_mut().poll(cx).is_ready() {
            shutdown.set(pools.shutdown.notified());
            // Registers; it cannot be ready so soon.
            let _ = shutdown.as_mut().poll(cx);
        }
        if pools.shutdowns(self.assigned.run.pool) == self.shutdowns {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Keeps the connection for other requests, or for this session alone. The exchange's place at the server comes back,
    /// and what was received: nothing, or a response's last part.
    pub(crate) fn release(
        self,
        worker: &Rc<Worker>,
        client: &mut Client,
        reuse: HttpReuse,
    ) -> (Assigned, Buf) {
        let ServerConn { assigned, conn, tls, uses, input, made, .. } = self;
        if reuse == HttpReuse::Never || assigned.run.is_dispatch || made.is_private {
            let frontend = worker.shared.config.proxy(client.place.listener.proxy);
            let connections_max = frontend.max_session_srv_conns.unwrap_or(SESSION_CONNS_MAX);
            let idle = Idle::new(conn, tls, assigned.run.state.clone(), uses, made);
            client.keep_private(idle, usize::try_from(connections_max).unwrap_or(usize::MAX));
            return (assigned, input);
        }
        let frontend = worker.shared.runtime.proxy(client.place.listener.proxy);
        let clients = frontend.frontend_sessions.get();
        worker.pools.give(&assigned.run, conn, tls, uses, made, clients);
        (assigned, input)
    }
}

/// Gets a connection to the assigned server. `must_be_fresh`: none that was used before.
pub(crate) async fn obtain(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &mut Exchange,
    assigned: Assigned,
    freshness: Freshness,
) -> Result<ServerConn, (Assigned, Failure)> {
    let sni = secure::sni_for(x, &assigned);
    let particulars = match route::particulars(x, &assigned.run) {
        Ok(particulars) => particulars,
        Err(failure) => return Err((assigned, failure)),
    };
    // Connections of TCP are never used again.
    let is_pooled = x.txn.backend.mode == Mode::Http;
    let identity = if is_pooled { Identity::of(x, &assigned.run, &particulars) } else { None };
    if freshness == Freshness::Any
        && let Some(idle) = reuse(worker, client, x, &assigned, sni.as_deref(), identity.as_deref())
    {
        let server = adopt(worker, x, assigned, idle, identity);
        note_addresses(x, server.conn.conn());
        return Ok(server);
    }
    let Some(seat) = take_seat(worker, &assigned.run) else {
        return Err((assigned, Failure::ConnectRefused));
    };
    let deadline = clock::now().deadline(x.txn.overrides.connect.or(x.txn.backend.timeouts.connect));
    let (mut conn, port) = match connect(client, x, &assigned, particulars, deadline).await {
        Ok(connected) => connected,
        Err(failure) => return Err((assigned, failure)),
    };
    if assigned.run.route.as_ref().is_some_and(|route| route.socks4.is_some())
        && let Err(failure) = Box::pin(ask_socks(client, x, &mut conn, deadline)).await
    {
        return Err((assigned, failure));
    }
    let greeted = if assigned.run.tls().is_some() {
        Box::pin(secure::greet_server(client, x, &assigned, conn, sni, identity.as_deref(), deadline)).await
    } else {
        Ok(Greeted { conn: Transport::Plain(conn), tls: None })
    };
    let Greeted { conn, tls } = match greeted {
        Ok(greeted) => greeted,
        Err(failure) => return Err((assigned, failure)),
    };
    note_addresses(x, conn.conn());
    let server = assigned.state();
    server.counters.here().connect.bump();
    x.txn.backend.backend.here().connect.bump();
    let shutdowns = worker.pools.shutdowns(assigned.run.pool);
    let made = Made { identity, lease: Lease { _port: port, _seat: seat }, is_private: false };
    Ok(ServerConn { assigned, conn, tls, input: Buf::none(), uses: 1, shutdowns, made })
}

/// A place for one more connection, where `strict-maxconn` asks for one; `None`: there is none.
#[expect(clippy::option_option, reason = "whether there is one, of those that need one")]
fn take_seat(worker: &Worker, server: &ServerRun) -> Option<Option<Seat>> {
    match &server.strict_maxconn {
        None => Some(None),
        Some(strict) => strict.enter(server.state.maxconn(), || worker.pools.close_one(server)).map(Some),
    }
}

/// Notes the address that the server sees, where anything asks for it.
fn note_addresses(x: &mut Exchange, conn: &Conn) {
    if x.shared.config.uses.server_src {
        x.txn.server_src = conn.local().ok().and_then(|endpoint| endpoint.inet());
    }
}

/// Whether a connection that was used before will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It will.
    Any,
    /// A used one was just lost with this request on it.
    New,
}

fn reuse(
    worker: &Rc<Worker>,
    client: &mut Client,
    x: &Exchange,
    assigned: &Assigned,
    sni: Option<&str>,
    identity: Option<&Identity>,
) -> Option<Idle> {
    let is_named = assigned.run.route.as_ref().is_some_and(|route| route.is_named());
    let mut wanted = Wanted { choice: Choice::Any, sni, is_named, identity };
    if let Some(private) = client.take_private(assigned.state(), &wanted) {
        return Some(private);
    }
    if assigned.run.is_dispatch {
        return None;
    }
    let backend: &ProxyConfig = x.shared.config.proxy(x.txn.backend.id);
    // What is tried again whatever becomes of the connection may be lost with it.
    let retry_on = &backend.retry_on;
    let is_retried = retry_on.conn_failure && retry_on.empty_response && retry_on.response_timeout;
    let is_first = x.txn.session.requests <= 1 && !is_retried;
    wanted.choice = match (backend.http_reuse, is_first) {
        (HttpReuse::Never, _) | (HttpReuse::Safe, true) => return None,
        (HttpReuse::Aggressive, true) => Choice::Proven,
        (HttpReuse::Safe | HttpReuse::Aggressive | HttpReuse::Always, _) => Choice::Any,
    };
    worker.pools.take(&assigned.run, &wanted)
}

fn adopt(
    worker: &Rc<Worker>,
    x: &mut Exchange,
    assigned: Assigned,
    mut idle: Idle,
    identity: Option<Box<Identity>>,
) -> ServerConn {
    assigned.state().counters.here().reuse.bump();
    x.txn.backend.backend.here().reuse.bump();
    x.txn.is_server_reused = true;
    x.txn.server_dst = if assigned.run.follows_client {
        destination(x, &assigned.run).inet()
    } else {
        assigned.state().endpoint().inet()
    };
    x.txn.server_tls.clone_from(&idle.tls);
    let shutdowns = worker.pools.shutdowns(assigned.run.pool);
    let uses = idle.uses + 1;
    let tls = idle.tls.clone();
    let made = Made { identity, lease: std::mem::take(&mut idle.lease), is_private: idle.is_private };
    ServerConn { assigned, conn: idle.into_conn(), tls, input: Buf::none(), uses, shutdowns, made }
}

/// Opens a connection until `deadline`.
async fn connect(
    client: &mut Client,
    x: &mut Exchange,
    assigned: &Assigned,
    particulars: Particulars<'_>,
    deadline: Millis,
) -> Result<(Conn, Option<PortLease>), Failure> {
    let endpoint = destination(x, &assigned.run);
    x.txn.server_dst = endpoint.inet();
    let through = assigned.run.route.as_ref().and_then(|route| route.socks4).map(net::Endpoint::Inet);
    let to = through.as_ref().unwrap_or(&endpoint);
    x.txn.server_conn_error = None;
    let (mut started, lease) =
        route::start(&assigned.run, to, particulars).map_err(|unstarted| not_started(x, &unstarted))?;
    if started.is_established() {
        return Ok((started.into_conn_optimistic(), lease));
    }
    let is_signed = assigned.run.connect.md5sig.is_some();
    if to.inet().is_some_and(|addr| addr.ip().is_loopback()) && !is_signed {
        // The handshake over the loopback is over by now; a refusal is told by the first write. (Only segments with a
        // wrong signature are dropped there.)
        let conn = started.into_conn_optimistic();
        return match conn.take_error() {
            Ok(None) => Ok((conn, lease)),
            Ok(Some(error)) | Err(error) => Err(refused(x, &error)),
        };
    }
    let watches_client = crate::stream::watches_client(x);
    let conn = poll_fn(|cx| {
        if let Poll::Ready(result) = started.poll(cx) {
            return Poll::Ready(result.map_err(|error| refused(x, &error)));
        }
        if watches_client && client.has_gone(cx) {
            return Poll::Ready(Err(Failure::ConnectAborted));
        }
        client.poll_deadline(deadline, cx).map(|()| Err(Failure::ConnectTimeout))
    })
    .await?;
    Ok((conn, lease))
}

/// Asks the SOCKS proxy at the other end of `conn` for a connection to the server.
async fn ask_socks(
    client: &mut Client,
    x: &mut Exchange,
    conn: &mut Conn,
    deadline: Millis,
) -> Result<(), Failure> {
    let Some(request) = x.txn.server_dst.and_then(socks4::request) else {
        x.txn.server_conn_error = Some(ConnError::NoProto);
        return Err(Failure::ConnectRefused);
    };
    let mut answer = [0; socks4::ANSWER_BYTES];
    let (mut sent, mut got) = (0, 0);
    let result = poll_fn(|cx| {
        while sent < request.len() {
            match conn.poll_write(cx, &request[sent..]) {
                Poll::Ready(Ok(n)) => sent += n,
                Poll::Ready(Err(_)) => return Poll::Ready(Err(ConnError::Socks4Send)),
                Poll::Pending => break,
            }
        }
        while sent == request.len() && got < answer.len() {
            match conn.poll_read(cx, &mut answer[got..]) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(ConnError::Socks4Recv)),
                Poll::Ready(Ok(n)) => got += n,
                Poll::Pending => break,
            }
        }
        if got == answer.len() {
            let is_granted = socks4::is_granted(&answer);
            return Poll::Ready(if is_granted { Ok(()) } else { Err(ConnError::Socks4Deny) });
        }
        client.poll_deadline(deadline, cx).map(|()| Err(ConnError::Socks4Abort))
    })
    .await;
    result.map_err(|error| {
        x.txn.server_conn_error = Some(error);
        if error == ConnError::Socks4Abort { Failure::ConnectTimeout } else { Failure::ConnectRefused }
    })
}

/// The server's address, with the client's destination port where the server line asks for it.
pub(crate) fn destination(x: &Exchange, server: &ServerRun) -> net::Endpoint {
    let http_proxy = x.shared.config.proxy(x.txn.backend.id).options.http_proxy;
    if let (true, true, Some(aim)) = (server.is_dispatch, http_proxy.is_on(), x.txn.server_dst) {
        return aim.into();
    }
    let endpoint = server.state.endpoint();
    let mut endpoint = net::Endpoint::clone(&endpoint);
    if let (Some(offset), net::Endpoint::Inet(addr)) = (server.port_offset, &mut endpoint) {
        let client_port = i32::from(x.txn.session.dst.map_or(0, |dst| dst.port()));
        addr.set_port(u16::try_from(client_port + offset).unwrap_or(0));
    }
    // Without an address of its own the server is where the client wanted to go.
    if let (net::Endpoint::Inet(addr), Some(dst)) = (&mut endpoint, x.txn.session.dst)
        && addr.ip().is_unspecified()
    {
        addr.set_ip(dst.ip());
        if addr.port() == 0 {
            addr.set_port(dst.port());
        }
    }
    endpoint
}

/// A connection that could not even be started, noted for `bc_err`.
fn not_started(x: &mut Exchange, unstarted: &Unstarted) -> Failure {
    x.txn.server_conn_error = Some(unstarted.conn_error());
    match unstarted {
        Unstarted::NoPort => Failure::ConnectResource,
        Unstarted::Refused(error) if error.stage == net::Stage::Connect => immediate(&error.error),
        Unstarted::Refused(_) => Failure::ConnectResource,
    }
}

/// A connection that could not be made, noted for `bc_err`.
fn refused(x: &mut Exchange, error: &io::Error) -> Failure {
    x.txn.server_conn_error = Some(ConnError::of(error));
    immediate(error)
}

fn immediate(error: &io::Error) -> Failure {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else happened, there is no connection")]
    match error.kind() {
        io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable | io::ErrorKind::PermissionDenied => {
            Failure::ConnectResource
        }
        io::ErrorKind::TimedOut => Failure::ConnectTimeout,
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => Failure::ConnectResource,
        _ => Failure::ConnectRefused,
    }
}
