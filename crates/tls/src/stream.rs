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

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use net::Conn;
use rustls::{CommonState, Connection};

use crate::facts::Facts;
use crate::failure::HandshakeFailure;
use crate::handshake::{Handshake, Outcome};
use crate::records::RecordLimit;
use crate::served::Served;
use crate::version::Version;
use crate::{client, server};

mod read;
mod write;

use read::READ_BYTES_MIN;

/// Plaintext that one write encrypts, in bytes.
const WRITE_BYTES_MAX: usize = 262_144;

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

    /// Ends the connection as it stands: nothing more is said on it.
    pub fn forsake(&mut self) {
        self.is_over = true;
    }

    /// Makes a connection that another thread used the calling thread's.
    pub(crate) fn come_here(&mut self) {
        self.conn.come_here();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.is_handshaking() {
            self.say_goodbye();
        }
    }
}

#[cfg(test)]
mod tests;
