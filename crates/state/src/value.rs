//! Typed values: what fetches produce, converters change and variables keep (configuration manual, chapter 7.1).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::bytes::{leading_int, push_decimal, push_ip};
use http::Method;

use crate::pattern::net::v6_to_v4;

/// The static type of a sample, known when the configuration is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Unknown before it runs, as a variable's.
    Any,
    /// A boolean.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// An IPv4 or IPv6 address.
    Addr,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Text.
    Str,
    /// Bytes.
    Bin,
    /// An HTTP method.
    Method,
}

/// A value. Text and bytes borrow from the message they were found in as long as nothing changed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A boolean.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// Text: any bytes, meant to be read.
    Str(Cow<'a, [u8]>),
    /// Bytes: shown in hexadecimal when text is asked for in a log.
    Bin(Cow<'a, [u8]>),
    /// An HTTP method with its spelling.
    Method(Method, Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    /// Borrowed text.
    #[must_use]
    pub fn str(text: &'a [u8]) -> Self {
        Value::Str(Cow::Borrowed(text))
    }

    /// Owned text.
    #[must_use]
    pub fn string(text: Vec<u8>) -> Self {
        Value::Str(Cow::Owned(text))
    }

    /// Borrowed bytes.
    #[must_use]
    pub fn bin(bytes: &'a [u8]) -> Self {
        Value::Bin(Cow::Borrowed(bytes))
    }

    /// Owned bytes.
    #[must_use]
    pub fn binary(bytes: Vec<u8>) -> Self {
        Value::Bin(Cow::Owned(bytes))
    }

    /// An unsigned count as an integer, saturating.
    #[must_use]
    pub fn count(n: u64) -> Self {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// An address of either family; an IPv4-mapped IPv6 address stays IPv6.
    #[must_use]
    pub fn ip(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(v4) => Value::Ipv4(v4),
            IpAddr::V6(v6) => Value::Ipv6(v6),
        }
    }

    /// The type this value has now.
    #[must_use]
    pub fn type_of(&self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Ipv4(_) => Type::Ipv4,
            Value::Ipv6(_) => Type::Ipv6,
            Value::Str(_) => Type::Str,
            Value::Bin(_) => Type::Bin,
            Value::Method(..) => Type::Method,
        }
    }

    /// The same value, borrowing from nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Bool(b) => Value::Bool(b),
            Value::Int(n) => Value::Int(n),
            Value::Ipv4(a) => Value::Ipv4(a),
            Value::Ipv6(a) => Value::Ipv6(a),
            Value::Str(s) => Value::Str(Cow::Owned(s.into_owned())),
            Value::Bin(b) => Value::Bin(Cow::Owned(b.into_owned())),
            Value::Method(m, s) => Value::Method(m, Cow::Owned(s.into_owned())),
        }
    }

    /// The same value, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Bool(b) => Value::Bool(*b),
            Value::Int(n) => Value::Int(*n),
            Value::Ipv4(a) => Value::Ipv4(*a),
            Value::Ipv6(a) => Value::Ipv6(*a),
            Value::Str(s) => Value::Str(Cow::Borrowed(s)),
            Value::Bin(b) => Value::Bin(Cow::Borrowed(b)),
            Value::Method(m, s) => Value::Method(*m, Cow::Borrowed(s)),
        }
    }

    /// Text, bytes and methods as they are; `None` for other types, which [`Value::to_str`] spells.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Str(s) | Value::Bin(s) | Value::Method(_, s) => Some(s),
            Value::Bool(_) | Value::Int(_) | Value::Ipv4(_) | Value::Ipv6(_) => None,
        }
    }

    /// As [`Value::to_str`], of a value that is kept.
    #[must_use]
    #[inline]
    pub fn text(&self) -> Cow<'_, [u8]> {
        self.as_bytes().map_or_else(|| self.borrowed().to_str(), Cow::Borrowed)
    }

    /// Casts to text as HAProxy does: integers in decimal, booleans as 0 and 1, addresses in their usual notation,
    /// bytes taken as text unchanged.
    #[must_use]
    pub fn to_str(self) -> Cow<'a, [u8]> {
        match self {
            Value::Str(s) | Value::Bin(s) | Value::Method(_, s) => s,
            other @ (Value::Bool(_) | Value::Int(_) | Value::Ipv4(_) | Value::Ipv6(_)) => {
                let mut out = Vec::with_capacity(16);
                other.write_str(&mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Appends what [`Value::to_str`] gives.
    pub fn write_str(&self, out: &mut Vec<u8>) {
        match self {
            Value::Bool(b) => out.push(b'0' + u8::from(*b)),
            Value::Int(n) => push_decimal(out, *n),
            Value::Ipv4(a) => push_ip(out, IpAddr::V4(*a)),
            Value::Ipv6(a) => push_ip(out, IpAddr::V6(*a)),
            Value::Str(s) | Value::Bin(s) | Value::Method(_, s) => out.extend_from_slice(s),
        }
    }

    /// Casts to an integer: of text the number that it begins with, 0 where it begins with none; empty text has no
    /// such form.
    #[must_use]
    pub fn to_int(&self) -> Option<i64> {
        match self {
            Value::Bool(b) => Some(i64::from(*b)),
            Value::Int(n) => Some(*n),
            Value::Ipv4(a) => Some(i64::from(u32::from(*a))),
            Value::Ipv6(_) | Value::Method(..) | Value::Bin(_) => None,
            Value::Str(s) => (!s.is_empty()).then(|| leading_int(s).0),
        }
    }

    /// Casts to a boolean: integers by being not 0, text by being the number 0 or not.
    #[must_use]
    pub fn to_bool(&self) -> Option<bool> {
        self.to_int().map(|n| n != 0)
    }

    /// Casts to an address of either family; text must be an address and nothing else.
    #[must_use]
    pub fn to_ip(&self) -> Option<IpAddr> {
        match self {
            Value::Ipv4(a) => Some(IpAddr::V4(*a)),
            Value::Ipv6(a) => Some(IpAddr::V6(*a)),
            Value::Str(s) => std::str::from_utf8(s).ok()?.parse().ok(),
            Value::Int(n) => {
                // The low 32 bits count, whatever stands above them.
                let [.., a, b, c, d] = n.to_be_bytes();
                Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            }
            Value::Bool(_) | Value::Bin(_) | Value::Method(..) => None,
        }
    }

    /// Casts to the static type `to`; `None` where this value has no such form. [`Type::Any`] keeps it.
    #[must_use]
    #[inline]
    pub fn cast(self, to: Type) -> Option<Value<'a>> {
        if self.is_a(to) { Some(self) } else { self.converted(to) }
    }

    /// Whether it is of this type already, so that a cast would give the same value.
    #[must_use]
    #[inline]
    pub fn is_a(&self, of: Type) -> bool {
        matches!(
            (self, of),
            (_, Type::Any)
                | (Value::Str(_), Type::Str)
                | (Value::Int(_), Type::Int)
                | (Value::Ipv4(_), Type::Addr | Type::Ipv4)
                | (Value::Ipv6(_), Type::Addr | Type::Ipv6)
        )
    }

    fn converted(self, to: Type) -> Option<Value<'a>> {
        match to {
            Type::Any => Some(self),
            Type::Bool => self.to_bool().map(Value::Bool),
            Type::Int => self.to_int().map(Value::Int),
            Type::Addr => self.to_ip().map(Value::ip),
            Type::Ipv4 => match self.to_ip()? {
                IpAddr::V4(a) => Some(Value::Ipv4(a)),
                IpAddr::V6(a) => v6_to_v4(a).map(Value::Ipv4),
            },
            Type::Ipv6 => match self.to_ip()? {
                IpAddr::V4(a) => Some(Value::Ipv6(a.to_ipv6_mapped())),
                IpAddr::V6(a) => Some(Value::Ipv6(a)),
            },
            Type::Str => Some(Value::Str(match self {
                // Text ends at a NUL, as it does for everyone who wrote a configuration against C strings.
                Value::Bin(bytes) => until_nul(bytes),
                other @ (Value::Bool(_)
                | Value::Int(_)
                | Value::Ipv4(_)
                | Value::Ipv6(_)
                | Value::Str(_)
                | Value::Method(..)) => other.to_str(),
            })),
            Type::Bin => Some(match self {
                Value::Ipv4(a) => Value::binary(a.octets().to_vec()),
                Value::Ipv6(a) => Value::binary(a.octets().to_vec()),
                Value::Int(n) => Value::binary(n.to_be_bytes().to_vec()),
                Value::Bool(b) => Value::binary(i64::from(b).to_be_bytes().to_vec()),
                Value::Str(s) | Value::Bin(s) | Value::Method(_, s) => Value::Bin(s),
            }),
            Type::Method => match self {
                Value::Method(m, s) => Some(Value::Method(m, s)),
                other @ (Value::Bool(_)
                | Value::Int(_)
                | Value::Ipv4(_)
                | Value::Ipv6(_)
                | Value::Str(_)
                | Value::Bin(_)) => {
                    let text = other.to_str();
                    Some(Value::Method(Method::of(&text), text))
                }
            },
        }
    }
}

