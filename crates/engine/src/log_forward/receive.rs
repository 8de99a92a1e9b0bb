//! What a `log-forward` section takes in: datagrams, and messages on connections (RFC 6587).

use std::cell::Cell;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use base::clock;
use logs::{Frame, Framing, HostPolicy, Logger, Received};
use net::listener::{AcceptTrouble, Accepted, Listener, accept_trouble};
use net::{Conn, Polled, Timer};
use tls::{Stream, Transport};
use tokio::sync::Notify;

use crate::proxy_header;

/// How long an acceptor pauses that found no descriptor or no memory left, and a receiver whose socket is in trouble.
const TROUBLE_PAUSE: Duration = Duration::from_millis(100);
/// Datagrams in a row before other tasks have their turn.
const BURST_MAX: u32 = 64;
/// Room for the length of a counted message beside the message.
const COUNT_BYTES: usize = 24;

/// A `log-forward` section.
pub(super) struct Forward {
    pub(super) loggers: Vec<Logger>,
    pub(super) host: HostPolicy,
    pub(super) framing: Framing,
    /// Whether messages are taken apart.
    pub(super) is_parsed: bool,
    /// Connections at once; 0: no limit.
    pub(super) maxconn: u32,
    /// `timeout client`.
    pub(super) timeout: Option<Duration>,
    /// The longest message, in bytes.
    pub(super) message_bytes_max: usize,
    /// Messages taken in.
    pub(super) received: AtomicU64,
}

impl Forward {
    /// Sends one message on to all targets.
    fn relay(&self, line: &[u8], source: Option<IpAddr>) {
        self.received.fetch_add(1, Relaxed);
        let received = if self.is_parsed {
            let mut received = Received::parse(line);
            received.settle_host(self.host, source);
            received
        } else {
            Received::unparsed(line)
        };
        for logger in &self.loggers {
            logger.relay(&received);
        }
    }
}

/// An address of a section, bound.
pub(super) struct Socket {
    /// The section, by its place.
    pub(super) forward: usize,
    pub(super) fd: OwnedFd,
    pub(super) kind: Kind,
}

/// What comes in by a socket.
pub(super) enum Kind {
    /// Each datagram is a message.
    Datagrams,
    /// Connections.
    Streams {
        /// They speak TLS.
        tls: Option<Arc<tls::Slot<tls::server::Context>>>,
        /// They begin with a PROXY protocol header.
        accepts_proxy: bool,
    },
}

/// A section and its connections.
pub(super) struct Room {
    forward: Arc<Forward>,
    connections: Cell<u32>,
    /// One has ended.
    left: Notify,
}

/// One connection's place in the room.
struct Guest(Rc<Room>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.connections.update(|count| count - 1);
        self.0.left.notify_waiters();
    }
}

impl Room {
    pub(super) fn new(forward: &Arc<Forward>) -> Rc<Self> {
        Rc::new(Room { forward: forward.clone(), connections: Cell::new(0), left: Notify::new() })
    }

    /// A place for one connection more, as soon as there is one.
    async fn enter(self: &Rc<Self>) -> Guest {
        let maxconn = self.forward.maxconn;
        while maxconn > 0 && self.connections.get() >= maxconn {
            self.left.notified().await;
        }
        self.connections.update(|count| count + 1);
        Guest(self.clone())
    }
}

/// Takes messages in until the task is aborted.
pub(super) async fn listen(room: Rc<Room>, socket: Socket) {
    match socket.kind {
        Kind::Datagrams => datagrams(&room.forward, socket.fd).await,
        Kind::Streams { tls, accepts_proxy } => streams(room, socket.fd, tls, accepts_proxy).await,
    }
}

async fn datagrams(forward: &Forward, fd: OwnedFd) {
    let Ok(mut socket) = Polled::new(UdpSocket::from(fd)) else { return };
    let mut buf = vec![0; forward.message_bytes_max];
    let mut burst = 0;
    loop {
        match poll_fn(|cx| socket.poll_read_with(cx, |socket| socket.recv_from(&mut buf))).await {
            Ok((len, source)) => forward.relay(&buf[..len], Some(source.ip())),
            Err(_) => net::timer::sleep_until(clock::now().plus(TROUBLE_PAUSE)).await,
        }
        burst += 1;
        if burst == BURST_MAX {
            burst = 0;
            net::yield_now().await;
        }
    }
}

