//! The part of a certificate that is signed (RFC 5280 section 4.1), written in DER.
//!
//! Names and keys of other certificates are copied byte for byte: a library that reads and writes them anew would lose
//! what it does not know (a name with two common names, old string types), and the chain would break.

use base::civil;

/// What a certificate says that is made for a host.
pub(super) struct Tbs<'a> {
    /// Positive, without zeroes before it.
    pub(super) serial: [u8; 8],
    /// `AlgorithmIdentifier` of the signature, DER.
    pub(super) signature: &'a [u8],
    /// The issuer's `Name`, DER.
    pub(super) issuer: &'a [u8],
    /// The issuer's key identifier.
    pub(super) issuer_key_id: &'a [u8],
    /// Seconds since 1970.
    pub(super) not_before: i64,
    /// Seconds since 1970.
    pub(super) not_after: i64,
    /// `SubjectPublicKeyInfo`, DER.
    pub(super) key_info: &'a [u8],
    /// Identifier of that key.
    pub(super) key_id: &'a [u8],
    /// The host, ASCII.
    pub(super) host: &'a str,
}

/// The longest common name (RFC 5280 appendix A.1), characters.
const COMMON_NAME_MAX: usize = 64;

/// `digitalSignature`, `nonRepudiation`, `keyEncipherment`: the first three bits.
const KEY_USAGE: &[u8] = &[5, 0b1110_0000];

impl Tbs<'_> {
    /// The DER of it.
    pub(super) fn der(&self) -> Vec<u8> {
        let version = element(0xa0, &[&element(0x02, &[&[2]])]);
        let serial = element(0x02, &[&self.serial]);
        let validity = element(0x30, &[&time(self.not_before), &time(self.not_after)]);
        let extensions = element(0xa3, &[&element(0x30, &[&self.extensions()])]);
        element(
            0x30,
            &[
                &version,
                &serial,
                self.signature,
                self.issuer,
                &validity,
                &self.subject(),
                self.key_info,
                &extensions,
            ],
        )
    }

    /// The issuer's name with the host as a further common name, unless that would be too long.
    fn subject(&self) -> Vec<u8> {
        let mut parts = crate::load::content(self.issuer).unwrap_or_default().to_vec();
        if self.host.len() <= COMMON_NAME_MAX {
            let value = element(0x0c, &[self.host.as_bytes()]);
            let common_name = element(0x30, &[&[0x06, 3, 0x55, 0x04, 0x03], &value]);
            parts.extend(element(0x31, &[&common_name]));
        }
        element(0x30, &[&parts])
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        // basicConstraints: no authority, which is the default and therefore not written.
        all.extend(extension(19, &element(0x30, &[])));
        all.extend(extension(14, &element(0x04, &[self.key_id])));
        all.extend(extension(35, &element(0x30, &[&element(0x80, &[self.issuer_key_id])])));
        all.extend(extension(15, &element(0x03, &[KEY_USAGE])));
        all.extend(extension(17, &element(0x30, &[&element(0x82, &[self.host.as_bytes()])])));
        all
    }
}

/// An extension of `id-ce` (2.5.29), not critical.
fn extension(number: u8, value: &[u8]) -> Vec<u8> {
    element(0x30, &[&[0x06, 3, 0x55, 0x1d, number], &element(0x04, &[value])])
}

/// An element of this tag with these parts.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = vec![tag];
    let bytes = length.to_be_bytes();
    let zeroes = bytes.iter().take_while(|&&byte| byte == 0).count();
    match length {
        0..=0x7f => der.push(bytes[bytes.len() - 1]),
        _ => {
            der.push(0x80 | u8::try_from(bytes.len() - zeroes).expect("a length takes eight bytes at most"));
            der.extend_from_slice(&bytes[zeroes..]);
        }
    }
    parts.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// `UTCTime` until 2049, `GeneralizedTime` after it (RFC 5280 section 4.1.2.5).
fn time(seconds: i64) -> Vec<u8> {
    let (year, month, day) = civil::date(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60);
    match year {
        1950..2050 => element(0x17, &[format!("{:02}{rest}", year % 100).as_bytes()]),
        _ => element(0x18, &[format!("{year:04}{rest}").as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        assert_eq!(element(4, &[b"ab", b"c"]), b"\x04\x03abc");
        assert_eq!(element(4, &[&[0; 0x80]])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(4, &[&[0; 0x1234]])[..4], [4, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn times_have_two_forms() {
        assert_eq!(time(0), b"\x17\x0d700101000000Z");
        assert_eq!(time(86_399), b"\x17\x0d700101235959Z");
        assert_eq!(time(2_524_608_000), b"\x18\x0f20500101000000Z");
    }
}
