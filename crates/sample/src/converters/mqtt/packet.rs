//! Reads a CONNECT or CONNACK packet (MQTT 3.1.1 chapter 3, MQTT 5.0 chapters 2.2.2, 3.1 and 3.2).

use super::fields::{CONNACK, CONNECT, Field, PacketType};

/// What bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<'m> {
    Valid(Packet<'m>),
    Invalid,
    /// Its end is missing.
    Incomplete,
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content<'m> {
    Number(u32),
    Text(&'m [u8]),
}

/// A packet that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'m> {
    /// Its type.
    pub(super) of: PacketType,
    version: u8,
    flags: u8,
    found: Vec<(Field, Content<'m>)>,
}

const VERSION_5: u8 = 5;
/// Versions that a CONNECT packet may have.
const VERSIONS: [u8; 3] = [3, 4, VERSION_5];
const REMAINING_LENGTH_BYTES_MAX: usize = 4;

const RESERVED: u8 = 0x01;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USERNAME: u8 = 0x80;

/// The shape of a property's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// 0 or 1.
    Bit,
    Two,
    /// Two bytes that are not 0.
    TwoAboveZero,
    Four,
    /// Four bytes that are not 0.
    FourAboveZero,
    Text,
    /// A text that is not empty.
    SomeText,
    /// A name and a value; the only one that may be repeated.
    Pair,
}

const IN_CONNECT: &[(u8, Shape)] = &[
    (17, Shape::Four),
    (33, Shape::TwoAboveZero),
    (39, Shape::FourAboveZero),
    (34, Shape::Two),
    (25, Shape::Bit),
    (23, Shape::Bit),
    (38, Shape::Pair),
    (21, Shape::Text),
    (22, Shape::Text),
];

const IN_WILL: &[(u8, Shape)] = &[
    (24, Shape::Four),
    (1, Shape::Bit),
    (2, Shape::Four),
    (3, Shape::Text),
    (8, Shape::Text),
    (9, Shape::Text),
    (38, Shape::Pair),
];

const IN_CONNACK: &[(u8, Shape)] = &[
    (17, Shape::Four),
    (33, Shape::TwoAboveZero),
    (36, Shape::Bit),
    (37, Shape::Bit),
    (39, Shape::FourAboveZero),
    (18, Shape::SomeText),
    (34, Shape::Two),
    (31, Shape::Text),
    (40, Shape::Bit),
    (41, Shape::Bit),
    (42, Shape::Bit),
    (19, Shape::Two),
    (26, Shape::Text),
    (28, Shape::Text),
    (38, Shape::Pair),
    (21, Shape::Text),
    (22, Shape::Text),
];

impl<'m> Packet<'m> {
    /// The value of `field`. Numbers that MQTT 5.0 has and the packet left out are 0.
    pub(super) fn field(&self, field: Field) -> Option<Content<'m>> {
        let found = self.found.iter().find(|(of, _)| *of == field).map(|(_, content)| *content);
        let Field::Property(id) = field else { return found };
        if self.version != VERSION_5 {
            return None;
        }
        if let Some((_, shape)) = IN_WILL.iter().find(|(of, _)| *of == id && self.of == CONNECT) {
            return found.or(absent(*shape)).filter(|_| self.flags & WILL != 0);
        }
        let known = if self.of == CONNECT { IN_CONNECT } else { IN_CONNACK };
        let (_, shape) = known.iter().find(|(of, _)| *of == id)?;
        found.or(absent(*shape))
    }
}

fn absent<'m>(shape: Shape) -> Option<Content<'m>> {
    match shape {
        Shape::Bit | Shape::Two | Shape::TwoAboveZero | Shape::Four | Shape::FourAboveZero => {
            Some(Content::Number(0))
        }
        Shape::Text | Shape::SomeText | Shape::Pair => None,
    }
}

/// Reads the packet that `message` begins with.
pub(super) fn parse(message: &[u8]) -> Verdict<'_> {
    let [first, after @ ..] = message else { return Verdict::Incomplete };
    if after.is_empty() {
        return Verdict::Incomplete;
    }
    let of = PacketType(first >> 4);
    let mut rest = after;
    // Both packets have no flags here; the others are not looked into.
    if (of != CONNECT && of != CONNACK) || first & 0x0f != 0 {
        return Verdict::Invalid;
    }
    let Some(len) = remaining_length(&mut rest) else { return Verdict::Invalid };
    let Some(body) = rest.get(..len) else { return Verdict::Incomplete };
    let packet = if of == CONNECT { connect(body) } else { connack(body) };
    packet.map_or(Verdict::Invalid, Verdict::Valid)
}

