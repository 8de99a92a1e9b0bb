//! Bodies: the payload out of its framing, in place (RFC 9112 sections 6 and 7).
//!
//! ```text
//!  Ended        nothing (more) belongs to the body
//!  Length       `left` bytes belong to it
//!  UntilClose   everything belongs to it
//!  chunked:     Header --size--> Data --left = 0--> DataCr --CR--> DataLf --LF--> Header
//!               Header --size 0--> Trailers --empty line--> Ended
//! ```

use std::ops::Range;

use super::chunk::ChunkHeader;
use super::error::{ErrorKind, Stop};
use super::field_block::FieldBlock;
use super::parser::HEAD_BYTES_CEILING;
use super::{BodyLength, Leniency, Limits};
use crate::message::{Fields, Known};

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BodyError {
    /// A chunk header is not hexadecimal digits, blanks, extensions, CR LF.
    #[error("invalid chunk header")]
    ChunkHeader,
    /// A chunk extension holds a control character, a stray backslash or an open quote.
    #[error("invalid chunk extension")]
    ChunkExtension,
    /// A chunk header does not end within 16 KiB.
    #[error("chunk header too long")]
    ChunkHeaderTooLong,
    /// A chunk is larger than 2^52 - 1 bytes.
    #[error("chunk too large")]
    ChunkTooLarge,
    /// CR LF does not follow the payload of a chunk.
    #[error("chunk not ended by CR LF")]
    ChunkEnd,
    /// A trailer is malformed, or there are too many of them.
    #[error("trailers: {0}")]
    Trailers(ErrorKind),
    /// The peer closed before the body was complete.
    #[error("body cut short")]
    Truncated,
}

/// What one call has decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes from the front of the input that are used up.
    pub consumed: usize,
    /// Where the payload lies, within the first `consumed` bytes of the input.
    pub data: Range<usize>,
    /// Whether the body is complete.
    pub end: bool,
}

/// Takes one body out of its framing.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
    /// Bytes left of the body, or of the current chunk.
    left: u64,
    limits: Limits,
    /// Only a body with trailers costs memory.
    trailers: Option<Box<Trailers>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ended,
    Length,
    UntilClose,
    Header(ChunkHeader),
    Data,
    DataCr,
    DataLf,
    Trailers,
}

#[derive(Clone, Debug)]
struct Trailers {
    block: FieldBlock,
    fields: Fields,
}

/// Fields that say how a message is framed, routed or read must not come behind it (RFC 9110 section 6.5.1).
const NOT_IN_TRAILERS: [Known; 10] = [
    Known::Connection,
    Known::ContentLength,
    Known::Expect,
    Known::Host,
    Known::KeepAlive,
    Known::ProxyConnection,
    Known::Te,
    Known::Trailer,
    Known::TransferEncoding,
    Known::Upgrade,
];

impl BodyDecoder {
    /// A decoder for a body of this length; `limits` bound its trailers.
    pub fn new(length: BodyLength, limits: Limits) -> BodyDecoder {
        let (state, left) = match length {
            BodyLength::None | BodyLength::Length(0) => (State::Ended, 0),
            BodyLength::Length(left) => (State::Length, left),
            BodyLength::Chunked => (State::Header(ChunkHeader::START), 0),
            BodyLength::UntilClose => (State::UntilClose, 0),
        };
        let limits = Limits { head_bytes_max: limits.head_bytes_max.min(HEAD_BYTES_CEILING), ..limits };
        BodyDecoder { state, left, limits, trailers: None }
    }

    /// Whether the body is complete.
    #[inline]
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// How many bytes from the front of the input are payload for certain: of the whole body if its length was
    /// given, of the current chunk if it is chunked (`Some(0)` between chunks), `None` if only the close ends it.
    #[inline]
    pub fn remaining_known(&self) -> Option<u64> {
        match self.state {
            State::UntilClose => None,
            State::Length | State::Data => Some(self.left),
            State::Ended | State::Header(_) | State::DataCr | State::DataLf | State::Trailers => Some(0),
        }
    }

    /// Notes that `bytes` of payload went past the decoder (by splicing); at most [`Self::remaining_known`].
    pub fn skip(&mut self, bytes: u64) {
        debug_assert!(self.remaining_known().is_none_or(|left| bytes <= left), "more skipped than there is");
        self.take(bytes);
    }

    /// The trailers, once the body is complete and if it had any.
    pub fn trailers(&self) -> Option<&Fields> {
        let trailers = self.trailers.as_deref().filter(|_| self.is_ended())?;
        (!trailers.fields.is_empty()).then_some(&trailers.fields)
    }

