//! A certificate under change: what the runtime API replaces file by file before it is taken into use (management guide,
//! chapter 9.3 "set ssl cert").
//!
//! ```text
//! KeyPair or nothing --Draft::of--> Draft --set(Part, payload)--> Draft --finish--> KeyPair
//! ```

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;

use super::certificate::Certificate;
use super::crt_store::StoreOptions;
use super::error::LoadError;
use super::issuers::Issuers;
use super::pair::{Held, HeldKey, KeyFrom, Workshop, blocks, is_certificate};
use super::pem::{Block, Encryption};
use super::{KeyPair, SelfIssued, Source, staple};

/// Which of a certificate's files is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file itself: the certificate with its chain, and its key if it has one.
    Pem,
    /// `.key`.
    Key,
    /// `.ocsp`: base64.
    Ocsp,
    /// `.sctl`: base64.
    Sctl,
    /// `.issuer`.
    Issuer,
}

impl Part {
    /// What a path means: the part, and the path of the certificate that it belongs to.
    #[must_use]
    pub fn of_path(path: &str) -> (Part, &str) {
        const ENDINGS: [(&str, Part); 4] =
            [(".key", Part::Key), (".ocsp", Part::Ocsp), (".sctl", Part::Sctl), (".issuer", Part::Issuer)];
        ENDINGS
            .into_iter()
            .find_map(|(ending, part)| path.strip_suffix(ending).map(|stem| (part, stem)))
            .unwrap_or((Part::Pem, path))
    }
}

/// A certificate that is not in use yet, with whatever it has so far.
#[derive(Clone, Default)]
pub struct Draft {
    /// Its own first, as far as its file puts it there.
    certificates: Vec<Block>,
    /// Its key, its issuer, and what the configuration says; not where the rest of its chain comes from.
    source: Source,
    ocsp: Option<Vec<u8>>,
    sctl: Option<Vec<u8>>,
}

/// Tells nothing of the key.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("certificates", &self.certificates.len())
            .field("has_key", &self.has_key())
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// An empty one of which the configuration says this.
    pub(crate) fn saying(said: StoreOptions) -> Draft {
        Draft { source: Source { said, ..Source::default() }, ..Draft::default() }
    }

    /// Its private key's block.
    pub(crate) fn key_block(&self) -> Option<&Block> {
        self.source.key.as_ref()
    }

    /// One that has what `pair` has.
    #[must_use]
    pub fn of(pair: &KeyPair) -> Draft {
        let own = if pair.source.issuers_file.is_some() { 1 } else { pair.chain.len() };
        let block = |der: &CertificateDer<'_>| Block {
            label: "CERTIFICATE".into(),
            der: der.to_vec(),
            encryption: Encryption::None,
            line: 0,
        };
        Draft {
            certificates: pair.chain.iter().take(own).map(block).collect(),
            source: Source { issuers_file: None, ..pair.source.clone() },
            ocsp: pair.ocsp.clone(),
            sctl: pair.sctl.clone(),
        }
    }

    /// Whether it has a certificate.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Whether it has a key.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.source.key.is_some()
    }

    /// Its certificates, DER, its own first.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(|block| &*block.der)
    }

    /// The OCSP answer that it would staple.
    #[must_use]
    pub fn ocsp(&self) -> Option<&[u8]> {
        self.ocsp.as_deref()
    }

    /// The certificate that signed it, where it was given.
    #[must_use]
    pub fn issuer(&self) -> Option<&[u8]> {
        self.source.issuer.as_deref()
    }

    /// What it is made of beside its certificates.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether its key stood encrypted in its file.
    #[must_use]
    pub fn was_encrypted(&self) -> bool {
        self.source.key.as_ref().is_some_and(|key| key.encryption == Encryption::Passphrase)
    }

    /// Replaces one of its files. A certificate's file without a key leaves the key as it is.
    ///
    /// # Errors
    /// The payload is of no use; nothing has changed then.
    pub fn set(&mut self, name: &str, part: Part, payload: &[u8]) -> Result<(), LoadError> {
        let extra = |reason: Box<str>| LoadError::Extra { path: name.into(), reason };
        match part {
            Part::Pem => {
                let held = Held::parse(name, payload)?;
                for block in &held.certificates {
                    Certificate::parse(&block.der).map_err(|reason| LoadError::BadCertificate {
                        path: name.into(),
                        line: block.line,
                        reason,
                    })?;
                }
                self.source.key = plain(name, held.key)?.or(self.source.key.take());
                self.certificates = held.certificates;
            }
            Part::Key => {
                let key = plain(name, HeldKey::of(&mut blocks(name, payload)?))?;
                let none = || LoadError::NoKey { path: name.into(), beside: None };
                self.source.key = Some(key.ok_or_else(none)?);
            }
            Part::Issuer => {
                let block = blocks(name, payload)?.into_iter().find(is_certificate);
                let block = block.ok_or_else(|| extra("is no certificate".into()))?;
                Certificate::parse(&block.der).map_err(extra)?;
                self.source.issuer = Some(block.der.into());
            }
            Part::Ocsp => {
                let answer = decode(payload).ok_or_else(|| extra("is no base64".into()))?;
                if let Some(own) = self.certificates.first() {
                    let own = Certificate::parse(&own.der).map_err(extra)?;
                    staple::check_ocsp(&answer, &own, now()).map_err(extra)?;
                }
                self.ocsp = Some(answer);
            }
            Part::Sctl => {
                let list = decode(payload).ok_or_else(|| extra("is no base64".into()))?;
                staple::check_sctl(&list).map_err(extra)?;
                self.sctl = Some(list);
            }
        }
        Ok(())
    }

    /// What clients can be served with, and what there is to say about it. An OCSP answer for another certificate is left
    /// out.
    ///
    /// # Errors
    /// There is no certificate or no key, or they do not belong together.
    pub(crate) fn finish(
        &self,
        name: &str,
        self_issued: SelfIssued,
        issuers: &Issuers,
    ) -> Result<(KeyPair, Vec<String>), LoadError> {
        if self.certificates.is_empty() {
            return Err(LoadError::NoCertificate { path: name.into(), holds: None });
        }
        let Some(key) = &self.source.key else {
            return Err(LoadError::NoKey { path: name.into(), beside: None });
        };
        let held = Held { path: name.into(), certificates: self.certificates.clone(), key: HeldKey::None };
        let mut workshop = Workshop { self_issued, issuers, now: now(), said: Vec::new() };
        let mut pair = workshop.assemble(&held, &KeyFrom { path: name, block: key })?;
        let mut said: Vec<String> = workshop.said.into_iter().map(|said| said.warning.text.into()).collect();
        pair.sctl.clone_from(&self.sctl);
        pair.source.issuer.clone_from(&self.source.issuer);
        pair.source.said.clone_from(&self.source.said);
        if let (Some(answer), Ok(own)) = (&self.ocsp, Certificate::parse(&pair.chain[0])) {
            match staple::check_ocsp(answer, &own, now()) {
                Ok(()) => pair.ocsp = Some(answer.clone()),
                Err(reason) => said.push(format!("'{name}.ocsp' {reason}; it is not sent")),
            }
        }
        Ok((pair, said))
    }
}