/// A length of one to four bytes; one that breaks off counts as far as it goes.
fn remaining_length(rest: &mut &[u8]) -> Option<usize> {
    let mut len = 0;
    for place in 0..REMAINING_LENGTH_BYTES_MAX {
        let Some((byte, after)) = rest.split_first() else { break };
        *rest = after;
        len |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(len);
        }
        if place + 1 == REMAINING_LENGTH_BYTES_MAX {
            return None;
        }
    }
    Some(len)
}

fn connect(mut rest: &[u8]) -> Option<Packet<'_>> {
    let rest = &mut rest;
    let name = text(rest)?;
    if !name.eq_ignore_ascii_case(b"MQTT") && !name.eq_ignore_ascii_case(b"MQIsdp") {
        return None;
    }
    let version = VERSIONS.contains(rest.first()?).then(|| byte(rest))??;
    let flags = byte(rest)?;
    if flags & RESERVED != 0 || flags & (WILL | WILL_QOS | WILL_RETAIN) == WILL_QOS {
        return None;
    }
    let keepalive = two(rest)?;
    let mut found = vec![
        (Field::ProtocolName, Content::Text(name)),
        (Field::ProtocolVersion, Content::Number(version.into())),
        (Field::Flags, Content::Number(flags.into())),
        (Field::Keepalive, Content::Number(keepalive.into())),
    ];
    if version == VERSION_5 {
        properties(rest, IN_CONNECT, &mut found)?;
    }
    let has_text = |id: u8| {
        found
            .iter()
            .any(|(of, content)| *of == Field::Property(id) && matches!(content, Content::Text([_, ..])))
    };
    // Data for an authentication without its method.
    if has_text(22) && !has_text(21) {
        return None;
    }
    found.push((Field::ClientIdentifier, Content::Text(text(rest)?)));
    if flags & WILL != 0 {
        if version == VERSION_5 {
            properties(rest, IN_WILL, &mut found)?;
        }
        found.push((Field::WillTopic, Content::Text(text(rest)?)));
        found.push((Field::WillPayload, Content::Text(text(rest)?)));
    }
    if flags & USERNAME != 0 {
        found.push((Field::Username, Content::Text(text(rest)?)));
    }
    if flags & PASSWORD != 0 {
        found.push((Field::Password, Content::Text(text(rest)?)));
    }
    rest.is_empty().then_some(Packet { of: CONNECT, version, flags, found })
}

fn connack(mut rest: &[u8]) -> Option<Packet<'_>> {
    // Nothing but the length tells the version.
    let version = if rest.len() == 2 { 4 } else { VERSION_5 };
    let rest = &mut rest;
    let flags = byte(rest)?;
    if flags & 0xfe != 0 {
        return None;
    }
    let reason = byte(rest)?;
    let mut found = vec![
        (Field::Flags, Content::Number(flags.into())),
        (Field::ProtocolVersion, Content::Number(version.into())),
        (Field::ReasonCode, Content::Number(reason.into())),
    ];
    if version == VERSION_5 {
        properties(rest, IN_CONNACK, &mut found)?;
    }
    rest.is_empty().then_some(Packet { of: CONNACK, version, flags, found })
}

/// Reads a list of properties, each of which must be known here and may stand once.
fn properties<'m>(
    rest: &mut &'m [u8],
    known: &[(u8, Shape)],
    found: &mut Vec<(Field, Content<'m>)>,
) -> Option<()> {
    let len = remaining_length(rest)?;
    let (mut list, after) = rest.split_at_checked(len)?;
    *rest = after;
    while let Some(id) = byte(&mut list) {
        let (_, shape) = known.iter().find(|(of, _)| *of == id)?;
        let field = Field::Property(id);
        if *shape == Shape::Pair {
            text(&mut list)?;
            text(&mut list)?;
            continue;
        }
        if found.iter().any(|(of, _)| *of == field) {
            return None;
        }
        found.push((field, content(&mut list, *shape)?));
    }
    Some(())
}

