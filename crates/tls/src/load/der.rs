//! As much of DER (X.690) as keys and OCSP answers need: walking over tags and lengths.
//!
//! Lengths are checked against what is there; nothing is copied.

/// `SEQUENCE`.
pub(crate) const SEQUENCE: u8 = 0x30;
/// `INTEGER`.
pub(crate) const INTEGER: u8 = 0x02;
/// `BIT STRING`.
pub(crate) const BITS: u8 = 0x03;
/// `OCTET STRING`.
pub(crate) const OCTETS: u8 = 0x04;
/// `OBJECT IDENTIFIER`.
pub(crate) const OID: u8 = 0x06;
/// `ENUMERATED`.
pub(crate) const ENUMERATED: u8 = 0x0a;
/// `GeneralizedTime`.
pub(crate) const TIME: u8 = 0x18;

/// `[number]`, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A place in DER.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Der { rest: bytes }
    }

    /// The next element, tag and content.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.rest.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            0x80 | 0x85..=0xff => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some((tag, content))
    }

    /// The next element's content, if it has this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.any()?;
        (found == tag).then(|| {
            *self = ahead;
            content
        })
    }

    /// Into the next element, if it has this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.take(tag).map(Der::new)
    }
}

/// How many bytes the first element takes, header included.
pub(crate) fn first_bytes(bytes: &[u8]) -> Option<usize> {
    let mut der = Der::new(bytes);
    der.any()?;
    Some(bytes.len() - der.rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_each_other() {
        let mut der = Der::new(&[0x02, 1, 5, 0x30, 2, 0x06, 0, 9]);
        assert!(der.take(OID).is_none());
        assert_eq!(der.take(INTEGER), Some(&[5_u8][..]));
        assert_eq!(der.enter(SEQUENCE).unwrap().take(OID), Some(&[][..]));
        assert!(der.any().is_none());
        assert_eq!(first_bytes(&[0x04, 0x81, 1, 7, 8]), Some(4));
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        for bytes in [
            &[0x30][..],
            &[0x30, 2, 0],
            &[0x30, 0x80],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x85, 0],
        ] {
            assert!(Der::new(bytes).any().is_none(), "{bytes:?}");
        }
    }
}
