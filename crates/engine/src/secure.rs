//! TLS on both sides of a session: the client's handshake before its first request, the server's before it gets one.
//!
//! ```text
//! accepted --[PROXY header]--> greet_client --> Session::tls
//! connected --[PROXY header]--> greet_server --> Txn::server_tls (at once, or with 0-RTT when the answer is there)
//! ```

use std::borrow::Cow;
use std::future::poll_fn;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use base::clock::{self, Millis};
use net::Conn;
use sample::Expr;
use sample::conn_error::ConnError;
use state::proxy::Mode;
use state::ssl_counters::Handshake;
use state::{Proxy, Runtime};
use tls::client::{Context, Target};
use tls::facts::Facts;
use tls::failure::{FailureKind, HandshakeFailure};
use tls::{Stream, Transport};

use crate::client::Client;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::server_conn::{Assigned, ServerConn};
use crate::stream::Exchange;
use crate::worker::Worker;

/// How a server is spoken to under TLS.
pub struct ServerTls {
    /// Its context.
    pub context: Arc<tls::Slot<Context>>,
    /// `sni`, or what stands for it in HTTP mode.
    pub sni: Option<Arc<Expr>>,
}

/// Why a client's handshake did not come to its end.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// TLS says why.
    Failed(HandshakeFailure),
    /// It took too long.
    Late,
}

/// Why a server's handshake did not come to its end.
enum Ungreeted {
    /// TLS says why.
    Failed(HandshakeFailure),
    /// It took too long.
    Late,
    /// The client has gone, and nobody waits for it any more.
    Forsaken,
}

/// Counts a session among those under TLS, until dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Runtime>);

impl Seat {
    fn new(runtime: Arc<Runtime>) -> Seat {
        runtime.ssl.endpoint_began();
        Seat(runtime)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.ssl.endpoint_ended();
    }
}

/// Puts TLS between the session and its socket; what was read already is its beginning.
pub(crate) fn wrap(client: Client, context: Arc<tls::server::Context>) -> Client {
    let Client { conn, input, .. } = client;
    let conn = match conn {
        Transport::Plain(conn) => Transport::Tls(Stream::accept(conn, context, input.data())),
        Transport::Tls(stream) => Transport::Tls(stream),
    };
    Client { conn, input: net::Buf::none(), ..client }
}

/// Carries a client's handshake out, within `timeout client-hs`, else the shorter of those of the client and its request.
pub(crate) async fn greet_client(worker: &Rc<Worker>, client: &mut Client) -> Result<(), Unfinished> {
    let runtime = &worker.shared.runtime;
    let deadline = handshake_deadline(runtime.proxy(client.session.frontend), client.session.accepted);
    let result = poll_fn(|cx| {
        let Some(stream) = client.conn.tls_mut() else { return Poll::Ready(Ok(())) };
        match stream.poll_handshake(cx) {
            Poll::Ready(result) => Poll::Ready(result.map_err(Unfinished::Failed)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Err(Unfinished::Late)),
        }
    })
    .await;
    let Some(stream) = client.conn.tls_mut() else { return Ok(()) };
    let facts = match &result {
        Ok(()) => stream.facts(),
        Err(Unfinished::Failed(failure)) => stream.facts_of_failure(failure.clone()),
        Err(Unfinished::Late) => Facts::default(),
    };
    client.session.conn_error = result.as_ref().err().map(conn_error);
    if result.is_ok() {
        count(&facts, |how, now| runtime.ssl.frontend_handshake(how, now));
        client.session.is_handshake_pending = stream.is_handshaking();
        if !client.session.is_handshake_pending {
            stream.settle();
        }
        client.place.tls = Some(Seat::new(runtime.clone()));
    }
    client.session.tls = Some(Arc::new(facts));
    client.session.handshake_ms =
        u32::try_from(clock::now().since(client.session.accepted)).unwrap_or(u32::MAX);
    result
}

