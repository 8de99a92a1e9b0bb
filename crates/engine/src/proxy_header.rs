//! Receiving the PROXY protocol: who the client is, said by a proxy in front, before the first byte of the client
//! (`bind ... accept-proxy`; the protocol's specification, sections 2.1 and 2.2).
//!
//! The header is required and read strictly: a connection that begins with anything else is closed. `LOCAL` and
//! `UNKNOWN` leave the socket's own addresses. Fields behind the addresses are kept for `fc_pp_tlv`; a header whose
//! fields do not end where it does, or whose checksum is wrong, is refused.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::Poll;
use std::time::Duration;

use base::clock::{self, Millis};
use sample::conn_error::ConnError;
use sample::proxy_tlvs::{self, ProxyTlvs, types};
use state::balance::hash;

use crate::client::Client;
use crate::netscaler;

/// The longest line of version 1, line end included.
const V1_BYTES_MAX: usize = 107;
/// What version 2 begins with.
const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const V2_HEAD_BYTES: usize = 16;
/// Longer values of any field are refused, as HAProxy does.
const FIELD_BYTES_MAX: usize = 1024;
/// The longest host name.
const AUTHORITY_BYTES_MAX: usize = 255;
/// The longest identifier.
const UNIQUE_ID_BYTES_MAX: usize = 128;
/// Two paths of UNIX sockets.
const UNIX_BYTES: usize = 216;

/// A header that was read.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    /// Its length in bytes.
    len: usize,
    /// Source and destination, where it names some.
    addresses: Addresses,
    /// The fields of version 2, if there are any.
    tlvs: Option<Box<ProxyTlvs>>,
}

/// Source and destination.
type Addresses = Option<(SocketAddr, SocketAddr)>;

/// What the first bytes are.
#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    Done(Header),
    Partial,
    /// No PROXY header, or one that is wrong.
    Invalid,
}

impl From<Option<Header>> for Parsed {
    fn from(header: Option<Header>) -> Self {
        header.map_or(Parsed::Invalid, Parsed::Done)
    }
}

/// Reads the header and takes its addresses for the session's. False: the connection is to be closed.
pub(crate) async fn receive(client: &mut Client, timeout: Option<Duration>) -> bool {
    let deadline = client.session.accepted.deadline(timeout);
    loop {
        match parse(client.input.data()) {
            Parsed::Done(header) => {
                client.session.proxy_tlvs = header.tlvs;
                take(client, header.len, header.addresses);
                return true;
            }
            Parsed::Partial => {}
            Parsed::Invalid => {
                let begins = client.input.data().starts_with(b"PROXY ");
                let is_ours = begins || client.input.data().starts_with(V2_SIGNATURE);
                let error = if is_ours { ConnError::PrxBadHdr } else { ConnError::PrxNotHdr };
                client.session.conn_error = Some(error);
                return false;
            }
        }
        const ERRORS: Unread = Unread {
            empty: ConnError::PrxEmpty,
            cut: ConnError::PrxTruncated,
            reset: ConnError::PrxAbort,
            late: ConnError::PrxTimeout,
        };
        if !read_more(client, deadline, ERRORS).await {
            return false;
        }
    }
}

/// The same for NetScaler's header, which begins with `magic`.
pub(crate) async fn receive_netscaler(client: &mut Client, magic: u32, timeout: Option<Duration>) -> bool {
    let deadline = client.session.accepted.deadline(timeout);
    loop {
        let error = match netscaler::parse(client.input.data(), magic) {
            netscaler::Parsed::Done { len, src, dst } => {
                take(client, len, Some((src, dst)));
                return true;
            }
            netscaler::Parsed::Partial => None,
            netscaler::Parsed::BadMagic => Some(ConnError::CipBadMagic),
            netscaler::Parsed::BadProto => Some(ConnError::CipBadProto),
        };
        if error.is_some() {
            client.session.conn_error = error;
            return false;
        }
        const ERRORS: Unread = Unread {
            empty: ConnError::CipEmpty,
            cut: ConnError::CipTruncated,
            reset: ConnError::CipAbort,
            late: ConnError::CipTimeout,
        };
        if !read_more(client, deadline, ERRORS).await {
            return false;
        }
    }
}

/// Takes a header of `len` bytes off the input and its addresses for the session's.
fn take(client: &mut Client, len: usize, addresses: Addresses) {
    client.input.consume(len);
    if client.input.is_empty() {
        client.input = net::Buf::none();
    }
    if let Some((src, dst)) = addresses {
        client.session.src = Some(src);
        client.session.dst = Some(dst);
    }
    client.session.handshake_ms = u32::try_from(clock::now().since(client.session.accepted)).unwrap_or(0);
}

