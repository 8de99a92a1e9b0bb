//! NetScaler's client IP header: who the client is, said by the appliance in front with the IP and TCP headers of its
//! packet (`bind ... accept-netscaler-cip`, `expect-netscaler-cip`; configuration manual, chapter 5.1).
//!
//! ```text
//! old:       magic (4) | length of what follows (4) | IP header | TCP header | data
//! standard:  magic (4) | length of all of it (4) | 0 (2) | length of the headers (2) | IP header | TCP header | data
//! ```
//! The header is required; a connection that begins with anything else is closed. Both lengths count the IP and the TCP
//! header, which must lie within them. What stands in them besides addresses and ports is not looked at.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Magic number and length.
const OLD_BYTES: usize = 8;
/// The same with the type and the length of the headers.
const STANDARD_BYTES: usize = 12;
/// Headers are no longer: the largest IPv4 header and the largest TCP header, or an IPv6 header and that.
const HEADERS_BYTES_MAX: usize = 120;
const IPV6_BYTES: usize = 40;
const TCP_BYTES_MIN: usize = 20;
const TCP: u8 = 6;

/// What the first bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A header.
    Done {
        /// Its length in bytes.
        len: usize,
        /// The client's address.
        src: SocketAddr,
        /// The one that it connected to.
        dst: SocketAddr,
    },
    /// The beginning of one.
    Partial,
    /// Something that does not begin with the magic number.
    BadMagic,
    /// A header of another kind, or for another transport.
    BadProto,
}

/// Reads a header that begins with `magic`.
pub(crate) fn parse(data: &[u8], magic: u32) -> Parsed {
    let magic = magic.to_be_bytes();
    let len = data.len().min(magic.len());
    if data[..len] != magic[..len] {
        return Parsed::BadMagic;
    }
    // The byte behind the length is the first of an IP header or of a type, which is 0.
    let Some(first) = data.get(OLD_BYTES) else { return Parsed::Partial };
    let (at, length) = match first >> 4 {
        4 | 6 => (OLD_BYTES, data[4..8].iter().fold(0, |length, byte| length << 8 | usize::from(*byte))),
        0 => match data.get(..STANDARD_BYTES) {
            None => return Parsed::Partial,
            Some(head) if head[8..10] == [0, 0] => {
                (STANDARD_BYTES, usize::from(head[10]) << 8 | usize::from(head[11]))
            }
            Some(_) => return Parsed::BadProto,
        },
        _ => return Parsed::BadProto,
    };
    if length > HEADERS_BYTES_MAX {
        return Parsed::BadProto;
    }
    let Some(headers) = data.get(at..at + length) else { return Parsed::Partial };
    match addresses(headers) {
        Some((src, dst)) => Parsed::Done { len: at + length, src, dst },
        None => Parsed::BadProto,
    }
}