fn content<'m>(list: &mut &'m [u8], shape: Shape) -> Option<Content<'m>> {
    let content = match shape {
        Shape::Bit => Content::Number(byte(list).filter(|byte| *byte <= 1)?.into()),
        Shape::Two => Content::Number(two(list)?.into()),
        Shape::TwoAboveZero => Content::Number(two(list).filter(|number| *number > 0)?.into()),
        Shape::Four => Content::Number(four(list)?),
        Shape::FourAboveZero => Content::Number(four(list).filter(|number| *number > 0)?),
        Shape::Text | Shape::Pair => Content::Text(text(list)?),
        Shape::SomeText => Content::Text(text(list).filter(|text| !text.is_empty())?),
    };
    Some(content)
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, after) = rest.split_first()?;
    *rest = after;
    Some(*byte)
}

fn two(rest: &mut &[u8]) -> Option<u16> {
    let (bytes, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_be_bytes(*bytes))
}

fn four(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_be_bytes(*bytes))
}

fn text<'m>(rest: &mut &'m [u8]) -> Option<&'m [u8]> {
    let len = two(rest)?;
    let (text, after) = rest.split_at_checked(len.into())?;
    *rest = after;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of the type of `first` with `body`.
    fn packet(first: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![first, u8::try_from(body.len()).unwrap()];
        out.extend_from_slice(body);
        out
    }

    const V5_WITH_WILL: &[u8] =
        b"\x00\x04MQTT\x05\x04\x00\x3c\x05\x11\x00\x00\x00\x0a\x00\x01c\x02\x01\x01\x00\x01t\x00\x01p";

    #[test]
    fn connect_of_version_5() {
        let bytes = packet(0x10, V5_WITH_WILL);
        let Verdict::Valid(packet) = parse(&bytes) else { panic!("{:?}", parse(&bytes)) };
        assert_eq!(packet.field(Field::Property(17)), Some(Content::Number(10)));
        assert_eq!(packet.field(Field::Property(1)), Some(Content::Number(1)));
        assert_eq!(packet.field(Field::Property(33)), Some(Content::Number(0)));
        assert_eq!(packet.field(Field::Property(21)), None);
        assert_eq!(packet.field(Field::WillTopic), Some(Content::Text(b"t")));
        for len in 0..bytes.len() {
            assert_eq!(parse(&bytes[..len]), Verdict::Incomplete, "{len}");
        }
    }

    #[test]
    fn connack() {
        let Verdict::Valid(old) = parse(b"\x20\x02\x01\x05") else { panic!() };
        assert_eq!(old.field(Field::ReasonCode), Some(Content::Number(5)));
        assert_eq!(old.field(Field::Property(36)), None);
        let bytes = packet(0x20, b"\x00\x00\x04\x12\x00\x01x");
        let Verdict::Valid(new) = parse(&bytes) else { panic!() };
        assert_eq!(new.field(Field::Property(18)), Some(Content::Text(b"x")));
    }

    #[test]
    fn what_is_refused() {
        for (why, bytes) in [
            ("publish", packet(0x30, b"")),
            ("flags", packet(0x11, V5_WITH_WILL)),
            ("long length", b"\x10\xff\xff\xff\xff\x01".to_vec()),
            ("name", packet(0x10, b"\x00\x04HTTP\x04\x00\x00\x00\x00\x00")),
            ("version", packet(0x10, b"\x00\x04MQTT\x06\x00\x00\x00\x00\x00")),
            ("reserved flag", packet(0x10, b"\x00\x04MQTT\x04\x01\x00\x00\x00\x00")),
            ("rest", packet(0x10, b"\x00\x04MQTT\x04\x00\x00\x00\x00\x00x")),
            ("property twice", packet(0x20, b"\x00\x00\x04\x24\x01\x24\x01")),
            ("property of another packet", packet(0x20, b"\x00\x00\x02\x17\x01")),
            ("data without method", packet(0x10, b"\x00\x04MQTT\x05\x00\x00\x00\x04\x16\x00\x01x\x00\x00")),
            ("zero", packet(0x20, b"\x00\x00\x03\x21\x00\x00")),
        ] {
            assert_eq!(parse(&bytes), Verdict::Invalid, "{why}");
        }
    }
}
