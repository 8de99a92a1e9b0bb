//! What comes in on a connection under TLS: from the socket through rustls to whoever reads.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};

use rustls::Connection;

use super::{Stage, Stream};
use crate::failure::HandshakeFailure;

/// Ciphertext that one read takes, in bytes: four full records.
const READ_BYTES_MAX: usize = 4 * RECORD_BYTES_MAX;
/// The least that is worth a read.
pub(super) const READ_BYTES_MIN: usize = 4096;
/// A full record with its header and the most that encryption adds (RFC 8446 section 5.2).
const RECORD_BYTES_MAX: usize = 5 + 16_384 + 256;

thread_local! {
    static ARRIVED: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
}

impl Stream {
    /// Reads once from the socket, behind what is pending.
    pub(super) fn poll_arrive(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<io::Result<()>> {
        ARRIVED.with_borrow_mut(|arrived| {
            let n = ready!(self.conn.poll_read(cx, &mut arrived[..bytes]))?;
            self.is_eof |= n == 0;
            self.pending.extend_from_slice(&arrived[..n]);
            Poll::Ready(Ok(()))
        })
    }

    /// Gives rustls what is pending, as much as it takes.
    pub(super) fn feed(&mut self) -> Result<(), rustls::Error> {
        let mut pending = std::mem::take(&mut self.pending);
        let result = self.feed_from(&mut pending);
        if self.pending.is_empty() && pending.capacity() <= READ_BYTES_MIN {
            // Kept for the next small read; larger ones are given back.
            self.pending = pending;
            self.pending.clear();
        }
        result
    }

    /// Looks at what came along with the hello.
    pub(super) fn process(&mut self) -> Result<(), rustls::Error> {
        match &mut self.stage {
            Stage::Hello => Ok(()),
            Stage::Tls(tls) => tls.process_new_packets().map(drop),
            Stage::Served(served) => served.feed(&mut []),
        }
    }

    fn feed_from(&mut self, bytes: &mut [u8]) -> Result<(), rustls::Error> {
        let tls = match &mut self.stage {
            Stage::Hello => return Ok(()),
            Stage::Tls(tls) => tls,
            Stage::Served(served) => return served.feed(bytes),
        };
        let mut bytes = &*bytes;
        if let Some(handshake) = &mut self.handshake {
            handshake.received(bytes);
        }
        while !bytes.is_empty() {
            match tls.read_tls(&mut bytes) {
                // Nothing counts behind `close_notify`.
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(_) => {
                    self.pending.extend_from_slice(bytes);
                    return Ok(());
                }
            }
            tls.process_new_packets()?;
        }
        Ok(())
    }

    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if let Some(n) = self.read_plaintext(buf)? {
                return Poll::Ready(Ok(n));
            }
            if self.pending.is_empty() {
                if self.is_eof {
                    return Poll::Ready(Ok(0));
                }
                let bytes = (buf.len() + RECORD_BYTES_MAX - 16_384).clamp(READ_BYTES_MIN, READ_BYTES_MAX);
                match self.poll_arrive_and_feed(cx, bytes) {
                    Poll::Ready(result) => result?,
                    Poll::Pending => {
                        // Nothing to read: whoever waits for our tickets, or for our Finished, gets them now.
                        if self.wants_write() {
                            let _ = self.poll_flush(cx)?;
                        }
                        return Poll::Pending;
                    }
                }
            } else {
                let result = self.feed();
                self.check(result)?;
            }
        }
    }

    /// Reads once and gives it to rustls, without a copy of our own where rustls takes all.
    fn poll_arrive_and_feed(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<io::Result<()>> {
        let result = ARRIVED.with_borrow_mut(|arrived| {
            let n = ready!(self.conn.poll_read(cx, &mut arrived[..bytes]))?;
            self.is_eof |= n == 0;
            Poll::Ready(Ok::<_, io::Error>(self.feed_from(&mut arrived[..n])))
        });
        let fed = ready!(result)?;
        Poll::Ready(self.check(fed))
    }

    /// What rustls finds wrong ends the connection; the peer hears of it.
    fn check(&mut self, result: Result<(), rustls::Error>) -> io::Result<()> {
        if self.handshake.is_some() {
            self.note_handshake();
        }
        if !self.early_sent.is_empty() {
            self.settle_early_data()?;
        }
        result.map_err(|error| {
            self.flush_now();
            self.is_over = true;
            self.fatal = Some(HandshakeFailure::of(&error, None));
            io::Error::new(ErrorKind::InvalidData, error)
        })
    }

    /// Early data that the server did not take is sent again once it has answered (RFC 8446 section 4.2.10).
    pub(super) fn settle_early_data(&mut self) -> io::Result<()> {
        let Stage::Tls(Connection::Client(tls)) = &mut self.stage else { return Ok(()) };
        if tls.is_handshaking() {
            return Ok(());
        }
        let sent = std::mem::take(&mut self.early_sent);
        if !tls.is_early_data_accepted() {
            io::Write::write_all(&mut tls.writer(), &sent)?;
        }
        self.flush_now();
        Ok(())
    }

    /// What is decrypted already; 0 behind the peer's `close_notify`, `None` when nothing is there.
    fn read_plaintext(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        let tls = match &mut self.stage {
            Stage::Hello => return Ok(None),
            Stage::Tls(tls) => tls,
            Stage::Served(served) => return Ok(served.read(buf)),
        };
        if let Connection::Server(server) = &mut *tls
            && let Some(mut early) = server.early_data()
        {
            let n = io::Read::read(&mut early, buf)?;
            if n > 0 {
                return Ok(Some(n));
            }
        }
        match io::Read::read(&mut tls.reader(), buf) {
            Ok(n) => Ok(Some(n)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::UnexpectedEof) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Ready when the peer has closed its side of the socket, or the connection broke.
    pub(crate) fn poll_peek_eof(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.poll_peek_eof(cx)
    }

    /// Whether nothing but records of TLS's own (tickets, new keys) has come.
    pub(crate) fn is_alive_idle(&mut self) -> bool {
        if self.is_over || self.is_eof || self.has_plaintext() {
            return false;
        }
        if self.conn.is_alive_idle() {
            return true;
        }
        loop {
            let read = ARRIVED.with_borrow_mut(|arrived| {
                let n = self.conn.try_read(&mut arrived[..READ_BYTES_MIN])?;
                self.is_eof |= n == 0;
                Ok::<_, io::Error>(self.feed_from(&mut arrived[..n]).is_ok())
            });
            match read {
                Ok(true) if !self.is_eof && !self.has_plaintext() => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.conn.is_alive_idle(),
                Ok(_) | Err(_) => return false,
            }
        }
    }

    fn has_plaintext(&mut self) -> bool {
        match &mut self.stage {
            Stage::Hello => false,
            Stage::Served(served) => served.has_plaintext(),
            Stage::Tls(tls) => tls
                .process_new_packets()
                .is_ok_and(|state| state.plaintext_bytes_to_read() > 0 || state.peer_has_closed()),
        }
    }
}
