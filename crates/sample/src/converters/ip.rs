//! `ip.*`: parts of an IP packet's header (RFC 791, RFC 8200).

use keyword::Example;
use state::value::{Type, Value};

use super::text::{cut, header_part};
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

/// A packet over IPv6 that opens a connection, in base64.
const PACKET6: &str = "arAAAAAwADcgAQ24AAAAAAAAAAAAAAABIAENuAAAAAAAAAAAAAAAAgYAAAAAAAAABNIAUAAAAGMAAAAAoAL//wAAAAACBAW0BAIICgAAAAkAAAAAAQMDBw==";

/// A packet over IPv4 that opens a connection, in base64.
const PACKET: &str = "RRAAPAABQABABgAAwAACAcYzZAcE0gBQAAAAYwAAAACgAv//AAAAAAIEBbQEAggKAAAACQAAAAABAwMH";

pub(super) static DATA: Convert = header_part(
    "ip.data",
    Type::Bin,
    data,
    "what follows the header and its extensions of an IP packet",
    &[
        Example {
            text: "b64dec,ip.data,base64",
            input: PACKET,
            output: "BNIAUAAAAGMAAAAAoAL//wAAAAACBAW0BAIICgAAAAkAAAAAAQMDBw==",
        },
        Example {
            text: "b64dec,ip.data,base64",
            input: PACKET6,
            output: "BNIAUAAAAGMAAAAAoAL//wAAAAACBAW0BAIICgAAAAkAAAAAAQMDBw==",
        },
    ],
);

fn data<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let (start, end) = (header(&packet)?.len, packet.len());
    Some(Value::Bin(cut(packet, start..end)))
}

pub(super) static DF: Convert = header_part(
    "ip.df",
    Type::Int,
    df,
    "whether an IP packet must not be fragmented, which always holds for IPv6",
    &[
        Example { text: "b64dec,ip.df", input: PACKET, output: "1" },
        Example { text: "b64dec,ip.df", input: PACKET6, output: "1" },
    ],
);

fn df<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let is_set = match version(&packet)? {
        Version::V4 => packet.get(6)? & 0x40 != 0,
        Version::V6 => true,
    };
    Some(Value::Int(i64::from(is_set)))
}

pub(super) static DST: Convert = header_part(
    "ip.dst",
    Type::Addr,
    dst,
    "destination address of an IP packet",
    &[
        Example { text: "b64dec,ip.dst", input: PACKET, output: "198.51.100.7" },
        Example { text: "b64dec,ip.dst", input: PACKET6, output: "2001:db8::2" },
    ],
);

fn dst<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    match version(&packet)? {
        Version::V4 => address_v4(&packet, 16),
        Version::V6 => address_v6(&packet, 24),
    }
}

pub(super) static HDR: Convert = header_part(
    "ip.hdr",
    Type::Bin,
    hdr,
    "header with its extensions of an IP packet",
    &[
        Example {
            text: "b64dec,ip.hdr,hex",
            input: PACKET,
            output: "4510003C0001400040060000C0000201C6336407",
        },
        Example {
            text: "b64dec,ip.hdr,hex",
            input: PACKET6,
            output: "6AB000000030003720010DB800000000000000000000000120010DB80000000000000000000000020600000000000000",
        },
    ],
);

fn hdr<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let end = header(&packet)?.len;
    Some(Value::Bin(cut(packet, 0..end)))
}

pub(super) static PROTO: Convert = header_part(
    "ip.proto",
    Type::Int,
    proto,
    "protocol that an IP packet carries",
    &[
        Example { text: "b64dec,ip.proto", input: PACKET, output: "6" },
        Example { text: "b64dec,ip.proto", input: PACKET6, output: "6" },
    ],
);

fn proto<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let protocol = match version(&packet)? {
        Version::V4 => *packet.get(9)?,
        Version::V6 => header(&packet)?.protocol,
    };
    Some(Value::Int(i64::from(protocol)))
}

pub(super) static SRC: Convert = header_part(
    "ip.src",
    Type::Addr,
    src,
    "source address of an IP packet",
    &[
        Example { text: "b64dec,ip.src", input: PACKET, output: "192.0.2.1" },
        Example { text: "b64dec,ip.src", input: PACKET6, output: "2001:db8::1" },
    ],
);

fn src<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    source(&value.to_str())
}

