//! Syslog messages on a stream (RFC 6587): a message behind its length (section 3.4.1), or ended by a line feed
//! (section 3.4.2).

use base::bytes::push_decimal;

/// How messages are told apart on a stream that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// By the first byte of each: `<` begins a line, a digit a length.
    #[default]
    Detect,
    /// Always lines (`option assume-rfc6587-ntf`).
    Lines,
}

/// How messages are told apart on a stream that is written (`log-proto`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogProto {
    /// `legacy`: each ends with a line feed.
    #[default]
    Legacy,
    /// `octet-count`: each stands behind its length.
    OctetCount,
}

/// What a stream begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'i> {
    /// A whole message.
    Message {
        /// Its text.
        message: &'i [u8],
        /// Bytes of the stream that it takes, framing included.
        taken: usize,
    },
    /// The beginning of one.
    Partial,
    /// None, or one that is too long: the stream cannot be understood any more.
    Invalid,
}

impl Framing {
    /// Cuts the first message off; a message has `bytes_max` bytes at most, a line's end included.
    #[must_use]
    pub fn cut(self, input: &[u8], bytes_max: usize) -> Frame<'_> {
        match (self, input.first()) {
            (_, None) => Frame::Partial,
            (Framing::Lines, _) | (Framing::Detect, Some(b'<')) => line(input, bytes_max),
            (Framing::Detect, Some(b'1'..=b'9')) => counted(input, bytes_max),
            (Framing::Detect, Some(_)) => Frame::Invalid,
        }
    }
}

fn line(input: &[u8], bytes_max: usize) -> Frame<'_> {
    match memchr::memchr(b'\n', &input[..input.len().min(bytes_max)]) {
        Some(end) => {
            // Some devices end their lines with both.
            let message = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
            Frame::Message { message, taken: end + 1 }
        }
        None if input.len() < bytes_max => Frame::Partial,
        None => Frame::Invalid,
    }
}

fn counted(input: &[u8], bytes_max: usize) -> Frame<'_> {
    let mut length = 0usize;
    for (at, byte) in input.iter().enumerate() {
        match byte {
            b'0'..=b'9' => length = length * 10 + usize::from(byte - b'0'),
            b' ' => {
                let message = input.get(at + 1..at + 1 + length);
                let whole = message.map(|message| Frame::Message { message, taken: at + 1 + length });
                return whole.unwrap_or(Frame::Partial);
            }
            _ => return Frame::Invalid,
        }
        if length > bytes_max {
            return Frame::Invalid;
        }
    }
    Frame::Partial
}

impl LogProto {
    /// Appends `message` with its frame.
    pub fn push(self, message: &[u8], out: &mut Vec<u8>) {
        match self {
            LogProto::Legacy => {
                out.extend_from_slice(message);
                out.push(b'\n');
            }
            LogProto::OctetCount => {
                push_decimal(out, i64::try_from(message.len()).unwrap_or(i64::MAX));
                out.push(b' ');
                out.extend_from_slice(message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(message: &[u8], taken: usize) -> Frame<'_> {
        Frame::Message { message, taken }
    }

    #[test]
    fn lines_and_lengths_are_told_apart() {
        assert_eq!(Framing::Detect.cut(b"<1>a\nrest", 100), message(b"<1>a", 5));
        assert_eq!(Framing::Detect.cut(b"<1>a\r\n", 100), message(b"<1>a", 6));
        assert_eq!(Framing::Detect.cut(b"5 <1>a\nrest", 100), message(b"<1>a\n", 7));
        assert_eq!(Framing::Detect.cut(b"12 <1>a", 100), Frame::Partial);
        for invalid in [&b"\n"[..], b"0 a", b"x", b"1x", b"1\n"] {
            assert_eq!(Framing::Detect.cut(invalid, 100), Frame::Invalid, "{invalid:?}");
        }
        assert_eq!(Framing::Lines.cut(b"5 <1>a\n", 100), message(b"5 <1>a", 7));
        assert_eq!(Framing::Lines.cut(b"\n", 100), message(b"", 1));
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(Framing::Detect.cut(b"101 ", 100), Frame::Invalid);
        assert_eq!(Framing::Detect.cut(b"99999999999999999999999999 ", 100), Frame::Invalid);
        assert_eq!(Framing::Detect.cut(b"100 ", 100), Frame::Partial);
        assert_eq!(Framing::Lines.cut(&[b'a'; 99], 100), Frame::Partial);
        assert_eq!(Framing::Lines.cut(&[b'a'; 100], 100), Frame::Invalid);
    }

    proptest! {
        #[test]
        fn what_is_framed_is_cut_again_however_it_arrives(
            texts in prop::collection::vec("<[0-9]{1,3}>[ -~]{0,30}", 1..10),
            is_counted in any::<bool>(),
            cut in 0usize..400,
        ) {
            let proto = if is_counted { LogProto::OctetCount } else { LogProto::Legacy };
            let mut stream = Vec::new();
            texts.iter().for_each(|text| proto.push(text.as_bytes(), &mut stream));
            let first = Framing::Detect.cut(&stream[..cut.min(stream.len())], 100);
            prop_assert_ne!(first, Frame::Invalid);
            let mut rest = &stream[..];
            for text in &texts {
                let Frame::Message { message, taken } = Framing::Detect.cut(rest, 100) else { panic!("{rest:?}") };
                prop_assert_eq!(message, text.as_bytes());
                rest = &rest[taken..];
            }
            prop_assert!(rest.is_empty());
        }
    }
}
