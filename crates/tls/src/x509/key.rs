//! Public keys in certificates (RFC 5280 section 4.1.2.7): what kind, how large, how strong.

use super::der::{self, Reader, Tlv};
use super::oids;

/// rsaEncryption.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// RSASSA-PSS.
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// id-ecPublicKey.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// DSA.
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
/// Ed25519.
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// Ed448.
const ED448: &[u8] = &[0x2b, 0x65, 0x71];

/// Named curves and the bits of their groups.
const CURVES: &[(&[u8], Curve, u32)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], Curve::P256, 256),
    (&[0x2b, 0x81, 4, 0, 0x22], Curve::P384, 384),
    (&[0x2b, 0x81, 4, 0, 0x23], Curve::P521, 521),
    (&[0x2b, 0x81, 4, 0, 0x0a], Curve::Secp256k1, 256),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1], Curve::Other, 192),
    (&[0x2b, 0x81, 4, 0, 0x21], Curve::Other, 224),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7], Curve::Other, 256),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11], Curve::Other, 384),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13], Curve::Other, 512),
];

/// A curve by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256, prime256v1.
    P256,
    /// P-384, secp384r1.
    P384,
    /// P-521, secp521r1.
    P521,
    /// secp256k1.
    Secp256k1,
    /// Another one with a name.
    Other,
    /// Described by its parameters instead of a name.
    Explicit,
}

/// What a public key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyKind {
    /// RSA.
    Rsa,
    /// RSA for PSS signatures only.
    RsaPss,
    /// Elliptic curve.
    Ec(Curve),
    /// DSA.
    Dsa,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// Anything else.
    Other,
}

/// The public key of a certificate.
#[derive(Debug, Clone, Copy)]
pub struct PublicKey<'a> {
    /// DER of the whole SubjectPublicKeyInfo.
    pub(crate) info: &'a [u8],
    /// Its algorithm, DER contents of an object identifier.
    algorithm: &'a [u8],
    parameters: Option<Tlv<'a>>,
    /// The key: what RSA, EC, ... make of the bit string.
    pub(crate) bytes: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// The key that a SubjectPublicKeyInfo is.
    pub(crate) fn new(info: Tlv<'a>) -> Option<PublicKey<'a>> {
        let mut parts = (info.tag == der::SEQUENCE).then(|| info.parts())?;
        let mut algorithm = Reader::new(parts.expect(der::SEQUENCE)?);
        let oid = algorithm.expect(der::OID)?;
        let parameters = algorithm.next();
        let bytes = der::bits(parts.expect(der::BIT_STRING)?)?;
        Some(PublicKey { info: info.raw, algorithm: oid, parameters, bytes })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> PublicKeyKind {
        match self.algorithm {
            RSA => PublicKeyKind::Rsa,
            RSA_PSS => PublicKeyKind::RsaPss,
            EC => PublicKeyKind::Ec(self.curve()),
            DSA => PublicKeyKind::Dsa,
            ED25519 => PublicKeyKind::Ed25519,
            ED448 => PublicKeyKind::Ed448,
            _ => PublicKeyKind::Other,
        }
    }

    /// The short name of its algorithm (`rsaEncryption`, `id-ecPublicKey`, `ED25519`); `UNDEF` for unknown ones.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        oids::short_name(self.algorithm).unwrap_or("UNDEF")
    }

    /// How many bits it has, as OpenSSL counts them; 0 if that cannot be told.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self.kind() {
            PublicKeyKind::Rsa | PublicKeyKind::RsaPss => {
                let modulus = Tlv::only(self.bytes).and_then(|key| key.parts().expect(der::INTEGER));
                modulus.map_or(0, magnitude_bits)
            }
            PublicKeyKind::Dsa => {
                let prime = self.parameters.and_then(|parameters| parameters.parts().expect(der::INTEGER));
                prime.map_or(0, magnitude_bits)
            }
            PublicKeyKind::Ec(_) => self.curve_row().map_or(0, |row| row.2),
            PublicKeyKind::Ed25519 => 253,
            PublicKeyKind::Ed448 => 456,
            PublicKeyKind::Other => 0,
        }
    }

    /// How strong it is in bits of a symmetric key (NIST SP 800-57 part 1, table 2), as OpenSSL counts for its
    /// security levels.
    #[must_use]
    pub fn security_bits(&self) -> u32 {
        match self.kind() {
            PublicKeyKind::Rsa | PublicKeyKind::RsaPss | PublicKeyKind::Dsa => match self.bits() {
                0..1024 => 0,
                1024..2048 => 80,
                2048..3072 => 112,
                3072..7680 => 128,
                7680..15360 => 192,
                _ => 256,
            },
            PublicKeyKind::Ec(_) => match self.bits() {
                512.. => 256,
                384.. => 192,
                256.. => 128,
                224.. => 112,
                160.. => 80,
                bits => bits / 2,
            },
            PublicKeyKind::Ed25519 => 128,
            PublicKeyKind::Ed448 => 224,
            PublicKeyKind::Other => 0,
        }
    }

    fn curve(&self) -> Curve {
        match self.parameters {
            Some(parameters) if parameters.tag == der::SEQUENCE => Curve::Explicit,
            _ => self.curve_row().map_or(Curve::Other, |row| row.1),
        }
    }

    fn curve_row(&self) -> Option<&'static (&'static [u8], Curve, u32)> {
        let named = self.parameters.filter(|parameters| parameters.tag == der::OID)?;
        CURVES.iter().find(|row| row.0 == named.value)
    }
}

/// How many bits a positive INTEGER's contents take.
fn magnitude_bits(value: &[u8]) -> u32 {
    let value = der::magnitude(value);
    let Some(&first) = value.first() else { return 0 };
    let bits = value.len() * 8 - first.leading_zeros() as usize;
    u32::try_from(bits).unwrap_or(u32::MAX)
}
