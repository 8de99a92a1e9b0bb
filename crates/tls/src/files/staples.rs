//! OCSP answers of certificates: found by what OCSP calls these, and replaced while they are in use
//! (`set ssl ocsp-response`).

use std::sync::Arc;

use super::{ChangeError, FileStore, Stored};
use crate::load::KeyPair;
use crate::ocsp;

/// A certificate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StapleView {
    /// What OCSP calls the certificate: DER of its CertID.
    pub id: Vec<u8>,
    /// What the certificate is called.
    pub certificate: Box<str>,
    /// The answer, DER.
    pub answer: Vec<u8>,
}

impl FileStore {
    /// The answers of all certificates that have one, each certificate once, by their ids.
    #[must_use]
    pub fn staples(&self) -> Vec<StapleView> {
        let inner = self.inner.lock();
        let with_answer = |stored: &Stored| {
            let pair = stored.pair()?;
            let answer = pair.ocsp.clone()?;
            let id = ocsp::id_of_chain(&pair.chain, pair.source.issuer.as_ref())?;
            Some(StapleView { id, certificate: pair.name.clone(), answer })
        };
        let mut all: Vec<StapleView> = inner.certificates.values().filter_map(with_answer).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.dedup_by(|later, earlier| later.id == earlier.id);
        all
    }

    /// Gives the certificate that an answer (DER) is about that answer; new connections get it at once.
    ///
    /// # Errors
    /// It is none that can be stapled, or about no certificate here.
    pub fn set_staple(&self, answer: &[u8]) -> Result<(), ChangeError> {
        let useless = |text: &str| ChangeError::Payload(text.to_owned());
        let parsed = ocsp::Answer::parse(answer).map_err(|error| useless(&error.to_string()))?;
        let single = parsed.singles.first().ok_or_else(|| useless("OCSP response single not found"))?;
        parsed.check_times(crate::load::now()).map_err(|error| useless(&error.to_string()))?;
        let mut inner = self.inner.lock();
        let is_meant = |stored: &&Stored| {
            stored.pair().is_some_and(|pair| {
                ocsp::id_of_chain(&pair.chain, pair.source.issuer.as_ref())
                    .is_some_and(|id| single.id.is(&id))
            })
        };
        let meant: Vec<Arc<KeyPair>> =
            inner.certificates.values().filter(is_meant).filter_map(Stored::pair).cloned().collect();
        if meant.is_empty() {
            let text = "OCSP single response: Certificate ID does not match any certificate or issuer";
            return Err(useless(text));
        }
        // Whose answers are fetched is as it was.
        let generation = inner.generation;
        for pair in meant {
            let new = KeyPair { ocsp: Some(answer.to_vec()), ..KeyPair::clone(&pair) };
            inner.replace_pair(&pair.name, Arc::new(new)).map_err(ChangeError::Failed)?;
        }
        inner.generation = generation;
        Ok(())
    }
}
