//! What the fields of a head say about the message: where its body ends, whether the connection stays
//! (RFC 9112 sections 6, 7 and 9).
//!
//! This is where requests are smuggled, so what two readers could read in two ways is refused, or rewritten so that
//! one reading is left: Content-Length beside Transfer-Encoding goes and the connection closes, equal repeated
//! lengths and hosts become one, `close` and `keep-alive` are taken out of Connection and noted in the [`Framing`].
//! Fields are judged before any rule sees them. A request without Host is accepted, whatever its version.

use super::content_length::{ContentLengths, Verdict};
use super::error::{ErrorKind, ParseError};
use super::target::check_target;
use super::transfer_encoding::Codings;
use super::{Leniency, Role};
use crate::chars::has_forbidden_in_authority;
use crate::connection_header::{self, Tokens};
use crate::lists;
use crate::message::{Head, Known, Method};

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// There is none.
    None,
    /// After this many bytes.
    Length(u64),
    /// After the last chunk and its trailers.
    Chunked,
    /// When the sender closes; responses only.
    UntilClose,
}

/// What the sender's side of the connection does after this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It may carry another message.
    KeepAlive,
    /// It closes.
    Close,
    /// It becomes a tunnel: a response 101, or a successful answer to CONNECT.
    Tunnel,
}

/// Which upgrade a message asks for or grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// None.
    None,
    /// WebSocket (RFC 6455).
    WebSocket,
    /// Any other protocol.
    Other,
}

/// What a head says about its message and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Where the body ends.
    pub body: BodyLength,
    /// What the sender does with the connection afterwards. For a request, [`Connection::Close`] means that the
    /// connection closes after its answer.
    pub connection: Connection,
    /// The tokens that stood in Connection.
    pub tokens: Tokens,
    /// The upgrade asked for (request) or granted (101).
    pub upgrade: Upgrade,
    /// A request above HTTP/1.0 with a body waits for 100 before it sends that.
    pub expect_continue: bool,
}

/// What to do with a Transfer-Encoding that another agent might not understand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferEncodingClose {
    /// Close the connection after the answer when a Content-Length stands beside it.
    #[default]
    Close,
    /// Keep it: global keyword `h1-do-not-close-on-insecure-transfer-encoding`.
    Keep,
}

/// Which methods may carry a payload below HTTP/1.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PayloadMethods {
    /// Not GET, HEAD and DELETE.
    #[default]
    Usual,
    /// All: global keyword `h1-accept-payload-with-any-method`.
    Any,
}

/// How strictly a head is judged. [`Leniency`] converts into one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FramingPolicy {
    /// The proxy's option.
    pub leniency: Leniency,
    /// A global setting.
    pub transfer_encoding_close: TransferEncodingClose,
    /// A global setting.
    pub payload_methods: PayloadMethods,
}

impl From<Leniency> for FramingPolicy {
    fn from(leniency: Leniency) -> FramingPolicy {
        FramingPolicy { leniency, ..FramingPolicy::default() }
    }
}

/// The fields that have a say here.
const FRAMING_FIELDS: u64 = Known::Host.bit()
    | Known::Connection.bit()
    | Known::ContentLength.bit()
    | Known::TransferEncoding.bit()
    | Known::Upgrade.bit();

/// Judges and tidies the head of a request, and says how its body and connection go on.
///
/// # Errors
/// When the request is to be refused with [`ParseError::status`]; the head may be half tidied then.
pub fn request_framing(head: &mut Head, policy: impl Into<FramingPolicy>) -> Result<Framing, ParseError> {
    let policy = policy.into();
    let mut said = Said::default();
    if head.fields.may_have_any(FRAMING_FIELDS) {
        said.read(head, Role::Request, policy)?;
    }
    head.tidy_original();
    check_target(head, policy)?;
    if said.codings.present && !said.codings.chunked_last {
        return Err(ParseError::new(ErrorKind::TransferEncoding, 0));
    }
    said.settle(head, policy);
    said.check_payload(head, policy)?;
    said.pair_upgrade(head);
    let upgrade = said.upgrade();
    if upgrade == Upgrade::WebSocket && policy.leniency == Leniency::Strict {
        let key = head.fields.get_known(Known::SecWebsocketKey);
        key.filter(|key| key.len() == 24).ok_or(ParseError::new(ErrorKind::WebSocketKey, 0))?;
    }
    if head.method_kind() == Method::Other && head.method().eq_ignore_ascii_case(b"PRI") {
        return Err(ParseError::new(ErrorKind::Method, 0));
    }
    let mut body = said.body();
    if head.method_kind() == Method::Connect {
        body = BodyLength::None;
        remove_length(head);
    }
    let persists = head.version().is_11_or_above() || said.tokens.keep_alive;
    let connection = if said.tokens.close || !persists { Connection::Close } else { Connection::KeepAlive };
    let expect_continue = body != BodyLength::None && expects_continue(head);
    Ok(Framing { body, connection, tokens: said.tokens, upgrade, expect_continue })
}

