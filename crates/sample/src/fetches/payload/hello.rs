//! The first message of a TLS client, read from bytes that may be incomplete (RFC 8446 section 4.1.2, RFC 5246
//! section 7.4.1.2). A hello that is split over several records is read from its first one only.

/// What reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read<T> {
    /// It is there.
    Got(T),
    /// More bytes are needed.
    TooShort,
    /// These bytes are no TLS, or there is no such part.
    None,
}

impl<T> Read<T> {
    pub(super) fn map<U>(self, f: impl FnOnce(T) -> Option<U>) -> Read<U> {
        match self {
            Read::Got(value) => f(value).map_or(Read::None, Read::Got),
            Read::TooShort => Read::TooShort,
            Read::None => Read::None,
        }
    }
}

const HANDSHAKE_HEADER_BYTES: usize = 4;
const CLIENT_HELLO: u8 = 1;
/// Version and random.
const FIXED_BYTES: usize = 34;

/// The type of the first handshake message, once all of it is there.
pub(super) fn kind(bytes: &[u8]) -> Read<u8> {
    message(bytes).map(|(kind, _)| Some(kind))
}

/// The first handshake message: its type and body.
fn message(bytes: &[u8]) -> Read<(u8, &[u8])> {
    let Some(first) = bytes.first() else { return Read::TooShort };
    if !matches!(first, 0x14..=0x17 | 0xff) {
        return Read::None;
    }
    let &[_, major, _, r1, r2, kind, l1, l2, l3, ..] = bytes else { return Read::TooShort };
    if major < 3 || usize::from(r1) << 8 | usize::from(r2) < HANDSHAKE_HEADER_BYTES {
        return Read::None;
    }
    let len = usize::from(l1) << 16 | usize::from(l2) << 8 | usize::from(l3);
    match bytes[9..].get(..len) {
        Some(body) => Read::Got((kind, body)),
        None => Read::TooShort,
    }
}

/// A client's hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hello<'a> {
    pub(super) version: (u8, u8),
    pub(super) ciphers: &'a [u8],
    extensions: &'a [u8],
}

/// The whole of a client's hello.
pub(super) fn client(bytes: &[u8]) -> Read<Hello<'_>> {
    if bytes.first().is_some_and(|kind| *kind != 0x16) {
        return Read::None;
    }
    message(bytes).map(|(kind, body)| if kind == CLIENT_HELLO { hello(body) } else { None })
}

fn hello(body: &[u8]) -> Option<Hello<'_>> {
    let (fixed, rest) = body.split_at_checked(FIXED_BYTES)?;
    let (_, rest) = counted(rest, 1)?;
    let (ciphers, rest) = counted(rest, 2)?;
    let (_, rest) = counted(rest, 1)?;
    let extensions = counted(rest, 2).map_or(&[][..], |(extensions, _)| extensions);
    Some(Hello { version: (fixed[0], fixed[1]), ciphers, extensions })
}

/// A vector with a length of `size` bytes before it, and what follows it.
pub(super) fn counted(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = bytes.split_at_checked(size)?;
    let len = digits.iter().fold(0usize, |len, byte| len << 8 | usize::from(*byte));
    rest.split_at_checked(len)
}

impl<'a> Hello<'a> {
    /// The contents of the first extension of this type.
    pub(super) fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut rest = self.extensions;
        while let Some((kind, after)) = rest.split_first_chunk::<2>() {
            let (contents, next) = counted(after, 2)?;
            if u16::from_be_bytes(*kind) == wanted {
                return Some(contents);
            }
            rest = next;
        }
        None
    }

    /// The server name (RFC 6066 section 3).
    pub(super) fn server_name(&self) -> Option<&'a [u8]> {
        let (names, _) = counted(self.extension(0)?, 2)?;
        let (kind, name) = names.split_first()?;
        if *kind == 0 { counted(name, 2).map(|(name, _)| name) } else { None }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn vector(size: usize, contents: &[u8]) -> Vec<u8> {
        let len = u64::try_from(contents.len()).unwrap().to_be_bytes();
        [&len[8 - size..], contents].concat()
    }

    /// A hello for `name` in a record: TLS 1.2, two cipher suites, ALPN `h2` and `http/1.1`, two groups.
    pub(in crate::fetches::payload) fn record(name: &str) -> Vec<u8> {
        let extension = |kind: u16, contents: &[u8]| [&kind.to_be_bytes()[..], &vector(2, contents)].concat();
        let names = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
        let protocols = vector(2, b"\x02h2\x08http/1.1");
        let extensions = [
            extension(0, &names),
            extension(10, &vector(2, &[0, 29, 0, 23])),
            extension(16, &protocols),
            extension(35, b""),
        ];
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend(vector(1, &[9; 32]));
        body.extend(vector(2, &[0x13, 0x01, 0xc0, 0x2f]));
        body.extend(vector(1, &[0]));
        body.extend(vector(2, &extensions.concat()));
        let message = [&[1][..], &vector(3, &body)].concat();
        [&[0x16, 3, 1][..], &vector(2, &message)].concat()
    }

    #[test]
    fn a_hello_and_each_part_of_it() {
        let bytes = record("example.com");
        let Read::Got(hello) = client(&bytes) else { panic!("not read") };
        assert_eq!(hello.server_name(), Some(&b"example.com"[..]));
        assert_eq!((hello.version, hello.ciphers), ((3, 3), &[0x13, 0x01, 0xc0, 0x2f][..]));
        assert_eq!(hello.extension(35), Some(&b""[..]));
        assert_eq!(hello.extension(99), None);
        for len in 0..bytes.len() {
            assert_eq!(client(&bytes[..len]), Read::TooShort, "{len} bytes");
        }
    }

    #[test]
    fn what_is_bent_panics_nowhere() {
        let whole = record("a.example");
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bent = whole.clone();
                bent[at] = value;
                if let Read::Got(hello) = client(&bent) {
                    let _ = (hello.server_name(), hello.extension(10), hello.extension(16));
                }
            }
        }
        assert_eq!(client(b"GET / HTTP/1.1"), Read::None);
        assert_eq!(kind(b"\x16\x02\x00\x01\x00\x01\x00\x00\x00"), Read::None);
    }
}
