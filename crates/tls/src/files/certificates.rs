//! Certificates: shown, made, changed, taken into use, deleted.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::remake::Replacement;
use super::{ChangeError, Committed, FileStore, Held, Inner, Progress, Stored, Verb, Version};
use crate::load::{Draft, ExtraNames, KeyPair, LoadError, OcspUpdate, Part, StoreOptions, pem};

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dump {
    /// As PEM.
    Pem(String),
    /// Its key stood encrypted in its file, and is shown to nobody.
    Encrypted,
}

/// How a file is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing is in it yet.
    Empty,
    /// It waits for its commit.
    Uncommitted,
    /// Tokens are checked with it.
    ForTokens,
    /// No line uses it.
    Unused,
    /// Lines use it.
    Used,
}

/// A certificate as it is shown.
#[derive(Debug, Clone)]
pub struct CertificateView {
    /// Its name.
    pub name: Box<str>,
    /// How it is used.
    pub status: Status,
    /// Whether tokens may be checked with it.
    pub is_for_tokens: bool,
    /// What the configuration says of its files.
    pub said: StoreOptions,
    /// Whether its OCSP answer is asked to be fetched.
    pub updates_ocsp: bool,
    /// Its chain, its own certificate first, DER.
    pub chain: Vec<CertificateDer<'static>>,
    /// The file of `issuers-chain-path` that the rest of its chain comes from.
    pub issuers_file: Option<Box<str>>,
    /// Its issuer, where a file of its own has it, DER.
    pub issuer: Option<CertificateDer<'static>>,
    /// Its OCSP answer, DER.
    pub ocsp: Option<Vec<u8>>,
}

impl CertificateView {
    fn of_draft(name: &str, draft: &Draft) -> CertificateView {
        let der = |bytes: &[u8]| CertificateDer::from(bytes.to_vec());
        CertificateView {
            name: name.into(),
            status: Status::Unused,
            is_for_tokens: false,
            said: draft.source().said().clone(),
            updates_ocsp: false,
            chain: draft.certificates().map(der).collect(),
            issuers_file: None,
            issuer: draft.issuer().map(der),
            ocsp: draft.ocsp().map(<[u8]>::to_vec),
        }
    }

    fn of_pair(pair: &KeyPair) -> CertificateView {
        CertificateView {
            chain: pair.chain.clone(),
            issuers_file: pair.source.issuers_file().map(Box::from),
            ..CertificateView::of_draft(&pair.name, &Draft::of(pair))
        }
    }

    /// Its own certificate, DER.
    #[must_use]
    pub fn own(&self) -> Option<&[u8]> {
        self.chain.first().map(AsRef::as_ref)
    }

    /// What OCSP calls it (RFC 6960 section 4.1.1); `None` without a certificate or without its issuer.
    #[must_use]
    pub fn ocsp_id(&self) -> Option<Vec<u8>> {
        crate::ocsp::id_of_chain(&self.chain, self.issuer.as_ref())
    }
}

impl FileStore {
    /// The names of all certificates, and of the one that waits for its commit.
    #[must_use]
    pub fn certificates(&self) -> (Vec<Box<str>>, Option<Box<str>>) {
        let inner = self.inner.lock();
        let pending = inner.certificate_change.as_ref().map(|(name, _)| name.clone());
        (inner.certificates.keys().cloned().collect(), pending)
    }

    /// A certificate by its name.
    #[must_use]
    pub fn certificate(&self, name: &str, version: Version) -> Option<CertificateView> {
        let inner = self.inner.lock();
        let mut view = match version {
            Version::Pending => {
                let (_, draft) = inner.certificate_change.as_ref().filter(|(own, _)| **own == *name)?;
                CertificateView { status: Status::Uncommitted, ..CertificateView::of_draft(name, draft) }
            }
            Version::Current => {
                let stored = inner.certificates.get(name)?;
                let view = match &stored.held {
                    Held::Pair(pair) => CertificateView::of_pair(pair),
                    Held::Bare(draft) => CertificateView::of_draft(name, draft),
                };
                let status = match stored {
                    Stored { is_for_tokens: true, .. } => Status::ForTokens,
                    stored if inner.is_certificate_used(stored) => Status::Used,
                    _ => Status::Unused,
                };
                CertificateView { status, is_for_tokens: stored.is_for_tokens, ..view }
            }
        };
        if view.chain.is_empty() {
            view.status = Status::Empty;
        }
        view.updates_ocsp = match view.said.ocsp_update {
            OcspUpdate::On => true,
            OcspUpdate::Off => false,
            OcspUpdate::Default => inner.settings.ocsp_update == OcspUpdate::On,
        };
        Some(view)
    }

