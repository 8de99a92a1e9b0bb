//! A listening socket in the poller, and what comes out of it.
//!
//! Connections are accepted in bursts, so that a flood of new ones does not starve those that are served, and
//! errors are told apart: those of one client are passed over here, those of a full table reach the caller, who
//! should wait a moment before polling again.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::net::{SocketFlags, sockopt};

use crate::fdpass;
use crate::reactor::{Source, Watch, Way};

/// Connections accepted in a row before other tasks get their turn.
const BURST_MAX: u8 = 64;

/// A connection just accepted, non-blocking and close-on-exec.
#[derive(Debug)]
pub struct Accepted {
    /// The socket.
    pub fd: OwnedFd,
    /// The client's address; `None` on UNIX sockets.
    pub peer: Option<SocketAddr>,
}

/// What an error of [`Listener::poll_accept`] asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptTrouble {
    /// Descriptors or memory are exhausted: wait (100 ms, say), then poll again.
    Exhausted,
    /// The socket does not listen (any more): polling again will not help.
    Broken,
}

/// Tells errors of [`Listener::poll_accept`] apart.
#[must_use]
pub fn accept_trouble(error: &io::Error) -> AcceptTrouble {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => AcceptTrouble::Exhausted,
        Some(_) | None => AcceptTrouble::Broken,
    }
}

/// A listening socket in the poller of the thread that made it.
#[derive(Debug)]
pub struct Listener {
    /// `None` only while it is dropped.
    source: Option<Source>,
    fd: OwnedFd,
    accept: AcceptFn,
    burst: u8,
}

