//! Chunk headers: read byte by byte, and written (RFC 9112 section 7.1).
//!
//! ```text
//!  Start --digit--> Size --blank--> Blank        ExtensionEscape
//!                    |  |            |  |            |  ^ \
//!                    |  `---- ; -----+--+--> Extension --"--> ExtensionQuoted
//!                    `------ CR -----+-----------`--> Lf --LF--> done
//! ```
//! Sizes have at most 13 significant digits. A lone LF, a control character or an open quote in an extension is
//! refused, because another reader might see the end of the line elsewhere.

use super::body::BodyError;
use crate::chars;
use crate::message::Fields;
use crate::uri::hex;

/// What ends a body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// What ends the payload of each chunk.
pub const CHUNK_END: &[u8] = b"\r\n";
/// The longest header that [`chunk_header`] writes, with room to spare.
pub const CHUNK_HEADER_BYTES_MAX: usize = 20;

/// How long a received chunk header may be, extensions included.
const HEADER_BYTES_MAX: u32 = 16_384;
/// The largest chunk: numbers up to here are exact in every language.
const CHUNK_BYTES_MAX: u64 = (1 << 52) - 1;

/// Reads one chunk header after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHeader {
    state: State,
    /// Bytes of this header so far.
    len: u32,
    /// The size so far.
    size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    Size,
    Blank,
    Extension,
    ExtensionQuoted,
    ExtensionEscape,
    Lf,
    Done,
}

impl ChunkHeader {
    /// Waits for the first digit.
    pub(super) const START: ChunkHeader = ChunkHeader { state: State::Start, len: 0, size: 0 };

    /// Takes bytes from the front of `raw`; answers how many, and the chunk's size once the header is complete.
    pub(super) fn read(&mut self, raw: &[u8]) -> Result<(usize, Option<u64>), BodyError> {
        for (at, &byte) in raw.iter().enumerate() {
            self.step(byte)?;
            if self.state == State::Done {
                let size = self.size;
                *self = ChunkHeader::START;
                return Ok((at + 1, Some(size)));
            }
        }
        Ok((raw.len(), None))
    }

    fn step(&mut self, byte: u8) -> Result<(), BodyError> {
        self.len += 1;
        if self.len > HEADER_BYTES_MAX {
            return Err(BodyError::ChunkHeaderTooLong);
        }
        self.state = match self.state {
            State::Start | State::Size => self.on_size(byte)?,
            State::Blank if chars::is_blank(byte) => State::Blank,
            State::Blank => after_size(byte)?,
            State::Extension => on_extension(byte)?,
            State::ExtensionQuoted => on_quoted(byte)?,
            State::ExtensionEscape if chars::is_control_not_tab(byte) => {
                return Err(BodyError::ChunkExtension);
            }
            State::ExtensionEscape => State::ExtensionQuoted,
            State::Lf | State::Done if byte == b'\n' => State::Done,
            State::Lf | State::Done => return Err(BodyError::ChunkHeader),
        };
        Ok(())
    }

    #[inline]
    fn on_size(&mut self, byte: u8) -> Result<State, BodyError> {
        if let Some(digit) = hex(byte) {
            self.size = self.size << 4 | u64::from(digit);
            if self.size > CHUNK_BYTES_MAX {
                return Err(BodyError::ChunkTooLarge);
            }
            return Ok(State::Size);
        }
        if self.state == State::Start {
            return Err(BodyError::ChunkHeader);
        }
        if chars::is_blank(byte) { Ok(State::Blank) } else { after_size(byte) }
    }
}

fn after_size(byte: u8) -> Result<State, BodyError> {
    match byte {
        b'\r' => Ok(State::Lf),
        b';' => Ok(State::Extension),
        _ => Err(BodyError::ChunkHeader),
    }
}

fn on_extension(byte: u8) -> Result<State, BodyError> {
    match byte {
        b'\r' => Ok(State::Lf),
        b'"' => Ok(State::ExtensionQuoted),
        // A backslash means something inside of quotes only.
        b'\\' => Err(BodyError::ChunkExtension),
        _ if chars::is_control_not_tab(byte) => Err(BodyError::ChunkExtension),
        _ => Ok(State::Extension),
    }
}