fn count(facts: &Facts, bump: impl Fn(Handshake, Millis)) {
    bump(if facts.is_resumed { Handshake::Resumed } else { Handshake::Full }, clock::now());
}

fn handshake_deadline(frontend: &Proxy, accepted: Millis) -> Millis {
    let timeouts = &frontend.timeouts;
    if timeouts.client_hs.is_some() {
        return accepted.deadline(timeouts.client_hs);
    }
    let is_http = frontend.mode == Mode::Http;
    let request = accepted.deadline(timeouts.http_request.filter(|_| is_http));
    request.min(accepted.deadline(timeouts.client))
}

/// Waits until a request that came with the client's hello can be no repetition: for the end of the handshake.
pub(crate) async fn complete(client: &mut Client, x: &mut Exchange) -> Result<(), Failure> {
    let deadline = clock::now().deadline(x.txn.frontend.timeouts.client);
    poll_fn(|cx| {
        let Some(stream) = client.conn.tls_mut() else { return Poll::Ready(Ok(())) };
        match stream.poll_complete(cx) {
            Poll::Ready(result) => Poll::Ready(result.map_err(|_| Failure::RequestAborted)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Err(Failure::RequestTimeout)),
        }
    })
    .await?;
    x.txn.session.is_handshake_pending = false;
    Ok(())
}

/// Whether the request came as early data of a handshake that is still under way.
pub(crate) fn is_early(client: &mut Client) -> bool {
    client.conn.tls_mut().is_some_and(|stream| stream.is_handshaking())
}

/// The server name for this exchange.
pub(crate) fn sni_for(x: &Exchange, assigned: &Assigned) -> Option<Box<str>> {
    let value = assigned.run.tls()?.sni.as_ref()?.eval(&x.txn)?;
    let name = std::str::from_utf8(value.as_bytes()?).ok()?;
    (!name.is_empty()).then(|| name.into())
}

/// The connection to a server, ready for its first byte.
pub(crate) struct Greeted {
    pub(crate) conn: Transport,
    /// `None`: in clear, or to be known later.
    pub(crate) tls: Option<Arc<Facts>>,
}

/// Carries the handshake with a server out, until `deadline`. The PROXY header goes before it, in clear.
pub(crate) async fn greet_server(
    client: &mut Client,
    x: &mut Exchange,
    assigned: &Assigned,
    mut conn: Conn,
    sni: Option<Box<str>>,
    identity: Option<&Identity>,
    deadline: Millis,
) -> Result<Greeted, Failure> {
    let Some(tls) = &assigned.run.tls else { return Ok(Greeted { conn: Transport::Plain(conn), tls: None }) };
    if let Some(header) = &assigned.run.proxy_header {
        let mut bytes = Vec::new();
        header.push_once(identity.and_then(Identity::header), &x.txn, &mut bytes);
        introduce(client, &mut conn, &bytes, deadline).await?;
    }
    let context = tls.context.current();
    let with_early_data = context.allows_early_data() && may_repeat(client, x);
    let address = x.txn.server_dst.map_or(IpAddr::from([0, 0, 0, 0]), |addr| addr.ip());
    let target = Target { sni: sni.as_deref(), address: Some(address), alpn: None, with_early_data };
    let mut stream = Stream::connect(conn, &context, &target).map_err(|_| Failure::ConnectRefused)?;
    if stream.takes_early_data() {
        return Ok(Greeted { conn: Transport::Tls(stream), tls: None });
    }
    let watches_client = crate::stream::watches_client(x);
    let result = poll_fn(|cx| {
        if let Poll::Ready(result) = stream.poll_handshake(cx) {
            return Poll::Ready(result.map_err(Ungreeted::Failed));
        }
        if watches_client && client.has_gone(cx) {
            return Poll::Ready(Err(Ungreeted::Forsaken));
        }
        client.poll_deadline(deadline, cx).map(|()| Err(Ungreeted::Late))
    })
    .await;
    let (failure, error, verdict) = match result {
        Ok(()) => {
            let facts = settle(&mut stream, x);
            return Ok(Greeted { conn: Transport::Tls(stream), tls: Some(facts) });
        }
        Err(Ungreeted::Forsaken) => return Err(Failure::ConnectAborted),
        Err(Ungreeted::Late) => (late(), ConnError::SslTimeout, Failure::ConnectTimeout),
        Err(Ungreeted::Failed(failure)) => {
            let error = ConnError::of_server(failure.kind);
            (failure, error, Failure::ConnectRefused)
        }
    };
    x.txn.server_conn_error = Some(error);
    x.txn.server_tls = Some(Arc::new(stream.facts_of_failure(failure)));
    stream.forsake();
    Err(verdict)
}

