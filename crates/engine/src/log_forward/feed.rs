//! From a ring to one of its servers, or to the server of a log backend that it stands in front of.
//!
//! ```text
//!             timeout connect, refused: a second after the last attempt
//!            +-----------------------------------+
//!            v                                   |
//!   connecting --> [PROXY header] --> [TLS] --> sending --> the ring is read from where the server's copy ends
//!            ^                                   |
//!            +---- closed, timeout server -------+
//! ```

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use base::clock;
use logs::{Batch, Cursor, LogProto, Ring};
use net::{Endpoint, Timer};
use state::Proxy;
use state::proxy::Timeouts;
use tls::client::Target;
use tls::{Stream, Transport};

use crate::send_proxy::{Local, ProxyHeader};
use crate::shared::ServerRun;

/// From the beginning of one attempt to connect to the next.
const RETRY: Duration = Duration::from_secs(1);
/// What is read from the ring at once, in bytes.
const BATCH_BYTES: usize = 65_536;

/// A server of a ring.
pub(super) struct Feed {
    pub(super) ring: Arc<Ring>,
    pub(super) to: To,
    pub(super) options: net::ConnectOptions,
    pub(super) proto: LogProto,
    pub(super) proxy_header: Option<ProxyHeader>,
    pub(super) tls: Option<FeedTls>,
    /// Of them `connect` and `server`.
    pub(super) timeouts: Timeouts,
    /// How many messages the ring had got when the last one that the server got was stored.
    pub(super) sent: AtomicU64,
    pub(super) is_connected: AtomicBool,
}

/// Where messages go.
pub(super) enum To {
    /// There, and nobody counts it.
    Endpoint(Endpoint),
    /// To a server of a log backend, wherever it is when the connection is made.
    Server {
        /// Its backend.
        backend: Arc<Proxy>,
        /// The server.
        server: Arc<ServerRun>,
    },
}

impl To {
    fn endpoint(&self) -> Endpoint {
        match self {
            To::Endpoint(endpoint) => endpoint.clone(),
            To::Server { server, .. } => Endpoint::clone(&server.state.endpoint()),
        }
    }

    /// Whether TLS is used that was prepared; an operator may have switched it off.
    fn speaks_tls(&self) -> bool {
        match self {
            To::Endpoint(_) => true,
            To::Server { server, .. } => server.tls().is_some(),
        }
    }

    /// Counts a connection that stands. Nobody else counts anything of such a server.
    fn count_connection(&self) {
        if let To::Server { backend, server } = self {
            server.state.counters.here().connect.bump();
            backend.backend.here().connect.bump();
        }
    }
}

/// An attempt to connect to a server, or the connection: one session of that server.
struct ServerSession<'f>(&'f To);

impl<'f> ServerSession<'f> {
    fn begin(to: &'f To) -> Self {
        if let To::Server { server, .. } = to {
            server.state.sessions.enter();
            let counters = server.state.counters.here();
            counters.cum_sess.bump();
            counters.sess_rate.bump(clock::now());
            counters.last_sess.set(clock::wall().as_secs());
        }
        ServerSession(to)
    }
}

impl Drop for ServerSession<'_> {
    fn drop(&mut self) {
        if let To::Server { server, .. } = self.0 {
            server.state.sessions.leave();
        }
    }
}

/// How a server is spoken to under TLS.
pub(super) struct FeedTls {
    pub(super) context: Arc<tls::Slot<tls::client::Context>>,
    /// The name that is sent.
    pub(super) sni: Option<Box<str>>,
}

impl Feed {
    /// Whether the server is connected and has not got everything.
    pub(super) fn is_behind(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
            && self.sent.load(Ordering::Relaxed) < self.ring.newest().number()
    }
}

/// Sends for ever.
pub(super) async fn run(feed: Arc<Feed>) {
    let mut cursor = Cursor::default();
    loop {
        let began = clock::now();
        let session = ServerSession::begin(&feed.to);
        if let Ok(mut conn) = connect(&feed).await {
            feed.to.count_connection();
            feed.is_connected.store(true, Ordering::Relaxed);
            deliver(&feed, &mut conn, &mut cursor).await;
            feed.is_connected.store(false, Ordering::Relaxed);
        }
        drop(session);
        net::timer::sleep_until(began.plus(RETRY)).await;
    }
}

