//! `issuers-chain-path`: a directory with chains for certificates whose files have none; here also one file with a chain.

use rustls_pki_types::CertificateDer;

use super::certificate::Certificate;
use super::error::LoadError;
use super::validity::Said;
use super::{files, pem, sorted_entries};

/// Chains, each found by the key identifier of its first certificate.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    chains: Vec<Chain>,
}

#[derive(Debug)]
struct Chain {
    path: Box<str>,
    /// The key identifier of its first certificate.
    key_id: Vec<u8>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Issuers {
    /// Adds a file to what is there.
    ///
    /// # Errors
    /// It cannot be read, or is of no use.
    pub(crate) fn add_file(&mut self, path: &str) -> Result<(), LoadError> {
        self.add(path).map_err(|reason| LoadError::Unreadable { path: path.into(), reason: reason.into() })
    }

    /// Reads all files of a directory; files that are of no use are warned of.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) fn read(directory: &str) -> Result<(Issuers, Vec<Said>), LoadError> {
        let mut issuers = Issuers::default();
        let mut warnings = Vec::new();
        for path in sorted_entries(directory)? {
            if let Err(text) = issuers.add(&path) {
                warnings.push(Said::new(&path, text));
            }
        }
        Ok((issuers, warnings))
    }

    fn add(&mut self, path: &str) -> Result<(), String> {
        let blocks = pem::parse(&files::read(path).map_err(|error| error.to_string())?)
            .map_err(|error| format!("issuers' chain '{path}', {error}"))?;
        let certificates: Vec<CertificateDer<'static>> =
            blocks.into_iter().filter(super::is_certificate).map(|block| block.der.into()).collect();
        let Some(first) = certificates.first() else {
            return Err(format!("issuers' chain '{path}' has no certificate"));
        };
        let parsed =
            Certificate::parse(first).map_err(|error| format!("issuers' chain '{path}': {error}"))?;
        let Some(key_id) = parsed.key_id().map(<[u8]>::to_vec) else {
            return Err(format!(
                "issuers' chain '{path}': its first certificate has no SubjectKeyIdentifier"
            ));
        };
        if let Some(earlier) = self.chains.iter().find(|chain| chain.certificates[0] == *first) {
            return Err(format!("issuers' chain '{path}' is the same as '{}'", earlier.path));
        }
        self.chains.push(Chain { path: path.into(), key_id, certificates });
        Ok(())
    }

    /// The chain whose first certificate signed this one, if it says by which key it was signed, and its file.
    pub(crate) fn chain_of(&self, own: &Certificate<'_>) -> Option<(&str, &[CertificateDer<'static>])> {
        let wanted = own.issuer_key_id()?;
        let chain = self.chains.iter().find(|chain| {
            chain.key_id == wanted
                && Certificate::parse(&chain.certificates[0]).is_ok_and(|first| first.issued(own))
        });
        chain.map(|chain| (&*chain.path, &*chain.certificates))
    }
}