fn on_quoted(byte: u8) -> Result<State, BodyError> {
    match byte {
        b'"' => Ok(State::Extension),
        b'\\' => Ok(State::ExtensionEscape),
        _ if chars::is_control_not_tab(byte) => Err(BodyError::ChunkExtension),
        _ => Ok(State::ExtensionQuoted),
    }
}

/// Writes the header of a chunk of `len` bytes to the start of `out`; answers how long the header is.
///
/// `len` is not 0: that would be the last chunk. [`CHUNK_END`] follows the payload.
pub fn chunk_header(len: usize, out: &mut [u8; CHUNK_HEADER_BYTES_MAX]) -> usize {
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1) as usize;
    let mut rest = len;
    for place in out[..digits].iter_mut().rev() {
        *place = b"0123456789ABCDEF"[rest & 0xf];
        rest >>= 4;
    }
    out[digits..digits + 2].copy_from_slice(b"\r\n");
    digits + 2
}

/// Appends the last chunk, with `trailers` in it if there are any.
pub fn write_last_chunk(trailers: Option<&Fields>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n");
    if let Some(fields) = trailers {
        fields.write_to(out);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<(usize, Option<u64>), BodyError> {
        let mut reader = ChunkHeader::START;
        reader.read(header.as_bytes())
    }

    #[test]
    fn accepted() {
        for (header, size) in [
            ("0\r\n", 0),
            ("a\r\n", 10),
            ("FfF\r\n", 0xfff),
            ("0000000000000000000001\r\n", 1),
            ("fffffffffffff\r\n", CHUNK_BYTES_MAX),
            ("5 \t \r\n", 5),
            ("5;a=b\r\n", 5),
            ("5 ; a = \"b;\\\"\\\\\"; c\r\n", 5),
            ("5;\r\n", 5),
        ] {
            assert_eq!(read(header), Ok((header.len(), Some(size))), "{header:?}");
        }
    }

    #[test]
    fn refused_at_once() {
        for (header, error) in [
            ("\r\n", BodyError::ChunkHeader),
            (" 5\r\n", BodyError::ChunkHeader),
            ("5\n", BodyError::ChunkHeader),
            ("5\r\r", BodyError::ChunkHeader),
            ("5 5", BodyError::ChunkHeader),
            ("0x5", BodyError::ChunkHeader),
            ("-1", BodyError::ChunkHeader),
            ("10000000000000", BodyError::ChunkTooLarge),
            ("5;a\n", BodyError::ChunkExtension),
            ("5;\"\r", BodyError::ChunkExtension),
            ("5;\"\\\r", BodyError::ChunkExtension),
            ("5;\\", BodyError::ChunkExtension),
            ("5;\0", BodyError::ChunkExtension),
        ] {
            assert_eq!(read(header), Err(error), "{header:?}");
        }
        let endless = "0".repeat(20_000);
        assert_eq!(read(&endless), Err(BodyError::ChunkHeaderTooLong));
    }

    #[test]
    fn written_headers_are_read_back() {
        for len in [1, 9, 15, 16, 255, 256, 65_536, 0xf_ffff_ffff] {
            let mut out = [0; CHUNK_HEADER_BYTES_MAX];
            let end = chunk_header(len, &mut out);
            let mut reader = ChunkHeader::START;
            assert_eq!(reader.read(&out[..end]), Ok((end, Some(len as u64))));
        }
        let mut out = [0; CHUNK_HEADER_BYTES_MAX];
        assert_eq!(chunk_header(usize::MAX, &mut out), 18);
    }

    #[test]
    fn last_chunks() {
        let mut out = Vec::new();
        write_last_chunk(None, &mut out);
        assert_eq!(out, LAST_CHUNK);
        let mut fields = Fields::new();
        fields.push(b"X", b"y");
        out.clear();
        write_last_chunk(Some(&fields), &mut out);
        assert_eq!(out, b"0\r\nX: y\r\n\r\n");
    }
}