/// The key of a payload, if there is one; nobody can be asked for a passphrase.
fn plain(name: &str, key: HeldKey) -> Result<Option<Block>, LoadError> {
    match key {
        HeldKey::Plain(key) => Ok(Some(key)),
        HeldKey::Encrypted(_) => Err(LoadError::EncryptedKey { path: name.into() }),
        HeldKey::None => Ok(None),
    }
}

/// What base64 in lines stands for.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if text.is_empty() { None } else { STANDARD.decode(text).ok() }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rcgen::{PKCS_ECDSA_P256_SHA256 as P256, PKCS_ED25519};

    use super::super::testing::{made, root};
    use super::*;

    fn finish(draft: &Draft) -> Result<KeyPair, LoadError> {
        draft.finish("a.pem", SelfIssued::Sent, &Issuers::default()).map(|(pair, _)| pair)
    }

    #[test]
    fn paths_say_which_part_they_mean() {
        assert_eq!(Part::of_path("/a/b.pem"), (Part::Pem, "/a/b.pem"));
        assert_eq!(Part::of_path("b.pem.key"), (Part::Key, "b.pem"));
        assert_eq!(Part::of_path("b.pem.ocsp"), (Part::Ocsp, "b.pem"));
        assert_eq!(Part::of_path("b.crt"), (Part::Pem, "b.crt"));
    }

    #[test]
    fn parts_are_replaced_one_by_one() {
        let root = root("r", &P256);
        let (first, second) = (made(&root, &["a"], &P256), made(&root, &["b"], &PKCS_ED25519));
        let mut draft = Draft::default();
        assert!(matches!(finish(&draft), Err(LoadError::NoCertificate { .. })));
        draft.set("a.pem", Part::Pem, first.pem.as_bytes()).unwrap();
        assert!(matches!(finish(&draft), Err(LoadError::NoKey { .. })));
        draft.set("a.pem", Part::Key, first.key.as_bytes()).unwrap();
        let pair = finish(&draft).unwrap();
        assert_eq!((&*pair.names[0], &*pair.name), ("a", "a.pem"));

        // From what is in use, its certificate alone is replaced: the key does not fit.
        let mut draft = Draft::of(&pair);
        draft.set("a.pem", Part::Pem, second.pem.as_bytes()).unwrap();
        assert!(matches!(finish(&draft), Err(LoadError::Mismatch { .. })));
        draft.set("a.pem", Part::Pem, second.both().as_bytes()).unwrap();
        assert_eq!(&*finish(&draft).unwrap().names[0], "b");
    }

    #[test]
    fn what_is_of_no_use_changes_nothing() {
        let root = root("r", &P256);
        let first = made(&root, &["a"], &P256);
        let mut draft = Draft::default();
        draft.set("a.pem", Part::Pem, first.both().as_bytes()).unwrap();
        for (part, payload) in [
            (Part::Pem, "nothing"),
            (Part::Key, "nothing"),
            (Part::Issuer, first.key.as_str()),
            (Part::Ocsp, "*"),
            (Part::Ocsp, "QUJD"),
            (Part::Sctl, "QUJD"),
        ] {
            assert!(draft.set("a.pem", part, payload.as_bytes()).is_err(), "{part:?}");
        }
        assert!(finish(&draft).is_ok() && !format!("{draft:?}").contains("der"));
    }
}
