//! Checking signatures: of certificates and revocation lists by the identifier of their algorithm (RFC 5280 section
//! 4.1.1.2), of handshakes by their scheme (RFC 8446 section 4.2.3).
//!
//! The certificate that signs a handshake is read by this crate's own reader, as HAProxy takes certificates of version
//! 1, which rustls would refuse.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls::SignatureScheme;

use crate::x509::der::{self, Reader};
use crate::x509::{Algorithm, Curve, PublicKey, PublicKeyKind};

/// The kind of key that an algorithm signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignerKind {
    /// RSA, PKCS#1.
    Rsa,
    /// RSA, PSS.
    RsaPss,
    /// ECDSA.
    Ec,
    /// DSA.
    Dsa,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    /// MD5, and what is weaker.
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// A signature's algorithm; `hash` is `None` where it is part of the kind, or told by parameters.
#[derive(Debug, Clone, Copy)]
struct Signing {
    kind: SignerKind,
    hash: Option<Hash>,
}

/// The algorithms, by the contents of their identifiers.
fn signing(oid: &[u8]) -> Option<Signing> {
    let (kind, hash) = match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last] => match last {
            2..=4 => (SignerKind::Rsa, Some(Hash::Md5)),
            5 => (SignerKind::Rsa, Some(Hash::Sha1)),
            10 => (SignerKind::RsaPss, None),
            11 => (SignerKind::Rsa, Some(Hash::Sha256)),
            12 => (SignerKind::Rsa, Some(Hash::Sha384)),
            13 => (SignerKind::Rsa, Some(Hash::Sha512)),
            14 => (SignerKind::Rsa, Some(Hash::Sha224)),
            _ => return None,
        },
        [0x2b, 0x0e, 3, 2, 0x1d] => (SignerKind::Rsa, Some(Hash::Sha1)),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] => (SignerKind::Ec, Some(Hash::Sha1)),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last] => {
            let hash = match last {
                1 => Hash::Sha224,
                2 => Hash::Sha256,
                3 => Hash::Sha384,
                4 => Hash::Sha512,
                _ => return None,
            };
            (SignerKind::Ec, Some(hash))
        }
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3] => (SignerKind::Dsa, Some(Hash::Sha1)),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1] => (SignerKind::Dsa, Some(Hash::Sha224)),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2] => (SignerKind::Dsa, Some(Hash::Sha256)),
        [0x2b, 0x65, 0x70] => (SignerKind::Ed25519, None),
        [0x2b, 0x65, 0x71] => (SignerKind::Ed448, None),
        _ => return None,
    };
    Some(Signing { kind, hash })
}

impl SignerKind {
    /// The kind of key that signs with the algorithm of this identifier.
    pub(super) fn of(oid: &[u8]) -> Option<SignerKind> {
        signing(oid).map(|signing| signing.kind)
    }
}

/// How strong a signature's algorithm is in bits of a symmetric key, as OpenSSL counts for its security levels; `None`
/// for algorithms that it does not know.
pub(super) fn security_bits(algorithm: &Algorithm<'_>) -> Option<u32> {
    let signing = signing(algorithm.oid)?;
    let hash = match signing.kind {
        SignerKind::Ed25519 => return Some(128),
        SignerKind::Ed448 => return Some(224),
        SignerKind::RsaPss => pss_hash(algorithm)?,
        SignerKind::Rsa | SignerKind::Ec | SignerKind::Dsa => signing.hash?,
    };
    Some(match hash {
        Hash::Md5 => 39,
        Hash::Sha1 => 63,
        Hash::Sha224 => 112,
        Hash::Sha256 => 128,
        Hash::Sha384 => 192,
        Hash::Sha512 => 256,
    })
}

/// Whether `signature` over `message` was made by `key` with `algorithm`.
pub(super) fn is_good(
    key: &PublicKey<'_>,
    algorithm: &Algorithm<'_>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    verification(key.kind(), algorithm)
        .is_some_and(|verification| check(verification, key, message, signature))
}

fn check(
    verification: &'static dyn VerificationAlgorithm,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(verification, key.bytes).verify(message, signature).is_ok()
}

/// What checks such a signature with a key of this kind.
fn verification(key: PublicKeyKind, algorithm: &Algorithm<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let signing = signing(algorithm.oid)?;
    match (signing.kind, key) {
        (SignerKind::Rsa, PublicKeyKind::Rsa) => rsa(signing.hash?),
        (SignerKind::RsaPss, PublicKeyKind::Rsa | PublicKeyKind::RsaPss) => rsa_pss(pss_hash(algorithm)?),
        (SignerKind::Ec, PublicKeyKind::Ec(curve)) => ecdsa(curve, signing.hash?),
        (SignerKind::Ed25519, PublicKeyKind::Ed25519) => Some(&signature::ED25519),
        _ => None,
    }
}