    /// A certificate as PEM: its key first, then itself, then its chain.
    #[must_use]
    pub fn dump_certificate(&self, name: &str, version: Version) -> Option<Dump> {
        let inner = self.inner.lock();
        let draft = match version {
            Version::Pending => {
                inner.certificate_change.as_ref().filter(|(own, _)| **own == *name)?.1.clone()
            }
            Version::Current => inner.certificates.get(name)?.draft(),
        };
        if draft.was_encrypted() {
            return Some(Dump::Encrypted);
        }
        let mut text = draft.source().key_pem().unwrap_or_default();
        draft.certificates().for_each(|der| text.push_str(&pem::to_pem("CERTIFICATE", der)));
        Some(Dump::Pem(text))
    }

    /// Makes an empty one.
    ///
    /// # Errors
    /// There is one of that name.
    pub fn new_certificate(&self, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        if inner.certificates.contains_key(name) {
            return Err(ChangeError::Exists);
        }
        let stored = Stored { held: Held::Bare(Box::default()), is_for_tokens: false };
        inner.certificates.insert(name.into(), stored);
        Ok(())
    }

    /// Changes one of the files of a certificate; the commit takes it into use. `path` names the file: `.key` and the
    /// like say which one.
    ///
    /// # Errors
    /// There is no such certificate, another one is being changed, or the payload is of no use.
    pub fn set_certificate(&self, path: &str, payload: &[u8]) -> Result<Progress, ChangeError> {
        let mut inner = self.inner.lock();
        let (part, stem) = Part::of_path(path);
        // `site.key` belongs to `site.crt` where endings are replaced.
        let with_crt = (part != Part::Pem && inner.settings.extra_names == ExtraNames::InsteadOfCrt)
            .then(|| format!("{stem}.crt"));
        let is_meant = |name: &str| name == stem || with_crt.as_deref() == Some(name);
        let (name, mut draft, is_new) = match &inner.certificate_change {
            Some((name, draft)) if is_meant(name) => (name.clone(), draft.clone(), false),
            Some((ongoing, _)) => {
                let (ongoing, asked) = (ongoing.clone(), stem.into());
                return Err(ChangeError::Other { ongoing, asked, verb: Verb::Set });
            }
            None => {
                let found = [Some(stem), with_crt.as_deref()]
                    .into_iter()
                    .flatten()
                    .find_map(|name| inner.certificates.get_key_value(name));
                let Some((name, stored)) = found else { return Err(ChangeError::Unknown) };
                (name.clone(), stored.draft(), true)
            }
        };
        draft.set(&name, part, payload).map_err(|error| ChangeError::Payload(error.to_string()))?;
        inner.certificate_change = Some((name.clone(), draft));
        Ok(if is_new { Progress::Created(name) } else { Progress::Updated(name) })
    }

    /// Gives a change up.
    ///
    /// # Errors
    /// There is none, or it is about another certificate.
    pub fn abort_certificate(&self, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        check_ongoing(inner.certificate_change.as_ref().map(|(name, _)| &**name), name, Verb::Abort)?;
        inner.certificate_change = None;
        Ok(())
    }

