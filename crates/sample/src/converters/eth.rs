//! `eth.*`: parts of an Ethernet frame's header (IEEE 802.3, with tags of 802.1Q).

use keyword::Example;
use state::value::{Type, Value};

use super::text::{cut, header_part};
use crate::args::Args;
use crate::rows::Convert;
use crate::txn::Txn;

/// A frame of virtual network 100 with a packet over IPv4, in base64.
const FRAME: &str = "AgAAAAABAgAAAAACgQAAZAgARRAAPAABQABABgAAwAACAcYzZAcE0gBQAAAAYwAAAACgAv//AAAAAAIEBbQEAggKAAAACQAAAAABAwMH";

pub(super) static DATA: Convert = header_part(
    "eth.data",
    Type::Bin,
    data,
    "what follows the header and its VLAN tags of an Ethernet frame",
    &[Example {
        text: "b64dec,eth.data,base64",
        input: FRAME,
        output: "RRAAPAABQABABgAAwAACAcYzZAcE0gBQAAAAYwAAAACgAv//AAAAAAIEBbQEAggKAAAACQAAAAABAwMH",
    }],
);

fn data<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let frame = value.to_str();
    let (start, end) = (header(&frame)?.len, frame.len());
    Some(Value::Bin(cut(frame, start..end)))
}

pub(super) static DST: Convert = header_part(
    "eth.dst",
    Type::Bin,
    dst,
    "destination address of an Ethernet frame",
    &[Example { text: "b64dec,eth.dst,hex", input: FRAME, output: "020000000001" }],
);

fn dst<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let frame = value.to_str();
    (frame.len() >= 6).then(|| Value::Bin(cut(frame, 0..6)))
}

pub(super) static HDR: Convert = header_part(
    "eth.hdr",
    Type::Bin,
    hdr,
    "header with its VLAN tags of an Ethernet frame",
    &[Example { text: "b64dec,eth.hdr,hex", input: FRAME, output: "020000000001020000000002810000640800" }],
);

fn hdr<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let frame = value.to_str();
    let end = header(&frame)?.len;
    Some(Value::Bin(cut(frame, 0..end)))
}

pub(super) static PROTO: Convert = header_part(
    "eth.proto",
    Type::Int,
    proto,
    "protocol that an Ethernet frame carries",
    &[Example { text: "b64dec,eth.proto", input: FRAME, output: "2048" }],
);

fn proto<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let found = header(&value.to_str())?;
    Some(Value::Int(i64::from(found.protocol)))
}

pub(super) static SRC: Convert = header_part(
    "eth.src",
    Type::Bin,
    src,
    "source address of an Ethernet frame",
    &[Example { text: "b64dec,eth.src,hex", input: FRAME, output: "020000000002" }],
);

fn src<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let frame = value.to_str();
    (frame.len() >= 12).then(|| Value::Bin(cut(frame, 6..12)))
}

pub(super) static VLAN: Convert = header_part(
    "eth.vlan",
    Type::Int,
    vlan,
    "number of the innermost VLAN of an Ethernet frame",
    &[Example { text: "b64dec,eth.vlan", input: FRAME, output: "100" }],
);

fn vlan<'a>(value: Value<'a>, _: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    let found = header(&value.to_str())?;
    Some(found.vlan).filter(|vlan| *vlan != 0).map(|vlan| Value::Int(i64::from(vlan)))
}

/// What a frame's header says.
struct Header {
    /// Its length with all tags.
    len: usize,
    protocol: u16,
    /// 0 when there is none.
    vlan: u16,
}

const TAG: u16 = 0x8100;

/// Reads a header that something follows.
fn header(frame: &[u8]) -> Option<Header> {
    let mut at = 12;
    let mut vlan = 0;
    while at + 2 < frame.len() {
        let protocol = word(frame, at)?;
        if protocol != TAG {
            return Some(Header { len: at + 2, protocol, vlan });
        }
        vlan = word(frame, at + 2)? & 0xfff;
        at += 4;
    }
    None
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use crate::testing::convert;

    #[test]
    fn frames_that_are_too_short() {
        for text in ["eth.data", "eth.dst", "eth.hdr", "eth.proto", "eth.src", "eth.vlan"] {
            assert_eq!(convert(text, "short"), None, "{text}");
        }
        assert_eq!(convert("eth.vlan", b"ddddddssssss\x08\x00x"), None);
        assert_eq!(convert("eth.proto", b"ddddddssssss\x81\x00\x00"), None);
    }
}
