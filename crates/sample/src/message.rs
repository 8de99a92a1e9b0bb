//! One of the two messages of an exchange, as far as it has arrived.

use http::message::Head;

/// How much of a message has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presence {
    /// Nothing that could be used; more may come.
    #[default]
    Waiting,
    /// The head is complete (HTTP), or some bytes are there (TCP).
    Here,
    /// There is none and none will come.
    Never,
}

/// Why a message has no head to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It may still come.
    Awaited,
    /// None will come.
    ForGood,
}

/// A request or a response.
#[derive(Debug, Default)]
pub struct Message {
    /// Start line and fields, as far as rules have changed them.
    pub head: Head,
    /// Whether `head` can be looked at.
    pub presence: Presence,
    /// Decoded payload that was buffered for rules (`wait-for-body`, `option http-buffer-request`), or the bytes
    /// under inspection in TCP mode. It is forwarded before what follows on the connection.
    pub body: Vec<u8>,
    /// Whether `body` holds all there will be.
    pub body_is_complete: bool,
    /// Whether rules that asked for more must now decide with what there is (buffer full or inspection delay over).
    pub body_is_final: bool,
    /// `Content-Length`, once known.
    pub length: Option<u64>,
    /// Payload that was received and not looked at yet. It shares the buffer with the head that rules may lengthen.
    pub waiting_bytes: usize,
}

impl Message {
    pub(crate) fn reset(&mut self) {
        self.head.clear();
        self.presence = Presence::Waiting;
        self.body.clear();
        self.body_is_complete = false;
        self.body_is_final = false;
        self.length = None;
        self.waiting_bytes = 0;
    }

    /// Its head. In TCP mode a message can be there without one.
    ///
    /// # Errors
    /// There is none.
    #[inline]
    pub fn head_or_missing(&self) -> Result<&Head, Missing> {
        match self.presence {
            Presence::Here if self.head.is_begun() => Ok(&self.head),
            Presence::Here | Presence::Never => Err(Missing::ForGood),
            Presence::Waiting => Err(Missing::Awaited),
        }
    }

    /// Whether its head is complete.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.presence == Presence::Here
    }
}
