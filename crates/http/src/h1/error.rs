//! Why a head is refused, and with which status a client is told so.

/// A refused head: what was wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {at}")]
pub struct ParseError {
    /// What was wrong.
    pub kind: ErrorKind,
    /// Offset of the offending byte from the start of the message (behind empty lines that precede it).
    pub at: usize,
}

impl ParseError {
    pub(crate) fn new(kind: ErrorKind, at: usize) -> ParseError {
        ParseError { kind, at }
    }

    /// The status that answers such a request. A response with an error is answered by 502 whatever it is.
    pub fn status(self) -> u16 {
        self.kind.status()
    }
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ErrorKind {
    /// The method holds a character that is no token, or is the reserved `PRI`.
    #[error("invalid method")]
    Method,
    /// The target holds a forbidden character (a fragment counts), or has a form that its method does not allow.
    #[error("invalid request target")]
    Target,
    /// The version is not `HTTP/` digit `.` digit, or is missing.
    #[error("invalid version")]
    Version,
    /// The status is not a number of at most three digits.
    #[error("invalid status")]
    Status,
    /// A CR that no LF follows.
    #[error("invalid line end")]
    LineEnd,
    /// A field name is empty, holds a character that is no token, or is not followed by a colon at once.
    #[error("invalid field name")]
    FieldName,
    /// A field value holds a NUL.
    #[error("invalid field value")]
    FieldValue,
    /// More fields than the limit allows.
    #[error("too many fields")]
    TooManyFields,
    /// The start line is not complete within the limit for the head.
    #[error("start line too long")]
    StartLineTooLong,
    /// The fields are not complete within the limit for the head.
    #[error("head too large")]
    HeadTooLarge,
    /// A Content-Length is not a number, too large, or differs from another one.
    #[error("invalid content length")]
    ContentLength,
    /// A Transfer-Encoding is malformed, or `chunked` is repeated or not last.
    #[error("invalid transfer encoding")]
    TransferEncoding,
    /// A transfer coding other than `chunked`.
    #[error("unknown transfer coding")]
    UnknownTransferCoding,
    /// A Host field holds a forbidden character, or differs from another one.
    #[error("invalid host")]
    Host,
    /// The authority of the target and the Host field differ.
    #[error("host does not match the request target")]
    HostMismatch,
    /// A request below HTTP/1.1 whose method has no body announces one.
    #[error("payload not allowed for this method")]
    PayloadForbidden,
    /// A WebSocket handshake without its key.
    #[error("WebSocket handshake without key")]
    WebSocketKey,
}

impl ErrorKind {
    /// The status that answers a request with this error.
    pub fn status(self) -> u16 {
        match self {
            ErrorKind::PayloadForbidden => 413,
            ErrorKind::StartLineTooLong => 414,
            ErrorKind::UnknownTransferCoding => 422,
            ErrorKind::HeadTooLarge => 431,
            ErrorKind::Method
            | ErrorKind::Target
            | ErrorKind::Version
            | ErrorKind::Status
            | ErrorKind::LineEnd
            | ErrorKind::FieldName
            | ErrorKind::FieldValue
            | ErrorKind::TooManyFields
            | ErrorKind::ContentLength
            | ErrorKind::TransferEncoding
            | ErrorKind::Host
            | ErrorKind::HostMismatch
            | ErrorKind::WebSocketKey => 400,
        }
    }
}

/// Why reading a line stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The input ends within it.
    Partial,
    /// It is refused.
    Bad(ParseError),
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Stop {
        Stop::Bad(error)
    }
}

/// Shorthand for a refusal.
pub(crate) fn bad<T>(kind: ErrorKind, at: usize) -> Result<T, Stop> {
    Err(Stop::Bad(ParseError::new(kind, at)))
}

/// The byte at `at`, or `Partial` when it has not arrived.
#[inline]
pub(crate) fn byte_at(input: &[u8], at: usize) -> Result<u8, Stop> {
    input.get(at).copied().ok_or(Stop::Partial)
}

/// Steps over the line end (CR LF, or LF alone) at `at`.
#[inline]
pub(crate) fn line_end(input: &[u8], at: usize) -> Result<usize, Stop> {
    match byte_at(input, at)? {
        b'\n' => Ok(at + 1),
        b'\r' => match byte_at(input, at + 1)? {
            b'\n' => Ok(at + 2),
            _ => bad(ErrorKind::LineEnd, at + 1),
        },
        _ => bad(ErrorKind::LineEnd, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_status_and_place() {
        let error = ParseError::new(ErrorKind::UnknownTransferCoding, 7);
        assert_eq!(error.status(), 422);
        assert_eq!(error.to_string(), "unknown transfer coding at byte 7");
    }

    #[test]
    fn line_ends() {
        assert_eq!(line_end(b"\r\nx", 0), Ok(2));
        assert_eq!(line_end(b"\nx", 0), Ok(1));
        assert_eq!(line_end(b"\r", 0), Err(Stop::Partial));
        assert_eq!(line_end(b"\rx", 0), bad(ErrorKind::LineEnd, 1));
    }
}
