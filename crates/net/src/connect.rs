//! Connections to servers: started without waiting, finished by [`Connecting::poll`], or used at once.
//!
//! On the loopback and on UNIX sockets the connection stands when `connect` returns; a caller that has the request
//! ready takes [`Connecting::into_conn_optimistic`] and writes. A connection that does not stand yet refuses the
//! write, waits for room in the poller, and the next write reports why it failed if it did.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use crate::addr::Endpoint;
use crate::conn::Conn;
use crate::namespace::Namespace;
use crate::options::{self, Keepalive};
use crate::{fdpass, sys};

/// How to connect (`server` and `source` keywords of the same names). The default sets `TCP_NODELAY` and nothing
/// else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Address, and port unless 0, to connect from; an address of this machine.
    pub source: Option<SocketAddr>,
    /// Network interface to go out by.
    pub interface: Option<String>,
    /// Largest segment, bytes; negative as in [`options::set_mss`].
    pub mss: Option<i32>,
    /// TCP keep-alive, off when `None`.
    pub keepalive: Option<Keepalive>,
    /// Whether small segments go at once.
    pub nodelay: bool,
    /// Whether the kernel acknowledges the server's SYN at once; else together with the first data, where
    /// [`Particulars::has_data`] says that there is some.
    pub quick_ack: bool,
    /// Longest time for the peer to acknowledge data.
    pub user_timeout: Option<Duration>,
    /// Congestion control algorithm; where the kernel does not have it, the system's is used.
    pub congestion: Option<String>,
    /// Data with the first packet (`tfo`), where [`Particulars::has_data`] says that there is some.
    pub fast_open: bool,
    /// Whether segments are signed, and the password for it (RFC 2385).
    pub md5sig: Option<Box<[u8]>>,
    /// Multipath TCP.
    pub multipath: bool,
    /// The network namespace to connect from; `None`: that of the process.
    pub namespace: Option<Arc<Namespace>>,
}

/// What one connection does otherwise than the others of its server. The default: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Particulars<'p> {
    /// Address, and port unless 0, to connect from in place of [`ConnectOptions::source`]; it may be another machine's
    /// (`usesrc`).
    pub foreign_source: Option<SocketAddr>,
    /// The port of [`ConnectOptions::source`] to connect from.
    pub source_port: Option<u16>,
    /// Routing mark.
    pub mark: Option<u32>,
    /// Type of service.
    pub tos: Option<u8>,
    /// Whether something will be written at once.
    pub has_data: bool,
    /// The network namespace in place of [`ConnectOptions::namespace`].
    pub namespace: Option<&'p Namespace>,
}

/// What was being done when a connection could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Making and preparing the socket.
    Socket,
    /// Giving it its source address.
    Bind,
    /// Connecting it.
    Connect,
}

/// Why a connection could not be started.
#[derive(Debug)]
pub struct StartError {
    /// Where it failed.
    pub stage: Stage,
    /// What the kernel said.
    pub error: io::Error,
}

