//! A [`KeyPair`] out of the blocks of its files.

use std::sync::Arc;

use rustls::sign::SigningKey;
use rustls_pki_types::CertificateDer;

use super::certificate::Certificate;
use super::error::LoadError;
use super::issuers::Issuers;
use super::pem::{self, Block};
use super::validity::{self, Said};
use super::{KeyPair, SelfIssued, Source, chain, der, key};

/// What a file with a certificate holds.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: Box<str>,
    pub(crate) certificates: Vec<Block>,
    pub(crate) key: HeldKey,
}

/// What a file holds in the way of a key.
#[derive(Debug)]
pub(crate) enum HeldKey {
    /// None.
    None,
    /// One that takes a passphrase.
    Encrypted(Block),
    /// One.
    Plain(Block),
}

/// Whether a block is a certificate.
pub(crate) fn is_certificate(block: &Block) -> bool {
    matches!(&*block.label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
}

impl HeldKey {
    /// The first key of a file's blocks; one that can be read comes before one that cannot.
    pub(crate) fn of(blocks: &mut Vec<Block>) -> HeldKey {
        if let Some(place) = blocks.iter().position(|block| key::is_key(block) && !key::is_encrypted(block)) {
            return HeldKey::Plain(blocks.swap_remove(place));
        }
        match blocks.iter().position(key::is_key) {
            Some(place) => HeldKey::Encrypted(blocks.swap_remove(place)),
            None => HeldKey::None,
        }
    }
}

impl Held {
    /// Sorts out a file's text.
    pub(crate) fn parse(path: &str, text: &[u8]) -> Result<Held, LoadError> {
        let mut blocks = blocks(path, text)?;
        let first = blocks.first().map(|block| block.label.clone());
        let mut certificates: Vec<Block> = blocks.extract_if(.., |block| is_certificate(block)).collect();
        if certificates.is_empty() {
            return Err(LoadError::NoCertificate { path: path.into(), holds: first });
        }
        for certificate in &mut certificates {
            // Behind a TRUSTED CERTIFICATE stands what it is trusted for.
            let bytes = der::first_bytes(&certificate.der).unwrap_or(certificate.der.len());
            certificate.der.truncate(bytes);
        }
        Ok(Held { path: path.into(), certificates, key: HeldKey::of(&mut blocks) })
    }
}

/// The blocks of a file.
pub(crate) fn blocks(path: &str, text: &[u8]) -> Result<Vec<Block>, LoadError> {
    pem::parse(text).map_err(|error| LoadError::Pem { path: path.into(), error })
}

/// Where a key stands, and the block.
pub(crate) struct KeyFrom<'a> {
    pub(crate) path: &'a str,
    pub(crate) block: &'a Block,
}

/// What certificates are put together with.
pub(crate) struct Workshop<'a> {
    pub(crate) self_issued: SelfIssued,
    pub(crate) issuers: &'a Issuers,
    pub(crate) now: i64,
    /// What there is to say about them.
    pub(crate) said: Vec<Said>,
}