async fn streams(
    room: Rc<Room>,
    fd: OwnedFd,
    tls: Option<Arc<tls::Slot<tls::server::Context>>>,
    accepts_proxy: bool,
) {
    let Ok(mut listener) = Listener::from_fd(fd) else { return };
    loop {
        let guest = room.enter().await;
        match poll_fn(|cx| listener.poll_accept(cx)).await {
            Ok(Accepted { fd, peer }) => {
                let client = Client::new(Conn::from_fd(fd), peer, guest);
                let context = tls.as_ref().map(|slot| slot.current());
                net::spawn(serve(client, context, accepts_proxy));
            }
            Err(error) => match accept_trouble(&error) {
                AcceptTrouble::Exhausted => {
                    net::timer::sleep_until(clock::now().plus(TROUBLE_PAUSE)).await;
                }
                AcceptTrouble::Broken => return,
            },
        }
    }
}

/// A connection that messages come by.
struct Client {
    conn: Transport,
    source: Option<IpAddr>,
    /// What has arrived and is not understood yet stands between `start` and `end`.
    input: Vec<u8>,
    start: usize,
    end: usize,
    timer: Timer,
    guest: Guest,
}

impl Client {
    fn new(conn: Conn, peer: Option<SocketAddr>, guest: Guest) -> Self {
        let bytes = guest.0.forward.message_bytes_max + COUNT_BYTES;
        Client {
            conn: Transport::Plain(conn),
            source: peer.map(|peer| peer.ip()),
            input: vec![0; bytes],
            start: 0,
            end: 0,
            timer: Timer::new(),
            guest,
        }
    }

    /// Reads more. False: nothing more comes, or nothing came for `timeout client`.
    async fn read(&mut self) -> bool {
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.input.len() {
            return false;
        }
        self.timer.set(clock::now().deadline(self.guest.0.forward.timeout));
        let read = poll_fn(|cx| match self.conn.poll_read(cx, &mut self.input[self.end..]) {
            Poll::Ready(result) => Poll::Ready(result.unwrap_or(0)),
            Poll::Pending => self.timer.poll(cx).map(|()| 0),
        })
        .await;
        self.end += read;
        read > 0
    }

    /// Takes the PROXY protocol header off. False: there is none.
    async fn be_introduced(&mut self) -> bool {
        loop {
            match proxy_header::len(&self.input[self.start..self.end]) {
                proxy_header::Len::Known(len) => {
                    self.start += len;
                    return true;
                }
                proxy_header::Len::Partial => {
                    if !self.read().await {
                        return false;
                    }
                }
                proxy_header::Len::Invalid => return false,
            }
        }
    }

    /// Shakes hands. False: they did not come together.
    async fn secure(mut self, context: Arc<tls::server::Context>) -> Option<Self> {
        let Transport::Plain(conn) = self.conn else { return None };
        let mut stream = Stream::accept(conn, context, &self.input[self.start..self.end]);
        (self.start, self.end) = (0, 0);
        self.timer.set(clock::now().deadline(self.guest.0.forward.timeout));
        let is_done = poll_fn(|cx| match stream.poll_complete(cx) {
            Poll::Ready(result) => Poll::Ready(result.is_ok()),
            Poll::Pending => self.timer.poll(cx).map(|()| false),
        })
        .await;
        stream.settle();
        self.conn = Transport::Tls(stream);
        is_done.then_some(self)
    }
}

async fn serve(mut client: Client, tls: Option<Arc<tls::server::Context>>, accepts_proxy: bool) {
    if accepts_proxy && !client.be_introduced().await {
        return;
    }
    if let Some(context) = tls {
        let Some(secured) = client.secure(context).await else { return };
        client = secured;
    }
    let forward = client.guest.0.forward.clone();
    loop {
        let input = &client.input[client.start..client.end];
        match forward.framing.cut(input, forward.message_bytes_max) {
            Frame::Message { message, taken } => {
                forward.relay(message, client.source);
                client.start += taken;
            }
            Frame::Partial => {
                if !client.read().await {
                    return;
                }
            }
            Frame::Invalid => return,
        }
    }
}
