//! One established stream socket (TCP or UNIX), the object of the hot path.
//!
//! ```text
//!            first EAGAIN, or a read that drained it          drop / into_fd
//!   raw fd ------------------------------------------> registered -----------> closed / raw again
//! ```
//! A connection that never has to wait is never registered with the poller: two `epoll_ctl` less for those that end
//! at once. What always holds:
//! - The poller is edge-triggered: its read readiness is cleared when a read came back short (the socket is empty
//!   then), so that no read is made only to hear EAGAIN.
//! - `read_first` is set while data may be waiting that the poller will not announce (again); reads then go to the
//!   socket before they ask the poller.
//! - Writes go straight to the socket; the poller is asked only after the kernel has refused some bytes.
//! - A peer that sends without end does not keep its task running for ever: after some reads in a row that found
//!   data, the next yields once.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, sockopt};

use crate::addr::Endpoint;
use crate::options::{self, Keepalive, TcpInfo};
use crate::reactor::{Ready, Source, Watch, Way};

/// Reads in a row that find data before other tasks get their turn.
const STREAK_MAX: u8 = 16;

/// A connected, non-blocking TCP or UNIX stream socket, registered with its worker's poller when it first has to
/// wait; from then on it belongs to that thread, until another one takes it over with [`Conn::come_here`]. Dropping it
/// closes the socket. At most one task waits for reading and one for writing: of several the last counts.
pub struct Conn {
    source: Source,
    fd: OwnedFd,
    read_first: bool,
    write_blocked: bool,
    streak: u8,
}

impl Conn {
    /// Takes a connected socket that is non-blocking already, as accept and connect of this crate return them.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Conn {
        Conn { fd, source: Source::NONE, read_first: true, write_blocked: false, streak: 0 }
    }

    /// The descriptor, for options and handing over; reading from it behind this type's back loses readiness.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Gives the socket up for another owner (another worker), out of the poller if it was in it.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        let Conn { fd, source, .. } = self;
        source.remove(fd.as_fd());
        fd
    }

    /// Makes a connection that another thread used the calling thread's. Nothing that arrives meanwhile is missed: the
    /// next read, and the next look whether it is alive, go to the socket. No task may wait for it.
    pub fn come_here(&mut self) {
        if self.is_registered() && !self.source.is_here() {
            std::mem::replace(&mut self.source, Source::NONE).remove(self.fd.as_fd());
            self.read_first = true;
        }
    }

    /// Whether the poller knows this connection.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        !self.source.is_none()
    }

    /// The place in the poller, made when it is first asked for.
    fn source(&mut self) -> io::Result<&Source> {
        if !self.is_registered() {
            self.source = Source::new(self.fd.as_fd(), Watch::Read)?;
        }
        Ok(&self.source)
    }

    /// The same, watched for room to write too.
    fn write_source(&mut self) -> io::Result<&Source> {
        if self.is_registered() {
            self.source.watch_writes(self.fd.as_fd())?;
        } else {
            self.source = Source::new(self.fd.as_fd(), Watch::Both)?;
        }
        Ok(&self.source)
    }

    /// Reads with `op` as soon as there is something; `drained` says that the result proves the socket empty.
    pub(crate) fn poll_read_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(BorrowedFd<'_>) -> io::Result<R>,
        drained: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        if self.streak >= STREAK_MAX {
            self.streak = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if !self.read_first && !self.source()?.poll(Way::Read, cx) {
                self.streak = 0;
                return Poll::Pending;
            }
            match op(self.fd.as_fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.nothing_to_read(),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(got) => {
                    if drained(&got) {
                        self.nothing_to_read();
                    }
                    self.streak += 1;
                    return Poll::Ready(Ok(got));
                }
            }
        }
    }

    /// Notes that the socket is empty; what the poller reports from now on is news.
    fn nothing_to_read(&mut self) {
        self.read_first = false;
        if self.is_registered() {
            self.source.clear(Way::Read);
        }
    }

    /// Writes with `op` as soon as there is room; `filled` says that the result proves the socket full.
    pub(crate) fn poll_write_with<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut op: impl FnMut(BorrowedFd<'_>) -> io::Result<R>,
        filled: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        loop {
            if self.write_blocked && !self.write_source()?.poll(Way::Write, cx) {
                return Poll::Pending;
            }
            match op(self.fd.as_fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.no_room(),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(wrote) => {
                    self.write_blocked = false;
                    if filled(&wrote) {
                        self.no_room();
                    }
                    return Poll::Ready(Ok(wrote));
                }
            }
        }
    }

    /// Notes that the kernel has no room; what the poller reports from now on is news.
    fn no_room(&mut self) {
        self.write_blocked = true;
        if self.is_registered() {
            self.source.clear(Way::Write);
        }
    }

    /// Ready when the poller has reported room to write, the end of a handshake among it.
    pub(crate) fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.write_source()?.poll(Way::Write, cx) { Poll::Ready(Ok(())) } else { Poll::Pending }
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
        if !self.read_first && self.is_registered() {
            let ready = self.source.ready();
            if !ready.has(Ready::READ) {
                return true;
            }
            if ready.has(Ready::READ_CLOSED) {
                return false;
            }
        }
        let alive = is_empty(self.fd());
        if alive {
            self.nothing_to_read();
        }
        alive
    }

    /// Ready when an idle connection is no longer good: data, end of stream or error arrived. Nothing is taken out.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if !self.is_alive_idle() {
                return Poll::Ready(());
            }
            match self.source() {
                Err(_) => return Poll::Ready(()),
                Ok(source) if !source.poll(Way::Read, cx) => return Poll::Pending,
                Ok(_) => {}
            }
        }
    }

    /// Ready when the peer has closed its side or the connection broke, even if data still lies before that; the data
    /// stays where it is. The poller's report alone tells: no system call is made once registered. For noticing that
    /// a client has gone while its server is still thinking. (Should the poller refuse the socket, pending for ever.)
    pub fn poll_peek_eof(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.source() {
            Ok(source) if source.poll_closed(cx) => Poll::Ready(()),
            Ok(_) | Err(_) => Poll::Pending,
        }
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

    /// The headers of the packet that opened the connection, where its listener keeps them (`tcp-ss`). The kernel gives
    /// them once; empty where there are none.
    ///
    /// # Errors
    /// `EOPNOTSUPP` on a UNIX socket.
    pub fn saved_syn(&self) -> io::Result<Vec<u8>> {
        crate::sys::saved_syn(self.fd())
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
