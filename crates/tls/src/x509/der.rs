//! Reading DER: tag, length, value (X.690). Every value borrows from the bytes that were given; nothing is copied.
//!
//! Certificates come from peers: a length beyond the end, a tag of several bytes or an indefinite length is `None`,
//! never a panic. Lengths that take more bytes than needed are let pass, as OpenSSL does.

/// BOOLEAN.
pub(crate) const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(crate) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub(crate) const OID: u8 = 0x06;
/// ENUMERATED.
pub(crate) const ENUMERATED: u8 = 0x0a;
/// UTF8String.
pub(crate) const UTF8_STRING: u8 = 0x0c;
/// NumericString.
pub(crate) const NUMERIC_STRING: u8 = 0x12;
/// PrintableString.
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
/// T61String.
pub(crate) const T61_STRING: u8 = 0x14;
/// IA5String.
pub(crate) const IA5_STRING: u8 = 0x16;
/// UTCTime.
pub(crate) const UTC_TIME: u8 = 0x17;
/// GeneralizedTime.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// VisibleString.
pub(crate) const VISIBLE_STRING: u8 = 0x1a;
/// UniversalString.
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
/// BMPString.
pub(crate) const BMP_STRING: u8 = 0x1e;
/// SEQUENCE, SEQUENCE OF.
pub(crate) const SEQUENCE: u8 = 0x30;
/// SET, SET OF.
pub(crate) const SET: u8 = 0x31;

/// `[number]` of a primitive.
pub(crate) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// `[number]` of something made of parts.
pub(crate) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    /// Its tag.
    pub(crate) tag: u8,
    /// What is in it.
    pub(crate) value: &'a [u8],
    /// Tag, length and value.
    pub(crate) raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The one value that `bytes` are; `None` if something follows it.
    pub(crate) fn only(bytes: &'a [u8]) -> Option<Tlv<'a>> {
        let mut reader = Reader::new(bytes);
        let tlv = reader.next()?;
        reader.is_empty().then_some(tlv)
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> Reader<'a> {
        Reader::new(self.value)
    }
}

/// A sequence of values, read one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of what comes next.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value. After a `None` nothing more is to be had: the iterator does not go round an error.
    pub(crate) fn next(&mut self) -> Option<Tlv<'a>> {
        let read = split(self.rest);
        self.rest = read.map_or(&[], |(_, rest)| rest);
        read.map(|(tlv, _)| tlv)
    }

    /// The contents of the next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
    }

    /// The contents of the next value if it has this tag; outer `None`: it is broken.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.peek() == Some(tag) { self.next().map(|tlv| Some(tlv.value)) } else { Some(None) }
    }

    /// All values that are left; a broken one ends it.
    pub(crate) fn each(self) -> impl Iterator<Item = Tlv<'a>> {
        let mut reader = self;
        std::iter::from_fn(move || reader.next())
    }

    /// Whether all that is left can be read.
    pub(crate) fn is_sound(mut self) -> bool {
        while !self.is_empty() {
            if self.next().is_none() {
                return false;
            }
        }
        true
    }
}

/// The first value of `bytes`, and what follows it.
fn split(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let digits = usize::from(first & 0x7f);
        if digits == 0 || digits > 4 {
            return None;
        }
        let (head, tail) = rest.split_at_checked(digits)?;
        length = head.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
        rest = tail;
    }
    let (value, rest) = rest.split_at_checked(length)?;
    let raw = &bytes[..bytes.len() - rest.len()];
    Some((Tlv { tag, value, raw }, rest))
}

/// The bits of a BIT STRING's contents, whole bytes only; `None` if the count of unused bits is none.
pub(crate) fn bits(value: &[u8]) -> Option<&[u8]> {
    let (&unused, bytes) = value.split_first()?;
    (unused < 8 && (unused == 0 || !bytes.is_empty())).then_some(bytes)
}

/// The bytes of a BIT STRING's contents that are whole bytes; `None` if bits of the last one are unused.
pub(crate) fn octets(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(&[0])
}

/// A non-negative INTEGER's contents as a number.
pub(crate) fn unsigned(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value[0] & 0x80 != 0 || value.len() > 9 || (value.len() == 9 && value[0] != 0) {
        return None;
    }
    Some(value.iter().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
}

/// An INTEGER's contents without leading zeros: its magnitude, if it is not negative.
pub(crate) fn magnitude(value: &[u8]) -> &[u8] {
    let zeros = value.iter().take_while(|&&digit| digit == 0).count();
    &value[zeros.min(value.len().saturating_sub(1))..]
}

/// An OBJECT IDENTIFIER's contents as `1.2.840.113549`; parts beyond 64 bits end it.
pub(crate) fn dotted(oid: &[u8]) -> String {
    use std::fmt::Write as _;
    let (mut text, mut part) = (String::new(), 0u64);
    for &byte in oid {
        let Some(shifted) = part.checked_mul(128) else { return text };
        part = shifted | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = if text.is_empty() {
            let root = (part / 40).min(2);
            write!(text, "{root}.{}", part - root * 40)
        } else {
            write!(text, ".{part}")
        };
        part = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_broken_ones_are_not() {
        let mut reader = Reader::new(&[0x02, 1, 5, 0x04, 0x81, 2, 7, 8, 0x05, 0]);
        assert_eq!(reader.expect(INTEGER), Some(&[5][..]));
        let octets = reader.next().unwrap();
        assert_eq!((octets.value, octets.raw), (&[7, 8][..], &[0x04, 0x81, 2, 7, 8][..]));
        assert_eq!(reader.optional(BOOLEAN), Some(None));
        assert!(reader.next().is_some() && reader.is_empty() && reader.next().is_none());
        for broken in [&[][..], &[2], &[2, 2, 0], &[2, 0x80], &[2, 0x85, 0, 0, 0, 0, 1, 1], &[0x1f, 1, 1]] {
            assert!(Reader::new(broken).next().is_none(), "{broken:?}");
        }
    }

    #[test]
    fn numbers_and_oids() {
        assert_eq!(unsigned(&[0, 0xff]), Some(255));
        assert_eq!(unsigned(&[0xff]), None);
        assert_eq!(magnitude(&[0, 0, 5]), &[5]);
        assert_eq!(magnitude(&[0]), &[0]);
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]), "1.2.840.113549");
        assert_eq!(dotted(&[0x88, 0x37, 0x03]), "2.999.3");
        assert_eq!(dotted(&[0xff; 30]), "");
    }
}
