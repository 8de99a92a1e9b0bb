//! The words by which OpenSSL's cipher lists select suites (its `ciphers` manual page, "CIPHER STRINGS").

use super::suite::{Authentication as A, Class, Encryption as E, Exchange as K, Mac as M, Suite};
use crate::version::Version;

/// Whether a word means a suite.
pub(super) type Selects = fn(&Suite) -> bool;

/// What `word` selects: one suite by its name, or a class; `None`: OpenSSL does not know it either.
pub(super) fn matches(word: &str) -> Option<Match> {
    let class = CLASSES.iter().find(|(name, _)| *name == word).map(|(_, selects)| Match::Class(*selects));
    class.or_else(|| super::suites::named(word).map(|suite| Match::Suite(suite.iana)))
}

/// What a word selects.
#[derive(Debug, Clone, Copy)]
pub(super) enum Match {
    /// The suite of this number.
    Suite(u16),
    /// All for which this holds.
    Class(Selects),
}

impl Match {
    /// Whether it selects `suite`.
    pub(super) fn selects(self, suite: &Suite) -> bool {
        match self {
            Match::Suite(iana) => suite.iana == iana,
            Match::Class(selects) => selects(suite),
        }
    }
}

static CLASSES: &[(&str, Selects)] = &[
    ("ALL", |suite| suite.encryption != E::Null),
    ("COMPLEMENTOFALL", |suite| suite.encryption == E::Null),
    ("COMPLEMENTOFDEFAULT", |suite| suite.encryption != E::Null && !suite.is_default),
    // Key exchange alone.
    ("kRSA", |suite| suite.exchange == K::Rsa),
    ("kEDH", |suite| suite.exchange == K::Dhe),
    ("kDHE", |suite| suite.exchange == K::Dhe),
    ("DH", |suite| suite.exchange == K::Dhe),
    ("kEECDH", |suite| suite.exchange == K::Ecdhe),
    ("kECDHE", |suite| suite.exchange == K::Ecdhe),
    ("ECDH", |suite| suite.exchange == K::Ecdhe),
    ("kPSK", |suite| suite.exchange == K::Psk),
    ("kRSAPSK", |suite| suite.exchange == K::RsaPsk),
    ("kECDHEPSK", |suite| suite.exchange == K::EcdhePsk),
    ("kDHEPSK", |suite| suite.exchange == K::DhePsk),
    ("kSRP", |suite| suite.exchange == K::Srp),
    // Authentication alone.
    ("aRSA", |suite| suite.authentication == A::Rsa),
    ("aDSS", |suite| suite.authentication == A::Dss),
    ("DSS", |suite| suite.authentication == A::Dss),
    ("aECDSA", |suite| suite.authentication == A::Ecdsa),
    ("ECDSA", |suite| suite.authentication == A::Ecdsa),
    ("aPSK", |suite| suite.authentication == A::Psk),
    ("aSRP", |suite| suite.authentication == A::Srp),
    ("aNULL", |suite| suite.authentication == A::None),
    // Both.
    ("EDH", |suite| suite.exchange == K::Dhe && suite.authentication != A::None),
    ("DHE", |suite| suite.exchange == K::Dhe && suite.authentication != A::None),
    ("EECDH", |suite| suite.exchange == K::Ecdhe && suite.authentication != A::None),
    ("ECDHE", |suite| suite.exchange == K::Ecdhe && suite.authentication != A::None),
    ("RSA", |suite| suite.exchange == K::Rsa && suite.authentication == A::Rsa),
    ("ADH", |suite| suite.exchange == K::Dhe && suite.authentication == A::None),
    ("AECDH", |suite| suite.exchange == K::Ecdhe && suite.authentication == A::None),
    ("PSK", |suite| matches!(suite.exchange, K::Psk | K::RsaPsk | K::EcdhePsk | K::DhePsk)),
    ("SRP", |suite| suite.exchange == K::Srp),
    // Encryption.
    ("AES128", |suite| matches!(suite.encryption, E::Aes128 | E::Aes128Gcm | E::Aes128Ccm | E::Aes128Ccm8)),
    ("AES256", |suite| matches!(suite.encryption, E::Aes256 | E::Aes256Gcm | E::Aes256Ccm | E::Aes256Ccm8)),
    ("AES", |suite| {
        matches!(suite.encryption, E::Aes128 | E::Aes128Gcm | E::Aes128Ccm | E::Aes128Ccm8)
            || matches!(suite.encryption, E::Aes256 | E::Aes256Gcm | E::Aes256Ccm | E::Aes256Ccm8)
    }),
    ("AESGCM", |suite| matches!(suite.encryption, E::Aes128Gcm | E::Aes256Gcm)),
    ("AESCCM", |suite| {
        matches!(suite.encryption, E::Aes128Ccm | E::Aes256Ccm | E::Aes128Ccm8 | E::Aes256Ccm8)
    }),
    ("AESCCM8", |suite| matches!(suite.encryption, E::Aes128Ccm8 | E::Aes256Ccm8)),
    ("ARIA128", |suite| suite.encryption == E::Aria128Gcm),
    ("ARIA256", |suite| suite.encryption == E::Aria256Gcm),
    ("ARIA", |suite| matches!(suite.encryption, E::Aria128Gcm | E::Aria256Gcm)),
    ("ARIAGCM", |suite| matches!(suite.encryption, E::Aria128Gcm | E::Aria256Gcm)),
    ("CAMELLIA128", |suite| suite.encryption == E::Camellia128),
    ("CAMELLIA256", |suite| suite.encryption == E::Camellia256),
    ("CAMELLIA", |suite| matches!(suite.encryption, E::Camellia128 | E::Camellia256)),
    ("CHACHA20", |suite| suite.encryption == E::ChaCha20),
    ("SEED", |suite| suite.encryption == E::Seed),
    ("IDEA", |suite| suite.encryption == E::Idea),
    ("3DES", |suite| suite.encryption == E::TripleDes),
    ("DES", |suite| suite.encryption == E::Des),
    ("RC4", |suite| suite.encryption == E::Rc4),
    ("eNULL", |suite| suite.encryption == E::Null),
    ("NULL", |suite| suite.encryption == E::Null),
    ("CBC", |suite| suite.mac != M::Aead && !matches!(suite.encryption, E::Null | E::Rc4)),
    // Digests.
    ("MD5", |suite| suite.mac == M::Md5),
    ("SHA1", |suite| suite.mac == M::Sha1),
    ("SHA", |suite| suite.mac == M::Sha1),
    ("SHA256", |suite| suite.mac == M::Sha256),
    ("SHA384", |suite| suite.mac == M::Sha384),
    // Versions and strength.
    ("SSLv3", |suite| suite.version == Version::Ssl3),
    ("TLSv1", |suite| suite.version == Version::Tls10),
    ("TLSv1.0", |suite| suite.version == Version::Tls10),
    ("TLSv1.2", |suite| suite.version == Version::Tls12),
    ("LOW", |suite| suite.class() == Class::Low),
    ("MEDIUM", |suite| suite.class() == Class::Medium),
    ("HIGH", |suite| suite.class() == Class::High),
    ("FIPS", |suite| suite.is_fips),
];
