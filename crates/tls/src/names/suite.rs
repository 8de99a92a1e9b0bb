//! What a cipher suite is made of: the properties that OpenSSL's cipher lists select by.

use crate::version::Version;

/// How keys are exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Negotiated apart (TLS 1.3).
    Any,
    /// Ephemeral Diffie-Hellman on curves.
    Ecdhe,
    /// Ephemeral Diffie-Hellman.
    Dhe,
    /// Encrypted with the certificate's RSA key.
    Rsa,
    /// A key known to both sides.
    Psk,
    /// Such a key and `Ecdhe`.
    EcdhePsk,
    /// Such a key and `Dhe`.
    DhePsk,
    /// Such a key and `Rsa`.
    RsaPsk,
    /// A password (RFC 5054).
    Srp,
}

/// How the server proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Negotiated apart (TLS 1.3).
    Any,
    /// A certificate with an ECDSA or EdDSA key.
    Ecdsa,
    /// A certificate with an RSA key.
    Rsa,
    /// A certificate with a DSA key.
    Dss,
    /// Not at all.
    None,
    /// A key known to both sides.
    Psk,
    /// A password.
    Srp,
}

/// How data are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it: algorithm, bits of the key, mode where it is not CBC")]
pub enum Encryption {
    Aes256Gcm,
    Aes128Gcm,
    Aes256Ccm,
    Aes128Ccm,
    Aes256Ccm8,
    Aes128Ccm8,
    Aria256Gcm,
    Aria128Gcm,
    ChaCha20,
    Aes256,
    Aes128,
    Camellia256,
    Camellia128,
    Seed,
    Idea,
    TripleDes,
    Des,
    Rc4,
    Null,
}

impl Encryption {
    /// The bits of its key, and how many of them count against an attacker.
    #[must_use]
    pub const fn bits(self) -> (u16, u16) {
        match self {
            Encryption::Aes256Gcm
            | Encryption::Aes256Ccm
            | Encryption::Aes256Ccm8
            | Encryption::Aria256Gcm
            | Encryption::ChaCha20
            | Encryption::Aes256
            | Encryption::Camellia256 => (256, 256),
            Encryption::Aes128Gcm
            | Encryption::Aes128Ccm
            | Encryption::Aes128Ccm8
            | Encryption::Aria128Gcm
            | Encryption::Aes128
            | Encryption::Camellia128
            | Encryption::Seed
            | Encryption::Idea
            | Encryption::Rc4 => (128, 128),
            Encryption::TripleDes => (168, 112),
            Encryption::Des => (56, 56),
            Encryption::Null => (0, 0),
        }
    }
}

/// How data are protected against changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mac {
    /// By the encryption itself.
    Aead,
    /// HMAC with MD5.
    Md5,
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-384.
    Sha384,
}

/// What OpenSSL thinks of a suite's strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `HIGH`.
    High,
    /// `MEDIUM`.
    Medium,
    /// `LOW`.
    Low,
    /// No encryption.
    None,
}

/// A cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// Its number in the registry of IANA and on the wire.
    pub iana: u16,
    /// OpenSSL's name.
    pub openssl_name: &'static str,
    /// IANA's name.
    pub iana_name: &'static str,
    /// The first version that has it.
    pub version: Version,
    /// How keys are exchanged.
    pub exchange: Exchange,
    /// How the server proves who it is.
    pub authentication: Authentication,
    /// How data are encrypted.
    pub encryption: Encryption,
    /// How data are protected against changes.
    pub mac: Mac,
    /// Bits of the key (`ssl_fc_alg_keysize`).
    pub algorithm_bits: u16,
    /// How many of them count (`ssl_fc_use_keysize`).
    pub use_bits: u16,
    /// Whether OpenSSL's `DEFAULT` contains it.
    pub is_default: bool,
    /// Whether OpenSSL's `FIPS` contains it.
    pub is_fips: bool,
}

impl Suite {
    #[expect(clippy::too_many_arguments, reason = "a row of the table, each value of another type")]
    pub(super) const fn row(
        iana: u16,
        openssl_name: &'static str,
        iana_name: &'static str,
        version: Version,
        exchange: Exchange,
        authentication: Authentication,
        encryption: Encryption,
        mac: Mac,
        is_default: bool,
        is_fips: bool,
    ) -> Suite {
        let (algorithm_bits, use_bits) = encryption.bits();
        Suite {
            iana,
            openssl_name,
            iana_name,
            version,
            exchange,
            authentication,
            encryption,
            mac,
            algorithm_bits,
            use_bits,
            is_default,
            is_fips,
        }
    }

    /// What OpenSSL thinks of its strength.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.use_bits {
            0 => Class::None,
            1..100 => Class::Low,
            _ => match self.encryption {
                Encryption::TripleDes | Encryption::Rc4 | Encryption::Seed | Encryption::Idea => {
                    Class::Medium
                }
                Encryption::Aes256Gcm
                | Encryption::Aes128Gcm
                | Encryption::Aes256Ccm
                | Encryption::Aes128Ccm
                | Encryption::Aes256Ccm8
                | Encryption::Aes128Ccm8
                | Encryption::Aria256Gcm
                | Encryption::Aria128Gcm
                | Encryption::ChaCha20
                | Encryption::Aes256
                | Encryption::Aes128
                | Encryption::Camellia256
                | Encryption::Camellia128
                | Encryption::Des
                | Encryption::Null => Class::High,
            },
        }
    }
}
