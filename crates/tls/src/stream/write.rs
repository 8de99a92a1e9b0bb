//! What goes out on a connection under TLS: data, the records that wait for it, and the last word.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::task::{Context, Poll, ready};

use net::Conn;
use rustls::Connection;

use super::{Stage, Stream};
use crate::handshake::Handshake;
use crate::records::RecordLimit;
use crate::served::OUT_BYTES_MAX;

thread_local! {
    static DEPARTING: RefCell<Vec<u8>> = RefCell::new(vec![0; OUT_BYTES_MAX]);
}

impl Stream {
    pub(super) fn wants_write(&self) -> bool {
        match &self.stage {
            Stage::Hello => false,
            Stage::Tls(tls) => tls.wants_write(),
            Stage::Served(served) => !served.output().is_empty(),
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.unreported > 0 {
            ready!(self.poll_flush(cx))?;
            return Poll::Ready(Ok(std::mem::take(&mut self.unreported)));
        }
        if self.is_handshaking() {
            if let Some(n) = self.write_early(bufs)? {
                let _ = self.poll_flush(cx)?;
                return Poll::Ready(Ok(n));
            }
            ready!(self.poll_complete(cx)).map_err(|failure| io::Error::other(failure.text.into_string()))?;
            if !self.early_sent.is_empty() {
                self.settle_early_data()?;
            }
        }
        let tls = match &mut self.stage {
            Stage::Hello => return Poll::Ready(Err(ErrorKind::NotConnected.into())),
            Stage::Tls(tls) => tls,
            Stage::Served(_) => return self.poll_write_served(cx, bufs),
        };
        let mut n = write_records(tls, bufs, self.limit.as_deref_mut())?;
        if n == 0 {
            ready!(self.poll_flush(cx))?;
            let Stage::Tls(tls) = &mut self.stage else { return Poll::Ready(Ok(0)) };
            n = write_records(tls, bufs, self.limit.as_deref_mut())?;
        }
        match self.poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(n)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                self.unreported = n;
                Poll::Pending
            }
        }
    }

    /// Encrypts and writes without a buffer of the connection's own, unless the socket does not take all of it.
    fn poll_write_served(&mut self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if matches!(&self.stage, Stage::Served(served) if served.is_full()) {
            ready!(self.poll_flush(cx))?;
        }
        let Stage::Served(served) = &mut self.stage else { return Poll::Ready(Ok(0)) };
        DEPARTING.with_borrow_mut(|out| {
            let (taken, len) = served.encrypt(bufs, out, self.limit.as_deref_mut())?;
            let mut sent = 0;
            while sent < len {
                match self.conn.poll_write(cx, &out[sent..len]) {
                    Poll::Ready(Ok(n)) => sent += n,
                    Poll::Ready(Err(error)) => {
                        self.is_over = true;
                        return Poll::Ready(Err(error));
                    }
                    Poll::Pending => {
                        served.keep(&out[sent..len]);
                        self.unreported = taken;
                        return Poll::Pending;
                    }
                }
            }
            Poll::Ready(Ok(taken))
        })
    }

    /// Sends what it can before the server has answered, and remembers it.
    fn write_early(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        let Stage::Tls(Connection::Client(tls)) = &mut self.stage else { return Ok(None) };
        let Some(mut early) = tls.early_data() else { return Ok(None) };
        let mut count = 0;
        for buf in bufs {
            let n = io::Write::write(&mut early, buf)?;
            self.early_sent.extend_from_slice(&buf[..n]);
            count += n;
            if n < buf.len() {
                break;
            }
        }
        Ok((count > 0).then_some(count))
    }

    /// Writes the records that wait.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let tls = match &mut self.stage {
            Stage::Hello => return Poll::Ready(Ok(())),
            Stage::Tls(tls) => tls,
            Stage::Served(served) => {
                while !served.output().is_empty() {
                    match ready!(self.conn.poll_write(cx, served.output())) {
                        Ok(n) => served.sent(n),
                        Err(error) => {
                            self.is_over = true;
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                return Poll::Ready(Ok(()));
            }
        };
        let mut out = Out { conn: &mut self.conn, cx: Some(cx), seen: self.handshake.as_deref_mut() };
        while tls.wants_write() {
            match tls.write_tls(&mut out) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => {
                    self.is_over = true;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what the socket takes at once, and waits for nothing.
    pub(super) fn flush_now(&mut self) {
        let tls = match &mut self.stage {
            Stage::Hello => return,
            Stage::Tls(tls) => tls,
            Stage::Served(served) => {
                while !served.output().is_empty()
                    && let Ok(n @ 1..) = self.conn.try_write(served.output())
                {
                    served.sent(n);
                }
                return;
            }
        };
        let mut out = Out { conn: &mut self.conn, cx: None, seen: None };
        while tls.wants_write() && matches!(tls.write_tls(&mut out), Ok(1..)) {}
    }

    /// Sends `close_notify`, as far as the socket takes it.
    pub(crate) fn say_goodbye(&mut self) {
        if self.is_over {
            return;
        }
        self.is_over = true;
        match &mut self.stage {
            Stage::Hello => return,
            Stage::Tls(tls) => tls.send_close_notify(),
            Stage::Served(served) => served.say_goodbye(),
        }
        self.flush_now();
    }
}

/// Encrypts what rustls takes. A write of its own makes a record of its own, where sizes are limited.
fn write_records(
    tls: &mut Connection,
    bufs: &[IoSlice<'_>],
    limit: Option<&mut RecordLimit>,
) -> io::Result<usize> {
    let Some(limit) = limit else { return io::Write::write_vectored(&mut tls.writer(), bufs) };
    limit.begin();
    let mut taken = 0;
    for buf in bufs {
        let mut piece = &buf[..];
        while !piece.is_empty() {
            let bytes = piece.len().min(limit.next_bytes_max());
            let n = io::Write::write(&mut tls.writer(), &piece[..bytes])?;
            limit.sent(n);
            (piece, taken) = (&piece[n..], taken + n);
            if n < bytes {
                return Ok(taken);
            }
        }
    }
    Ok(taken)
}

/// Where records go.
struct Out<'a, 'c, 'w> {
    conn: &'a mut Conn,
    /// Whom to wake when there is room; `None`: nobody.
    cx: Option<&'c mut Context<'w>>,
    /// Reads the server's hello as it passes.
    seen: Option<&'a mut Handshake>,
}

impl io::Write for Out<'_, '_, '_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let wrote = match &mut self.cx {
            None => self.conn.try_write_vectored(bufs)?,
            Some(cx) => match self.conn.poll_write_vectored(cx, bufs) {
                Poll::Ready(result) => result?,
                Poll::Pending => return Err(ErrorKind::WouldBlock.into()),
            },
        };
        if let (Some(handshake), Some(first)) = (&mut self.seen, bufs.first()) {
            handshake.sent(first);
        }
        Ok(wrote)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
