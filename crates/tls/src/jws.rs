//! Signatures of JSON Web Tokens (RFC 7518 section 3.1; `jwt_verify`, `jwt_verify_cert`).

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use crate::load::pem;
use crate::x509::Cert;

/// The hash under a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `none`: not at all.
    None,
    /// `HS256` and its like: HMAC, with a secret.
    Hmac(Hash),
    /// `RS256` and its like: RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// `PS256` and its like: RSASSA-PSS.
    RsaPss(Hash),
    /// `ES256` and its like: ECDSA, on P-256, P-384 and P-521.
    Ecdsa(Hash),
}

impl Algorithm {
    /// The algorithm of this name; capitals matter.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Algorithm> {
        if name == b"none" {
            return Some(Algorithm::None);
        }
        let (family, hash) = name.split_at_checked(2)?;
        let hash = match hash {
            b"256" => Hash::Sha256,
            b"384" => Hash::Sha384,
            b"512" => Hash::Sha512,
            _ => return None,
        };
        match family {
            b"HS" => Some(Algorithm::Hmac(hash)),
            b"RS" => Some(Algorithm::Rsa(hash)),
            b"PS" => Some(Algorithm::RsaPss(hash)),
            b"ES" => Some(Algorithm::Ecdsa(hash)),
            _ => None,
        }
    }

    /// How a signature made with a private key is verified; `None`: there is no such key.
    fn verification(self) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match self {
            Algorithm::None | Algorithm::Hmac(_) => return None,
            Algorithm::Rsa(Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rsa(Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rsa(Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
            Algorithm::RsaPss(Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::RsaPss(Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
            Algorithm::RsaPss(Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
            Algorithm::Ecdsa(Hash::Sha256) => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::Ecdsa(Hash::Sha384) => &signature::ECDSA_P384_SHA384_FIXED,
            Algorithm::Ecdsa(Hash::Sha512) => &signature::ECDSA_P521_SHA512_FIXED,
        })
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// A SubjectPublicKeyInfo, or an RSAPublicKey (PKCS #1).
    der: Box<[u8]>,
}

impl PublicKey {
    /// The first public key of a PEM file: `PUBLIC KEY` or `RSA PUBLIC KEY`.
    #[must_use]
    pub fn from_pem(text: &[u8]) -> Option<PublicKey> {
        let blocks = pem::parse(text).ok()?;
        let is_key = |block: &pem::Block| matches!(&*block.label, "PUBLIC KEY" | "RSA PUBLIC KEY");
        let block = blocks.into_iter().find(is_key)?;
        Some(PublicKey { der: block.der.into() })
    }

    /// The key of the first certificate of a PEM file.
    #[must_use]
    pub fn of_certificate(text: &[u8]) -> Option<PublicKey> {
        let blocks = pem::parse(text).ok()?;
        let block = blocks.iter().find(|block| &*block.label == "CERTIFICATE")?;
        Some(PublicKey { der: Cert::parse(&block.der)?.public_key().info.into() })
    }

    /// The key of a certificate, DER.
    #[must_use]
    pub fn of_certificate_der(der: &[u8]) -> Option<PublicKey> {
        Some(PublicKey { der: Cert::parse(der)?.public_key().info.into() })
    }

    /// Whether `signature` was made over `message` with the private key; never under an algorithm without one.
    #[must_use]
    pub fn is_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        algorithm.verification().is_some_and(|algorithm| {
            UnparsedPublicKey::new(algorithm, &self.der).verify(message, signature).is_ok()
        })
    }
}

/// Whether `tag` is the HMAC of `message` with `secret`; compared in a time that does not depend on it.
#[must_use]
pub fn is_authentic(hash: Hash, secret: &[u8], message: &[u8], tag: &[u8]) -> bool {
    let algorithm = match hash {
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha384 => hmac::HMAC_SHA384,
        Hash::Sha512 => hmac::HMAC_SHA512,
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), message, tag).is_ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair, RsaKeyPair};
    use base64::Engine;

    use super::*;

    fn pem(label: &str, der: &[u8]) -> Vec<u8> {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n").into_bytes()
    }

    #[test]
    fn names() {
        assert_eq!(Algorithm::named(b"ES384"), Some(Algorithm::Ecdsa(Hash::Sha384)));
        assert_eq!(Algorithm::named(b"none"), Some(Algorithm::None));
        for name in [&b"hs256"[..], b"HS25", b"HS2566", b"", b"XX256"] {
            assert_eq!(Algorithm::named(name), None);
        }
    }

    #[test]
    fn signatures_of_rsa_keys_in_both_forms() {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let mut signed = vec![0; key.public_modulus_len()];
        let info = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(key.public_key()).unwrap();
        let keys = [
            PublicKey::from_pem(&pem("PUBLIC KEY", info.as_ref())).unwrap(),
            PublicKey::from_pem(&pem("RSA PUBLIC KEY", key.public_key().as_ref())).unwrap(),
        ];
        key.sign(&signature::RSA_PKCS1_SHA384, &SystemRandom::new(), b"message", &mut signed).unwrap();
        for public in &keys {
            assert!(public.is_signed(Algorithm::Rsa(Hash::Sha384), b"message", &signed));
            assert!(!public.is_signed(Algorithm::Rsa(Hash::Sha256), b"message", &signed));
            assert!(!public.is_signed(Algorithm::RsaPss(Hash::Sha384), b"message", &signed));
            assert!(!public.is_signed(Algorithm::Rsa(Hash::Sha384), b"massage", &signed));
            assert!(!public.is_signed(Algorithm::None, b"message", b""));
        }
        key.sign(&signature::RSA_PSS_SHA512, &SystemRandom::new(), b"message", &mut signed).unwrap();
        assert!(keys[0].is_signed(Algorithm::RsaPss(Hash::Sha512), b"message", &signed));
    }

    #[test]
    fn signatures_on_curves() {
        for (hash, signing) in [
            (Hash::Sha256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            (Hash::Sha384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            (Hash::Sha512, &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        ] {
            let key = EcdsaKeyPair::generate(signing).unwrap();
            let signed = key.sign(&SystemRandom::new(), b"message").unwrap();
            let info = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(key.public_key()).unwrap();
            let public = PublicKey::from_pem(&pem("PUBLIC KEY", info.as_ref())).unwrap();
            assert!(public.is_signed(Algorithm::Ecdsa(hash), b"message", signed.as_ref()), "{hash:?}");
            assert!(!public.is_signed(Algorithm::Ecdsa(hash), b"massage", signed.as_ref()), "{hash:?}");
            assert!(!public.is_signed(Algorithm::Rsa(hash), b"message", signed.as_ref()), "{hash:?}");
        }
    }

    #[test]
    fn secrets() {
        let key = hmac::Key::new(hmac::HMAC_SHA512, b"secret");
        let tag = hmac::sign(&key, b"message");
        assert!(is_authentic(Hash::Sha512, b"secret", b"message", tag.as_ref()));
        assert!(!is_authentic(Hash::Sha512, b"secret!", b"message", tag.as_ref()));
        assert!(!is_authentic(Hash::Sha256, b"secret", b"message", tag.as_ref()));
    }

    #[test]
    fn keys_of_certificates() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let of_certificate = PublicKey::of_certificate(certificate.pem().as_bytes()).unwrap();
        assert_eq!(PublicKey::from_pem(key.public_key_pem().as_bytes()), Some(of_certificate));
        assert_eq!(PublicKey::from_pem(certificate.pem().as_bytes()), None);
        assert_eq!(PublicKey::of_certificate(b"nothing"), None);
    }
}
