//! A connection under TLS.
//!
//! ```text
//!                 hello complete             handshake over, or early data is here
//! accept --> Hello -------------> handshake ---------------------------------------> bytes both ways --> close_notify
//! connect ----------------------/
//! ```
//! What always holds:
//! - Records are written when there is something to say with them: tickets, a client's Finished and the like wait for
//!   the data that follows them, and go alone only when nothing is left to read.
//! - A write that the socket took in part answers "pending" until all of its records are out; the caller comes again with
//!   the same bytes, which are not encrypted twice.
//! - Between two reads a connection holds no buffer of ours: what arrives passes through one buffer per thread.
//! - Dropping a connection that still stands sends `close_notify`, if the socket takes it.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net::Conn;
use rustls::{CommonState, Connection};

use crate::facts::Facts;
use crate::failure::HandshakeFailure;
use crate::handshake::{Handshake, Outcome};
use crate::records::RecordLimit;
use crate::served::{OUT_BYTES_MAX, Served};
use crate::version::Version;
use crate::{client, server};

/// Ciphertext that one read takes, in bytes: four full records.
const READ_BYTES_MAX: usize = 4 * RECORD_BYTES_MAX;
/// The least that is worth a read.
const READ_BYTES_MIN: usize = 4096;
/// A full record with its header and the most that encryption adds (RFC 8446 section 5.2).
const RECORD_BYTES_MAX: usize = 5 + 16_384 + 256;
/// Plaintext that one write encrypts, in bytes.
const WRITE_BYTES_MAX: usize = 262_144;

thread_local! {
    static ARRIVED: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
    static DEPARTING: RefCell<Vec<u8>> = RefCell::new(vec![0; OUT_BYTES_MAX]);
}

/// How far a connection under TLS has come.
#[derive(Debug)]
enum Stage {
    /// The client's hello is awaited.
    Hello,
    /// rustls leads.
    Tls(Connection),
    /// rustls leads, and keeps no buffers.
    Served(Served),
}

impl Stage {
    /// What rustls knows of the connection, behind the client's hello.
    fn common(&self) -> Option<&CommonState> {
        match self {
            Stage::Hello => None,
            Stage::Tls(tls) => Some(tls),
            Stage::Served(served) => Some(served.common()),
        }
    }
}

/// A connection under TLS.
pub struct Stream {
    conn: Conn,
    stage: Stage,
    /// What is only needed until the handshake is over.
    handshake: Option<Box<Handshake>>,
    /// Ciphertext that arrived and that rustls has no room for yet.
    pending: Vec<u8>,
    /// Bytes of the caller that are encrypted and not yet reported as written.
    unreported: usize,
    /// Early data sent to a server, until it is known whether it was taken; sent again if not.
    early_sent: Vec<u8>,
    /// Nothing more is sent: `close_notify` was, or the connection broke.
    is_over: bool,
    /// The socket has reached its end.
    is_eof: bool,
    /// What TLS found wrong after the handshake.
    fatal: Option<HandshakeFailure>,
    /// How large records may be, where that is limited.
    limit: Option<Box<RecordLimit>>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("conn", &self.conn).field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl Stream {
    /// A client's connection, whose hello is to come. `first`: bytes that were read already.
    #[must_use]
    pub fn accept(conn: Conn, context: Arc<server::Context>, first: &[u8]) -> Box<Stream> {
        Box::new(Stream {
            conn,
            limit: RecordLimit::new(&context.records()),
            stage: Stage::Hello,
            handshake: Some(Box::new(Handshake::server(context))),
            pending: first.to_vec(),
            unreported: 0,
            early_sent: Vec::new(),
            is_over: false,
            is_eof: false,
            fatal: None,
        })
    }

    /// A connection to a server, to be greeted under the name of `target`.
    ///
    /// # Errors
    /// When no hello can be made for it.
    pub fn connect(
        conn: Conn,
        context: &Arc<client::Context>,
        target: &client::Target<'_>,
    ) -> Result<Box<Stream>, HandshakeFailure> {
        let tls = context.start(target)?;
        Ok(Box::new(Stream {
            conn,
            limit: RecordLimit::new(&context.options().records),
            stage: Stage::Tls(Connection::Client(tls)),
            handshake: Some(Box::new(Handshake::client(context.clone(), target.sni))),
            pending: Vec::new(),
            unreported: 0,
            early_sent: Vec::new(),
            is_over: false,
            is_eof: false,
            fatal: None,
        }))
    }

    /// The socket.
    #[must_use]
    pub fn conn(&self) -> &Conn {
        &self.conn
    }

    /// Whether the handshake is still under way; data may flow before it is over (0-RTT).
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.stage.common().is_none_or(CommonState::is_handshaking)
    }

