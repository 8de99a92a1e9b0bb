//! A connection, in clear or under TLS: what the proxy reads from and writes to.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use net::Conn;

use crate::stream::Stream;

/// A connection of either kind. One match an operation, no virtual calls.
#[derive(Debug)]
pub enum Transport {
    /// In clear.
    Plain(Conn),
    /// Under TLS.
    Tls(Box<Stream>),
}

impl Transport {
    /// The socket, for options and addresses.
    #[must_use]
    pub fn conn(&self) -> &Conn {
        match self {
            Transport::Plain(conn) => conn,
            Transport::Tls(stream) => stream.conn(),
        }
    }

    /// The socket of a connection in clear, for what only that can do (splicing).
    pub fn plain_mut(&mut self) -> Option<&mut Conn> {
        match self {
            Transport::Plain(conn) => Some(conn),
            Transport::Tls(_) => None,
        }
    }

    /// The TLS connection.
    pub fn tls_mut(&mut self) -> Option<&mut Stream> {
        match self {
            Transport::Plain(_) => None,
            Transport::Tls(stream) => Some(stream),
        }
    }

    /// Whether it is under TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Transport::Tls(_))
    }

    /// Reads into `buf`, which must not be empty; 0 is the end of the stream.
    ///
    /// # Errors
    /// What the socket reports; `InvalidData` for what is no TLS.
    #[inline]
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(conn) => conn.poll_read(cx, buf),
            Transport::Tls(stream) => stream.poll_read(cx, buf),
        }
    }

    /// Writes some of `buf` and returns how many bytes went. After "pending" the same bytes must be offered again.
    ///
    /// # Errors
    /// What the socket reports.
    #[inline]
    pub fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(conn) => conn.poll_write(cx, buf),
            Transport::Tls(stream) => stream.poll_write(cx, &[IoSlice::new(buf)]),
        }
    }

    /// Writes some of `bufs`, in their order, and returns how many bytes went. As [`Transport::poll_write`].
    ///
    /// # Errors
    /// What the socket reports.
    #[inline]
    pub fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Transport::Plain(conn) => conn.poll_write_vectored(cx, bufs),
            Transport::Tls(stream) => stream.poll_write(cx, bufs),
        }
    }

    /// Whether an idle connection, on which nothing is expected, is still good to use (see [`Conn::is_alive_idle`]).
    pub fn is_alive_idle(&mut self) -> bool {
        match self {
            Transport::Plain(conn) => conn.is_alive_idle(),
            Transport::Tls(stream) => stream.is_alive_idle(),
        }
    }

    /// Makes a connection that another thread used the calling thread's (see [`Conn::come_here`]).
    pub fn come_here(&mut self) {
        match self {
            Transport::Plain(conn) => conn.come_here(),
            Transport::Tls(stream) => stream.come_here(),
        }
    }

    /// Ready when the peer has closed its side or the connection broke (see [`Conn::poll_peek_eof`]).
    pub fn poll_peek_eof(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Transport::Plain(conn) => conn.poll_peek_eof(cx),
            Transport::Tls(stream) => stream.poll_peek_eof(cx),
        }
    }

    /// Sends the end of the stream (under TLS `close_notify` first); reading goes on.
    ///
    /// # Errors
    /// `NotConnected` when the peer has reset the connection meanwhile.
    pub fn shutdown_write(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(conn) => conn.shutdown_write(),
            Transport::Tls(stream) => {
                stream.say_goodbye();
                stream.conn().shutdown_write()
            }
        }
    }

    /// Makes the close to come a reset: nothing lingers, what was not sent is lost.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn set_linger_zero(&mut self) -> io::Result<()> {
        self.forsake();
        self.conn().set_linger_zero()
    }

    /// Ends the connection as it stands: nothing more is said on it, `close_notify` included.
    pub fn forsake(&mut self) {
        if let Transport::Tls(stream) = self {
            stream.forsake();
        }
    }
}
