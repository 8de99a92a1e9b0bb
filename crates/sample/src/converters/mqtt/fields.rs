//! The types of MQTT packets, and the fields that can be asked of each.

/// The type of a packet, the upper half of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PacketType(pub(super) u8);

pub(super) const CONNECT: PacketType = PacketType(1);
pub(super) const CONNACK: PacketType = PacketType(2);

/// Names in the order of their numbers, from 1.
const TYPES: [(&[u8], &[Field]); 15] = [
    (b"connect", &IN_CONNECT),
    (b"connack", &IN_CONNACK),
    (b"publish", &[number(1), number(2), number(3), number(8), number(9), number(11), number(35), USER]),
    (b"puback", &[Field::ReasonCode, REASON, USER]),
    (b"pubrec", &[Field::ReasonCode, REASON, USER]),
    (b"pubrel", &[Field::ReasonCode, REASON, USER]),
    (b"pubcomp", &[Field::ReasonCode, REASON, USER]),
    (b"subscribe", &[number(11), USER]),
    (b"suback", &[REASON, USER]),
    (b"unsubscribe", &[USER]),
    (b"unsuback", &[REASON, USER]),
    (b"pingreq", &[]),
    (b"pingresp", &[]),
    (b"disconnect", &[Field::ReasonCode, number(17), number(28), REASON, USER]),
    (b"auth", &[number(21), number(22), REASON, USER]),
];

const REASON: Field = number(31);
const USER: Field = number(38);

const fn number(id: u8) -> Field {
    Field::Property(id)
}

const IN_CONNECT: [Field; 24] = [
    Field::ProtocolName,
    Field::ProtocolVersion,
    Field::Flags,
    Field::Keepalive,
    Field::ClientIdentifier,
    Field::WillTopic,
    Field::WillPayload,
    Field::Username,
    Field::Password,
    number(1),
    number(2),
    number(3),
    number(8),
    number(9),
    number(17),
    number(21),
    number(22),
    number(23),
    number(24),
    number(25),
    number(33),
    number(34),
    USER,
    number(39),
];

const IN_CONNACK: [Field; 20] = [
    Field::Flags,
    Field::ProtocolVersion,
    Field::ReasonCode,
    number(17),
    number(18),
    number(19),
    number(21),
    number(22),
    number(26),
    number(28),
    REASON,
    number(33),
    number(34),
    number(36),
    number(37),
    USER,
    number(39),
    number(40),
    number(41),
    number(42),
];

impl PacketType {
    /// The type with this name, or with this number.
    pub(super) fn named(text: &[u8]) -> Option<PacketType> {
        let by_name = || TYPES.iter().position(|(name, _)| name.eq_ignore_ascii_case(text)).map(|at| at + 1);
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<usize>().ok());
        let number = number.filter(|number| (1..=TYPES.len()).contains(number)).or_else(by_name)?;
        u8::try_from(number).ok().map(PacketType)
    }

    /// Whether a packet of this type can have `field`.
    pub(super) fn may_have(self, field: Field) -> bool {
        TYPES.get(usize::from(self.0) - 1).is_some_and(|(_, fields)| fields.contains(&field))
    }
}

/// A field that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Flags,
    ReasonCode,
    ProtocolName,
    ProtocolVersion,
    ClientIdentifier,
    WillTopic,
    WillPayload,
    Username,
    Password,
    Keepalive,
    /// A property of MQTT 5.0, by its identifier.
    Property(u8),
}

/// Identifiers of properties that have a value.
const PROPERTIES: [u8; 27] =
    [1, 2, 3, 8, 9, 11, 17, 18, 19, 21, 22, 23, 24, 25, 26, 28, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42];

impl Field {
    /// The field with this name; properties go by their number.
    pub(super) fn named(text: &[u8]) -> Option<Field> {
        Some(match text.to_ascii_lowercase().as_slice() {
            b"flags" => Field::Flags,
            b"reason_code" => Field::ReasonCode,
            b"protocol_name" => Field::ProtocolName,
            b"protocol_version" => Field::ProtocolVersion,
            b"client_identifier" => Field::ClientIdentifier,
            b"will_topic" => Field::WillTopic,
            b"will_payload" => Field::WillPayload,
            b"username" => Field::Username,
            b"password" => Field::Password,
            b"keepalive" => Field::Keepalive,
            digits if digits.first().is_some_and(u8::is_ascii_digit) => {
                let id = std::str::from_utf8(digits).ok()?.parse().ok()?;
                Field::Property(PROPERTIES.contains(&id).then_some(id)?)
            }
            _ => return None,
        })
    }
}