/// A deadline that runs while something is waited for.
struct Limit(Timer);

impl Limit {
    fn new(after: Option<Duration>) -> Self {
        let mut timer = Timer::new();
        timer.set(clock::now().deadline(after));
        Limit(timer)
    }

    async fn wait<T>(
        &mut self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        poll_fn(|cx| match poll(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => self.0.poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
        })
        .await
    }
}

/// A connection that messages can be written to, within `timeout connect`.
async fn connect(feed: &Feed) -> io::Result<Transport> {
    let mut limit = Limit::new(feed.timeouts.connect);
    let endpoint = feed.to.endpoint();
    let mut started = net::start_connect(&endpoint, &feed.options)?;
    let mut conn = limit.wait(|cx| started.poll(cx)).await?;
    if let Some(header) = &feed.proxy_header {
        let mut bytes = Vec::new();
        header.push_own(None, Local::Said, &mut bytes);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let n = limit.wait(|cx| conn.poll_write(cx, rest)).await?;
            rest = &rest[n..];
        }
    }
    let tls = feed.tls.as_ref().filter(|_| feed.to.speaks_tls());
    let Some(FeedTls { context, sni }) = tls else { return Ok(Transport::Plain(conn)) };
    let address: Option<IpAddr> = endpoint.inet().map(|addr| addr.ip());
    let target = Target { sni: sni.as_deref(), address, alpn: None, with_early_data: false };
    let failed = |failure: tls::failure::HandshakeFailure| io::Error::other(String::from(failure.text));
    let mut stream = Stream::connect(conn, &context.current(), &target).map_err(failed)?;
    limit.wait(|cx| stream.poll_complete(cx).map_err(failed)).await?;
    stream.settle();
    Ok(Transport::Tls(stream))
}

/// Sends messages from `cursor` on until the connection ends; `cursor` then stands behind those that are gone.
async fn deliver(feed: &Feed, conn: &mut Transport, cursor: &mut Cursor) {
    let mut out = Vec::new();
    let mut ends = Vec::new();
    while let Some(batch) = next_batch(&feed.ring, conn, *cursor).await {
        logs::count_dropped(batch.lost());
        out.clear();
        ends.clear();
        for message in batch.messages() {
            feed.proto.push(message, &mut out);
            ends.push(out.len());
        }
        let written = write_all(conn, &out, feed.timeouts.server).await;
        if written < out.len() {
            let whole = ends.partition_point(|end| *end <= written);
            *cursor = behind(&feed.ring, *cursor, batch.lost() + whole as u64);
            return;
        }
        *cursor = batch.next();
        feed.sent.store(cursor.number(), Ordering::Relaxed);
    }
}

/// The next messages; `None` when the server has closed. What it sends is of no interest.
async fn next_batch(ring: &Ring, conn: &mut Transport, cursor: Cursor) -> Option<Batch> {
    let mut sink = [0; 512];
    poll_fn(|cx| {
        loop {
            match conn.poll_read(cx, &mut sink) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(None),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return ring.poll_read(cursor, BATCH_BYTES, cx).map(Some),
            }
        }
    })
    .await
}

/// Writes until all is gone or nothing went for `timeout`; returns how much went.
async fn write_all(conn: &mut Transport, bytes: &[u8], timeout: Option<Duration>) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        let mut limit = Limit::new(timeout);
        match limit.wait(|cx| conn.poll_write(cx, &bytes[written..])).await {
            Ok(0) | Err(_) => break,
            Ok(n) => written += n,
        }
    }
    written
}

/// The place `count` messages behind `cursor`, forgotten ones among them.
pub(super) fn behind(ring: &Ring, mut cursor: Cursor, count: u64) -> Cursor {
    let goal = cursor.number() + count;
    while cursor.number() < goal {
        let next = ring.read_from(cursor, 1).next();
        if next == cursor || next.number() > goal {
            break;
        }
        cursor = next;
    }
    cursor
}
