//! Trusted certificates (`ca-file`, `ca-verify-file`): read once, found by their subject.

use std::path::Path;

use rustc_hash::FxHashMap;
use rustls::DistinguishedName;
use rustls_pki_types::CertificateDer;
use smallvec::SmallVec;

use super::crl::RevocationLists;
use super::pem;
use crate::x509::{Canonical, Cert};

/// The `ca-file` that means the system's certificates.
const SYSTEM: &str = "@system-ca";

/// Certificates that are trusted, in the order of their files, each once; and revocation lists that stood among them.
#[derive(Debug, Default, Clone)]
pub struct TrustStore {
    certificates: Vec<CertificateDer<'static>>,
    by_subject: FxHashMap<Canonical, SmallVec<[usize; 1]>>,
    lists: RevocationLists,
    warnings: Vec<String>,
}

impl TrustStore {
    /// One that trusts nobody.
    #[must_use]
    pub fn empty() -> TrustStore {
        TrustStore::default()
    }

    /// Reads a bundle of certificates; revocation lists in it count where lists are checked at all.
    ///
    /// # Errors
    /// Broken PEM, a certificate that cannot be read, or neither a certificate nor a list in it.
    pub fn from_pem(bundle: &[u8]) -> Result<TrustStore, String> {
        let mut store = TrustStore::default();
        pem::each(bundle, |kind, der| match kind {
            pem::Kind::Certificate => store.add(CertificateDer::from(der)),
            pem::Kind::RevocationList => store.lists.add(der.into()),
        })?;
        if store.certificates.is_empty() && store.lists.is_empty() {
            return Err("no certificate or crl found".to_owned());
        }
        Ok(store)
    }

    /// Adds a certificate; nothing happens if it is there already.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), String> {
        // What follows a certificate is the trust that OpenSSL's `TRUSTED CERTIFICATE` carries; it does not count here.
        let length = crate::x509::der::Reader::new(&certificate).next().map_or(0, |whole| whole.raw.len());
        let certificate = match certificate.get(..length) {
            Some(own) if length < certificate.len() => CertificateDer::from(own.to_vec()),
            _ => certificate,
        };
        let subject = Cert::parse(&certificate)
            .ok_or_else(|| format!("certificate number {} cannot be read", self.certificates.len() + 1))?
            .subject()
            .canonical();
        let same = self.by_subject.entry(subject).or_default();
        if same.iter().all(|&at| self.certificates[at] != certificate) {
            same.push(self.certificates.len());
            self.certificates.push(certificate);
        }
        Ok(())
    }

    /// Adds everything of `other`.
    pub fn extend(&mut self, other: &TrustStore) {
        if self.certificates.is_empty() && self.lists.is_empty() {
            let warnings = std::mem::take(&mut self.warnings);
            *self = TrustStore { warnings, ..other.clone() };
            return;
        }
        for certificate in &other.certificates {
            self.add(certificate.clone()).expect("what is in a store could be read");
        }
        self.lists.extend(&other.lists);
    }

    /// Loads a file, all `.pem`, `.crt`, `.cer` and `.crl` files of a directory, or what `@system-ca` means: the
    /// certificates of `SSL_CERT_FILE` and `SSL_CERT_DIR`, or those that the system brings. Files are read by `read`.
    ///
    /// # Errors
    /// The file cannot be read or is no bundle, the directory cannot be listed, the system has no certificates. A file
    /// of a directory that is no bundle is a warning ([`TrustStore::warnings`]).
    pub fn load(path: &Path, read: &dyn Fn(&Path) -> Result<Vec<u8>, String>) -> Result<TrustStore, String> {
        if path.as_os_str() == SYSTEM {
            return load_system(read);
        }
        if path.is_dir() {
            return load_directory(path, read);
        }
        TrustStore::from_pem(&read(path)?)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// How many certificates and revocation lists it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.certificates.len() + self.lists.count()
    }

    /// Its certificates.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The revocation lists that stood among them.
    pub(super) fn lists(&self) -> &RevocationLists {
        &self.lists
    }

    /// Files that were left out while a directory was loaded, and why.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The subjects of its certificates in their order, each once, as they are sent to clients.
    #[must_use]
    pub fn subjects(&self) -> Vec<DistinguishedName> {
        let mut known: Vec<&[u8]> = Vec::new();
        for certificate in &self.certificates {
            let subject = Cert::parse(certificate).map_or(&[][..], |cert| cert.subject().der());
            if !known.contains(&subject) {
                known.push(subject);
            }
        }
        known.into_iter().map(|subject| DistinguishedName::from(subject.to_vec())).collect()
    }

    /// The certificates with this subject, in their order.
    pub(super) fn named<'a>(
        &'a self,
        subject: &Canonical,
    ) -> impl Iterator<Item = &'a CertificateDer<'static>> + use<'a> {
        let same = self.by_subject.get(subject).map_or(&[][..], SmallVec::as_slice);
        same.iter().map(|&at| &self.certificates[at])
    }
}

/// Loads every file of a directory that looks like a bundle, by name.
fn load_directory(
    path: &Path,
    read: &dyn Fn(&Path) -> Result<Vec<u8>, String>,
) -> Result<TrustStore, String> {
    let listed =
        std::fs::read_dir(path).map_err(|error| format!("cannot list '{}' ({error})", path.display()))?;
    let mut names: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort_unstable();
    let mut store = TrustStore::default();
    for file in names {
        let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let has_suffix =
            file.extension().is_some_and(|suffix| ["pem", "crt", "cer", "crl"].iter().any(|s| suffix == *s));
        if is_hidden || !has_suffix {
            continue;
        }
        match read(&file).and_then(|bundle| TrustStore::from_pem(&bundle)) {
            Ok(found) => store.extend(&found),
            Err(why) => store.warnings.push(format!("couldn't load '{}' ({why})", file.display())),
        }
    }
    Ok(store)
}

/// Loads what the system trusts.
fn load_system(read: &dyn Fn(&Path) -> Result<Vec<u8>, String>) -> Result<TrustStore, String> {
    /// Debian, Fedora, SUSE, FreeBSD and Alpine.
    const BUNDLES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/usr/local/share/certs/ca-root-nss.crt",
        "/etc/ssl/cert.pem",
    ];
    let (file, directory) = (std::env::var_os("SSL_CERT_FILE"), std::env::var_os("SSL_CERT_DIR"));
    let mut store = TrustStore::default();
    if let Some(file) = &file {
        store.extend(&TrustStore::from_pem(&read(Path::new(file))?)?);
    }
    if let Some(directory) = &directory {
        store.extend(&load_directory(Path::new(directory), read)?);
    }
    if file.is_none() && directory.is_none() {
        let bundle = BUNDLES.iter().map(Path::new).find(|path| path.is_file());
        store = match bundle {
            Some(path) => TrustStore::from_pem(&read(path)?)?,
            None => load_directory(Path::new("/etc/ssl/certs"), read)?,
        };
    }
    if store.is_empty() {
        return Err("the system has no certificates".to_owned());
    }
    Ok(store)
}