pub(super) static TOS: Convert = header_part(
    "ip.tos",
    Type::Int,
    tos,
    "type of service or traffic class of an IP packet",
    &[
        Example { text: "b64dec,ip.tos", input: PACKET, output: "16" },
        Example { text: "b64dec,ip.tos", input: PACKET6, output: "171" },
    ],
);

fn tos<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let (first, second) = (*packet.first()?, *packet.get(1)?);
    let tos = match version(&packet)? {
        Version::V4 => second,
        Version::V6 => first << 4 | second >> 4,
    };
    Some(Value::Int(i64::from(tos)))
}

pub(super) static TTL: Convert = header_part(
    "ip.ttl",
    Type::Int,
    ttl,
    "time to live or hop limit of an IP packet",
    &[
        Example { text: "b64dec,ip.ttl", input: PACKET, output: "64" },
        Example { text: "b64dec,ip.ttl", input: PACKET6, output: "55" },
    ],
);

fn ttl<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let packet = value.to_str();
    let ttl = match version(&packet)? {
        Version::V4 => packet.get(8).filter(|_| packet.len() >= 20)?,
        Version::V6 => packet.get(7).filter(|_| packet.len() >= 40)?,
    };
    Some(Value::Int(i64::from(*ttl)))
}

pub(super) static VER: Convert = header_part(
    "ip.ver",
    Type::Int,
    ver,
    "version of an IP packet",
    &[
        Example { text: "b64dec,ip.ver", input: PACKET, output: "4" },
        Example { text: "b64dec,ip.ver", input: PACKET6, output: "6" },
    ],
);

fn ver<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    value.to_str().first().map(|byte| Value::Int(i64::from(byte >> 4)))
}

/// The version of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

/// The version in a packet's first byte, if it is one of the two.
pub(super) fn version(packet: &[u8]) -> Option<Version> {
    match packet.first()? >> 4 {
        4 => Some(Version::V4),
        6 => Some(Version::V6),
        _ => None,
    }
}

/// The header of a packet with its extensions.
pub(super) struct Header {
    /// Its length.
    pub(super) len: usize,
    /// What follows it.
    pub(super) protocol: u8,
}

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Reads a whole header. With IPv6 all that stands before TCP or UDP belongs to it.
pub(super) fn header(packet: &[u8]) -> Option<Header> {
    let (len, protocol) = match version(packet)? {
        Version::V4 => (usize::from(packet[0] & 15) * 4, packet.get(9).copied().unwrap_or(0)),
        Version::V6 => {
            let mut next = *packet.get(6)?;
            let mut len = 40;
            while next != TCP && next != UDP {
                next = *packet.get(len)?;
                len += usize::from(*packet.get(len + 1)?) * 8 + 8;
            }
            (len, next)
        }
    };
    (len > 0 && len <= packet.len()).then_some(Header { len, protocol })
}

/// The source address of a packet.
pub(super) fn source(packet: &[u8]) -> Option<Value<'static>> {
    match version(packet)? {
        Version::V4 => address_v4(packet, 12),
        Version::V6 => address_v6(packet, 8),
    }
}

fn address_v4(packet: &[u8], at: usize) -> Option<Value<'static>> {
    let bytes: [u8; 4] = packet.get(..20)?.get(at..at + 4)?.try_into().ok()?;
    Some(Value::Ipv4(bytes.into()))
}

fn address_v6(packet: &[u8], at: usize) -> Option<Value<'static>> {
    let bytes: [u8; 16] = packet.get(..40)?.get(at..at + 16)?.try_into().ok()?;
    Some(Value::Ipv6(bytes.into()))
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn packets_that_are_too_short_or_of_no_version() {
        for text in ["ip.data", "ip.df", "ip.dst", "ip.hdr", "ip.proto", "ip.src", "ip.tos", "ip.ttl"] {
            for packet in [&b""[..], b"E", b"`", b"\x10xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"] {
                let is_constant = text == "ip.df" && packet == b"`";
                assert_eq!(convert(text, packet).is_some(), is_constant, "{text} {packet:?}");
            }
        }
    }

    #[test]
    fn extensions_that_lead_beyond_the_packet() {
        let mut packet = vec![0x60; 40];
        packet[6] = 0;
        assert_eq!(convert("ip.hdr", &packet), None);
        packet.extend_from_slice(&[0, 255]);
        assert_eq!(convert("ip.hdr", &packet), None);
    }
}
