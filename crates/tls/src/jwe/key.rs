//! The keys that tokens are decrypted with (RFC 7518 chapter 6; RFC 8017 appendix A.1.2 for RSA's).

use aws_lc_rs::agreement;
use aws_lc_rs::rsa::PrivateDecryptingKey;

use crate::store::element;
use crate::x509::der;

/// A curve that keys are agreed upon on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// `P-256`.
    P256,
    /// `P-384`.
    P384,
    /// `P-521`.
    P521,
}

impl Curve {
    /// The curve of this name.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Curve> {
        match name {
            b"P-256" => Some(Curve::P256),
            b"P-384" => Some(Curve::P384),
            b"P-521" => Some(Curve::P521),
            _ => None,
        }
    }

    pub(super) fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Curve::P256 => &agreement::ECDH_P256,
            Curve::P384 => &agreement::ECDH_P384,
            Curve::P521 => &agreement::ECDH_P521,
        }
    }

    /// Bytes of a coordinate.
    pub(super) fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// A point on a curve: its coordinates, as long as they are in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The curve.
    pub curve: Curve,
    /// The first coordinate.
    pub x: Vec<u8>,
    /// The second one.
    pub y: Vec<u8>,
}

impl Point {
    /// It as SEC 1 writes it, uncompressed.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let size = self.curve.size();
        let mut bytes = vec![4];
        bytes.extend(padded(&self.x, size)?);
        bytes.extend(padded(&self.y, size)?);
        Some(bytes)
    }
}

/// A number with zeros before it.
pub(super) fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = &number[zeros..];
    let mut bytes = vec![0; size.checked_sub(number.len())?];
    bytes.extend_from_slice(number);
    Some(bytes)
}

/// A key that tokens are decrypted with.
pub enum Key {
    /// A secret that both sides have.
    Secret(Vec<u8>),
    /// An RSA key.
    Rsa(Box<PrivateDecryptingKey>),
    /// A key on a curve.
    Curve(Curve, Box<agreement::PrivateKey>),
}

/// Tells nothing of the key.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Key::Secret(_) => "Key::Secret",
            Key::Rsa(_) => "Key::Rsa",
            Key::Curve(..) => "Key::Curve",
        })
    }
}

/// The numbers of an RSA key (RFC 7518 section 6.3), big-endian.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub struct RsaNumbers {
    pub n: Vec<u8>,
    pub e: Vec<u8>,
    pub d: Vec<u8>,
    pub p: Vec<u8>,
    pub q: Vec<u8>,
    pub dp: Vec<u8>,
    pub dq: Vec<u8>,
    pub qi: Vec<u8>,
}

/// `rsaEncryption` as an algorithm.
const RSA: &[u8] = &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0];

impl Key {
    /// An RSA key of its numbers.
    #[must_use]
    pub fn of_rsa_numbers(numbers: &RsaNumbers) -> Option<Key> {
        let RsaNumbers { n, e, d, p, q, dp, dq, qi } = numbers;
        let mut parts = vec![vec![der::INTEGER, 1, 0]];
        parts.extend([n, e, d, p, q, dp, dq, qi].map(|number| integer(number)));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Key::of_rsa(&element(der::SEQUENCE, &parts))
    }

    /// An RSA key of an RSAPrivateKey (RFC 8017 appendix A.1.2).
    fn of_rsa(pkcs1: &[u8]) -> Option<Key> {
        let key = element(der::OCTET_STRING, &[pkcs1]);
        Key::of_pkcs8(&element(der::SEQUENCE, &[&[der::INTEGER, 1, 0], RSA, &key]))
    }

    fn of_pkcs8(pkcs8: &[u8]) -> Option<Key> {
        Some(Key::Rsa(Box::new(PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?)))
    }

    /// A key on a curve of its number.
    #[must_use]
    pub fn of_curve(curve: Curve, number: &[u8]) -> Option<Key> {
        let number = padded(number, curve.size())?;
        let key = agreement::PrivateKey::from_private_key(curve.algorithm(), &number).ok()?;
        Some(Key::Curve(curve, Box::new(key)))
    }

    /// The key of a certificate.
    pub(crate) fn of_block(block: &crate::load::pem::Block) -> Option<Key> {
        let on_curve = |der: &[u8]| {
            [Curve::P256, Curve::P384, Curve::P521].into_iter().find_map(|curve| {
                let key = agreement::PrivateKey::from_private_key_der(curve.algorithm(), der).ok()?;
                Some(Key::Curve(curve, Box::new(key)))
            })
        };
        match &*block.label {
            "RSA PRIVATE KEY" => Key::of_rsa(&block.der),
            "EC PRIVATE KEY" => on_curve(&block.der),
            _ => Key::of_pkcs8(&block.der).or_else(|| on_curve(&block.der)),
        }
    }
}

/// A positive INTEGER.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = &number[zeros..];
    let sign: &[u8] = if number.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    element(der::INTEGER, &[sign, number])
}