/// Judges and tidies the head of a response to a request with this method, and says how its body and connection
/// go on.
///
/// # Errors
/// When the response is to be refused; the head may be half tidied then.
pub fn response_framing(
    head: &mut Head,
    request_method: Method,
    policy: impl Into<FramingPolicy>,
) -> Result<Framing, ParseError> {
    let policy = policy.into();
    let mut said = Said::default();
    if head.fields.may_have_any(FRAMING_FIELDS) {
        said.read(head, Role::Response, policy)?;
    }
    said.settle(head, policy);
    if said.codings.unknown {
        return Err(ParseError::new(ErrorKind::UnknownTransferCoding, 0));
    }
    let status = head.status();
    let switches = status == 101;
    let upgrade = if switches { said.upgrade() } else { Upgrade::None };
    let has_key = head.fields.may_have(Known::SecWebsocketAccept);
    if upgrade == Upgrade::WebSocket && !has_key && policy.leniency == Leniency::Strict {
        return Err(ParseError::new(ErrorKind::WebSocketKey, 0));
    }
    let tunnel = switches || request_method == Method::Connect && (200..300).contains(&status);
    let informational = (100..200).contains(&status);
    if tunnel || informational || status == 204 {
        remove_length(head);
    }
    let bodiless = tunnel || informational || matches!(status, 204 | 304) || request_method == Method::Head;
    let mut body = said.body();
    if bodiless {
        body = BodyLength::None;
    } else if body == BodyLength::None {
        body = BodyLength::UntilClose;
    }
    let persists = head.version().is_11_or_above() || said.tokens.keep_alive;
    let connection = if tunnel {
        Connection::Tunnel
    } else if body == BodyLength::UntilClose || said.tokens.close || !persists {
        Connection::Close
    } else {
        Connection::KeepAlive
    };
    Ok(Framing { body, connection, tokens: said.tokens, upgrade, expect_continue: false })
}

/// For messages that have no body and must not look as if they had.
fn remove_length(head: &mut Head) {
    head.fields.remove_known(Known::TransferEncoding);
    head.fields.remove_known(Known::ContentLength);
}

/// Leaves one Transfer-Encoding, and that says `chunked`: what is accepted under leniency is not passed on.
fn write_chunked(head: &mut Head) {
    let is_plain = |value: &[u8]| value.eq_ignore_ascii_case(b"chunked");
    let name = b"Transfer-Encoding";
    if head.fields.all(name).count() != 1 || !head.fields.all(name).all(is_plain) {
        head.fields.set(name, b"chunked");
    }
}

/// `Expect: 100-continue`, which HTTP/1.0 does not know.
fn expects_continue(head: &Head) -> bool {
    let Some(value) = head.fields.get_known(Known::Expect) else { return false };
    let first = lists::elements(value).next().unwrap_or_default();
    head.version().is_11_or_above() && first.eq_ignore_ascii_case(b"100-continue")
}

/// What the fields of one head have said so far.
#[derive(Default)]
struct Said {
    codings: Codings,
    lengths: ContentLengths,
    tokens: Tokens,
    /// A Content-Length or an old version beside Transfer-Encoding took the length away.
    length_ignored: bool,
    upgrade_listed: bool,
    websocket_listed: bool,
    /// The first Host field. It does not move: only fields behind it are removed while it is needed.
    host_at: Option<usize>,
}

/// What becomes of a field that has been looked at.
#[derive(PartialEq, Eq)]
enum Fate {
    Keep,
    Remove,
}

impl Said {
    fn read(&mut self, head: &mut Head, role: Role, policy: FramingPolicy) -> Result<(), ParseError> {
        let mut i = 0;
        while i < head.fields.len() {
            let fate = self.read_field(head, i, role, policy)?;
            match fate {
                Fate::Keep => i += 1,
                Fate::Remove => head.fields.remove_at(i),
            }
        }
        Ok(())
    }

