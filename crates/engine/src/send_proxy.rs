//! The PROXY protocol towards servers (`send-proxy`, `send-proxy-v2`): who the client is, before the first byte of the
//! stream (the PROXY protocol's specification, sections 2.1 and 2.2).

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use sample::Txn;

/// Which form of the header a server gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// What begins every binary header.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

impl ProxyHeader {
    /// Appends the header that tells the addresses of this session to `out`.
    pub(crate) fn push(self, txn: &Txn, out: &mut Vec<u8>) {
        let addresses = txn.session.src.zip(txn.session.dst).and_then(|(src, dst)| same_family(src, dst));
        match self {
            ProxyHeader::V1 => push_v1(addresses, out),
            ProxyHeader::V2 => push_v2(addresses, out),
        }
    }
}

/// Both addresses in one family: IPv4 ones are mapped where the other is IPv6.
fn same_family(src: SocketAddr, dst: SocketAddr) -> Option<(SocketAddr, SocketAddr)> {
    let mapped = |addr: SocketAddr| match addr.ip() {
        IpAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.to_ipv6_mapped()), addr.port()),
        IpAddr::V6(_) => addr,
    };
    Some(if src.is_ipv4() == dst.is_ipv4() { (src, dst) } else { (mapped(src), mapped(dst)) })
}

fn push_v1(addresses: Option<(SocketAddr, SocketAddr)>, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    let _ = match addresses {
        None => write!(out, "PROXY UNKNOWN\r\n"),
        Some((src, dst)) => {
            let family = if src.is_ipv4() { "TCP4" } else { "TCP6" };
            write!(out, "PROXY {family} {} {} {} {}\r\n", src.ip(), dst.ip(), src.port(), dst.port())
        }
    };
}

fn push_v2(addresses: Option<(SocketAddr, SocketAddr)>, out: &mut Vec<u8>) {
    out.extend_from_slice(SIGNATURE);
    let Some((src, dst)) = addresses else {
        // Version 2, LOCAL: the connection is the proxy's own, or nobody's that could be named.
        out.extend_from_slice(&[0x20, 0, 0, 0]);
        return;
    };
    let (family, length): (u8, u16) = if src.is_ipv4() { (0x11, 12) } else { (0x21, 36) };
    out.extend_from_slice(&[0x21, family]);
    out.extend_from_slice(&length.to_be_bytes());
    for ip in [src.ip(), dst.ip()] {
        match ip {
            IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
            IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
        }
    }
    out.extend_from_slice(&src.port().to_be_bytes());
    out.extend_from_slice(&dst.port().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(src: &str, dst: &str) -> Option<(SocketAddr, SocketAddr)> {
        same_family(src.parse().unwrap(), dst.parse().unwrap())
    }

    #[test]
    fn lines_of_text() {
        let text = |addresses| {
            let mut out = Vec::new();
            push_v1(addresses, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(addresses("1.2.3.4:5", "6.7.8.9:80")), "PROXY TCP4 1.2.3.4 6.7.8.9 5 80\r\n");
        assert_eq!(text(addresses("[::1]:5", "6.7.8.9:80")), "PROXY TCP6 ::1 ::ffff:6.7.8.9 5 80\r\n");
        assert_eq!(text(None), "PROXY UNKNOWN\r\n");
    }

    #[test]
    fn binary_headers_carry_their_length() {
        for (src, dst, length) in [("1.2.3.4:5", "6.7.8.9:80", 12), ("[::1]:5", "[::2]:80", 36)] {
            let mut out = Vec::new();
            push_v2(addresses(src, dst), &mut out);
            assert_eq!(out.len(), 16 + length);
            assert_eq!(usize::from(u16::from_be_bytes([out[14], out[15]])), length);
            assert_eq!(&out[out.len() - 4..], [0, 5, 0, 80]);
        }
        let mut out = Vec::new();
        push_v2(None, &mut out);
        assert_eq!(out[12..], [0x20, 0, 0, 0]);
    }
}