/// What a header is called that did not come.
#[derive(Debug, Clone, Copy)]
struct Unread {
    /// The client closed at once.
    empty: ConnError,
    /// It closed within the header.
    cut: ConnError,
    /// It reset the connection.
    reset: ConnError,
    /// It was silent.
    late: ConnError,
}

/// Reads more of a header; false: there will be none, and the session knows why.
async fn read_more(client: &mut Client, deadline: Millis, unread: Unread) -> bool {
    let has_some = !client.input.is_empty();
    let failed = poll_fn(|cx| match client.poll_fill(cx) {
        Poll::Ready(Ok(0)) => Poll::Ready(Some(if has_some { unread.cut } else { unread.empty })),
        Poll::Ready(Ok(_)) => Poll::Ready(None),
        Poll::Ready(Err(_)) => Poll::Ready(Some(unread.reset)),
        Poll::Pending => client.poll_deadline(deadline, cx).map(|()| Some(unread.late)),
    })
    .await;
    client.session.conn_error = failed.or(client.session.conn_error);
    failed.is_none()
}

/// How long a header is.
pub(crate) enum Len {
    /// So many bytes.
    Known(usize),
    /// It is not all there.
    Partial,
    /// It is none.
    Invalid,
}

/// How long the header is that `data` begins with, for those who do not ask what it says.
pub(crate) fn len(data: &[u8]) -> Len {
    match parse(data) {
        Parsed::Done(header) => Len::Known(header.len),
        Parsed::Partial => Len::Partial,
        Parsed::Invalid => Len::Invalid,
    }
}

fn parse(data: &[u8]) -> Parsed {
    let begins_with = |signature: &[u8]| {
        let len = data.len().min(signature.len());
        data[..len] == signature[..len]
    };
    if begins_with(V2_SIGNATURE) {
        parse_v2(data)
    } else if begins_with(b"PROXY ") {
        parse_v1(data)
    } else {
        Parsed::Invalid
    }
}

fn parse_v1(data: &[u8]) -> Parsed {
    let head = &data[..data.len().min(V1_BYTES_MAX)];
    let Some(end) = memchr::memchr(b'\n', head) else {
        return if data.len() < V1_BYTES_MAX { Parsed::Partial } else { Parsed::Invalid };
    };
    let line = std::str::from_utf8(&head[..end]).ok().and_then(|line| line.strip_suffix('\r'));
    let addresses = line.and_then(v1_addresses);
    addresses.map(|addresses| Header { len: end + 1, addresses, tlvs: None }).into()
}

/// What a line without its end says; `None`: it is wrong.
fn v1_addresses(line: &str) -> Option<Addresses> {
    let mut words = line.split(' ').skip(1);
    let is_ipv4 = match words.next()? {
        // Whatever follows is to be ignored.
        "UNKNOWN" => return Some(None),
        "TCP4" => true,
        "TCP6" => false,
        _ => return None,
    };
    let src: IpAddr = words.next()?.parse().ok()?;
    let dst: IpAddr = words.next()?.parse().ok()?;
    let (src_port, dst_port) = (port(words.next()?)?, port(words.next()?)?);
    let is_sound = src.is_ipv4() == is_ipv4 && dst.is_ipv4() == is_ipv4 && words.next().is_none();
    is_sound.then(|| Some((SocketAddr::new(src, src_port), SocketAddr::new(dst, dst_port))))
}

/// A port in decimal digits alone.
fn port(word: &str) -> Option<u16> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

fn parse_v2(data: &[u8]) -> Parsed {
    let Some(head) = data.get(..V2_HEAD_BYTES) else { return Parsed::Partial };
    let (command, family) = (head[12], head[13]);
    if command >> 4 != 2 || command & 0xF > 1 {
        return Parsed::Invalid;
    }
    let len = V2_HEAD_BYTES + usize::from(u16::from_be_bytes([head[14], head[15]]));
    let Some(header) = data.get(..len) else { return Parsed::Partial };
    let is_local = command & 0xF == 0;
    read_v2(header, family, is_local).into()
}

/// A whole header. Of a `LOCAL` one the addresses are ignored, its fields are not.
fn read_v2(header: &[u8], family: u8, is_local: bool) -> Option<Header> {
    let body = &header[V2_HEAD_BYTES..];
    let (addresses, fields) = match family >> 4 {
        1 => v2_addresses::<4>(body, |ip| Ipv4Addr::from(ip).into())?,
        2 => v2_addresses::<16>(body, |ip| Ipv6Addr::from(ip).into())?,
        3 => (None, body.get(UNIX_BYTES..)?),
        0 => (None, body),
        // What is not known has no known length either.
        _ => (None, &[][..]),
    };
    let tlvs = read_fields(header, fields)?;
    Some(Header { len: header.len(), addresses: addresses.filter(|_| !is_local), tlvs })
}