    /// Decodes as much of `raw` as there is.
    ///
    /// `raw` holds what has been read and not been consumed yet. The payloads of several chunks are moved together,
    /// so that `raw[data]` is contiguous; nothing behind `consumed` is moved. Payload of a given length is never
    /// moved. Trailers are consumed all at once, so `raw` must be able to grow to the limit for them.
    ///
    /// # Errors
    /// When the framing is broken; the message cannot be continued then.
    #[inline]
    pub fn decode_in_place(&mut self, raw: &mut [u8]) -> Result<Decoded, BodyError> {
        match self.state {
            State::Ended => Ok(Decoded { consumed: 0, data: 0..0, end: true }),
            State::UntilClose => Ok(Decoded { consumed: raw.len(), data: 0..raw.len(), end: false }),
            State::Length => {
                let taken = self.available(raw.len());
                self.take(taken as u64);
                Ok(Decoded { consumed: taken, data: 0..taken, end: self.is_ended() })
            }
            State::Header(_) | State::Data | State::DataCr | State::DataLf | State::Trailers => {
                self.decode_chunks(raw)
            }
        }
    }

    /// Notes that the peer has closed.
    ///
    /// # Errors
    /// When the body is not complete.
    pub fn finish_on_eof(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Ended => Ok(()),
            State::UntilClose => {
                self.state = State::Ended;
                Ok(())
            }
            State::Length
            | State::Header(_)
            | State::Data
            | State::DataCr
            | State::DataLf
            | State::Trailers => Err(BodyError::Truncated),
        }
    }

    /// How many of `there` bytes belong to the body or chunk.
    #[inline]
    fn available(&self, there: usize) -> usize {
        usize::try_from(self.left).map_or(there, |left| left.min(there))
    }

    #[inline]
    fn take(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 {
            if self.state == State::Length {
                self.state = State::Ended;
            } else if self.state == State::Data {
                self.state = State::DataCr;
            }
        }
    }

    fn decode_chunks(&mut self, raw: &mut [u8]) -> Result<Decoded, BodyError> {
        let mut data = 0..0;
        let mut at = 0;
        while at < raw.len() {
            at += match self.state {
                State::Header(header) => self.on_header(header, &raw[at..])?,
                State::Data => self.on_data(raw, at, &mut data),
                State::DataCr => self.on_data_end(raw[at], b'\r', State::DataLf)?,
                State::DataLf => self.on_data_end(raw[at], b'\n', State::Header(ChunkHeader::START))?,
                State::Trailers => match self.on_trailers(&raw[at..])? {
                    0 => break,
                    len => len,
                },
                State::Ended | State::Length | State::UntilClose => break,
            };
        }
        Ok(Decoded { consumed: at, data, end: self.is_ended() })
    }

    #[inline]
    fn on_header(&mut self, mut header: ChunkHeader, raw: &[u8]) -> Result<usize, BodyError> {
        let (len, size) = header.read(raw)?;
        self.state = match size {
            None => State::Header(header),
            Some(0) => State::Trailers,
            Some(size) => {
                self.left = size;
                State::Data
            }
        };
        Ok(len)
    }

    /// Takes payload at `at` and moves it behind `data`.
    #[inline]
    fn on_data(&mut self, raw: &mut [u8], at: usize, data: &mut Range<usize>) -> usize {
        let len = self.available(raw.len() - at);
        if data.start == data.end {
            *data = at..at + len;
        } else {
            raw.copy_within(at..at + len, data.end);
            data.end += len;
        }
        self.take(len as u64);
        len
    }

    #[inline]
    fn on_data_end(&mut self, byte: u8, wanted: u8, next: State) -> Result<usize, BodyError> {
        if byte != wanted {
            return Err(BodyError::ChunkEnd);
        }
        self.state = next;
        Ok(1)
    }

    /// Takes the trailers at the start of `raw` once they are complete; answers how long they are, 0 before that.
    fn on_trailers(&mut self, raw: &[u8]) -> Result<usize, BodyError> {
        if self.trailers.is_none() {
            if raw.starts_with(b"\r\n") || raw.starts_with(b"\n") {
                self.state = State::Ended;
                return Ok(if raw[0] == b'\n' { 1 } else { 2 });
            }
            if raw == b"\r" {
                return Ok(0);
            }
            self.trailers = Some(Box::new(Trailers { block: FieldBlock::at(0), fields: Fields::new() }));
        }
        let Some(trailers) = self.trailers.as_deref_mut() else { return Ok(0) };
        let visible = raw.get(..self.limits.head_bytes_max).unwrap_or(raw);
        let Trailers { block, fields } = trailers;
        match block.advance(visible, Leniency::Strict, self.limits, fields) {
            Ok(len) => {
                for known in NOT_IN_TRAILERS {
                    fields.remove_known(known);
                }
                self.state = State::Ended;
                Ok(len)
            }
            Err(Stop::Partial) if visible.len() < self.limits.head_bytes_max => Ok(0),
            Err(Stop::Partial) => Err(BodyError::Trailers(ErrorKind::HeadTooLarge)),
            Err(Stop::Bad(error)) => Err(BodyError::Trailers(error.kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { head_bytes_max: 100, fields_max: 3 }
    }

    /// Feeds `input` in pieces of `step` bytes; what is not consumed is offered again.
    fn decode(
        length: BodyLength,
        input: &[u8],
        step: usize,
    ) -> Result<(Vec<u8>, BodyDecoder, usize), BodyError> {
        let mut decoder = BodyDecoder::new(length, limits());
        let (mut out, mut held, mut used) = (Vec::new(), Vec::new(), 0);
        for piece in input.chunks(step) {
            held.extend_from_slice(piece);
            let decoded = decoder.decode_in_place(&mut held)?;
            assert!(decoded.data.end <= decoded.consumed);
            out.extend_from_slice(&held[decoded.data]);
            held.drain(..decoded.consumed);
            used += decoded.consumed;
            assert_eq!(decoded.end, decoder.is_ended());
            if decoded.end {
                break;
            }
        }
        Ok((out, decoder, used))
    }

    #[test]
    fn chunks_are_moved_together() {
        let input = b"4\r\nWiki\r\n5;x=y\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\n\r\nnext";
        for step in 1..=input.len() {
            let (out, decoder, used) = decode(BodyLength::Chunked, input, step).unwrap();
            assert_eq!(out, b"Wikipedia in\r\n\r\nchunks.", "step {step}");
            assert_eq!((decoder.is_ended(), used), (true, input.len() - 4), "step {step}");
            assert!(decoder.trailers().is_none());
        }
    }

    #[test]
    fn trailers_are_collected_and_dangerous_ones_dropped() {
        let input = b"1\r\na\r\n0\r\nX-Sum: 5\r\nContent-Length: 7\r\nHost: h\r\n\r\nnext";
        for step in 1..=input.len() {
            let (out, decoder, used) = decode(BodyLength::Chunked, input, step).unwrap();
            assert_eq!((out.as_slice(), used), (&b"a"[..], input.len() - 4), "step {step}");
            let trailers: Vec<_> = decoder.trailers().unwrap().iter().collect();
            assert_eq!(trailers, [(&b"X-Sum"[..], &b"5"[..])]);
        }
        let (_, decoder, _) = decode(BodyLength::Chunked, b"0\r\n\n", 1).unwrap();
        assert!(decoder.is_ended());
    }

    #[test]
    fn broken_bodies() {
        let long = format!("0\r\nA: {}", "x".repeat(100));
        for (input, error) in [
            ("1\r\nab\r\n", BodyError::ChunkEnd),
            ("1\r\na\n", BodyError::ChunkEnd),
            ("1\r\na\r\r", BodyError::ChunkEnd),
            ("1\n", BodyError::ChunkHeader),
            ("0\r\nA b\r\n\r\n", BodyError::Trailers(ErrorKind::FieldName)),
            ("0\r\nA: \0\r\n\r\n", BodyError::Trailers(ErrorKind::FieldValue)),
            ("0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", BodyError::Trailers(ErrorKind::TooManyFields)),
            (&long, BodyError::Trailers(ErrorKind::HeadTooLarge)),
        ] {
            for step in [1, 2, 3, input.len()] {
                let found = decode(BodyLength::Chunked, input.as_bytes(), step).map(|(out, ..)| out);
                assert_eq!(found, Err(error), "{input:?} by {step}");
            }
        }
    }

    #[test]
    fn given_lengths() {
        let (out, decoder, used) = decode(BodyLength::Length(5), b"hello, next", 3).unwrap();
        assert_eq!((out.as_slice(), used, decoder.is_ended()), (&b"hello"[..], 5, true));
        for none in [BodyLength::None, BodyLength::Length(0)] {
            let mut decoder = BodyDecoder::new(none, limits());
            let nothing = Decoded { consumed: 0, data: 0..0, end: true };
            assert_eq!(decoder.decode_in_place(&mut [1, 2]), Ok(nothing));
        }
    }

    #[test]
    fn splicing_past_the_decoder() {
        let mut decoder = BodyDecoder::new(BodyLength::Length(10), limits());
        assert_eq!(decoder.remaining_known(), Some(10));
        decoder.skip(4);
        assert_eq!(decoder.decode_in_place(&mut [0; 3]).unwrap().consumed, 3);
        decoder.skip(3);
        assert!(decoder.is_ended());

        let mut chunked = BodyDecoder::new(BodyLength::Chunked, limits());
        assert_eq!(chunked.remaining_known(), Some(0));
        chunked.decode_in_place(&mut b"a\r\n12".to_vec()).unwrap();
        assert_eq!(chunked.remaining_known(), Some(8));
        chunked.skip(8);
        let end = chunked.decode_in_place(&mut b"\r\n0\r\n\r\n".to_vec()).unwrap();
        assert!(end.end && end.data.is_empty());
    }

    #[test]
    fn the_end_of_the_connection() {
        let mut until_close = BodyDecoder::new(BodyLength::UntilClose, limits());
        assert_eq!(until_close.remaining_known(), None);
        assert_eq!(until_close.decode_in_place(&mut [0; 7]).unwrap().data, 0..7);
        assert_eq!(until_close.finish_on_eof(), Ok(()));
        assert!(until_close.is_ended());
        assert_eq!(
            BodyDecoder::new(BodyLength::Length(1), limits()).finish_on_eof(),
            Err(BodyError::Truncated)
        );
        assert_eq!(
            BodyDecoder::new(BodyLength::Chunked, limits()).finish_on_eof(),
            Err(BodyError::Truncated)
        );
        assert_eq!(BodyDecoder::new(BodyLength::None, limits()).finish_on_eof(), Ok(()));
    }
}
