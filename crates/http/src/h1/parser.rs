//! The head parser: takes a growing input, gives a [`Head`] (RFC 9112 section 2.2).
//!
//! ```text
//!  BeforeStart --start line--> Fields --empty line--> done (the parser is reset for the next message)
//!   ^ empty lines are skipped   ^ one field line after the other
//! ```
//! Between calls it remembers where the last complete line ended; an incomplete line is read again when more has
//! come. Whatever refuses a message is decided by the bytes up to the offending one alone, so the cut of the input
//! does not matter.

use super::error::{ErrorKind, ParseError, Stop, line_end};
use super::field_block::FieldBlock;
use super::start_line::{request_line, status_line};
use crate::message::{Head, Slice};

/// Bounds of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes a head may take, empty lines before it and the one that ends it included.
    pub head_bytes_max: usize,
    /// How many fields it may have. (`tune.http.maxhdr` counts the start line too.)
    pub fields_max: usize,
}

impl Default for Limits {
    /// What HAProxy's defaults amount to: a buffer of 16 KiB less the reserve for rewriting, and 100 fields.
    fn default() -> Limits {
        Limits { head_bytes_max: 15_360, fields_max: 100 }
    }
}

/// No limit goes beyond this.
pub(super) const HEAD_BYTES_CEILING: usize = 1 << 30;

/// How much malformed input is let through: `option accept-unsafe-violations-in-http-request` and `-response`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leniency {
    /// As the RFCs want it.
    #[default]
    Strict,
    /// As the option says: it tolerates NULs in values, fields with invalid names (they are dropped), bytes from
    /// 128 up and fragments in targets, hosts that do not match, other protocols' names and HTTP/0.9.
    AcceptUnsafe,
}

/// Which kind of message a parser expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Requests, from a client.
    Request,
    /// Responses, from a server.
    Response,
}

/// How far a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More input is needed; offer the same bytes again with more behind them.
    Partial,
    /// The head is complete and took this many bytes of the input.
    Done {
        /// Bytes of the input that belong to the head, empty lines before it included.
        consumed: usize,
    },
}

/// Parses one head after the other.
#[derive(Clone, Debug)]
pub struct Parser {
    role: Role,
    leniency: Leniency,
    limits: Limits,
    block: FieldBlock,
    /// Bytes of empty lines before the message.
    skipped: usize,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    BeforeStart,
    Fields,
}

impl Parser {
    /// A parser that waits for its first message.
    pub fn new(role: Role, leniency: Leniency, limits: Limits) -> Parser {
        let block = FieldBlock::at(0);
        // Places in a message are 32 bits wide.
        let limits = Limits { head_bytes_max: limits.head_bytes_max.min(HEAD_BYTES_CEILING), ..limits };
        Parser { role, leniency, limits, block, skipped: 0, stage: Stage::BeforeStart }
    }

    /// Forgets a message that was begun.
    pub fn reset(&mut self) {
        self.block = FieldBlock::at(0);
        self.skipped = 0;
        self.stage = Stage::BeforeStart;
    }

    /// Whether the message has begun: something other than empty lines has been seen.
    pub fn has_begun(&self) -> bool {
        self.stage == Stage::Fields
    }

    /// Goes on with the head at the start of `input`.
    ///
    /// `input` holds all bytes since the end of the previous message, those of earlier calls included. `head` is
    /// overwritten from the first call of a message on; after [`Progress::Partial`] it holds the complete lines.
    /// When the head is done, the parser is ready for the next message.
    ///
    /// # Errors
    /// When the message is to be refused; `head` is empty then and the parser reset.
    #[inline]
    pub fn parse(&mut self, input: &[u8], head: &mut Head) -> Result<Progress, ParseError> {
        let visible = input.get(..self.limits.head_bytes_max).unwrap_or(input);
        match self.advance(visible, head) {
            Ok(consumed) => {
                self.reset();
                Ok(Progress::Done { consumed })
            }
            Err(Stop::Partial) if visible.len() < self.limits.head_bytes_max => Ok(Progress::Partial),
            Err(stop) => Err(self.refuse(stop, visible.len(), head)),
        }
    }

    #[cold]
    fn refuse(&mut self, stop: Stop, seen: usize, head: &mut Head) -> ParseError {
        let kind = match self.stage {
            Stage::BeforeStart => ErrorKind::StartLineTooLong,
            Stage::Fields => ErrorKind::HeadTooLarge,
        };
        let at = seen.saturating_sub(self.skipped);
        self.reset();
        head.clear();
        match stop {
            Stop::Partial => ParseError::new(kind, at),
            Stop::Bad(error) => error,
        }
    }

