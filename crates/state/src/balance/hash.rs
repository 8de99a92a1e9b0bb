//! The hash functions of `balance` and `hash-type` (configuration manual, 4.2 "hash-type"). Peers that balance the
//! same keys, other versions and other products included, must agree, so every bit counts.

use std::net::IpAddr;

/// How a hash becomes a server (`hash-type map-based|consistent`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// An array with each server as often as its weight says; a server that comes or goes moves most keys.
    #[default]
    MapBased,
    /// A ring on which each server has points; a server that comes or goes moves only its own keys.
    Consistent,
}

/// What turns the key into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Function {
    /// The one from the sdbm database library, HAProxy's default.
    #[default]
    Sdbm,
    /// Bernstein's, times 33.
    Djb2,
    /// HAProxy's own.
    Wt6,
    /// CRC-32 as in Ethernet and gzip.
    Crc32,
    /// None: the key is a decimal number already.
    None,
}

/// Whether a second hash spreads similar numbers (`avalanche`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Modifier {
    /// The function's result as it is.
    #[default]
    Plain,
    /// Spread by [`full`].
    Avalanche,
}

/// A whole `hash-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashType {
    /// Hash to server.
    pub method: Method,
    /// Key to hash.
    pub function: Function,
    /// Hash to hash.
    pub modifier: Modifier,
}

impl HashType {
    /// `hash-type consistent` without a function, which implies `sdbm avalanche`.
    #[must_use]
    pub fn consistent() -> Self {
        HashType { method: Method::Consistent, function: Function::Sdbm, modifier: Modifier::Avalanche }
    }

    fn modify(&self, hash: u32) -> u32 {
        match self.modifier {
            Modifier::Plain => hash,
            Modifier::Avalanche => full(hash),
        }
    }
}

/// The hash of a key found in a request, as `balance uri`, `url_param`, `hdr`, `rdp-cookie` and `hash` use it.
#[must_use]
pub fn key_hash(hash_type: &HashType, key: &[u8]) -> u32 {
    hash_type.modify(match hash_type.function {
        Function::Sdbm => sdbm(key),
        Function::Djb2 => djb2(key),
        Function::Wt6 => wt6(key),
        Function::Crc32 => crc32(key),
        Function::None => number(key),
    })
}

/// The hash of a client's address for `balance source`: its 32-bit words, big-endian, exclusive-ored. The hash
/// function of `hash-type` is not used; its modifier is.
#[must_use]
pub fn source_hash(hash_type: &HashType, source: IpAddr) -> u32 {
    hash_type.modify(match source {
        IpAddr::V4(addr) => u32::from(addr),
        IpAddr::V6(addr) => {
            addr.octets().as_chunks::<4>().0.iter().fold(0, |hash, word| hash ^ u32::from_be_bytes(*word))
        }
    })
}

/// sdbm: `hash * 65599 + byte`.
#[must_use]
pub fn sdbm(key: &[u8]) -> u32 {
    key.iter().fold(0u32, |hash, &byte| hash.wrapping_mul(65599).wrapping_add(u32::from(byte)))
}

/// djb2: `hash * 33 + byte`, from 5381.
#[must_use]
pub fn djb2(key: &[u8]) -> u32 {
    key.iter().fold(5381u32, |hash, &byte| hash.wrapping_mul(33).wrapping_add(u32::from(byte)))
}

/// wt6: two crossed accumulators whose rotations depend on the data.
#[must_use]
pub fn wt6(key: &[u8]) -> u32 {
    let (mut low, mut high) = (0xa53c_965a_u32, 0x5ca6_953a_u32);
    let (mut rotate_low, mut rotate_high) = (6, 18);
    for &byte in key {
        low = !(low ^ u32::from(byte));
        high = !high.wrapping_add(u32::from(byte));
        (low, high) = (high.rotate_left(rotate_low), low.rotate_left(rotate_high));
        let mix = ((low >> 16) ^ high) & 0xffff;
        rotate_low = mix & 0x1f;
        rotate_high = mix >> 11;
    }
    low ^ high
}

/// CRC-32, polynomial 0xedb88320 reflected.
#[must_use]
pub fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(!0u32, |hash, &byte| {
        (0..8).fold(
            hash ^ u32::from(byte),
            |hash, _| {
                if hash & 1 == 1 { (hash >> 1) ^ 0xedb8_8320 } else { hash >> 1 }
            },
        )
    })
}

/// CRC-32C (RFC 9260, appendix A), Castagnoli's polynomial 0x82f63b78 reflected.
#[must_use]
pub fn crc32c(key: &[u8]) -> u32 {
    // A bit at a time: keys are short, and a table would push better things from the cache.
    !key.iter().fold(!0u32, |hash, &byte| {
        (0..8).fold(
            hash ^ u32::from(byte),
            |hash, _| {
                if hash & 1 == 1 { (hash >> 1) ^ 0x82f6_3b78 } else { hash >> 1 }
            },
        )
    })
}

/// The avalanche: Bob Jenkins' 32-bit integer hash, multiplied by a prime near three quarters of 2^32.
#[must_use]
pub fn full(hash: u32) -> u32 {
    let mut a = hash;
    a = a.wrapping_add(0x7ed5_5d16).wrapping_add(a << 12);
    a = (a ^ 0xc761_c23c) ^ (a >> 19);
    a = a.wrapping_add(0x1656_67b1).wrapping_add(a << 5);
    a = a.wrapping_add(0xd3a2_646c) ^ (a << 9);
    a = a.wrapping_add(0xfd70_46c5).wrapping_add(a << 3);
    a = (a ^ 0xb55a_4f09) ^ (a >> 16);
    a.wrapping_mul(3_221_225_473)
}

/// The number that `key` begins with, with an optional sign, saturated to 64 bits signed; its lower 32 bits.
fn number(key: &[u8]) -> u32 {
    let (negative, digits) = match key {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let value = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0u64, |value, byte| value.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
    let signed = match i64::try_from(value) {
        Ok(value) if negative => -value,
        Ok(value) => value,
        Err(_) if negative => i64::MIN,
        Err(_) => i64::MAX,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a hash is 32 bits")]
    {
        signed as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_match_their_published_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(djb2(b""), 5381);
        assert_eq!(djb2(b"a"), 5381 * 33 + 97);
        assert_eq!(sdbm(b"ab"), 97 * 65599 + 98);
    }

    #[test]
    fn numbers_saturate_before_they_are_cut() {
        assert_eq!(number(b"12ab"), 12);
        assert_eq!(number(b"-1"), u32::MAX);
        assert_eq!(number(b"+7"), 7);
        assert_eq!(number(b"4294967296"), 0);
        assert_eq!(number(b"99999999999999999999"), u32::MAX);
        assert_eq!(number(b"-99999999999999999999"), 0);
        assert_eq!(number(b""), 0);
    }

    #[test]
    fn source_is_hashed_by_its_words() {
        let plain = HashType::default();
        assert_eq!(source_hash(&plain, "10.0.0.1".parse().unwrap()), 0x0a00_0001);
        assert_eq!(source_hash(&plain, "::ffff:10.0.0.1".parse().unwrap()), 0xffff ^ 0x0a00_0001);
    }
}