impl StartError {
    fn at<E: Into<io::Error>>(stage: Stage) -> impl Fn(E) -> StartError {
        move |error| StartError { stage, error: error.into() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for StartError {}

impl From<StartError> for io::Error {
    fn from(error: StartError) -> Self {
        error.error
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        ConnectOptions {
            source: None,
            interface: None,
            mss: None,
            keepalive: None,
            nodelay: true,
            quick_ack: true,
            user_timeout: None,
            congestion: None,
            fast_open: false,
            md5sig: None,
            multipath: false,
            namespace: None,
        }
    }
}

/// A connection on its way.
#[derive(Debug)]
pub struct Connecting {
    conn: Option<Conn>,
    established: bool,
}

impl Connecting {
    /// Ready with the connection when the peer has accepted it. Must not be polled again after that.
    ///
    /// # Errors
    /// `ConnectionRefused`, `TimedOut`, `HostUnreachable`, `NetworkUnreachable` and what else the kernel reports.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Conn>> {
        let conn = self.conn.as_mut().expect("polled after it was ready");
        if !self.established {
            // One look first: on the loopback the answer is there already, and the poller is never asked.
            if conn.is_registered() || !is_writable(conn)? {
                ready!(conn.poll_writable(cx))?;
            }
            if let Some(error) = conn.take_error()? {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(self.conn.take().expect("still there")))
    }

    /// Whether the connection is known to stand (UNIX sockets at once).
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.established
    }

    /// The connection, to be written to at once. If it does not stand yet the write waits; if it fails, the first
    /// read or write reports why.
    ///
    /// # Panics
    /// When [`Connecting::poll`] has already handed the connection out.
    #[must_use]
    pub fn into_conn_optimistic(self) -> Conn {
        self.conn.expect("handed out already")
    }
}

/// Starts to connect.
///
/// # Errors
/// As [`start_connect_as`].
pub fn start_connect(to: &Endpoint, options: &ConnectOptions) -> io::Result<Connecting> {
    Ok(start_connect_as(to, options, &Particulars::default())?)
}

/// Starts to connect, with what is particular to this connection. A connection to [`Endpoint::Fd`] is one end of a pair
/// of sockets whose other end goes to whoever reads that descriptor (`sockpair@`).
///
/// # Errors
/// Everything that is known at once: descriptors or ports exhausted, a source that cannot be bound to, no route, a UNIX
/// socket that nobody listens on (`ConnectionRefused`, `NotFound`) or whose queue is full (`WouldBlock`).
pub fn start_connect_as(
    to: &Endpoint,
    options: &ConnectOptions,
    particulars: &Particulars<'_>,
) -> Result<Connecting, StartError> {
    let (fd, started) = match to {
        Endpoint::Inet(addr) => {
            let fd = inet_socket(addr, options, particulars)?;
            let started = rustix::net::connect(&fd, addr);
            (fd, started)
        }
        Endpoint::Fd(raw) => (hand_over(*raw).map_err(StartError::at(Stage::Connect))?, Ok(())),
        Endpoint::Unix(_) | Endpoint::Abstract(_) => {
            unix_socket(to).map_err(StartError::at(Stage::Socket))?
        }
    };
    let established = match started {
        Ok(()) => true,
        Err(Errno::INPROGRESS) => false,
        Err(error) => return Err(StartError { stage: Stage::Connect, error: error.into() }),
    };
    Ok(Connecting { conn: Some(Conn::from_fd(fd)), established })
}

/// What `connect` returned for a socket.
type Started = Result<(), Errno>;

fn unix_socket(to: &Endpoint) -> io::Result<(OwnedFd, Started)> {
    let Some(addr) = to.unix()? else { return Err(io::ErrorKind::InvalidInput.into()) };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let started = rustix::net::connect(&fd, &addr);
    Ok((fd, started))
}

/// Sends one end of a pair through the descriptor `raw` and returns the other.
fn hand_over(raw: RawFd) -> io::Result<OwnedFd> {
    let through = sys::dup_inherited(raw)?;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let (ours, theirs) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    fdpass::send_fds(through.as_fd(), fdpass::PAIR_MESSAGE, &[theirs.as_fd()])?;
    Ok(ours)
}

/// Makes the socket where it belongs and prepares it.
fn inet_socket(
    to: &SocketAddr,
    options: &ConnectOptions,
    particulars: &Particulars<'_>,
) -> Result<OwnedFd, StartError> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let protocol = if options.multipath { ipproto::MPTCP } else { ipproto::TCP };
    let make = || Ok(rustix::net::socket_with(family, SocketType::STREAM, flags, Some(protocol))?);
    let fd = match particulars.namespace.or(options.namespace.as_deref()) {
        None => make(),
        Some(namespace) => namespace.within(make),
    };
    let fd = fd.map_err(StartError::at(Stage::Socket))?;
    set_options(&fd, to, options, particulars).map_err(StartError::at(Stage::Socket))?;
    bind(&fd, options, particulars).map_err(StartError::at(Stage::Bind))?;
    Ok(fd)
}

/// Options that only make a connection better are left out where the kernel refuses them.
fn set_options(
    fd: &OwnedFd,
    to: &SocketAddr,
    options: &ConnectOptions,
    particulars: &Particulars<'_>,
) -> io::Result<()> {
    let fd = fd.as_fd();
    if options.nodelay {
        sockopt::set_tcp_nodelay(fd, true)?;
    }
    if !options.quick_ack && particulars.has_data {
        let _ = sockopt::set_tcp_quickack(fd, false);
    }
    if let Some(keepalive) = &options.keepalive {
        options::set_keepalive(fd, keepalive)?;
    }
    if let Some(interface) = &options.interface {
        options::set_interface(fd, interface)?;
    }
    if let Some(mss) = options.mss {
        options::set_mss(fd, mss)?;
    }
    if let Some(key) = &options.md5sig {
        options::set_md5sig(fd, to, key)?;
    }
    if let Some(timeout) = options.user_timeout {
        let _ = options::set_user_timeout(fd, timeout);
    }
    if let Some(congestion) = &options.congestion {
        let _ = options::set_congestion(fd, congestion);
    }
    if let Some(mark) = particulars.mark {
        let _ = options::set_mark(fd, mark);
    }
    if let Some(tos) = particulars.tos {
        let _ = options::set_tos(fd, to, tos);
    }
    if options.fast_open && particulars.has_data {
        let _ = sys::set_int(fd, libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, 1);
    }
    Ok(())
}

/// Gives the socket the address to connect from, if there is one.
fn bind(fd: &OwnedFd, options: &ConnectOptions, particulars: &Particulars<'_>) -> io::Result<()> {
    let source = match (particulars.foreign_source, options.source) {
        (Some(foreign), _) => {
            options::set_transparent(fd.as_fd(), &foreign)?;
            foreign
        }
        (None, Some(own)) => SocketAddr::new(own.ip(), particulars.source_port.unwrap_or(own.port())),
        (None, None) => return Ok(()),
    };
    if source.port() == 0 {
        if source.ip().is_unspecified() {
            return Ok(());
        }
        // The port is then chosen by connect, which knows the destination: 64 k ports per server, not in all.
        // Kernels without the option choose it in bind, as they always did.
        let _ = sys::set_int(fd.as_fd(), libc::SOL_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1);
    } else {
        sockopt::set_socket_reuseaddr(fd, true)?;
        // A port that rests in TIME_WAIT cannot be connected from again: this end closes without one.
        sockopt::set_socket_linger(fd, Some(Duration::ZERO))?;
    }
    Ok(rustix::net::bind(fd, &source)?)
}

/// Whether the handshake is over, for good or ill.
fn is_writable(conn: &Conn) -> io::Result<bool> {
    let fd = conn.fd();
    let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
    Ok(rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::tests::run;
    use std::future::poll_fn;
    use std::io::{ErrorKind, Read};
    use std::net::TcpListener;

    /// A port on which nobody listens.
    fn closed_port() -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Endpoint::Inet(listener.local_addr().unwrap())
    }

    #[test]
    fn refused_is_refused() {
        run(async {
            let mut connecting = start_connect(&closed_port(), &ConnectOptions::default()).unwrap();
            let error = poll_fn(|cx| connecting.poll(cx)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        });
    }

    #[test]
    fn refused_shows_in_an_optimistic_write() {
        run(async {
            let connecting = start_connect(&closed_port(), &ConnectOptions::default()).unwrap();
            let mut conn = connecting.into_conn_optimistic();
            let error = poll_fn(|cx| conn.poll_write(cx, b"x")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        });
    }

    #[test]
    fn nobody_at_a_unix_path() {
        let nowhere = Endpoint::Abstract(b"lockgate-test-nobody".to_vec());
        let error = start_connect(&nowhere, &ConnectOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let error = start_connect(&Endpoint::Fd(9_999_999), &ConnectOptions::default()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn an_optimistic_write_on_the_loopback_registers_nothing() {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = Endpoint::Inet(listener.local_addr().unwrap());
            let mut conn = start_connect(&to, &ConnectOptions::default()).unwrap().into_conn_optimistic();
            assert_eq!(poll_fn(|cx| conn.poll_write(cx, b"hello")).await.unwrap(), 5);
            assert!(!conn.is_registered());
            let mut got = [0; 5];
            listener.accept().unwrap().0.read_exact(&mut got).unwrap();
            assert_eq!(&got, b"hello");
        });
    }

    #[test]
    fn polling_on_the_loopback_registers_nothing() {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = Endpoint::Inet(listener.local_addr().unwrap());
            let mut connecting = start_connect(&to, &ConnectOptions::default()).unwrap();
            let conn = poll_fn(|cx| connecting.poll(cx)).await.unwrap();
            assert!(!conn.is_registered());
            assert_eq!(conn.peer().unwrap(), to);
        });
    }

    #[test]
    fn options_reach_the_socket() {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = Endpoint::Inet(listener.local_addr().unwrap());
            let options = ConnectOptions {
                source: Some("127.0.0.9:0".parse().unwrap()),
                keepalive: Some(Keepalive { idle: Some(Duration::from_secs(77)), ..Keepalive::default() }),
                user_timeout: Some(Duration::from_millis(1234)),
                congestion: Some("there-is-none".to_owned()),
                ..ConnectOptions::default()
            };
            let particulars = Particulars { tos: Some(0x10), ..Particulars::default() };
            let mut connecting = start_connect_as(&to, &options, &particulars).unwrap();
            let conn = poll_fn(|cx| connecting.poll(cx)).await.unwrap();
            assert_eq!(conn.local().unwrap().inet().unwrap().ip().to_string(), "127.0.0.9");
            assert!(sockopt::tcp_nodelay(conn.fd()).unwrap());
            assert!(sockopt::socket_keepalive(conn.fd()).unwrap());
            assert_eq!(sockopt::tcp_keepidle(conn.fd()).unwrap(), Duration::from_secs(77));
            assert_eq!(sockopt::tcp_user_timeout(conn.fd()).unwrap(), 1234);
            assert_eq!(sockopt::ip_tos(conn.fd()).unwrap(), 0x10);
        });
    }

