//! Certificates that JSON Web Tokens are checked and decrypted with (`jwt`, `add ssl jwt`), as requests find them: by name,
//! without a lock.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{FileStore, Inner};
use crate::jwe::{Encryption, Key, KeyAlgorithm};
use crate::jws::PublicKey;

/// A certificate that tokens may be checked with.
#[derive(Debug)]
pub struct TokenCertificate {
    /// Its public key, which tokens are checked with.
    pub public: Option<PublicKey>,
    /// Its private key, if it has one that tokens can be decrypted with.
    pub private: Option<Key>,
}

/// What there is under a name.
#[derive(Debug, Clone)]
pub enum TokenLookup {
    /// A certificate.
    Found(Arc<TokenCertificate>),
    /// One that tokens may not be checked with.
    Refused,
    /// None.
    Unknown,
}

/// How tokens may be encrypted (`jwt.decrypt_alg_list`, `jwt.decrypt_enc_list`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// How the key of the content is had.
    pub algorithms: Vec<KeyAlgorithm>,
    /// How the content is encrypted.
    pub encryptions: Vec<Encryption>,
}

/// All but RSA1_5, against which there are attacks (RFC 8725 section 3.2).
impl Default for Allowed {
    fn default() -> Self {
        let all = KeyAlgorithm::ALL.iter().map(|(_, algorithm)| *algorithm);
        Allowed {
            algorithms: all.filter(|algorithm| *algorithm != KeyAlgorithm::Rsa15).collect(),
            encryptions: Encryption::ALL.iter().map(|(_, encryption)| *encryption).collect(),
        }
    }
}

/// What a list of names separated by colons allows: `ALL`, names, and names behind `!`, which are taken out.
///
/// # Errors
/// The name that is unknown.
pub(super) fn chosen<T: Copy + PartialEq>(list: &str, all: &[(&str, T)]) -> Result<Vec<T>, String> {
    let mut chosen: Vec<T> = Vec::new();
    for word in list.split(':').filter(|word| !word.is_empty()) {
        let (is_out, name) = word.strip_prefix('!').map_or((false, word), |name| (true, name));
        let meant: Vec<T> = match name {
            "ALL" => all.iter().map(|(_, value)| *value).collect(),
            _ => all.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value).collect(),
        };
        if meant.is_empty() {
            return Err(name.to_owned());
        }
        chosen.retain(|value| !meant.contains(value));
        if !is_out {
            chosen.extend(meant);
        }
    }
    Ok(chosen)
}

impl FileStore {
    /// The certificate of a name, for tokens.
    #[must_use]
    pub fn token(&self, name: &str) -> TokenLookup {
        match self.tokens.load().get(name) {
            Some(found) => TokenLookup::Found(found.clone()),
            None if self.inner.lock().certificates.contains_key(name) => TokenLookup::Refused,
            None => TokenLookup::Unknown,
        }
    }

    /// How tokens may be encrypted.
    #[must_use]
    pub fn allowed(&self) -> Arc<Allowed> {
        self.allowed.load_full()
    }

    /// Takes a `jwt.decrypt_alg_list`.
    ///
    /// # Errors
    /// The name that is unknown.
    pub fn allow_algorithms(&self, list: &str) -> Result<(), String> {
        let algorithms = chosen(list, &KeyAlgorithm::ALL)?;
        self.allowed.store(Arc::new(Allowed { algorithms, ..Allowed::clone(&self.allowed()) }));
        Ok(())
    }

    /// Takes a `jwt.decrypt_enc_list`.
    ///
    /// # Errors
    /// The name that is unknown.
    pub fn allow_encryptions(&self, list: &str) -> Result<(), String> {
        let encryptions = chosen(list, &Encryption::ALL)?;
        self.allowed.store(Arc::new(Allowed { encryptions, ..Allowed::clone(&self.allowed()) }));
        Ok(())
    }

    /// Shows requests what tokens may be checked with now.
    pub(super) fn show_tokens(&self, inner: &Inner) {
        let mut tokens = FxHashMap::default();
        for (name, stored) in inner.certificates.iter().filter(|(_, stored)| stored.is_for_tokens) {
            let draft = stored.draft();
            let certificate = TokenCertificate {
                public: draft.certificates().next().and_then(PublicKey::of_certificate_der),
                private: draft.key_block().and_then(Key::of_block),
            };
            tokens.insert(name.clone(), Arc::new(certificate));
        }
        self.tokens.store(Arc::new(tokens));
    }
}
