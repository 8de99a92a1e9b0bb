//! The fields of a received PROXY protocol header, version 2 (its specification, section 2.2): what stood behind the
//! addresses, for `fc_pp_tlv` and its relatives.

/// Bytes in front of a field's value: its type and the length of the value.
pub const HEAD_BYTES: usize = 3;

/// Types of fields that have names.
pub mod types {
    /// `PP2_TYPE_ALPN`: the protocol agreed on by ALPN.
    pub const ALPN: u8 = 0x01;
    /// `PP2_TYPE_AUTHORITY`: the host name that the client named, as the SNI of TLS.
    pub const AUTHORITY: u8 = 0x02;
    /// `PP2_TYPE_CRC32C`: the checksum of the header.
    pub const CRC32C: u8 = 0x03;
    /// `PP2_TYPE_NOOP`: filling.
    pub const NOOP: u8 = 0x04;
    /// `PP2_TYPE_UNIQUE_ID`: what identifies the connection.
    pub const UNIQUE_ID: u8 = 0x05;
    /// `PP2_TYPE_SSL`: the client's TLS, itself with fields.
    pub const SSL: u8 = 0x20;
    /// `PP2_SUBTYPE_SSL_VERSION`.
    pub const SSL_VERSION: u8 = 0x21;
    /// `PP2_SUBTYPE_SSL_CN`: the name in the client's certificate.
    pub const SSL_CN: u8 = 0x22;
    /// `PP2_SUBTYPE_SSL_CIPHER`.
    pub const SSL_CIPHER: u8 = 0x23;
    /// `PP2_SUBTYPE_SSL_SIG_ALG`: the algorithm that signed the proxy's certificate.
    pub const SSL_SIG_ALG: u8 = 0x24;
    /// `PP2_SUBTYPE_SSL_KEY_ALG`: the kind and size of the key in the proxy's certificate.
    pub const SSL_KEY_ALG: u8 = 0x25;
    /// `PP2_TYPE_NETNS`: a network namespace.
    pub const NETNS: u8 = 0x30;
}

/// The fields of one header, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyTlvs {
    /// As on the wire: type, length in two bytes, value.
    wire: Box<[u8]>,
}

impl ProxyTlvs {
    /// Takes the fields as they stand on the wire; `None` if they do not end where `wire` does.
    #[must_use]
    pub fn new(wire: &[u8]) -> Option<Self> {
        let mut rest = wire;
        while !rest.is_empty() {
            rest = cut(rest)?.2;
        }
        Some(ProxyTlvs { wire: wire.into() })
    }

    /// Types and values.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = &self.wire[..];
        std::iter::from_fn(move || {
            let (kind, value, behind) = cut(rest)?;
            rest = behind;
            Some((kind, value))
        })
    }

    /// The values of all fields of one type.
    pub fn all(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(other, _)| *other == kind).map(|(_, value)| value)
    }
}

/// The first field's type, its value, and what follows it.
fn cut(wire: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let ([kind, high, low], rest) = wire.split_first_chunk::<HEAD_BYTES>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some((*kind, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_must_fill_their_room() {
        let wire = [2, 0, 1, b'a', 0xE0, 0, 0, 2, 0, 2, b'b', b'c'];
        let tlvs = ProxyTlvs::new(&wire).unwrap();
        let all: Vec<_> = tlvs.iter().collect();
        assert_eq!(all, [(2, &b"a"[..]), (0xE0, b""), (2, b"bc")]);
        assert!(tlvs.all(2).eq([&b"a"[..], b"bc"]));
        for end in [1, 2, 3, 5, 6, 8, 9, 10, 11] {
            assert_eq!(ProxyTlvs::new(&wire[..end]), None, "{end}");
        }
        assert_eq!(ProxyTlvs::new(b"").unwrap().iter().count(), 0);
    }
}