    #[inline]
    fn advance(&mut self, visible: &[u8], head: &mut Head) -> Result<usize, Stop> {
        if self.stage == Stage::BeforeStart {
            head.clear();
            self.skip_empty_lines(visible)?;
            let message = visible.get(self.skipped..).unwrap_or_default();
            self.block = FieldBlock::at(self.start_line(message, head)?);
            self.stage = Stage::Fields;
        }
        let message = visible.get(self.skipped..).unwrap_or_default();
        if self.role == Role::Request && head.version_slice() == Slice::default() {
            // HTTP/0.9: the request line is the whole head.
            head.fields.copy_up_to(message, self.block.next);
            return Ok(self.skipped + self.block.next);
        }
        let end = self.block.advance(message, self.leniency, self.limits, &mut head.fields)?;
        Ok(self.skipped + end)
    }

    fn start_line(&self, message: &[u8], head: &mut Head) -> Result<usize, Stop> {
        match self.role {
            Role::Request => {
                let (line, next) = request_line(message, self.leniency)?;
                head.set_request_line(&line);
                Ok(next)
            }
            Role::Response => {
                let (line, next) = status_line(message, self.leniency)?;
                head.set_status_line(&line);
                Ok(next)
            }
        }
    }

    fn skip_empty_lines(&mut self, visible: &[u8]) -> Result<(), Stop> {
        while matches!(visible.get(self.skipped), Some(b'\r' | b'\n')) {
            self.skipped = line_end(visible, self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(role: Role, leniency: Leniency, input: &[u8]) -> Result<(Head, usize), ParseError> {
        let mut head = Head::new();
        let mut parser = Parser::new(role, leniency, Limits::default());
        match parser.parse(input, &mut head)? {
            Progress::Done { consumed } => Ok((head, consumed)),
            Progress::Partial => Ok((head, 0)),
        }
    }

    fn written(head: &Head) -> String {
        let mut out = Vec::new();
        head.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_ordinary_request() {
        let text = b"GET /a?b HTTP/1.1\r\nHost: h\r\nX-Long: value with spaces\r\n\r\nrest";
        let (head, consumed) = parse(Role::Request, Leniency::Strict, text).unwrap();
        assert_eq!(consumed, text.len() - 4);
        assert_eq!(
            (head.method(), head.uri(), head.version_text()),
            (&b"GET"[..], &b"/a?b"[..], &b"HTTP/1.1"[..])
        );
        assert_eq!(head.fields.get(b"x-long"), Some(&b"value with spaces"[..]));
        assert_eq!(written(&head).as_bytes(), &text[..consumed]);
    }

    #[test]
    fn an_ordinary_response() {
        let text = b"HTTP/1.1 404 Not here\r\nServer: s\r\n\r\n";
        let (head, consumed) = parse(Role::Response, Leniency::Strict, text).unwrap();
        assert_eq!((consumed, head.status(), head.reason()), (text.len(), 404, &b"Not here"[..]));
        assert!(!head.is_request());
        assert_eq!(written(&head).as_bytes(), text);
    }

    #[test]
    fn odd_but_accepted_requests_are_written_properly() {
        let table = [
            ("\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
            ("GET \t /  HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/1.1\nA:b\n\n", "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
            ("GET / HTTP/1.1\r\nA: \t b \t\r\nB:\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\nB: \r\n\r\n"),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\td\r\n\r\n", "GET / HTTP/1.1\r\nA: b   c  \td\r\n\r\n"),
            ("GET / HTTP/1.1\r\nA:\r\n b\r\n \r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
            ("GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/0.9\r\n\r\n", "GET / HTTP/0.9\r\n\r\n"),
            ("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"),
            (
                "!#$%&'*+-.^_`|~ /!\"<>\\^`{|} HTTP/1.1\r\n\r\n",
                "!#$%&'*+-.^_`|~ /!\"<>\\^`{|} HTTP/1.1\r\n\r\n",
            ),
            ("GET / HTTP/1.1\r\nA: \x01\x7f\r\n\r\n", "GET / HTTP/1.1\r\nA: \x01\x7f\r\n\r\n"),
        ];
        for (input, output) in table {
            let (head, consumed) = parse(Role::Request, Leniency::Strict, input.as_bytes()).unwrap();
            assert_eq!(consumed, input.len(), "{input:?}");
            assert_eq!(written(&head), output, "{input:?}");
        }
    }

    #[test]
    fn odd_but_accepted_responses_are_written_properly() {
        let table = [
            ("HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
            ("HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
            ("HTTP/1.1  200  Oh \0 yes\n\n", "HTTP/1.1 200 Oh \0 yes\r\n\r\n"),
            ("HTTP/1.0 299 Fine\r\n\r\n", "HTTP/1.0 299 Fine\r\n\r\n"),
            ("HTTP/1.1 99 X\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n"),
        ];
        for (input, output) in table {
            let (head, consumed) = parse(Role::Response, Leniency::Strict, input.as_bytes()).unwrap();
            assert_eq!(consumed, input.len(), "{input:?}");
            assert_eq!(written(&head), output, "{input:?}");
        }
    }

    #[test]
    fn refused_requests() {
        let table = [
            ("\x16\x03", ErrorKind::Method, 0),
            ("G(T", ErrorKind::Method, 1),
            (" GET / HTTP/1.1\r\n", ErrorKind::Method, 0),
            ("\rG", ErrorKind::LineEnd, 1),
            ("GET /a#b", ErrorKind::Target, 6),
            ("GET /\x7f", ErrorKind::Target, 5),
            ("GET /\x01", ErrorKind::Target, 5),
            ("GET /\u{e9}", ErrorKind::Target, 5),
            ("GET / http", ErrorKind::Version, 6),
            ("GET / HTTP/1.1 ", ErrorKind::Version, 14),
            ("GET / HTTP/1.1\rX", ErrorKind::LineEnd, 15),
            ("GET / HTTP/11.1\r\n", ErrorKind::Version, 6),
            ("GET / RTSP/1.0\r\n", ErrorKind::Version, 6),
            ("GET /\r\n", ErrorKind::Version, 5),
            ("GET\r\n", ErrorKind::Version, 3),
            ("GET / HTTP/1.1\r\n A", ErrorKind::FieldName, 16),
            ("GET / HTTP/1.1\r\n:", ErrorKind::FieldName, 16),
            ("GET / HTTP/1.1\r\nA ", ErrorKind::FieldName, 17),
            ("GET / HTTP/1.1\r\nHost ", ErrorKind::FieldName, 20),
            ("GET / HTTP/1.1\r\nA\r\n", ErrorKind::FieldName, 17),
            ("GET / HTTP/1.1\r\nA\0", ErrorKind::FieldName, 17),
            ("GET / HTTP/1.1\r\n\u{e9}:", ErrorKind::FieldName, 16),
            ("GET / HTTP/1.1\r\nA: b\0", ErrorKind::FieldValue, 20),
            ("GET / HTTP/1.1\r\nA: b\rc", ErrorKind::LineEnd, 21),
            ("GET / HTTP/1.1\r\nA:\r\r", ErrorKind::LineEnd, 19),
            ("GET / HTTP/1.1\r\n\rx", ErrorKind::LineEnd, 17),
            ("GET / HTTP/1.1\r\nA: b\r\n c\0", ErrorKind::FieldValue, 24),
        ];
        for (input, kind, at) in table {
            let found =
                parse(Role::Request, Leniency::Strict, input.as_bytes()).map(|(_, consumed)| consumed);
            assert_eq!(found, Err(ParseError { kind, at }), "{input:?}");
        }
    }

    #[test]
    fn refused_responses() {
        let table = [
            ("http/1.1", ErrorKind::Version, 0),
            ("HTTP/1.1\r", ErrorKind::Version, 8),
            ("ICY 200 OK", ErrorKind::Version, 0),
            ("HTTP/1.1 x", ErrorKind::Status, 9),
            ("HTTP/1.1 2000", ErrorKind::Status, 12),
            ("HTTP/1.1 20x", ErrorKind::Status, 11),
            ("HTTP/1.1 \r\n", ErrorKind::Status, 9),
            ("HTTP/1.1 200 OK\rx", ErrorKind::LineEnd, 16),
        ];
        for (input, kind, at) in table {
            let found =
                parse(Role::Response, Leniency::Strict, input.as_bytes()).map(|(_, consumed)| consumed);
            assert_eq!(found, Err(ParseError { kind, at }), "{input:?}");
        }
    }

    #[test]
    fn unsafe_leniency_lets_the_documented_violations_through() {
        let table = [
            ("GET /a#b HTTP/1.1\r\n\r\n", "GET /a#b HTTP/1.1\r\n\r\n"),
            ("GET /\u{e9} HTTP/1.1\r\n\r\n", "GET /\u{e9} HTTP/1.1\r\n\r\n"),
            ("GET / RTSP/1.0\r\n\r\n", "GET / RTSP/1.0\r\n\r\n"),
            ("GET / HTTP/1.10\r\n\r\n", "GET / HTTP/1.10\r\n\r\n"),
            ("GET /old\r\n", "GET /old HTTP/1.0\r\n\r\n"),
            ("GET / HTTP/1.1\r\nA b: c\r\nHost : x\r\nD: e\0f\r\n\r\n", "GET / HTTP/1.1\r\nD: e\0f\r\n\r\n"),
        ];
        for (input, output) in table {
            let (head, consumed) = parse(Role::Request, Leniency::AcceptUnsafe, input.as_bytes()).unwrap();
            assert_eq!(consumed, input.len(), "{input:?}");
            assert_eq!(written(&head), output, "{input:?}");
        }
        for input in ["POST /\r\n", "GET\r\n", "GET / HTTP/1.1\r\nAb\n", "GET /\x01", "GET / HTTP/1.1\r\n: x"]
        {
            assert!(parse(Role::Request, Leniency::AcceptUnsafe, input.as_bytes()).is_err(), "{input:?}");
        }
        let (head, _) = parse(Role::Response, Leniency::AcceptUnsafe, b"HTTP/1.1 2000 OK\r\n\r\n").unwrap();
        assert_eq!(head.status(), 2000);
        assert!(parse(Role::Response, Leniency::AcceptUnsafe, b"HTTP/1.1 99999 OK\r\n\r\n").is_err());
    }

    #[test]
    fn limits_do_not_depend_on_the_cut() {
        let limits = Limits { head_bytes_max: 40, fields_max: 2 };
        let run = |input: &str| {
            let (mut whole, mut pieces) = (Head::new(), Head::new());
            let at_once =
                Parser::new(Role::Request, Leniency::Strict, limits).parse(input.as_bytes(), &mut whole);
            let mut parser = Parser::new(Role::Request, Leniency::Strict, limits);
            let mut slowly = Ok(Progress::Partial);
            for end in 0..=input.len() {
                slowly = parser.parse(&input.as_bytes()[..end], &mut pieces);
                if slowly != Ok(Progress::Partial) {
                    break;
                }
            }
            assert_eq!(at_once, slowly, "{input:?}");
            at_once.map_err(|error| error.kind)
        };
        assert_eq!(
            run("GET / HTTP/1.1\r\nA: 89012345678901234\r\n\r\n"),
            Ok(Progress::Done { consumed: 40 })
        );
        assert_eq!(run("GET / HTTP/1.1\r\nA: 890123456789012345\r\n\r\n"), Err(ErrorKind::HeadTooLarge));
        assert_eq!(
            run("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            Err(ErrorKind::StartLineTooLong)
        );
        assert_eq!(run("GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\n\r\n"), Err(ErrorKind::TooManyFields));
        assert_eq!(run("GET / HTTP/1.1\r\nA:\r\nB:\r\n\r\n"), Ok(Progress::Done { consumed: 26 }));
    }

    #[test]
    fn one_parser_reads_one_message_after_the_other() {
        let mut parser = Parser::new(Role::Request, Leniency::Strict, Limits::default());
        let mut head = Head::new();
        let input = b"GET /1 HTTP/1.1\r\nA: b\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";
        assert_eq!(parser.parse(input, &mut head), Ok(Progress::Done { consumed: 25 }));
        assert_eq!(parser.parse(&input[25..], &mut head), Ok(Progress::Done { consumed: 19 }));
        assert_eq!(head.uri(), b"/2");
        assert!(head.fields.is_empty());
        assert_eq!(parser.parse(b"\r\n", &mut head), Ok(Progress::Partial));
        assert!(!parser.has_begun());
        assert_eq!(parser.parse(b"\r\nGET / HTTP/1.1\r\nA: b\r\nC", &mut head), Ok(Progress::Partial));
        assert!(parser.has_begun());
        assert_eq!((head.fields.len(), head.fields.value(0)), (1, &b"b"[..]));
    }
}