/// Source and destination at the beginning of the body, and what follows them.
fn v2_addresses<const N: usize>(body: &[u8], ip: fn([u8; N]) -> IpAddr) -> Option<(Addresses, &[u8])> {
    let (src, rest) = body.split_first_chunk::<N>()?;
    let (dst, rest) = rest.split_first_chunk::<N>()?;
    let ([a, b, c, d], fields) = rest.split_first_chunk::<4>()?;
    let (src_port, dst_port) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
    Some((Some((SocketAddr::new(ip(*src), src_port), SocketAddr::new(ip(*dst), dst_port))), fields))
}

/// Checks the fields at the end of `header`; the outer `None`: they are wrong, the inner: there are none.
fn read_fields(header: &[u8], fields: &[u8]) -> Option<Option<Box<ProxyTlvs>>> {
    if fields.is_empty() {
        return Some(None);
    }
    let tlvs = ProxyTlvs::new(fields)?;
    let mut end = header.len() - fields.len();
    for (kind, value) in tlvs.iter() {
        end += proxy_tlvs::HEAD_BYTES + value.len();
        let is_sound = match kind {
            types::CRC32C => is_intact(header, end),
            types::AUTHORITY => value.len() <= AUTHORITY_BYTES_MAX,
            types::UNIQUE_ID => value.len() <= UNIQUE_ID_BYTES_MAX,
            _ => value.len() <= FIELD_BYTES_MAX,
        };
        if !is_sound || (kind == types::CRC32C && value.len() != 4) {
            return None;
        }
    }
    Some(Some(Box::new(tlvs)))
}

