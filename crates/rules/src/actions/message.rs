//! Which message a rule works on, and what a failed rewrite means.

use http::message::{Head, Known, Name};
use sample::logformat::LogFormat;
use sample::{Message, Txn};

use crate::action::{Kinds, Outcome};
use crate::scratch::with_scratch;

/// One of the two messages of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// What HAProxy's representation of a message adds for each field and for the start line; rewrites fail when the
/// message no longer fits the buffer, so the bound has to be counted its way.
const FIELD_BYTES: usize = 8;

impl Side {
    /// The message that rules of this kind change.
    pub(super) fn of(kind: Kinds) -> Side {
        let response = Kinds::TCP_RESPONSE.and(Kinds::HTTP_RESPONSE).and(Kinds::HTTP_AFTER);
        if response.covers(kind) { Side::Response } else { Side::Request }
    }

    /// The message.
    pub(super) fn message(self, txn: &Txn) -> &Message {
        match self {
            Side::Request => &txn.req,
            Side::Response => &txn.res,
        }
    }

    /// The message, to change it.
    pub(super) fn message_mut(self, txn: &mut Txn) -> &mut Message {
        match self {
            Side::Request => &mut txn.req,
            Side::Response => &mut txn.res,
        }
    }

    /// The head, to change it.
    pub(super) fn head_mut(self, txn: &mut Txn) -> &mut Head {
        &mut self.message_mut(txn).head
    }

    /// Whether rewrites that fail make the exchange fail.
    pub(super) fn is_strict(self, txn: &mut Txn) -> &mut bool {
        match self {
            Side::Request => &mut txn.is_strict_rewrite,
            Side::Response => &mut txn.is_strict_response_rewrite,
        }
    }

    /// Whether `more` bytes still fit into the buffer that the message shares with its head.
    pub(super) fn has_room(self, txn: &Txn, more: usize) -> bool {
        let limit = txn.runtime.process.buffer_bytes as usize;
        if limit == 0 {
            return true;
        }
        let message = self.message(txn);
        let (fields, rest) =
            (&message.head.fields, more + FIELD_BYTES + message.body.len() + message.waiting_bytes);
        // What is left of replaced fields only makes the first, cheap bound too high.
        let upper = fields.text_bytes() + fields.len() * FIELD_BYTES + rest;
        upper <= limit || used(&message.head) + rest <= limit
    }

    /// A rewrite could not be done: counts it, and fails the exchange under strict mode.
    pub(super) fn failed(self, txn: &mut Txn) -> Outcome {
        txn.count_failed_rewrite();
        if *self.is_strict(txn) { Outcome::Fail } else { Outcome::Continue }
    }

    /// Continue, or what a failed rewrite means.
    pub(super) fn done(self, is_done: Done, txn: &mut Txn) -> Outcome {
        match is_done {
            Done::Yes => Outcome::Continue,
            Done::No => self.failed(txn),
        }
    }

    /// Keeps the authority of an absolute target equal to a Host field that was edited.
    pub(super) fn follow_host<'n>(self, txn: &mut Txn, name: impl Into<Name<'n>>, value: &[u8]) {
        if self == Side::Request && name.into().known() == Known::Host {
            txn.req.head.set_authority(value);
        }
    }
}

/// Whether a rewrite could be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It could.
    Yes,
    /// It could not; nothing was changed.
    No,
}

/// The bytes that a head takes in a buffer.
fn used(head: &Head) -> usize {
    let fields: usize = head.fields.iter().map(|(name, value)| name.len() + value.len() + FIELD_BYTES).sum();
    fields + head.method().len() + head.uri().len() + head.reason().len() + 4 * FIELD_BYTES
}

/// Renders `format`, then runs `work` with what it says.
pub(super) fn rendered<R>(format: &LogFormat, txn: &mut Txn, work: impl FnOnce(&[u8], &mut Txn) -> R) -> R {
    if let Some(text) = format.is_constant() {
        return work(text, txn);
    }
    with_scratch(|buffer| {
        format.render(txn, buffer);
        work(buffer, txn)
    })
}
