//! Keys that sign with some algorithms only (`sigalgs`, `client-sigalgs`).

use std::sync::Arc;

use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

/// A key that signs with some algorithms only.
#[derive(Debug)]
pub(crate) struct Restricted {
    pub(crate) key: Arc<dyn SigningKey>,
    pub(crate) schemes: Arc<[SignatureScheme]>,
}

impl SigningKey for Restricted {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let both: Vec<_> = self.schemes.iter().copied().filter(|scheme| offered.contains(scheme)).collect();
        self.key.choose_scheme(&both)
    }

    fn public_key(&self) -> Option<rustls_pki_types::SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}
