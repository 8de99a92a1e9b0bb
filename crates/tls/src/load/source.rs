//! What of a certificate's files nobody is shown: kept so that the runtime API can change one of them without the others.

use std::fmt;

use rustls_pki_types::CertificateDer;

use super::crt_store::StoreOptions;
use super::pem::Block;

/// What a [`KeyPair`](super::KeyPair) was made of, as far as it does not hold that itself.
#[derive(Clone, Default)]
pub struct Source {
    /// The block of its private key.
    pub(crate) key: Option<Block>,
    /// The certificate that signed it, where a file of its own has it (`.issuer`).
    pub(crate) issuer: Option<CertificateDer<'static>>,
    /// The file of `issuers-chain-path` that the rest of its chain comes from.
    pub(crate) issuers_file: Option<Box<str>>,
    /// What the configuration says of its files.
    pub(crate) said: StoreOptions,
}

impl Source {
    /// The file of `issuers-chain-path` that the rest of the chain comes from; `None`: its own.
    #[must_use]
    pub fn issuers_file(&self) -> Option<&str> {
        self.issuers_file.as_deref()
    }

    /// What the configuration says of its files, one by one.
    #[must_use]
    pub fn said(&self) -> &StoreOptions {
        &self.said
    }

    /// The private key as PEM. Whoever asks has shown that he may see it.
    #[must_use]
    pub fn key_pem(&self) -> Option<String> {
        self.key.as_ref().map(Block::to_pem)
    }
}

/// Tells nothing of the key.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("issuers_file", &self.issuers_file)
            .field("said", &self.said)
            .finish_non_exhaustive()
    }
}
