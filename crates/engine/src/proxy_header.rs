//! Receiving the PROXY protocol: who the client is, said by a proxy in front, before the first byte of the client
//! (`bind ... accept-proxy`; the protocol's versions 1 and 2).
//!
//! The header is required: a connection that begins with anything else is closed. `LOCAL` and `UNKNOWN` leave the
//! socket's own addresses.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::Poll;

use base::clock;

use crate::client::Client;

/// The longest line of version 1, line end included.
const V1_BYTES_MAX: usize = 107;
/// What version 2 begins with.
const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const V2_HEAD_BYTES: usize = 16;

/// A header that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    /// Its length in bytes.
    len: usize,
    /// Source and destination, where it names some.
    addresses: Option<(SocketAddr, SocketAddr)>,
}

/// What the first bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parsed {
    Done(Header),
    Partial,
    /// No PROXY header.
    Invalid,
}

/// Reads the header and takes its addresses for the session's. False: the connection is to be closed.
pub(crate) async fn receive(client: &mut Client, timeout: Option<std::time::Duration>) -> bool {
    let deadline = client.session.accepted.deadline(timeout);
    loop {
        match parse(client.input.data()) {
            Parsed::Done(header) => {
                client.input.consume(header.len);
                if client.input.is_empty() {
                    client.input = net::Buf::none();
                }
                if let Some((src, dst)) = header.addresses {
                    client.session.src = Some(src);
                    client.session.dst = Some(dst);
                }
                client.session.handshake_ms =
                    u32::try_from(clock::now().since(client.session.accepted)).unwrap_or(0);
                return true;
            }
            Parsed::Partial => {}
            Parsed::Invalid => return false,
        }
        let has_more = poll_fn(|cx| match client.poll_fill(cx) {
            Poll::Ready(result) => Poll::Ready(result.is_ok_and(|n| n > 0)),
            Poll::Pending => client.poll_deadline(deadline, cx).map(|()| false),
        })
        .await;
        if !has_more {
            return false;
        }
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
    let Some(line) = std::str::from_utf8(&head[..end]).ok().and_then(|line| line.strip_suffix('\r')) else {
        return Parsed::Invalid;
    };
    let mut words = line.split(' ').skip(1);
    let addresses = match words.next() {
        Some("UNKNOWN") => None,
        Some("TCP4" | "TCP6") => match v1_addresses(&mut words) {
            Some(addresses) => Some(addresses),
            None => return Parsed::Invalid,
        },
        _ => return Parsed::Invalid,
    };
    Parsed::Done(Header { len: end + 1, addresses })
}

fn v1_addresses<'l>(words: &mut impl Iterator<Item = &'l str>) -> Option<(SocketAddr, SocketAddr)> {
    let src: IpAddr = words.next()?.parse().ok()?;
    let dst: IpAddr = words.next()?.parse().ok()?;
    let (src_port, dst_port) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (src.is_ipv4() == dst.is_ipv4()).then(|| (SocketAddr::new(src, src_port), SocketAddr::new(dst, dst_port)))
}

fn parse_v2(data: &[u8]) -> Parsed {
    let Some(head) = data.get(..V2_HEAD_BYTES) else { return Parsed::Partial };
    let (command, family) = (head[12], head[13]);
    let len = V2_HEAD_BYTES + usize::from(u16::from_be_bytes([head[14], head[15]]));
    if command >> 4 != 2 || command & 0xF > 1 {
        return Parsed::Invalid;
    }
    let Some(body) = data.get(V2_HEAD_BYTES..len) else { return Parsed::Partial };
    let is_local = command & 0xF == 0;
    let addresses = match family {
        _ if is_local => None,
        0x11 | 0x12 => {
            v2_addresses::<4>(body).map(|(s, d)| (Ipv4Addr::from(s).into(), Ipv4Addr::from(d).into()))
        }
        0x21 | 0x22 => {
            v2_addresses::<16>(body).map(|(s, d)| (Ipv6Addr::from(s).into(), Ipv6Addr::from(d).into()))
        }
        // UNIX sockets and what is not known: the socket's own.
        _ => return Parsed::Done(Header { len, addresses: None }),
    };
    if is_local {
        return Parsed::Done(Header { len, addresses: None });
    }
    let ips: Option<(IpAddr, IpAddr)> = addresses;
    let width = if family >> 4 == 1 { 8 } else { 32 };
    let port = |at: usize| body.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
    match (ips, port(width), port(width + 2)) {
        (Some((src, dst)), Some(src_port), Some(dst_port)) => {
            let addresses = Some((SocketAddr::new(src, src_port), SocketAddr::new(dst, dst_port)));
            Parsed::Done(Header { len, addresses })
        }
        _ => Parsed::Invalid,
    }
}

/// Source and destination at the beginning of the addresses.
fn v2_addresses<const N: usize>(body: &[u8]) -> Option<([u8; N], [u8; N])> {
    let src = body.get(..N)?.try_into().ok()?;
    let dst = body.get(N..2 * N)?.try_into().ok()?;
    Some((src, dst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(src: &str, dst: &str) -> Option<(SocketAddr, SocketAddr)> {
        Some((src.parse().unwrap(), dst.parse().unwrap()))
    }

    #[test]
    fn version_1() {
        let line = b"PROXY TCP4 192.168.1.101 127.0.0.1 1234 2345\r\nGET /";
        let addresses = addresses("192.168.1.101:1234", "127.0.0.1:2345");
        assert_eq!(parse(line), Parsed::Done(Header { len: 46, addresses }));
        for cut in 0..46 {
            assert_eq!(parse(&line[..cut]), Parsed::Partial, "{cut}");
        }
        assert_eq!(parse(b"PROXY UNKNOWN\r\n"), Parsed::Done(Header { len: 15, addresses: None }));
        assert_eq!(parse(b"PROXY TCP4 1.2.3.4 ::1 1 2\r\n"), Parsed::Invalid);
        assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Parsed::Invalid);
        assert_eq!(parse(&[b"PROXY ".as_slice(), &[b'x'; 120]].concat()), Parsed::Invalid);
    }

    #[test]
    fn version_2() {
        let mut data = V2_SIGNATURE.to_vec();
        data.extend_from_slice(&[0x21, 0x11, 0, 12, 192, 168, 1, 101, 127, 0, 0, 1, 4, 210, 9, 41]);
        let addresses = addresses("192.168.1.101:1234", "127.0.0.1:2345");
        assert_eq!(parse(&data), Parsed::Done(Header { len: 28, addresses }));
        assert_eq!(parse(&data[..27]), Parsed::Partial);
        data[12] = 0x20;
        assert_eq!(parse(&data), Parsed::Done(Header { len: 28, addresses: None }));
        data[12] = 0x31;
        assert_eq!(parse(&data), Parsed::Invalid);
    }

    #[test]
    fn version_2_without_room_for_its_addresses() {
        let mut data = V2_SIGNATURE.to_vec();
        data.extend_from_slice(&[0x21, 0x11, 0, 4, 192, 168, 1, 101]);
        assert_eq!(parse(&data), Parsed::Invalid);
    }
}