/// Whether the four bytes before `end` are the checksum of the header with zeroes in their place.
fn is_intact(header: &[u8], end: usize) -> bool {
    let mut zeroed = header.to_vec();
    let Some(checksum) = zeroed[..end].last_chunk_mut::<4>() else { return false };
    let told = u32::from_be_bytes(std::mem::take(checksum));
    hash::crc32c(&zeroed) == told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(src: &str, dst: &str) -> Addresses {
        Some((src.parse().unwrap(), dst.parse().unwrap()))
    }

    fn done(len: usize, addresses: Addresses) -> Parsed {
        Parsed::Done(Header { len, addresses, tlvs: None })
    }

    /// A header of version 2: command, family, and what follows the length.
    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [V2_SIGNATURE, &[command, family][..], &length, body].concat()
    }

    const IPV4: [u8; 12] = [192, 168, 1, 101, 127, 0, 0, 1, 4, 210, 9, 41];

    fn fields(body: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
        match parse(&v2(0x21, 0x11, &[&IPV4[..], body].concat())) {
            Parsed::Done(Header { tlvs, .. }) => {
                let tlvs = tlvs.map(|tlvs| tlvs.iter().map(|(kind, value)| (kind, value.to_vec())).collect());
                Some(tlvs.unwrap_or_default())
            }
            Parsed::Partial => panic!("the header is whole"),
            Parsed::Invalid => None,
        }
    }

    #[test]
    fn version_1() {
        let line = b"PROXY TCP4 192.168.1.101 127.0.0.1 1234 2345\r\nGET /";
        assert_eq!(parse(line), done(46, addresses("192.168.1.101:1234", "127.0.0.1:2345")));
        for cut in 0..46 {
            assert_eq!(parse(&line[..cut]), Parsed::Partial, "{cut}");
        }
        assert_eq!(parse(b"PROXY UNKNOWN\r\n"), done(15, None));
        assert_eq!(parse(b"PROXY UNKNOWN ::1 ::2 1 2\r\nx"), done(27, None));
        assert_eq!(parse(b"PROXY TCP6 ::1 ::2 1 2\r\n"), done(24, addresses("[::1]:1", "[::2]:2")));
    }

    #[test]
    fn version_1_is_read_strictly() {
        let wrong = [
            "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
            "PROXY TCP6 1.2.3.4 1.2.3.5 1 2\r\n",
            "PROXY TCP4 ::1 ::2 1 2\r\n",
            "PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n",
            "PROXY TCP4 1.2.3.4 1.2.3.5 +1 2\r\n",
            "PROXY TCP4 1.2.3.4 1.2.3.5 1\r\n",
            "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 3\r\n",
            "PROXY TCP4  1.2.3.4 1.2.3.5 1 2\r\n",
            "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\n",
            "PROXY UDP4 1.2.3.4 1.2.3.5 1 2\r\n",
            "GET / HTTP/1.1\r\n",
        ];
        for line in wrong {
            assert_eq!(parse(line.as_bytes()), Parsed::Invalid, "{line}");
        }
        assert_eq!(parse(&[b"PROXY ".as_slice(), &[b'x'; 120]].concat()), Parsed::Invalid);
    }

    #[test]
    fn version_2() {
        let told = addresses("192.168.1.101:1234", "127.0.0.1:2345");
        let data = v2(0x21, 0x11, &IPV4);
        assert_eq!(parse(&data), done(28, told));
        for cut in 0..28 {
            assert_eq!(parse(&data[..cut]), Parsed::Partial, "{cut}");
        }
        assert_eq!(parse(&v2(0x20, 0x11, &IPV4)), done(28, None));
        assert_eq!(parse(&v2(0x31, 0x11, &IPV4)), Parsed::Invalid);
        assert_eq!(parse(&v2(0x22, 0x11, &IPV4)), Parsed::Invalid);
        let mut ipv6 = [0; 36];
        (ipv6[15], ipv6[31], ipv6[33], ipv6[35]) = (1, 2, 3, 4);
        assert_eq!(parse(&v2(0x21, 0x21, &ipv6)), done(52, addresses("[::1]:3", "[::2]:4")));
        assert_eq!(parse(&v2(0x21, 0x31, &[b'/'; UNIX_BYTES])), done(16 + UNIX_BYTES, None));
        assert_eq!(parse(&v2(0x20, 0x00, &[])), done(16, None));
        // A family that is not known.
        assert_eq!(parse(&v2(0x21, 0x41, &[9; 5])), done(21, None));
    }

    #[test]
    fn version_2_without_room_for_its_addresses() {
        for (family, bytes) in [(0x11, 11), (0x21, 35), (0x31, 215)] {
            assert_eq!(parse(&v2(0x21, family, &vec![0; bytes])), Parsed::Invalid, "{family}");
        }
    }

    #[test]
    fn fields_are_kept_and_end_with_the_header() {
        assert_eq!(fields(b"\x02\0\x05abcde"), Some(vec![(2, b"abcde".to_vec())]));
        assert_eq!(fields(b"\xE1\0\0\xE1\0\x01x"), Some(vec![(0xE1, vec![]), (0xE1, b"x".to_vec())]));
        // One that is longer than what is left, and bytes that are none.
        assert_eq!(fields(b"\x02\0\x0aabcde"), None);
        assert_eq!(fields(b"\x02\0\x04abcde"), None);
        assert_eq!(fields(b"\x02\0"), None);
        // Behind LOCAL they stand where addresses would.
        let local = parse(&v2(0x20, 0x00, b"\x05\0\x01i"));
        assert!(matches!(local, Parsed::Done(Header { addresses: None, tlvs: Some(_), .. })));
    }

    /// Whatever a header becomes when any byte of it changes or it is cut anywhere, it is read or refused.
    #[test]
    fn bent_headers_panic_nowhere() {
        let good = v2(0x21, 0x11, &[&IPV4[..], b"\x02\0\x01a\x03\0\x04abcd\x20\0\x05\x01\0\0\0\0"].concat());
        for at in 0..good.len() {
            for byte in 0..=u8::MAX {
                let mut bent = good.clone();
                bent[at] = byte;
                for end in [at, at + 1, good.len()] {
                    if let Parsed::Done(header) = parse(&bent[..end]) {
                        assert!(header.len <= end);
                    }
                }
            }
        }
    }

    #[test]
    fn fields_have_their_lengths() {
        let field = |kind: u8, bytes: usize| {
            let length = u16::try_from(bytes).unwrap().to_be_bytes();
            [&[kind][..], &length, &vec![b'x'; bytes]].concat()
        };
        for (kind, max) in [(types::AUTHORITY, 255), (types::UNIQUE_ID, 128), (0xE0, 1024)] {
            assert!(fields(&field(kind, max)).is_some(), "{kind}");
            assert!(fields(&field(kind, max + 1)).is_none(), "{kind}");
        }
    }

    #[test]
    fn a_checksum_must_be_right() {
        // The example of a header with addresses, an authority and its checksum.
        let body = [&IPV4[..], b"\x03\0\x04\0\0\0\0\x02\0\x01a"].concat();
        let mut data = v2(0x21, 0x11, &body);
        let sum = hash::crc32c(&data).to_be_bytes();
        assert_eq!(parse(&data), Parsed::Invalid);
        data[31..35].copy_from_slice(&sum);
        assert!(matches!(parse(&data), Parsed::Done(Header { len: 39, .. })));
        // Whatever changes, but for the byte that says that there is a checksum.
        for at in (16..28).chain(29..39) {
            let mut bent = data.clone();
            bent[at] ^= 0x40;
            assert_eq!(parse(&bent), Parsed::Invalid, "{at}");
        }
        assert_eq!(fields(b"\x03\0\x03abc"), None);
        assert_eq!(fields(b"\x03\0\0"), None);
    }
}