fn until_nul(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match bytes.iter().position(|byte| *byte == 0) {
        None => bytes,
        Some(end) => match bytes {
            Cow::Borrowed(all) => Cow::Borrowed(&all[..end]),
            Cow::Owned(mut all) => {
                all.truncate(end);
                Cow::Owned(all)
            }
        },
    }
}

impl Type {
    /// Whether a sample of this type can be cast to `to` at all (checked when the configuration is).
    #[must_use]
    pub fn casts_to(self, to: Type) -> bool {
        use Type::{Addr, Any, Bin, Bool, Int, Ipv4, Ipv6, Method, Str};
        match (self, to) {
            (Any, _) | (_, Any | Str) => true,
            (Bool | Int, Bool | Int | Bin) => true,
            (Int, Addr | Ipv4 | Ipv6) => true,
            (Addr | Ipv4 | Ipv6, Addr | Ipv4 | Ipv6 | Bin) => true,
            (Ipv4, Int) => true,
            (Str, Int | Bool | Addr | Ipv4 | Ipv6 | Bin | Method) => true,
            (Bin, Bin | Method) => true,
            (Method, Method | Bin) => true,
            (Bool | Int | Addr | Ipv4 | Ipv6 | Bin | Method, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts() {
        assert_eq!(Value::Int(7).cast(Type::Str), Some(Value::str(b"7")));
        assert_eq!(Value::str(b"1.2.3.4").cast(Type::Int), Some(Value::Int(1)));
        assert_eq!(Value::str(b"").cast(Type::Int), None);
        assert_eq!(Value::bin(b"a\0b").cast(Type::Str), Some(Value::str(b"a")));
        assert_eq!(Value::str(b"1.2.3.4").cast(Type::Ipv4), Some(Value::Ipv4(Ipv4Addr::new(1, 2, 3, 4))));
        assert_eq!(Value::Bool(true).cast(Type::Str), Some(Value::str(b"1")));
        assert_eq!(Value::Ipv4(Ipv4Addr::new(0, 0, 1, 0)).cast(Type::Int), Some(Value::Int(256)));
        assert!(!Type::Bool.casts_to(Type::Ipv4));
        assert!(Type::Any.casts_to(Type::Ipv4));
    }
}
