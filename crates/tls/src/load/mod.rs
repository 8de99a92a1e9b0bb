//! Certificates and keys from files.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

/// The kind of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// ECDSA on P-256, P-384 or P-521.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

/// A certificate with its chain and its key.
#[derive(Debug)]
pub struct KeyPair {
    /// The file that it was read from, or what it was made for.
    pub path: Box<str>,
    /// Its chain, its own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: Arc<dyn rustls::sign::SigningKey>,
    /// The key's kind.
    pub kind: KeyKind,
    /// The names that it is for, in lower case: DNS names of the SAN, and the common name. `*.` stands as it is.
    pub names: Vec<Box<str>>,
    /// An OCSP answer to be stapled, DER.
    pub ocsp: Option<Vec<u8>>,
    /// A list of signed certificate timestamps (RFC 6962 section 3.3).
    pub sctl: Option<Vec<u8>>,
    /// When it begins to be valid, seconds since 1970.
    pub not_before: i64,
    /// When it ends, seconds since 1970.
    pub not_after: i64,
}

/// What a certificate is used for on a `bind` line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The certificate.
    pub pair: Arc<KeyPair>,
    /// Host names that it answers for (`*.` and a leading `!` understood); empty: its own names.
    pub filters: Vec<Box<str>>,
    /// How.
    pub options: Arc<crate::options::HostOptions>,
    /// `default-crt`: it answers for hosts that no other does.
    pub is_default: bool,
}