    /// Takes a change into use.
    ///
    /// # Errors
    /// There is none, it is about another certificate, its key does not fit, or a line cannot use it.
    pub fn commit_certificate(&self, name: &str) -> Result<Committed, ChangeError> {
        let mut inner = self.inner.lock();
        check_ongoing(inner.certificate_change.as_ref().map(|(name, _)| &**name), name, Verb::Set)?;
        let Some((_, draft)) = inner.certificate_change.clone() else {
            return Err(ChangeError::NoTransaction);
        };
        let is_used = inner.certificates.get(name).is_some_and(|stored| inner.is_certificate_used(stored));
        if !draft.has_key() && !is_used {
            // Tokens can be checked without a key.
            inner.put(name, Held::Bare(Box::new(draft)));
            inner.certificate_change = None;
            self.show_tokens(&inner);
            return Ok(Committed::default());
        }
        let finished = draft.finish(name, inner.settings.self_issued, &inner.issuers);
        let (pair, warnings) = match finished {
            Ok(finished) => finished,
            Err(LoadError::Mismatch { .. }) => return Err(ChangeError::Mismatch(name.into())),
            Err(error) => return Err(ChangeError::Payload(error.to_string())),
        };
        inner.certificate_change = None;
        let remade = inner.replace_pair(name, Arc::new(pair)).map_err(ChangeError::Failed)?;
        if inner.certificates.get(name).is_some_and(|stored| stored.is_for_tokens) {
            self.show_tokens(&inner);
        }
        Ok(Committed { remade, warnings })
    }

    /// Deletes a certificate that nobody uses.
    ///
    /// # Errors
    /// It is not there, is being changed, or somebody uses it.
    pub fn del_certificate(&self, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        if inner.certificate_change.as_ref().is_some_and(|(ongoing, _)| **ongoing == *name) {
            return Err(ChangeError::Ongoing);
        }
        let stored = inner.certificates.get(name).ok_or(ChangeError::Unknown)?;
        if stored.is_for_tokens {
            return Err(ChangeError::InUseForTokens);
        }
        if inner.is_certificate_used(stored) {
            return Err(ChangeError::InUse);
        }
        inner.certificates.remove(name);
        inner.generation += 1;
        Ok(())
    }

    /// Says whether tokens may be checked with a certificate (`jwt`); false: there is none of that name.
    pub fn set_for_tokens(&self, name: &str, use_for: TokenUse) -> bool {
        let mut inner = self.inner.lock();
        let Some(stored) = inner.certificates.get_mut(name) else { return false };
        stored.is_for_tokens = use_for == TokenUse::Allowed;
        self.show_tokens(&inner);
        true
    }

    /// The names of certificates that tokens may be checked with.
    #[must_use]
    pub fn for_tokens(&self) -> Vec<Box<str>> {
        let inner = self.inner.lock();
        let certificates = inner.certificates.iter().filter(|(_, stored)| stored.is_for_tokens);
        certificates.map(|(name, _)| name.clone()).collect()
    }
}

/// Whether tokens may be checked with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// They may.
    Allowed,
    /// They may not.
    Refused,
}

/// Whether a change of `name` is under way.
pub(super) fn check_ongoing(ongoing: Option<&str>, name: &str, verb: Verb) -> Result<(), ChangeError> {
    match ongoing {
        None => Err(ChangeError::NoTransaction),
        Some(ongoing) if ongoing == name => Ok(()),
        Some(ongoing) => Err(ChangeError::Other { ongoing: ongoing.into(), asked: name.into(), verb }),
    }
}

impl Inner {
    pub(super) fn is_certificate_used(&self, stored: &Stored) -> bool {
        stored.pair().is_some_and(|pair| self.is_pair_used(pair))
    }

    pub(super) fn is_pair_used(&self, pair: &Arc<KeyPair>) -> bool {
        self.is_used(
            |entry| Arc::ptr_eq(&entry.pair, pair),
            |_| false,
            |client| client.certificate.as_ref().is_some_and(|own| Arc::ptr_eq(own, pair)),
        )
    }

    pub(super) fn put(&mut self, name: &str, held: Held) {
        self.generation += 1;
        match self.certificates.get_mut(name) {
            Some(stored) => stored.held = held,
            None => {
                self.certificates.insert(name.into(), Stored { held, is_for_tokens: false });
            }
        }
    }

    /// Takes another certificate into use under a name; how many uses were made anew.
    ///
    /// # Errors
    /// A line that uses it cannot be served with it: nothing has changed.
    pub(super) fn replace_pair(&mut self, name: &str, new: Arc<KeyPair>) -> Result<usize, String> {
        let old = self.certificates.get(name).and_then(Stored::pair);
        let remade = match old {
            Some(old) => self.remake(Replacement::Pair(old, &new))?,
            None => super::remake::Remade::default(),
        };
        let count = remade.count;
        remade.apply();
        self.put(name, Held::Pair(new));
        Ok(count)
    }
}