    #[test]
    fn where_it_failed_is_told() {
        let to: Endpoint = SocketAddr::from(([127, 0, 0, 1], 9)).into();
        let from = |source: &str| ConnectOptions {
            source: Some(source.parse().unwrap()),
            ..ConnectOptions::default()
        };
        let stage = |options: &ConnectOptions| {
            start_connect_as(&to, options, &Particulars::default()).unwrap_err().stage
        };
        assert_eq!(stage(&from("192.0.2.1:0")), Stage::Bind);
        assert_eq!(stage(&from("[::1]:0")), Stage::Bind);
        let interface = Some("lockgate-none".to_owned());
        assert_eq!(stage(&ConnectOptions { interface, ..ConnectOptions::default() }), Stage::Socket);
    }

    #[test]
    fn an_unspecified_source_fits_every_family() {
        run(async {
            for own in ["127.0.0.1:0", "[::1]:0"] {
                let listener = TcpListener::bind(own).unwrap();
                let options = ConnectOptions {
                    source: Some("0.0.0.0:0".parse().unwrap()),
                    ..ConnectOptions::default()
                };
                let to = Endpoint::Inet(listener.local_addr().unwrap());
                let mut connecting = start_connect(&to, &options).unwrap();
                poll_fn(|cx| connecting.poll(cx)).await.unwrap();
            }
        });
    }

