//! Hellos read from bytes that may be incomplete, without speaking TLS: what `req.ssl_*` fetches look at in TCP mode and
//! what is kept of a client's hello for the `ssl_fc_*list*` fetches (configuration manual, chapters 7.3.4 and 7.3.5;
//! RFC 8446 sections 4.1.2 and 5.1, RFC 5246 section 7.4.1.2).
//!
//! ```text
//! bytes of a connection --message()--> kind and body, put together from one or several records
//!                                       body --ClientHello::parse()--> what the client offers
//! ```
//! Nothing is copied unless a message is split over several records, and then at most [`MESSAGE_BYTES_MAX`].

use std::borrow::Cow;

mod client;
#[cfg(test)]
mod tests;

pub use client::{ClientHello, Extensions, KeyShares, Pairs, Protocols, is_grease, without_grease};

/// Messages that say they are longer are not read.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Longest record that is believed: 2^14 bytes, and what compression and encryption once added (RFC 5246 section 6.2).
const RECORD_BYTES_MAX: usize = (1 << 14) + 2048;
/// Type, version and length before a record's contents.
const RECORD_HEADER_BYTES: usize = 5;
/// Type and length before a handshake message's body.
const MESSAGE_HEADER_BYTES: usize = 4;
/// The record type of handshake messages.
const HANDSHAKE: u8 = 22;
/// The message type of a client's hello.
const CLIENT_HELLO: u8 = 1;

/// What reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read<T> {
    /// It is there.
    Got(T),
    /// More bytes are needed.
    TooShort,
    /// These bytes are no TLS, or there is no such part.
    None,
}

impl<T> Read<T> {
    /// What `f` makes of it; where that is nothing, there is no such part.
    pub fn map<U>(self, f: impl FnOnce(T) -> Option<U>) -> Read<U> {
        match self {
            Read::Got(value) => f(value).map_or(Read::None, Read::Got),
            Read::TooShort => Read::TooShort,
            Read::None => Read::None,
        }
    }
}

/// A handshake message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type: 1 for a client's hello, 2 for a server's.
    pub kind: u8,
    /// What follows its four bytes of type and length; borrowed if one record holds all of it.
    pub body: Cow<'a, [u8]>,
}

/// The first message of a connection, once all of it is there.
///
/// A first record of another type than handshake is read in the same way, as HAProxy does, as far as it reaches.
#[must_use]
pub fn message(bytes: &[u8]) -> Read<Message<'_>> {
    let first = match Record::read(bytes) {
        Read::Got(record) => record,
        Read::TooShort => return Read::TooShort,
        Read::None => return Read::None,
    };
    let (mut gathered, mut rest) = (Cow::Borrowed(first.contents), first.rest);
    loop {
        match end_of_message(&gathered) {
            Some(end) if end > MESSAGE_BYTES_MAX => return Read::None,
            Some(end) if end <= gathered.len() => return Read::Got(whole(gathered, end)),
            Some(_) | None => {}
        }
        let Some(after) = rest else { return Read::TooShort };
        let next = match Record::read(after) {
            Read::Got(record) => record,
            Read::TooShort => return Read::TooShort,
            Read::None => return Read::None,
        };
        if first.kind != HANDSHAKE || next.kind != HANDSHAKE {
            return Read::None;
        }
        gathered.to_mut().extend_from_slice(next.contents);
        rest = next.rest;
    }
}

/// The type of the first message of a connection, once all of it is there.
#[must_use]
pub fn kind(bytes: &[u8]) -> Read<u8> {
    message(bytes).map(|message| Some(message.kind))
}

/// The body of a client's hello, if a connection begins with one; for [`ClientHello::parse`].
#[must_use]
pub fn client(bytes: &[u8]) -> Read<Cow<'_, [u8]>> {
    if bytes.first().is_some_and(|kind| *kind != HANDSHAKE) {
        return Read::None;
    }
    message(bytes).map(|message| (message.kind == CLIENT_HELLO).then_some(message.body))
}

/// A record, or what there is of it.
struct Record<'a> {
    kind: u8,
    contents: &'a [u8],
    /// What follows it; `None`: it is not all here.
    rest: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    /// The record that `bytes` begin with. One without contents is refused: nobody needs it and it could come without
    /// end.
    fn read(bytes: &'a [u8]) -> Read<Record<'a>> {
        let Some((&kind, after)) = bytes.split_first() else { return Read::TooShort };
        // 255 is what SSLv3 once had for a handshake; HAProxy knows it still.
        let is_known = matches!(kind, 20..=23 | 255);
        if !is_known || after.first().is_some_and(|major| *major < 3) {
            return Read::None;
        }
        let Some((header, contents)) = bytes.split_at_checked(RECORD_HEADER_BYTES) else {
            return Read::TooShort;
        };
        let len = usize::from(header[3]) << 8 | usize::from(header[4]);
        if len == 0 || len > RECORD_BYTES_MAX || kind != HANDSHAKE && len < MESSAGE_HEADER_BYTES {
            return Read::None;
        }
        Read::Got(match contents.split_at_checked(len) {
            Some((contents, rest)) => Record { kind, contents, rest: Some(rest) },
            None => Record { kind, contents, rest: None },
        })
    }
}

/// Where the message that `bytes` begin with ends, once its header is there.
fn end_of_message(bytes: &[u8]) -> Option<usize> {
    let &[_, l1, l2, l3, ..] = bytes else { return None };
    Some(MESSAGE_HEADER_BYTES + (usize::from(l1) << 16 | usize::from(l2) << 8 | usize::from(l3)))
}

/// The message in `bytes`, which hold all of it up to `end`.
fn whole(bytes: Cow<'_, [u8]>, end: usize) -> Message<'_> {
    let kind = bytes[0];
    let body = match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[MESSAGE_HEADER_BYTES..end]),
        Cow::Owned(mut bytes) => {
            bytes.truncate(end);
            bytes.drain(..MESSAGE_HEADER_BYTES);
            Cow::Owned(bytes)
        }
    };
    Message { kind, body }
}
