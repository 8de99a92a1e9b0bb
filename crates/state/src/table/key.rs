//! Keys: one type a table, made from samples by casting.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use crate::pattern::net::v6_to_v4;
use crate::value::{Type, Value};

/// The type of a table's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// `ip`: IPv4 addresses.
    Ip,
    /// `ipv6`: IPv6 addresses.
    Ipv6,
    /// `integer`: unsigned 32-bit numbers.
    Integer,
    /// `string len N`: text, cut after N bytes and at a NUL.
    String {
        /// N.
        len: usize,
    },
    /// `binary len N`: exactly N bytes, cut or filled up with zeroes.
    Binary {
        /// N.
        len: usize,
    },
}

/// The default `len` of `string` (one byte is C's end of string there, hence 31) and `binary`.
const DEFAULT_STRING_LEN: usize = 31;
const DEFAULT_BINARY_LEN: usize = 32;

impl KeyType {
    /// The type called `name` (`ip`, `ipv4`, `ipv6`, `integer`, `string`, `binary`) with its default length.
    #[must_use]
    pub fn parse(name: &str) -> Option<KeyType> {
        match name {
            "ip" | "ipv4" => Some(KeyType::Ip),
            "ipv6" => Some(KeyType::Ipv6),
            "integer" => Some(KeyType::Integer),
            "string" => Some(KeyType::String { len: DEFAULT_STRING_LEN }),
            "binary" => Some(KeyType::Binary { len: DEFAULT_BINARY_LEN }),
            _ => None,
        }
    }

    /// The same type with `len` bytes; `None` for types of fixed length.
    #[must_use]
    pub fn with_len(self, len: usize) -> Option<KeyType> {
        match self {
            KeyType::String { .. } => Some(KeyType::String { len }),
            KeyType::Binary { .. } => Some(KeyType::Binary { len }),
            KeyType::Ip | KeyType::Ipv6 | KeyType::Integer => None,
        }
    }

    /// Its name as `show table` prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            KeyType::Ip => "ip",
            KeyType::Ipv6 => "ipv6",
            KeyType::Integer => "integer",
            KeyType::String { .. } => "string",
            KeyType::Binary { .. } => "binary",
        }
    }

    /// The sample type that keys are cast to.
    #[must_use]
    pub fn sample_type(self) -> Type {
        match self {
            KeyType::Ip => Type::Ipv4,
            KeyType::Ipv6 => Type::Ipv6,
            KeyType::Integer => Type::Int,
            KeyType::String { .. } => Type::Str,
            KeyType::Binary { .. } => Type::Bin,
        }
    }

    /// Casts a sample to a key; `None` where it has no such form.
    #[must_use]
    pub fn key(self, value: &Value<'_>) -> Option<Key> {
        match self {
            KeyType::Ip => match value.to_ip()? {
                IpAddr::V4(addr) => Some(Key::new(&addr.octets())),
                IpAddr::V6(addr) => Some(Key::new(&v6_to_v4(addr)?.octets())),
            },
            KeyType::Ipv6 => match value.to_ip()? {
                IpAddr::V4(addr) => Some(Key::new(&addr.to_ipv6_mapped().octets())),
                IpAddr::V6(addr) => Some(Key::new(&addr.octets())),
            },
            KeyType::Integer => {
                let low = u32::try_from(value.to_int()? & 0xffff_ffff).ok()?;
                Some(Key::new(&low.to_be_bytes()))
            }
            KeyType::String { len } => {
                let text = value.text();
                let end = text.iter().take(len).position(|b| *b == 0).unwrap_or(len.min(text.len()));
                Some(Key::new(&text[..end]))
            }
            KeyType::Binary { len } => {
                let Value::Bin(bytes) = value.borrowed().cast(Type::Bin)? else { return None };
                let mut key = Key::new(&bytes[..len.min(bytes.len())]);
                key.0.resize(len, 0);
                Some(key)
            }
        }
    }

    /// The sample that `key` stands for.
    #[must_use]
    pub fn value(self, key: &[u8]) -> Value<'_> {
        match self {
            KeyType::Ip => Value::Ipv4(key.try_into().map_or(Ipv4Addr::UNSPECIFIED, |b: [u8; 4]| b.into())),
            KeyType::Ipv6 => {
                Value::Ipv6(key.try_into().map_or(Ipv6Addr::UNSPECIFIED, |b: [u8; 16]| b.into()))
            }
            KeyType::Integer => Value::Int(key.try_into().map_or(0, |b| i64::from(u32::from_be_bytes(b)))),
            KeyType::String { .. } => Value::str(key),
            KeyType::Binary { .. } => Value::bin(key),
        }
    }
}

/// A key as its table holds it: addresses and numbers in network order, text and bytes as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(SmallVec<[u8; 16]>);

impl Key {
    fn new(bytes: &[u8]) -> Self {
        Key(SmallVec::from_slice(bytes))
    }

    /// Its bytes; [`KeyType::value`] makes a sample of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: KeyType, value: &Value<'_>) -> Option<Vec<u8>> {
        kind.key(value).map(|key| key.as_bytes().to_vec())
    }

    #[test]
    fn addresses_change_family() {
        let v4 = Value::Ipv4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(bytes(KeyType::Ip, &v4), Some(vec![192, 0, 2, 1]));
        assert_eq!(bytes(KeyType::Ip, &Value::str(b"::ffff:192.0.2.1")), Some(vec![192, 0, 2, 1]));
        assert_eq!(bytes(KeyType::Ip, &Value::str(b"2001:db8::1")), None);
        assert_eq!(bytes(KeyType::Ipv6, &v4).unwrap()[10..], [255, 255, 192, 0, 2, 1]);
        assert_eq!(bytes(KeyType::Ip, &Value::str(b"localhost")), None);
    }

    #[test]
    fn text_is_cut_and_bytes_are_filled() {
        let text = KeyType::String { len: 3 };
        assert_eq!(bytes(text, &Value::str(b"abcdef")), Some(b"abc".to_vec()));
        assert_eq!(bytes(text, &Value::str(b"a\0b")), Some(b"a".to_vec()));
        assert_eq!(bytes(text, &Value::Int(7)), Some(b"7".to_vec()));
        let binary = KeyType::Binary { len: 4 };
        assert_eq!(bytes(binary, &Value::bin(b"ab")), Some(b"ab\0\0".to_vec()));
        assert_eq!(bytes(binary, &Value::bin(b"abcdef")), Some(b"abcd".to_vec()));
    }

    #[test]
    fn integers_keep_their_low_32_bits() {
        assert_eq!(bytes(KeyType::Integer, &Value::Int(-1)), Some(vec![255; 4]));
        let key = KeyType::Integer.key(&Value::str(b"4294967297")).unwrap();
        assert_eq!(KeyType::Integer.value(key.as_bytes()), Value::Int(1));
    }
}
