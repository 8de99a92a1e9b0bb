//! Private keys: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC 1 (RFC 5915), as rustls signs with them.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign;
use rustls::sign::SigningKey;
use rustls_pki_types::PrivateKeyDer;

use super::KeyKind;
use super::certificate::{self, Certificate};
use super::der::{BITS, Der, INTEGER, OID, SEQUENCE};
use super::pem::{Block, Encryption};

/// A block that is a private key, of whatever kind.
pub(crate) fn is_key(block: &Block) -> bool {
    &*block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY")
}

/// Whether it takes a passphrase to read it.
pub(crate) fn is_encrypted(block: &Block) -> bool {
    block.encryption == Encryption::Passphrase || &*block.label == "ENCRYPTED PRIVATE KEY"
}

/// The key of a block, in the form that libraries take.
///
/// # Errors
/// It is of a kind that is not spoken.
pub(crate) fn der(block: &Block) -> Result<PrivateKeyDer<'_>, Box<str>> {
    match &*block.label {
        "PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs8(block.der.as_slice().into())),
        "RSA PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs1(block.der.as_slice().into())),
        "EC PRIVATE KEY" => Ok(PrivateKeyDer::Sec1(block.der.as_slice().into())),
        other => Err(format!("'{other}' is not supported, only RSA, ECDSA and Ed25519 keys are").into()),
    }
}

/// A key to sign with.
///
/// # Errors
/// It is broken, too short, or of a kind or on a curve that is not spoken.
pub(crate) fn signing_key(block: &Block) -> Result<Arc<dyn SigningKey>, Box<str>> {
    let key = der(block)?;
    match &key {
        PrivateKeyDer::Pkcs1(_) => rsa(&key),
        PrivateKeyDer::Sec1(_) => ecdsa(&key),
        PrivateKeyDer::Pkcs8(pkcs8) => match algorithm(&block.der) {
            Some(certificate::RSA) => rsa(&key),
            Some(certificate::EC) => ecdsa(&key),
            Some(certificate::ED25519) => sign::any_eddsa_type(pkcs8).map_err(|_| "it is damaged".into()),
            Some(_) => Err("its kind is not supported, only RSA, ECDSA and Ed25519 are".into()),
            None => Err("it is damaged".into()),
        },
        _ => Err("its format is unknown".into()),
    }
}

/// The algorithm of a PKCS#8 key, as the bytes of its object identifier.
fn algorithm(pkcs8: &[u8]) -> Option<&[u8]> {
    let mut info = Der::new(pkcs8).enter(SEQUENCE)?;
    info.take(INTEGER)?;
    info.enter(SEQUENCE)?.take(OID)
}

fn rsa(key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, Box<str>> {
    match sign::RsaSigningKey::new(key) {
        Ok(key) => Ok(Arc::new(key)),
        Err(error) if error.to_string().contains("TooSmall") => {
            Err("RSA keys shorter than 2048 bits are not supported".into())
        }
        Err(error) if error.to_string().contains("TooLarge") => {
            Err("RSA keys longer than 8192 bits are not supported".into())
        }
        Err(_) => Err("it is damaged".into()),
    }
}

fn ecdsa(key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, Box<str>> {
    sign::any_ecdsa_type(key)
        .map_err(|_| "it is damaged, or on another curve than P-256, P-384 and P-521".into())
}

/// Whether a key is that of a certificate.
pub(crate) fn is_of(key: &dyn SigningKey, certificate: &Certificate<'_>) -> bool {
    let info = key.public_key();
    let bits = info.as_ref().and_then(|info| {
        let mut info = Der::new(info).enter(SEQUENCE)?;
        info.take(SEQUENCE)?;
        info.take(BITS)?.get(1..)
    });
    let Some(bits) = bits else {
        return false;
    };
    match certificate.key_bits() {
        // A point on a curve, compressed: the sign of y, and x.
        [sign @ (2 | 3), x @ ..] if bits.len() == 1 + 2 * x.len() => {
            let is_odd = bits.last().is_some_and(|last| last & 1 == 1);
            bits[1..].starts_with(x) && (*sign == 3) == is_odd
        }
        certified => certified == bits,
    }
}

/// What kind a key is.
pub(crate) fn kind(key: &dyn SigningKey) -> KeyKind {
    let algorithm = key.algorithm();
    if algorithm == rustls::SignatureAlgorithm::RSA {
        KeyKind::Rsa
    } else if algorithm == rustls::SignatureAlgorithm::ED25519 {
        KeyKind::Ed25519
    } else {
        // `signing_key` makes no others.
        KeyKind::Ecdsa
    }
}