    /// Whether a server's connection can take data before its handshake is over.
    #[must_use]
    pub fn takes_early_data(&mut self) -> bool {
        match &mut self.stage {
            Stage::Tls(Connection::Client(tls)) => tls.early_data().is_some(),
            Stage::Hello | Stage::Tls(Connection::Server(_)) | Stage::Served(_) => false,
        }
    }

    /// Goes on with the handshake. Ready when it is over, or when a client's early data can be read.
    ///
    /// # Errors
    /// Why it failed; the alert for the peer has been sent.
    pub fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeFailure>> {
        loop {
            if !self.is_handshaking() {
                return Poll::Ready(self.admit());
            }
            if self.has_early_data() {
                self.admit()?;
                // Our part goes out at once: the client's end of the handshake comes while its data is worked on.
                return self.poll_flush(cx).map_err(|error| self.lost(&error));
            }
            ready!(self.poll_step(cx))?;
        }
    }

    /// Lets a resumed session in only where it would be let in anew.
    fn admit(&mut self) -> Result<(), HandshakeFailure> {
        let (Some(handshake), Some(tls)) = (&mut self.handshake, self.stage.common()) else { return Ok(()) };
        let result = handshake.admit(tls);
        self.is_over |= result.is_err();
        result
    }

    /// Goes on with the handshake until it is over, whatever early data waits.
    ///
    /// # Errors
    /// As [`Stream::poll_handshake`].
    pub fn poll_complete(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeFailure>> {
        while self.is_handshaking() {
            ready!(self.poll_step(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// One flight out, or one read in.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeFailure>> {
        if self.wants_write()
            && let Err(error) = ready!(self.poll_flush(cx))
        {
            return Poll::Ready(Err(self.lost(&error)));
        }
        if !self.pending.is_empty() {
            return Poll::Ready(self.advance());
        }
        match ready!(self.poll_arrive(cx, READ_BYTES_MIN)) {
            Ok(()) => Poll::Ready(self.advance()),
            Err(error) => Poll::Ready(Err(self.lost(&error))),
        }
    }

    /// Reads once from the socket, behind what is pending.
    fn poll_arrive(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<io::Result<()>> {
        ARRIVED.with_borrow_mut(|arrived| {
            let n = ready!(self.conn.poll_read(cx, &mut arrived[..bytes]))?;
            self.is_eof |= n == 0;
            self.pending.extend_from_slice(&arrived[..n]);
            Poll::Ready(Ok(()))
        })
    }

    /// Uses what has arrived for the handshake.
    fn advance(&mut self) -> Result<(), HandshakeFailure> {
        let handshake = self.handshake.get_or_insert_default();
        if let Stage::Hello = self.stage {
            match handshake.hello(&mut self.pending) {
                Outcome::More if self.is_eof => return Err(self.closed()),
                Outcome::More => return Ok(()),
                Outcome::Go(tls) => {
                    let mut tls = Connection::Server(*tls);
                    tls.set_buffer_limit(Some(WRITE_BYTES_MAX));
                    self.stage = Stage::Tls(tls);
                }
                Outcome::Serve(served) => self.stage = Stage::Served(*served),
                Outcome::Refused { failure, alert } => {
                    let _ = self.conn.try_write(&alert);
                    self.is_over = true;
                    return Err(failure);
                }
            }
        }
        let was_eof = self.is_eof && self.pending.is_empty();
        let result = self.feed().and_then(|()| self.process());
        self.note_handshake();
        if let Err(error) = result {
            return Err(self.fail(&error));
        }
        if was_eof && self.is_handshaking() {
            return Err(self.closed());
        }
        Ok(())
    }

    fn note_handshake(&mut self) {
        if let Some(handshake) = &mut self.handshake {
            handshake.note();
        }
    }

    /// Gives rustls what is pending, as much as it takes.
    fn feed(&mut self) -> Result<(), rustls::Error> {
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
    fn process(&mut self) -> Result<(), rustls::Error> {
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

    /// The handshake failed: tells the peer, and why.
    fn fail(&mut self, error: &rustls::Error) -> HandshakeFailure {
        self.flush_now();
        self.is_over = true;
        let handshake = self.handshake.as_deref();
        let mut failure = HandshakeFailure::of(error, handshake.and_then(Handshake::refused));
        if handshake.and_then(Handshake::offered).is_some_and(|version| version < Version::Tls13) {
            failure = failure.before_tls13();
        }
        if handshake.is_some_and(Handshake::has_sent_name) { failure } else { failure.without_name() }
    }

    fn closed(&mut self) -> HandshakeFailure {
        self.is_over = true;
        // As OpenSSL counts, nothing has happened before the client's hello was there.
        HandshakeFailure::closed(!matches!(self.stage, Stage::Hello))
    }

    fn lost(&mut self, error: &io::Error) -> HandshakeFailure {
        self.is_over = true;
        HandshakeFailure::lost(error)
    }

    fn has_early_data(&mut self) -> bool {
        match &mut self.stage {
            Stage::Tls(Connection::Server(tls)) => tls.early_data().is_some(),
            Stage::Served(served) => served.has_early_data(),
            Stage::Hello | Stage::Tls(Connection::Client(_)) => false,
        }
    }

    fn wants_write(&self) -> bool {
        match &self.stage {
            Stage::Hello => false,
            Stage::Tls(tls) => tls.wants_write(),
            Stage::Served(served) => !served.output().is_empty(),
        }
    }

    /// What the handshake has found out so far: all of it once it is over, or once early data is there.
    #[must_use]
    pub fn facts(&mut self) -> Facts {
        match (&mut self.handshake, &mut self.stage) {
            (Some(handshake), Stage::Tls(tls)) => handshake.facts(tls),
            (Some(handshake), Stage::Served(served)) => handshake.facts_of_served(served),
            (Some(handshake), Stage::Hello) => handshake.early_facts(),
            (None, _) => Facts::default(),
        }
    }

    /// What TLS found wrong after the handshake, an alert of the peer's among it. A TLS 1.3 server says so late what it
    /// thinks of our certificate.
    #[must_use]
    pub fn fatal(&self) -> Option<&HandshakeFailure> {
        self.fatal.as_ref()
    }

    /// What is known of a handshake that failed.
    #[must_use]
    pub fn facts_of_failure(&mut self, failure: HandshakeFailure) -> Facts {
        let mut facts = self.facts();
        if facts.version.is_none() {
            facts.version = self.handshake.as_ref().and_then(|handshake| handshake.offered());
        }
        facts.failure = Some(failure);
        facts
    }

    /// Forgets what was only needed for the handshake.
    pub fn settle(&mut self) {
        self.handshake = None;
        // Reads go past it from now on.
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
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
    fn settle_early_data(&mut self) -> io::Result<()> {
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
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
    fn flush_now(&mut self) {
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

    /// Ends the connection as it stands: nothing more is said on it.
    pub fn forsake(&mut self) {
        self.is_over = true;
    }

    /// Makes a connection that another thread used the calling thread's.
    pub(crate) fn come_here(&mut self) {
        self.conn.come_here();
    }

    /// Ready when the peer has closed its side of the socket, or the connection broke.
    pub(crate) fn poll_peek_eof(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.poll_peek_eof(cx)
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

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.is_handshaking() {
            self.say_goodbye();
        }
    }
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

#[cfg(test)]
mod tests;