    #[inline]
    fn read_field(
        &mut self,
        head: &mut Head,
        i: usize,
        role: Role,
        policy: FramingPolicy,
    ) -> Result<Fate, ParseError> {
        let known = head.fields.known(i);
        if known.bit() & FRAMING_FIELDS == 0 {
            return Ok(Fate::Keep);
        }
        let refused = |kind| ParseError::new(kind, head.fields.value_slice(i).start());
        if known == Known::Host {
            if role == Role::Response { Ok(Fate::Keep) } else { self.read_host(head, i) }
        } else if known == Known::Connection {
            Ok(self.read_connection(head, i))
        } else if known == Known::ContentLength {
            let verdict = self.lengths.add(head.fields.value(i));
            match verdict.ok_or(refused(ErrorKind::ContentLength))? {
                Verdict::Keep(part) => head.fields.narrow_value_at(i, part),
                Verdict::Drop => return Ok(Fate::Remove),
            }
            Ok(Fate::Keep)
        } else if known == Known::TransferEncoding {
            let added = self.codings.add(head.fields.value(i), role, policy.leniency);
            added.map_err(|_| refused(ErrorKind::TransferEncoding))?;
            Ok(Fate::Keep)
        } else {
            Ok(self.read_upgrade(head, i))
        }
    }

    /// Another Host must equal the first one, and goes.
    fn read_host(&mut self, head: &Head, i: usize) -> Result<Fate, ParseError> {
        let value = head.fields.value(i);
        let acceptable = match self.host_at {
            None => !has_forbidden_in_authority(value),
            Some(first) => value.eq_ignore_ascii_case(head.fields.value(first)),
        };
        if !acceptable {
            return Err(ParseError::new(ErrorKind::Host, head.fields.value_slice(i).start()));
        }
        if self.host_at.is_some() {
            return Ok(Fate::Remove);
        }
        self.host_at = Some(i);
        Ok(Fate::Keep)
    }

    fn read_connection(&mut self, head: &mut Head, i: usize) -> Fate {
        let emptied = connection_header::clean_at(&mut head.fields, i, &mut self.tokens);
        if emptied { Fate::Remove } else { Fate::Keep }
    }

    /// `h2` and `h2c` are not offered over HTTP/1 connections.
    fn read_upgrade(&mut self, head: &mut Head, i: usize) -> Fate {
        for protocol in lists::elements(head.fields.value(i)) {
            self.websocket_listed |= protocol.eq_ignore_ascii_case(b"websocket");
        }
        let is_http2 =
            |protocol: &[u8]| protocol.eq_ignore_ascii_case(b"h2c") || protocol.eq_ignore_ascii_case(b"h2");
        if connection_header::drop_elements(&mut head.fields, i, is_http2) {
            return Fate::Remove;
        }
        self.upgrade_listed = true;
        Fate::Keep
    }

    /// Lets Transfer-Encoding win over Content-Length, and closes where another agent might decide otherwise.
    fn settle(&mut self, head: &mut Head, policy: FramingPolicy) {
        if !self.codings.present {
            return;
        }
        if self.lengths.length().is_some() {
            self.tokens.close |= policy.transfer_encoding_close == TransferEncodingClose::Close;
            self.length_ignored = true;
            head.fields.remove_known(Known::ContentLength);
        } else if !head.version().is_11_or_above() {
            self.tokens.close = true;
        }
        if self.codings.chunked_last {
            write_chunked(head);
        }
    }

    fn body(&self) -> BodyLength {
        match self.lengths.length() {
            _ if self.codings.chunked_last => BodyLength::Chunked,
            Some(length) if !self.length_ignored => BodyLength::Length(length),
            _ => BodyLength::None,
        }
    }

    fn check_payload(&self, head: &Head, policy: FramingPolicy) -> Result<(), ParseError> {
        let without_payload = matches!(head.method_kind(), Method::Get | Method::Head | Method::Delete);
        let has_payload = !matches!(self.body(), BodyLength::None | BodyLength::Length(0));
        let old = !head.version().is_11_or_above();
        if old && without_payload && has_payload && policy.payload_methods == PayloadMethods::Usual {
            return Err(ParseError::new(ErrorKind::PayloadForbidden, 0));
        }
        if self.codings.unknown {
            return Err(ParseError::new(ErrorKind::UnknownTransferCoding, 0));
        }
        Ok(())
    }

    /// In a request, `Connection: upgrade` and Upgrade go together or not at all.
    fn pair_upgrade(&mut self, head: &mut Head) {
        match (self.tokens.upgrade, self.upgrade_listed) {
            (true, true) | (false, false) => return,
            (false, true) => {
                head.fields.remove_known(Known::Upgrade);
            }
            (true, false) => connection_header::remove_token(&mut head.fields, b"upgrade"),
        }
        self.tokens.upgrade = false;
        self.upgrade_listed = false;
    }

    fn upgrade(&self) -> Upgrade {
        match (self.tokens.upgrade, self.websocket_listed) {
            (false, _) => Upgrade::None,
            (true, true) => Upgrade::WebSocket,
            (true, false) => Upgrade::Other,
        }
    }
}

#[cfg(test)]
mod tests;
