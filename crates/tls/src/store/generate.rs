//! `generate-certificates` (configuration manual, chapter 5.1): certificates made for hosts that there is none for,
//! signed by `ca-sign-file`.
//!
//! As with HAProxy, a made certificate has the key of the default one; its subject is its issuer's with the host's name
//! as one more common name (if that has at most 64 characters), and the host stands as a DNS name in it.

use std::sync::Arc;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm};
use parking_lot::Mutex;
use rustls::SignatureScheme;
use rustls::sign::SigningKey;
use rustls_pki_types::CertificateDer;

use super::lru::Lru;
use super::tbs::{Tbs, element};
use crate::load::{Certificate, KeyPair, LoadError, Source};

/// How many certificates are kept (`tune.ssl.ssl-ctx-cache-size`) unless something else is said.
pub const CACHE_MAX_DEFAULT: usize = 1000;

const DAY: i64 = 24 * 3600;
/// How long a certificate is valid, from a day before it is made.
const VALID_DAYS: i64 = 365;

/// `ecdsa-with-SHA256`, 1.2.840.10045.4.3.2.
const ECDSA_SHA256: &[u8] = &[0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// `sha256WithRSAEncryption`, 1.2.840.113549.1.1.11.
const RSA_SHA256: &[u8] = &[0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0];
/// `id-Ed25519`, 1.3.101.112.
const ED25519: &[u8] = &[0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70];

/// Makes certificates for host names and keeps those that were used last, as what the caller makes of them: `M`.
#[derive(Debug)]
pub struct Generator<M> {
    /// The signer's certificate and chain: what follows a made certificate.
    chain: Vec<CertificateDer<'static>>,
    signer: Signer,
    /// The default certificate, whose key is used.
    base: Arc<KeyPair>,
    made: Mutex<Lru<M>>,
}

/// A key that signs certificates.
#[derive(Debug)]
enum Signer {
    /// ECDSA, and the hash function that the library would use on this curve.
    Ecdsa(EcdsaKeyPair, &'static digest::Algorithm),
    /// RSA or Ed25519.
    Other(Arc<dyn SigningKey>, SignatureScheme, &'static [u8]),
}

impl<M: Clone> Generator<M> {
    /// Certificates signed by `signer`, the PEM of a certificate and its key (`ca-sign-file`), with the key of `base`;
    /// `made_max` of them are kept, none if it is 0.
    ///
    /// # Errors
    /// The signer's certificate or key is of no use.
    pub fn new(signer: &[u8], base: Arc<KeyPair>, made_max: usize) -> Result<Generator<M>, LoadError> {
        let path = "ca-sign-file";
        let pair = KeyPair::from_pem(path, signer)?;
        let signer = match pair.kind {
            crate::load::KeyKind::Ecdsa => Signer::ecdsa(signer)?,
            crate::load::KeyKind::Rsa => {
                Signer::Other(pair.key, SignatureScheme::RSA_PKCS1_SHA256, RSA_SHA256)
            }
            crate::load::KeyKind::Ed25519 => Signer::Other(pair.key, SignatureScheme::ED25519, ED25519),
        };
        Ok(Generator { chain: pair.chain, signer, base, made: Mutex::new(Lru::new(made_max)) })
    }

    /// What is kept for a host name as a client sent it: `keep` makes it of a new certificate if there is nothing yet.
    /// `now` is in seconds since 1970.
    ///
    /// Nothing for a name that is none: empty, or with other characters than letters, digits, hyphens and dots.
    #[must_use]
    pub fn get(&self, host: &str, now: i64, keep: impl FnOnce(Arc<KeyPair>) -> M) -> Option<M> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if host.is_empty() || host.len() > super::NAME_BYTES_MAX || !host.bytes().all(is_name) {
            return None;
        }
        let host = host.to_ascii_lowercase();
        if let Some(kept) = self.made.lock().get(&host) {
            return Some(kept);
        }
        // Two that ask at once may both make one; the later stays.
        let made = keep(Arc::new(self.make(&host, now)?));
        self.made.lock().insert(&host, made.clone());
        Some(made)
    }

    fn make(&self, host: &str, now: i64) -> Option<KeyPair> {
        let issuer = Certificate::parse(self.chain.first()?).ok()?;
        let own = Certificate::parse(self.base.chain.first()?).ok()?;
        let (not_before, not_after) = (now - DAY, now + VALID_DAYS * DAY);
        let mut serial = [0; 8];
        aws_lc_rs::rand::fill(&mut serial).ok()?;
        // Positive, and no zero byte first.
        serial[0] = serial[0] & 0x3f | 0x40;
        let issuer_hash = key_id(&issuer);
        let tbs = Tbs {
            serial,
            signature: self.signer.algorithm(),
            issuer: issuer.subject(),
            issuer_key_id: issuer.key_id().unwrap_or(issuer_hash.as_ref()),
            not_before,
            not_after,
            key_info: own.key_info(),
            key_id: key_id(&own).as_ref(),
            host,
        }
        .der();
        let signature = self.signer.sign(&tbs)?;
        let der = element(0x30, &[&tbs, self.signer.algorithm(), &element(0x03, &[&[0], &signature])]);
        let mut chain = vec![CertificateDer::from(der)];
        chain.extend_from_slice(&self.chain);
        Some(KeyPair {
            name: format!("generated for {host}").into(),
            path: format!("generated for {host}").into(),
            chain,
            key: self.base.key.clone(),
            kind: self.base.kind,
            names: vec![host.into()],
            ocsp: None,
            sctl: None,
            not_before,
            not_after,
            source: Source::default(),
        })
    }
}

/// The usual identifier of a certificate's key (RFC 5280 section 4.2.1.2).
fn key_id(certificate: &Certificate<'_>) -> Digest {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.key_bits())
}

impl Signer {
    /// The key of a PEM text that is known to have one for ECDSA.
    fn ecdsa(pem: &[u8]) -> Result<Signer, LoadError> {
        let curves: [(&'static EcdsaSigningAlgorithm, &'static digest::Algorithm); 3] = [
            (&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &digest::SHA256),
            (&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &digest::SHA384),
            (&signature::ECDSA_P521_SHA512_ASN1_SIGNING, &digest::SHA512),
        ];
        let path = "ca-sign-file";
        let block = crate::load::key_block(path, pem)?;
        let key = curves.into_iter().find_map(|(curve, hash)| {
            let key = EcdsaKeyPair::from_private_key_der(curve, &block.der).ok()?;
            Some(Signer::Ecdsa(key, hash))
        });
        key.ok_or_else(|| LoadError::BadKey {
            path: path.into(),
            line: block.line,
            reason: "it is damaged".into(),
        })
    }

    /// `AlgorithmIdentifier`, DER.
    fn algorithm(&self) -> &'static [u8] {
        match self {
            Signer::Ecdsa(..) => ECDSA_SHA256,
            Signer::Other(_, _, algorithm) => algorithm,
        }
    }

    /// A signature, as it stands in a certificate.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Signer::Ecdsa(key, hash) => {
                // SHA-256 on every curve, as HAProxy does. The library ties a curve to its hash function, but what is
                // signed is a number (FIPS 186-5 section 6.4.1), and zeroes before it do not change it.
                let short = digest::digest(&digest::SHA256, message);
                let mut padded = vec![0; hash.output_len()];
                let start = padded.len().checked_sub(short.as_ref().len())?;
                padded[start..].copy_from_slice(short.as_ref());
                let digest = Digest::import_less_safe(&padded, hash).ok()?;
                key.sign_digest(&digest).ok().map(|signature| signature.as_ref().to_vec())
            }
            Signer::Other(key, scheme, _) => key.choose_scheme(&[*scheme])?.sign(message).ok(),
        }
    }
}