/// Takes one connection, if there is one.
type AcceptFn = fn(BorrowedFd<'_>) -> io::Result<Option<Accepted>>;

impl Listener {
    /// Has this thread's poller watch a non-blocking socket that listens, or through which connected sockets come
    /// (`sockpair@`).
    ///
    /// # Errors
    /// What the poller refuses (`ENOMEM`, `ENOSPC`).
    pub fn from_fd(fd: OwnedFd) -> io::Result<Listener> {
        let accept = if sockopt::socket_acceptconn(&fd)? { accept } else { receive };
        let source = Some(Source::new(fd.as_fd(), Watch::Read)?);
        Ok(Listener { source, fd, accept, burst: 0 })
    }

    /// The descriptor. A duplicate of it keeps the socket listening when this is dropped.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Accepts one connection when there is one. After a burst of 64 without a pause it yields once: pending, and
    /// woken at once.
    ///
    /// # Errors
    /// See [`accept_trouble`]. Clients that have gone again before they were accepted are passed over.
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        if self.burst >= BURST_MAX {
            self.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let source = self.source.as_ref().expect("taken by drop alone");
        loop {
            if !source.poll(Way::Read, cx) {
                self.burst = 0;
                return Poll::Pending;
            }
            match (self.accept)(self.fd.as_fd()) {
                Ok(Some(accepted)) => {
                    self.burst += 1;
                    return Poll::Ready(Ok(accepted));
                }
                Ok(None) => source.clear(Way::Read),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Unlike connections, listening sockets often live on in a duplicate, here or in the next process; epoll
        // would go on reporting what that one accepts.
        if let Some(source) = self.source.take() {
            source.remove(self.fd.as_fd());
        }
    }
}

/// Accepts all that waits on a socket that is to be closed: closing would reset them. Returns how many there were; a socket
/// that does not listen has none.
pub fn drain(fd: BorrowedFd<'_>, mut each: impl FnMut(Accepted)) -> usize {
    let is_listening = sockopt::socket_acceptconn(fd).unwrap_or(false);
    let take = if is_listening { accept } else { receive };
    let mut count = 0;
    while let Ok(Some(accepted)) = take(fd) {
        each(accepted);
        count += 1;
    }
    count
}

/// Lets a TCP socket listen no more without letting go of it: new connections are refused, those that wait are reset.
/// Other sockets stay as they are.
///
/// # Errors
/// It does not listen.
pub fn suspend(fd: BorrowedFd<'_>) -> io::Result<()> {
    if is_unix(fd)? { Ok(()) } else { Ok(rustix::net::shutdown(fd, rustix::net::Shutdown::Read)?) }
}

/// Lets a socket listen again after [`suspend`].
///
/// # Errors
/// Another socket has its address.
pub fn resume(fd: BorrowedFd<'_>, backlog: u32) -> io::Result<()> {
    if is_unix(fd)? {
        return Ok(());
    }
    Ok(rustix::net::listen(fd, i32::try_from(backlog).unwrap_or(i32::MAX))?)
}

fn is_unix(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(rustix::net::getsockname(fd)?.address_family() == rustix::net::AddressFamily::UNIX)
}

/// Accepts one connection; `None` when none waits.
fn accept(fd: BorrowedFd<'_>) -> io::Result<Option<Accepted>> {
    loop {
        match rustix::net::acceptfrom_with(fd, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok((fd, peer)) => {
                let peer = peer.and_then(|any| SocketAddr::try_from(any).ok());
                return Ok(Some(Accepted { fd, peer }));
            }
            // On Linux, EAGAIN and EWOULDBLOCK are one.
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) if is_the_clients_own(error) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Receives one end of a pair of sockets; `None` when none waits.
fn receive(fd: BorrowedFd<'_>) -> io::Result<Option<Accepted>> {
    loop {
        let (mut message, mut fds) = ([0; fdpass::PAIR_MESSAGE.len()], Vec::new());
        match fdpass::recv_fds(fd, &mut message, &mut fds) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {
                // Whoever sent something else is told by nobody; it may do better the next time.
                let Some(fd) = fds.pop() else { continue };
                rustix::io::ioctl_fionbio(&fd, true)?;
                return Ok(Some(Accepted { fd, peer: None }));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Errors of the connection that would have been accepted (accept(2) lists them), not of the listener.
fn is_the_clients_own(error: Errno) -> bool {
    matches!(
        error,
        Errno::CONNABORTED
            | Errno::INTR
            | Errno::PROTO
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::NETUNREACH
            | Errno::PERM
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addr::Endpoint;
    use crate::conn::tests::run;
    use crate::listen::{ListenOptions, listen};
    use std::future::poll_fn;
    use std::net::TcpStream;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::UnixStream;

    fn tcp() -> (OwnedFd, SocketAddr) {
        let fd = listen(&Endpoint::Inet("127.0.0.1:0".parse().unwrap()), &ListenOptions::default()).unwrap();
        let addr = SocketAddr::try_from(rustix::net::getsockname(&fd).unwrap()).unwrap();
        (fd, addr)
    }

    #[test]
    fn accepts_with_the_peers_address() {
        run(async {
            let (fd, addr) = tcp();
            let mut listener = Listener::from_fd(fd).unwrap();
            let client = TcpStream::connect(addr).unwrap();
            let accepted = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
            assert_eq!(accepted.peer, Some(client.local_addr().unwrap()));
            assert!(rustix::io::fcntl_getfd(&accepted.fd).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
            assert!(rustix::fs::fcntl_getfl(&accepted.fd).unwrap().contains(rustix::fs::OFlags::NONBLOCK));
        });
    }

    #[test]
    fn an_abstract_name_has_no_peer_address() {
        run(async {
            let name = format!("lockgate-test-{}", std::process::id());
            let on = Endpoint::Abstract(name.clone().into_bytes());
            let mut listener = Listener::from_fd(listen(&on, &ListenOptions::default()).unwrap()).unwrap();
            let addr = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
            let _client = UnixStream::connect_addr(&addr).unwrap();
            assert_eq!(poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().peer, None);
        });
    }

    #[test]
    fn ends_of_pairs_are_accepted() {
        use crate::connect::{ConnectOptions, start_connect};
        use std::io::Write;
        use std::os::fd::AsRawFd;
        run(async {
            let (through, listening) = UnixStream::pair().unwrap();
            listening.set_nonblocking(true).unwrap();
            let mut listener = Listener::from_fd(listening.into()).unwrap();
            let to = Endpoint::Fd(through.as_raw_fd());
            let _conns: Vec<_> =
                (0..3).map(|_| start_connect(&to, &ConnectOptions::default()).unwrap()).collect();
            for _ in 0..3 {
                let accepted = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
                assert!(accepted.peer.is_none());
                UnixStream::from(accepted.fd).write_all(b"x").unwrap();
            }
            (&through).write_all(b"xx").unwrap();
            drop(through);
            let error = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap_err();
            assert_eq!(accept_trouble(&error), AcceptTrouble::Broken);
        });
    }

    #[test]
    fn bursts_end_and_draining_takes_all() {
        run(async {
            let (fd, addr) = tcp();
            let mut listener = Listener::from_fd(fd).unwrap();
            let _clients: Vec<_> = (0..100).map(|_| TcpStream::connect(addr).unwrap()).collect();
            let mut accepted = vec![poll_fn(|cx| listener.poll_accept(cx)).await.unwrap()];
            poll_fn(|cx| {
                while let Poll::Ready(one) = listener.poll_accept(cx) {
                    accepted.push(one.unwrap());
                }
                Poll::Ready(())
            })
            .await;
            assert_eq!(accepted.len(), usize::from(BURST_MAX));
            assert_eq!(drain(listener.fd(), |one| accepted.push(one)), 36);
            assert_eq!(drain(listener.fd(), |_| ()), 0);
        });
    }

    #[test]
    fn troubles_are_told_apart() {
        assert_eq!(accept_trouble(&Errno::MFILE.into()), AcceptTrouble::Exhausted);
        assert_eq!(accept_trouble(&Errno::NFILE.into()), AcceptTrouble::Exhausted);
        assert_eq!(accept_trouble(&Errno::INVAL.into()), AcceptTrouble::Broken);
        assert_eq!(accept_trouble(&io::Error::other("closed")), AcceptTrouble::Broken);
    }
}
