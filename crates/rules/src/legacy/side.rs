//! Which message a rule works on, and what becomes of one that cannot be rewritten.

use std::sync::Arc;

use http::Head;
use sample::Txn;

use crate::action::Outcome;
use crate::reply::Reply;

/// One of the two messages of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// What HAProxy's representation of a message adds for each line; heads are bounded as if it were spent here too.
const LINE_BYTES: usize = 8;

impl Side {
    /// Its head.
    pub(super) fn head(self, txn: &Txn) -> &Head {
        match self {
            Side::Request => &txn.req.head,
            Side::Response => &txn.res.head,
        }
    }

    /// Its head, to change it.
    pub(super) fn head_mut(self, txn: &mut Txn) -> &mut Head {
        match self {
            Side::Request => &mut txn.req.head,
            Side::Response => &mut txn.res.head,
        }
    }

    /// Whether `more` bytes still fit into the buffer that holds the head. Without this bound, templates that repeat
    /// a group would double a line with every rule.
    pub(super) fn has_room(self, txn: &Txn, more: usize) -> bool {
        let limit = txn.runtime.process.buffer_bytes as usize;
        if limit == 0 {
            return true;
        }
        let head = self.head(txn);
        // What replaced lines leave behind only makes the first, cheap bound too high.
        let upper = head.fields.text_bytes() + (head.fields.len() + 1) * LINE_BYTES;
        upper + more <= limit || used(head) + more <= limit
    }

    /// The message is no HTTP any more, or does not fit: 400 for a request, 502 for a response.
    pub(super) fn spoilt(self, txn: &Txn) -> Outcome {
        txn.count_failed_rewrite();
        let status = if self == Side::Request { 400 } else { 502 };
        Outcome::Deny(Arc::new(Reply::Error(status)))
    }
}

fn used(head: &Head) -> usize {
    let fields = head.fields.iter().map(|(name, value)| name.len() + value.len() + LINE_BYTES).sum::<usize>();
    fields + head.method().len() + head.uri().len() + head.reason().len() + LINE_BYTES
}