/// Source and destination of a packet of TCP.
fn addresses(headers: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let version = headers.first()? >> 4;
    let ip_len = if version == 4 { usize::from(headers[0] & 0xF) * 4 } else { IPV6_BYTES };
    let tcp = headers.get(ip_len..).filter(|tcp| tcp.len() >= TCP_BYTES_MIN)?;
    let (src_port, dst_port) = (u16::from_be_bytes([tcp[0], tcp[1]]), u16::from_be_bytes([tcp[2], tcp[3]]));
    match version {
        4 if ip_len >= 20 && headers[9] == TCP => {
            let ip = |at: usize| {
                let octets: [u8; 4] = headers[at..at + 4].try_into().unwrap_or_default();
                Ipv4Addr::from(octets)
            };
            Some((SocketAddr::from((ip(12), src_port)), SocketAddr::from((ip(16), dst_port))))
        }
        6 if headers[6] == TCP => {
            let ip = |at: usize| {
                let octets: [u8; 16] = headers[at..at + 16].try_into().unwrap_or_default();
                Ipv6Addr::from(octets)
            };
            Some((SocketAddr::from((ip(8), src_port)), SocketAddr::from((ip(24), dst_port))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: u32 = 0x1A2B_3C4D;

    fn ipv4() -> Vec<u8> {
        let mut headers = vec![0; 40];
        (headers[0], headers[9]) = (0x45, TCP);
        headers[12..16].copy_from_slice(&[192, 0, 2, 1]);
        headers[16..20].copy_from_slice(&[198, 51, 100, 2]);
        headers[20..24].copy_from_slice(&[0x04, 0xD2, 0x00, 0x50]);
        headers
    }

    fn ipv6() -> Vec<u8> {
        let mut headers = vec![0; 60];
        (headers[0], headers[6]) = (0x60, TCP);
        (headers[23], headers[39]) = (1, 2);
        headers[40..44].copy_from_slice(&[0x04, 0xD2, 0x00, 0x50]);
        headers
    }

    fn old(headers: &[u8]) -> Vec<u8> {
        [&MAGIC.to_be_bytes()[..], &u32::try_from(headers.len()).unwrap().to_be_bytes(), headers].concat()
    }

    fn standard(headers: &[u8]) -> Vec<u8> {
        let len = u16::try_from(headers.len()).unwrap();
        let all = u32::from(len) + 12;
        let lengths = [&all.to_be_bytes()[..], &[0, 0], &len.to_be_bytes()].concat();
        [&MAGIC.to_be_bytes()[..], &lengths, headers].concat()
    }

    fn done(len: usize, src: &str, dst: &str) -> Parsed {
        Parsed::Done { len, src: src.parse().unwrap(), dst: dst.parse().unwrap() }
    }

    #[test]
    fn both_forms_and_families() {
        let (src, dst) = ("192.0.2.1:1234", "198.51.100.2:80");
        assert_eq!(parse(&[old(&ipv4()), b"GET".to_vec()].concat(), MAGIC), done(48, src, dst));
        assert_eq!(parse(&standard(&ipv4()), MAGIC), done(52, src, dst));
        assert_eq!(parse(&old(&ipv6()), MAGIC), done(68, "[::1]:1234", "[::2]:80"));
        assert_eq!(parse(&standard(&ipv6()), MAGIC), done(72, "[::1]:1234", "[::2]:80"));
        let mut with_options = ipv4();
        with_options[0] = 0x46;
        with_options.splice(20..20, [0; 4]);
        assert_eq!(parse(&old(&with_options), MAGIC), done(52, src, dst));
    }

    #[test]
    fn every_beginning_waits_for_more() {
        for whole in [old(&ipv4()), standard(&ipv4()), old(&ipv6()), standard(&ipv6())] {
            for cut in 0..whole.len() {
                assert_eq!(parse(&whole[..cut], MAGIC), Parsed::Partial, "{cut}");
            }
        }
    }

    #[test]
    fn what_is_wrong() {
        assert_eq!(parse(b"GET / HTTP/1.1", MAGIC), Parsed::BadMagic);
        assert_eq!(parse(&old(&ipv4()), MAGIC + 1), Parsed::BadMagic);
        let mut udp = ipv4();
        udp[9] = 17;
        assert_eq!(parse(&old(&udp), MAGIC), Parsed::BadProto);
        assert_eq!(parse(&old(&ipv4()[..39]), MAGIC), Parsed::BadProto);
        assert_eq!(parse(&old(&ipv4()[..19]), MAGIC), Parsed::BadProto);
        let mut long = old(&ipv4());
        long[4] = 1;
        assert_eq!(parse(&long, MAGIC), Parsed::BadProto);
        let mut kind = standard(&ipv4());
        kind[9] = 1;
        assert_eq!(parse(&kind, MAGIC), Parsed::BadProto);
    }

    /// Whatever any byte becomes, and wherever it is cut, it is read or refused.
    #[test]
    fn bent_headers_panic_nowhere() {
        for good in [old(&ipv4()), standard(&ipv6())] {
            for at in 0..good.len() {
                for byte in 0..=u8::MAX {
                    let mut bent = good.clone();
                    bent[at] = byte;
                    if let Parsed::Done { len, .. } = parse(&bent, MAGIC) {
                        assert!(len <= bent.len());
                    }
                }
            }
        }
    }
}