    #[test]
    fn a_given_port_can_be_used_again_at_once() {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = Endpoint::Inet(listener.local_addr().unwrap());
            let options =
                ConnectOptions { source: Some("127.0.0.7:0".parse().unwrap()), ..ConnectOptions::default() };
            let port = TcpListener::bind("127.0.0.7:0").unwrap().local_addr().unwrap().port();
            let particulars = Particulars { source_port: Some(port), ..Particulars::default() };
            for _ in 0..3 {
                let mut connecting = start_connect_as(&to, &options, &particulars).unwrap();
                let conn = poll_fn(|cx| connecting.poll(cx)).await.unwrap();
                let (_server, peer) = listener.accept().unwrap();
                assert_eq!(peer.to_string(), format!("127.0.0.7:{port}"));
                drop(conn);
            }
        });
    }

    #[test]
    fn a_pair_goes_through_a_descriptor() {
        use std::os::fd::AsRawFd;
        run(async {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
            let to = Endpoint::Fd(ours.as_raw_fd());
            let connecting = start_connect(&to, &ConnectOptions::default()).unwrap();
            assert!(connecting.is_established());
            let mut conn = connecting.into_conn_optimistic();
            poll_fn(|cx| conn.poll_write(cx, b"hello")).await.unwrap();
            let mut received = Vec::new();
            fdpass::recv_fds(theirs.as_fd(), &mut [0; 2], &mut received).unwrap();
            let mut got = [0; 5];
            rustix::io::read(&received[0], &mut got).unwrap();
            assert_eq!(&got, b"hello");
        });
    }
}
