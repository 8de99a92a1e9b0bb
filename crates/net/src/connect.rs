//! Connections to servers: started without waiting, finished by [`Connecting::poll`], or used at once.
//!
//! On the loopback and on UNIX sockets the connection stands when `connect` returns; a caller that has the request
//! ready takes [`Connecting::into_conn_optimistic`] and writes. A connection that does not stand yet refuses the
//! write, waits for room in the poller, and the next write reports why it failed if it did.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use crate::addr::Endpoint;
use crate::conn::Conn;
use crate::options::{self, Keepalive};
use crate::sys;

/// How to connect (`server` and `source` keywords of the same names). The default sets `TCP_NODELAY` and nothing
/// else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Address, and port unless 0, to connect from.
    pub source: Option<SocketAddr>,
    /// Whether `source` may be an address of another machine (`usesrc`).
    pub transparent: bool,
    /// Network interface to go out by.
    pub interface: Option<String>,
    /// Largest segment, bytes; negative as in [`options::set_mss`].
    pub mss: Option<i32>,
    /// TCP keep-alive, off when `None`.
    pub keepalive: Option<Keepalive>,
    /// Whether small segments go at once.
    pub nodelay: bool,
    /// Longest time for the peer to acknowledge data.
    pub user_timeout: Option<Duration>,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// Routing mark.
    pub mark: Option<u32>,
    /// Type of service.
    pub tos: Option<u8>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        ConnectOptions {
            source: None,
            transparent: false,
            interface: None,
            mss: None,
            keepalive: None,
            nodelay: true,
            user_timeout: None,
            congestion: None,
            mark: None,
            tos: None,
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
/// Everything that is known at once: descriptors or ports exhausted, no route, a UNIX socket that nobody listens on
/// (`ConnectionRefused`, `NotFound`) or whose queue is full (`WouldBlock`). `InvalidInput` for [`Endpoint::Fd`].
pub fn start_connect(to: &Endpoint, options: &ConnectOptions) -> io::Result<Connecting> {
    let (fd, started) = if let Endpoint::Inet(addr) = to {
        let fd = inet_socket(addr, options)?;
        let started = rustix::net::connect(&fd, addr);
        (fd, started)
    } else {
        let Some(addr) = to.unix()? else { return Err(io::ErrorKind::InvalidInput.into()) };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let started = rustix::net::connect(&fd, &addr);
        (fd, started)
    };
    let established = match started {
        Ok(()) => true,
        Err(Errno::INPROGRESS) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Connecting { conn: Some(Conn::from_fd(fd)), established })
}

fn inet_socket(to: &SocketAddr, options: &ConnectOptions) -> io::Result<OwnedFd> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = rustix::net::socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    if options.nodelay {
        sockopt::set_tcp_nodelay(&fd, true)?;
    }
    if let Some(keepalive) = &options.keepalive {
        options::set_keepalive(fd.as_fd(), keepalive)?;
    }
    if let Some(interface) = &options.interface {
        options::set_interface(fd.as_fd(), interface)?;
    }
    if let Some(mss) = options.mss {
        options::set_mss(fd.as_fd(), mss)?;
    }
    if let Some(timeout) = options.user_timeout {
        options::set_user_timeout(fd.as_fd(), timeout)?;
    }
    if let Some(congestion) = &options.congestion {
        options::set_congestion(fd.as_fd(), congestion)?;
    }
    if let Some(mark) = options.mark {
        options::set_mark(fd.as_fd(), mark)?;
    }
    if let Some(tos) = options.tos {
        options::set_tos(fd.as_fd(), to, tos)?;
    }
    if let Some(source) = &options.source {
        bind_source(&fd, source, options.transparent)?;
    }
    Ok(fd)
}

fn bind_source(fd: &OwnedFd, source: &SocketAddr, transparent: bool) -> io::Result<()> {
    if transparent {
        options::set_transparent(fd.as_fd(), source)?;
    }
    if source.port() == 0 {
        // The port is then chosen by connect, which knows the destination: 64 k ports per server, not in all.
        // Kernels without the option choose it in bind, as they always did.
        let _ = sys::set_int(fd.as_fd(), libc::SOL_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1);
    } else {
        sockopt::set_socket_reuseaddr(fd, true)?;
    }
    Ok(rustix::net::bind(fd, source)?)
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
        let error = start_connect(&Endpoint::Fd(0), &ConnectOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
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
                tos: Some(0x10),
                ..ConnectOptions::default()
            };
            let mut connecting = start_connect(&to, &options).unwrap();
            let conn = poll_fn(|cx| connecting.poll(cx)).await.unwrap();
            assert_eq!(conn.local().unwrap().inet().unwrap().ip().to_string(), "127.0.0.9");
            assert!(sockopt::tcp_nodelay(conn.fd()).unwrap());
            assert!(sockopt::socket_keepalive(conn.fd()).unwrap());
            assert_eq!(sockopt::tcp_keepidle(conn.fd()).unwrap(), Duration::from_secs(77));
            assert_eq!(sockopt::tcp_user_timeout(conn.fd()).unwrap(), 1234);
            assert_eq!(sockopt::ip_tos(conn.fd()).unwrap(), 0x10);
        });
    }
}
