//! One established stream socket (TCP or UNIX), the object of the hot path.
//!
//! ```text
//!            first EAGAIN, or a read that drained it          drop / into_fd
//!   Raw fd ------------------------------------------> Polled ---------------> closed / raw again
//! ```
//! A connection that never has to wait is never registered with the poller: two `epoll_ctl` less for those that end
//! at once. What always holds:
//! - The poller is edge-triggered: its read readiness is cleared when a read came back short (the socket is empty
//!   then), so that no read is made only to hear EAGAIN.
//! - `read_first` is set while data may be waiting that the poller will not announce (again); reads then go to the
//!   socket before they ask the poller.
//! - Writes go straight to the socket; the poller is asked only after the kernel has refused some bytes.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, sockopt};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::addr::Endpoint;
use crate::options::{self, Keepalive, TcpInfo};
use crate::sys;

enum Io {
    Raw(OwnedFd),
    Polled(AsyncFd<OwnedFd>),
    /// Only while a descriptor moves from one of the others to the next.
    Moving,
}

/// A connected, non-blocking TCP or UNIX stream socket, registered with the current runtime when it first has to
/// wait. Dropping it closes the socket. All `poll_` functions must be called on the worker where it was registered;
/// at most one task waits for reading and one for writing.
pub struct Conn {
    io: Io,
    read_first: bool,
    write_blocked: bool,
}