fn rsa(hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    // The security level has decided about small keys before.
    Some(match hash {
        Hash::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        Hash::Md5 | Hash::Sha224 => return None,
    })
}

fn rsa_pss(hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match hash {
        Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
        Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
        Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        Hash::Md5 | Hash::Sha1 | Hash::Sha224 => return None,
    })
}

fn ecdsa(curve: Curve, hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, hash) {
        (Curve::P256, Hash::Sha1) => &signature::ECDSA_P256_SHA1_ASN1,
        (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha1) => &signature::ECDSA_P521_SHA1_ASN1,
        (Curve::P521, Hash::Sha224) => &signature::ECDSA_P521_SHA224_ASN1,
        (Curve::P521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
        (Curve::Secp256k1, Hash::Sha256) => &signature::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    })
}

/// The hash of RSASSA-PSS parameters (RFC 4055 section 3.1), which its mask must use as well.
fn pss_hash(algorithm: &Algorithm<'_>) -> Option<Hash> {
    let Some(parameters) = algorithm.parameters.filter(|parameters| parameters.tag == der::SEQUENCE) else {
        return Some(Hash::Sha1);
    };
    let mut parts = parameters.parts();
    let Some(hash) = parts.optional(der::constructed(0))? else { return Some(Hash::Sha1) };
    let hash = hash_of(Reader::new(hash).expect(der::SEQUENCE)?)?;
    let mask = Reader::new(parts.optional(der::constructed(1))??).expect(der::SEQUENCE)?;
    let mut mask = Reader::new(mask);
    let is_mgf1 = mask.expect(der::OID)? == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    (is_mgf1 && hash_of(mask.expect(der::SEQUENCE)?)? == hash).then_some(hash)
}

/// The hash that an AlgorithmIdentifier's contents name.
fn hash_of(contents: &[u8]) -> Option<Hash> {
    match Algorithm::new(contents)?.oid {
        [0x2b, 0x0e, 3, 2, 0x1a] => Some(Hash::Sha1),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => Some(Hash::Sha256),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Some(Hash::Sha384),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Some(Hash::Sha512),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4] => Some(Hash::Sha224),
        _ => None,
    }
}

/// The version of TLS that a handshake is signed for; 1.3 ties ECDSA's hash to the curve and knows no PKCS#1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// Whether `signature` over a handshake's `message` was made by `key` under `scheme`; `None` if such a key does not sign
/// under that scheme in that version.
pub(super) fn is_handshake_good(
    key: &PublicKey<'_>,
    scheme: SignatureScheme,
    protocol: Protocol,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let verification = scheme_verification(key.kind(), scheme, protocol)?;
    Some(check(verification, key, message, signature))
}

fn scheme_verification(
    key: PublicKeyKind,
    scheme: SignatureScheme,
    protocol: Protocol,
) -> Option<&'static dyn VerificationAlgorithm> {
    match (u16::from(scheme), key) {
        (0x0401 | 0x0501 | 0x0601 | 0x0201, _) if protocol == Protocol::Tls13 => None,
        (0x0401, PublicKeyKind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        (0x0501, PublicKeyKind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        (0x0601, PublicKeyKind::Rsa) => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        (0x0804, PublicKeyKind::Rsa) | (0x0809, PublicKeyKind::RsaPss) => rsa_pss(Hash::Sha256),
        (0x0805, PublicKeyKind::Rsa) | (0x080a, PublicKeyKind::RsaPss) => rsa_pss(Hash::Sha384),
        (0x0806, PublicKeyKind::Rsa) | (0x080b, PublicKeyKind::RsaPss) => rsa_pss(Hash::Sha512),
        (0x0403, PublicKeyKind::Ec(curve)) => tied(curve, Curve::P256, Hash::Sha256, protocol),
        (0x0503, PublicKeyKind::Ec(curve)) => tied(curve, Curve::P384, Hash::Sha384, protocol),
        (0x0603, PublicKeyKind::Ec(curve)) => tied(curve, Curve::P521, Hash::Sha512, protocol),
        (0x0807, PublicKeyKind::Ed25519) => Some(&signature::ED25519),
        _ => None,
    }
}

/// ECDSA with a key on `curve`, where the scheme names `own`.
fn tied(
    curve: Curve,
    own: Curve,
    hash: Hash,
    protocol: Protocol,
) -> Option<&'static dyn VerificationAlgorithm> {
    let is_allowed = match protocol {
        Protocol::Tls12 => matches!(curve, Curve::P256 | Curve::P384 | Curve::P521),
        Protocol::Tls13 => curve == own,
    };
    if is_allowed { ecdsa(curve, hash) } else { None }
}