impl Workshop<'_> {
    /// Puts a certificate, its chain and its key together.
    pub(crate) fn assemble(&mut self, held: &Held, from: &KeyFrom<'_>) -> Result<KeyPair, LoadError> {
        let path = &*held.path;
        let mut parsed = Vec::with_capacity(held.certificates.len());
        for block in &held.certificates {
            parsed.push(Certificate::parse(&block.der).map_err(|reason| LoadError::BadCertificate {
                path: path.into(),
                line: block.line,
                reason,
            })?);
        }
        let key = key::signing_key(from.block).map_err(|reason| LoadError::BadKey {
            path: from.path.into(),
            line: from.block.line,
            reason,
        })?;
        let own = self.own(held, &parsed, &key, from)?;
        let rest_blocks: Vec<&Block> = without(&held.certificates.iter().collect::<Vec<_>>(), own);
        let own_block = &held.certificates[own];
        let own_parsed = parsed.remove(own);
        let (chain, issuers_file) = self.chain(own_block, &rest_blocks, (&own_parsed, &parsed));
        self.said.extend(validity::look(path, &own_parsed, &parsed, self.now));
        let (not_before, not_after) = own_parsed.validity();
        let source = Source { key: Some(from.block.clone()), issuers_file, ..Source::default() };
        Ok(KeyPair {
            name: path.into(),
            path: path.into(),
            chain,
            kind: key::kind(&*key),
            key,
            names: own_parsed.names(),
            ocsp: None,
            sctl: None,
            not_before,
            not_after,
            source,
        })
    }

    /// Which certificate is the key's own: the first, as everywhere, but a chain that stands before it does no harm.
    fn own(
        &mut self,
        held: &Held,
        parsed: &[Certificate<'_>],
        key: &Arc<dyn SigningKey>,
        from: &KeyFrom<'_>,
    ) -> Result<usize, LoadError> {
        let path = &held.path;
        match parsed.iter().position(|certificate| key::is_of(&**key, certificate)) {
            Some(0) => Ok(0),
            Some(place) => {
                let line = held.certificates[place].line;
                let text = format!("the certificate of '{path}' stands behind its chain, in line {line}");
                self.said.push(Said::new(path, text));
                Ok(place)
            }
            None => Err(LoadError::Mismatch { path: path.clone(), key: from.path.into() }),
        }
    }

    /// What is sent: the certificate and what signed it; and the file of `issuers-chain-path` that this comes from.
    fn chain(
        &self,
        own: &Block,
        rest: &[&Block],
        (own_parsed, rest_parsed): (&Certificate<'_>, &[Certificate<'_>]),
    ) -> (Vec<CertificateDer<'static>>, Option<Box<str>>) {
        let mut chain = vec![CertificateDer::from(own.der.clone())];
        let mut issuers_file = None;
        if !rest.is_empty() {
            let order = chain::order(own_parsed, rest_parsed, self.self_issued);
            chain.extend(order.into_iter().map(|index| CertificateDer::from(rest[index].der.clone())));
        } else if let Some((file, issuers)) = self.issuers.chain_of(own_parsed) {
            issuers_file = Some(file.into());
            let parsed: Vec<_> = issuers.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
            if parsed.len() == issuers.len() {
                let order = chain::order(own_parsed, &parsed, self.self_issued);
                chain.extend(order.into_iter().map(|index| issuers[index].clone()));
            } else {
                chain.extend_from_slice(issuers);
            }
        }
        (chain, issuers_file)
    }
}

/// All but one.
fn without<T: Copy>(all: &[T], place: usize) -> Vec<T> {
    all.iter().enumerate().filter(|(index, _)| *index != place).map(|(_, one)| *one).collect()
}

impl KeyPair {
    /// A certificate, its chain and its key out of one text. `path` is what it is called in errors.
    ///
    /// # Errors
    /// The text is broken or lacks one of them, or they do not belong together.
    pub fn from_pem(path: &str, text: &[u8]) -> Result<KeyPair, LoadError> {
        let held = Held::parse(path, text)?;
        let HeldKey::Plain(block) = &held.key else {
            return Err(held.lacks_key(None));
        };
        let issuers = Issuers::default();
        let mut workshop =
            Workshop { self_issued: SelfIssued::Sent, issuers: &issuers, now: 0, said: Vec::new() };
        workshop.assemble(&held, &KeyFrom { path, block })
    }
}

impl Held {
    /// The error for a file without a key that can be read.
    pub(crate) fn lacks_key(&self, beside: Option<Box<str>>) -> LoadError {
        match self.key {
            HeldKey::Encrypted(_) => LoadError::EncryptedKey { path: self.path.clone() },
            HeldKey::None | HeldKey::Plain(_) => LoadError::NoKey { path: self.path.clone(), beside },
        }
    }
}