impl Conn {
    /// Takes a connected socket that is non-blocking already, as accept and connect of this crate return them.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Conn {
        Conn { io: Io::Raw(fd), read_first: true, write_blocked: false }
    }

    /// The descriptor, for options and handing over; reading from it behind this type's back loses readiness.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.io {
            Io::Raw(fd) => fd.as_fd(),
            Io::Polled(polled) => polled.get_ref().as_fd(),
            Io::Moving => unreachable!("a descriptor moves within one call"),
        }
    }

    /// Gives the socket up for another owner (another worker), out of the poller if it was in it.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        match self.io {
            Io::Raw(fd) => fd,
            Io::Polled(polled) => polled.into_inner(),
            Io::Moving => unreachable!("a descriptor moves within one call"),
        }
    }

    /// Whether the poller knows this connection.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        matches!(self.io, Io::Polled(_))
    }

    /// Registers with the current runtime if that is not done yet, and returns the registration.
    fn polled(&mut self) -> io::Result<&AsyncFd<OwnedFd>> {
        if !self.is_registered() {
            self.register()?;
        }
        match &self.io {
            Io::Polled(polled) => Ok(polled),
            Io::Raw(_) | Io::Moving => unreachable!("registered above"),
        }
    }

    #[cold]
    fn register(&mut self) -> io::Result<()> {
        let Io::Raw(fd) = std::mem::replace(&mut self.io, Io::Moving) else {
            unreachable!("only a raw descriptor is registered");
        };
        match sys::register(fd, Interest::READABLE | Interest::WRITABLE) {
            Ok(polled) => self.io = Io::Polled(polled),
            Err((fd, error)) => {
                self.io = Io::Raw(fd);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads with `op` as soon as there is something; `drained` says that the result proves the socket empty.
    pub(crate) fn poll_read_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(BorrowedFd<'_>) -> io::Result<R>,
        drained: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        if self.read_first {
            match op(self.fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.read_first = false,
                Err(error) => return Poll::Ready(Err(error)),
                Ok(got) => {
                    self.read_first = !drained(&got);
                    return Poll::Ready(Ok(got));
                }
            }
        }
        let polled = self.polled()?;
        loop {
            let mut guard = ready!(polled.poll_read_ready(cx))?;
            match op(polled.get_ref().as_fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(got) => {
                    if drained(&got) {
                        guard.clear_ready();
                    }
                    return Poll::Ready(Ok(got));
                }
            }
        }
    }

    /// Writes with `op` as soon as there is room; `filled` says that the result proves the socket full.
    pub(crate) fn poll_write_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(BorrowedFd<'_>) -> io::Result<R>,
        filled: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        if !self.write_blocked {
            match op(self.fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.block_writes(cx),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(wrote) => {
                    if filled(&wrote) {
                        self.block_writes(cx);
                    }
                    return Poll::Ready(Ok(wrote));
                }
            }
        }
        let polled = self.polled()?;
        let (wrote, full) = loop {
            let mut guard = ready!(polled.poll_write_ready(cx))?;
            match op(polled.get_ref().as_fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(wrote) => {
                    let full = filled(&wrote);
                    if full {
                        guard.clear_ready();
                    }
                    break (wrote, full);
                }
            }
        };
        self.write_blocked = full;
        Poll::Ready(Ok(wrote))
    }

    /// Ready when the poller has reported room to write, the end of a handshake among it.
    pub(crate) fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.polled()?.poll_write_ready(cx).map_ok(drop)
    }

    /// Notes that the kernel has no room. The readiness that the poller still holds is from before, so it goes.
    fn block_writes(&mut self, cx: &mut Context<'_>) {
        self.write_blocked = true;
        if let Io::Polled(polled) = &self.io
            && let Poll::Ready(Ok(mut guard)) = polled.poll_write_ready(cx)
        {
            guard.clear_ready();
        }
    }

    /// Reads into `buf`, which must not be empty; 0 is the end of the stream.
    ///
    /// # Errors
    /// What the socket reports, `ConnectionReset` among it; never `WouldBlock`.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        debug_assert!(!buf.is_empty(), "0 would look like the end of the stream");
        let len = buf.len();
        self.poll_read_with(cx, |fd| recv(fd, buf, RecvFlags::empty()), |got| *got < len)
    }

    /// Writes some of `buf` and returns how many bytes went.
    ///
    /// # Errors
    /// What the socket reports (`BrokenPipe`, `ConnectionReset`; after an optimistic connect also `ConnectionRefused`
    /// and its kin); never `WouldBlock`, never a signal.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |fd| send(fd, buf), |wrote| *wrote < buf.len())
    }

    /// Writes some of `bufs`, in their order, with one system call, and returns how many bytes went.
    ///
    /// # Errors
    /// As [`Conn::poll_write`].
    pub fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_write_with(cx, |fd| send_vectored(fd, bufs), |wrote| *wrote < total)
    }

    /// Reads what is there, without waiting and without registering.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; otherwise as [`Conn::poll_read`].
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len();
        let result = recv(self.fd(), buf, RecvFlags::empty());
        match &result {
            Ok(got) if *got < len => self.read_first = false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.read_first = false,
            Ok(_) | Err(_) => {}
        }
        result
    }

    /// Looks at what is there without taking it, without waiting and without registering.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; otherwise as [`Conn::poll_read`].
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        recv(self.fd(), buf, RecvFlags::PEEK)
    }

    /// Writes what there is room for, without waiting and without registering.
    ///
    /// # Errors
    /// `WouldBlock` without room; otherwise as [`Conn::poll_write`].
    pub fn try_write(&mut self, buf: &[u8]) -> io::Result<usize> {
        send(self.fd(), buf)
    }

    /// [`Conn::try_write`] of several pieces with one system call.
    ///
    /// # Errors
    /// As [`Conn::try_write`].
    pub fn try_write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        send_vectored(self.fd(), bufs)
    }

    /// Whether an idle connection, on which nothing is expected, is still good to use. Costs no system call when it
    /// is registered and the poller has reported nothing; otherwise one look. Data that nobody asked for, the end of
    /// the stream and errors all mean no.
    pub fn is_alive_idle(&mut self) -> bool {
        if self.read_first {
            self.read_first = !is_empty(self.fd());
            return !self.read_first;
        }
        match &self.io {
            // Outside of the poller, and drained when last read: only a look can tell.
            Io::Raw(fd) => is_empty(fd.as_fd()),
            Io::Polled(polled) => {
                let looked = polled.try_io(Interest::READABLE, |fd| peek(fd.as_fd()));
                looked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
            }
            Io::Moving => unreachable!("a descriptor moves within one call"),
        }
    }

    /// Ready when an idle connection is no longer good: data, end of stream or error arrived. Nothing is taken out.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.read_first {
            if !is_empty(self.fd()) {
                return Poll::Ready(());
            }
            self.read_first = false;
        }
        let Ok(polled) = self.polled() else { return Poll::Ready(()) };
        loop {
            let Ok(mut guard) = ready!(polled.poll_read_ready(cx)) else { return Poll::Ready(()) };
            if guard.ready().is_read_closed() || !is_empty(polled.get_ref().as_fd()) {
                return Poll::Ready(());
            }
            guard.clear_ready();
        }
    }

    /// Ready when the peer has closed its side or the connection broke, even if data still lies before that; the data
    /// stays where it is. The poller's report alone tells: no system call is made once registered. For noticing that
    /// a client has gone while its server is still thinking.
    pub fn poll_peek_eof(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Ok(polled) = self.polled() else { return Poll::Pending };
        let mut has_data = false;
        let closed = loop {
            match polled.poll_read_ready(cx) {
                Poll::Pending => break Poll::Pending,
                Poll::Ready(Err(_)) => break Poll::Ready(()),
                Poll::Ready(Ok(guard)) if guard.ready().is_read_closed() => break Poll::Ready(()),
                Poll::Ready(Ok(mut guard)) => {
                    // Data, but no end: forget the report to be able to wait for the next, and remember the data.
                    guard.clear_ready();
                    has_data = true;
                }
            }
        };
        self.read_first |= has_data;
        closed
    }

    /// Sends the end of the stream; reading goes on.
    ///
    /// # Errors
    /// `NotConnected` when the peer has reset the connection meanwhile.
    pub fn shutdown_write(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self.fd(), Shutdown::Write)?)
    }

    /// Makes the close to come a reset: nothing lingers, what was not sent is lost.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn set_linger_zero(&self) -> io::Result<()> {
        Ok(sockopt::set_socket_linger(self.fd(), Some(Duration::ZERO))?)
    }

    /// Turns TCP keep-alive on.
    ///
    /// # Errors
    /// As [`options::set_keepalive`].
    pub fn set_keepalive(&self, keepalive: &Keepalive) -> io::Result<()> {
        options::set_keepalive(self.fd(), keepalive)
    }

    /// Sends small segments at once.
    ///
    /// # Errors
    /// `EOPNOTSUPP` on a UNIX socket.
    pub fn set_nodelay(&self) -> io::Result<()> {
        Ok(sockopt::set_tcp_nodelay(self.fd(), true)?)
    }

    /// Acknowledges what comes next at once.
    ///
    /// # Errors
    /// `EOPNOTSUPP` on a UNIX socket.
    pub fn set_quickack(&self) -> io::Result<()> {
        Ok(sockopt::set_tcp_quickack(self.fd(), true)?)
    }

    /// The error that waits on the socket, taken from it.
    ///
    /// # Errors
    /// What the kernel refuses; the socket's own error is the value.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(sockopt::socket_error(self.fd())?.err().map(io::Error::from))
    }

    /// What the kernel knows of the TCP connection.
    ///
    /// # Errors
    /// `EOPNOTSUPP` on a UNIX socket.
    pub fn tcp_info(&self) -> io::Result<TcpInfo> {
        options::tcp_info(self.fd())
    }

    /// The other end's address, asked from the kernel at each call (accepting returns it for nothing). A client's
    /// UNIX socket has an empty path.
    ///
    /// # Errors
    /// `NotConnected` when the connection is gone.
    pub fn peer(&self) -> io::Result<Endpoint> {
        let any = rustix::net::getpeername(self.fd())?;
        Ok(any.and_then(Endpoint::from_any).unwrap_or(Endpoint::Unix(Vec::new())))
    }

    /// This end's address, asked from the kernel at each call.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn local(&self) -> io::Result<Endpoint> {
        let any = rustix::net::getsockname(self.fd())?;
        Ok(Endpoint::from_any(any).unwrap_or(Endpoint::Unix(Vec::new())))
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("fd", &self.fd()).field("registered", &self.is_registered()).finish()
    }
}

fn recv(fd: BorrowedFd<'_>, buf: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
    let (got, _) = rustix::net::recv(fd, buf, flags)?;
    Ok(got)
}

fn send(fd: BorrowedFd<'_>, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(fd, buf, SendFlags::NOSIGNAL)?)
}

fn send_vectored(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    if let [buf] = bufs {
        return send(fd, buf);
    }
    // The kernel refuses more pieces than this (UIO_MAXIOV); the rest goes with the next call.
    let bufs = &bufs[..bufs.len().min(1024)];
    Ok(rustix::net::sendmsg(fd, bufs, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?)
}

fn peek(fd: BorrowedFd<'_>) -> io::Result<usize> {
    recv(fd, &mut [0u8; 1], RecvFlags::PEEK)
}

/// Whether the socket holds neither data nor the end of the stream nor an error.
fn is_empty(fd: BorrowedFd<'_>) -> bool {
    peek(fd).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[cfg(test)]
#[path = "conn_tests.rs"]
pub(crate) mod tests;