/// A server's handshake that took too long, as its facts tell it.
fn late() -> HandshakeFailure {
    HandshakeFailure { kind: FailureKind::Abort, code: 0, text: "handshake timeout".into() }
}

/// Whether the request may reach the server twice: it came that way itself, or it is sent again when the server
/// refuses it (`retry-on 0rtt-rejected`).
fn may_repeat(client: &mut Client, x: &Exchange) -> bool {
    let config = x.shared.config.proxy(x.txn.backend.id);
    x.txn.frontend.mode == Mode::Http && (config.retry_on.rejected_0rtt || is_early(client))
}

fn settle(stream: &mut Stream, x: &mut Exchange) -> Arc<Facts> {
    let facts = Arc::new(stream.facts());
    stream.settle();
    count(&facts, |how, now| x.shared.runtime.ssl.backend_handshake(how, now));
    x.txn.server_tls = Some(facts.clone());
    facts
}

/// Notes what the handshake found out, where the answer has come before that was known.
pub(crate) fn note_server(server: &mut ServerConn, x: &mut Exchange) {
    if server.tls.is_none()
        && let Some(stream) = server.conn.tls_mut()
        && !stream.is_handshaking()
    {
        server.tls = Some(settle(stream, x));
    }
}

/// Notes that TLS broke before an answer came, as when a server refuses our certificate behind a TLS 1.3 handshake.
/// False: it was not TLS.
pub(crate) fn note_fatal(server: &mut ServerConn, x: &mut Exchange) -> bool {
    let Some(failure) = server.conn.tls_mut().and_then(|stream| stream.fatal().cloned()) else {
        return false;
    };
    let mut facts = server.tls.as_deref().cloned().unwrap_or_default();
    facts.failure = Some(failure);
    x.txn.server_tls = Some(Arc::new(facts));
    x.txn.server_conn_error = Some(ConnError::SslFatal);
    true
}

async fn introduce(
    client: &mut Client,
    conn: &mut Conn,
    header: &[u8],
    deadline: Millis,
) -> Result<(), Failure> {
    let mut sent = 0;
    while sent < header.len() {
        sent += poll_fn(|cx| match conn.poll_write(cx, &header[sent..]) {
            Poll::Ready(result) => Poll::Ready(result.map_err(|_| Failure::ConnectRefused)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Err(Failure::ConnectTimeout)),
        })
        .await?;
    }
    Ok(())
}

/// What ended a handshake, as fetches and logs name it.
fn conn_error(unfinished: &Unfinished) -> ConnError {
    match unfinished {
        Unfinished::Late => ConnError::SslTimeout,
        Unfinished::Failed(failure) => ConnError::from(failure.kind),
    }
}

/// What the log says of a handshake that did not come to its end: where there is one, with OpenSSL's text.
pub(crate) fn describe(unfinished: &Unfinished) -> Cow<'static, str> {
    let error = conn_error(unfinished);
    match unfinished {
        Unfinished::Failed(failure) if error == ConnError::SslHandshake && failure.code != 0 => {
            format!("{} ({})", error.text(), failure.text).into()
        }
        Unfinished::Failed(_) | Unfinished::Late => error.text().into(),
    }
}
