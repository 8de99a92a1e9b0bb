//! Certificates and keys from files (configuration manual, chapters 3.2 "ssl-load-extra-files", 5.1 "crt" and
//! "crt-list", 12.7 "crt-store").
//!
//! ```text
//! file --pem--> blocks --certificate, key, chain--> KeyPair --Loader: by name--> Entry, one for each use on a bind line
//! ```
//! Nothing is read twice, nothing that is broken is passed over in silence, and every error names its file.

mod certificate;
mod chain;
mod crt_store;
mod der;
mod draft;
mod entries;
mod error;
mod files;
mod issuers;
mod key;
mod loader;
mod pair;
mod passphrase;
mod reader;
mod source;
mod staple;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod validity;

pub mod crt_list;
pub mod pem;

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

pub use crt_store::{Difference, OcspUpdate, StoreOptions};
pub use draft::{Draft, Part};
pub use entries::{CrtKeyword, Listed};
pub use error::LoadError;
pub use files::{ExtraFiles, ExtraNames, based};
pub use loader::{LoadSettings, Loader, StoreBases};
pub use source::Source;
pub use validity::Warning;

pub(crate) use certificate::Certificate;
pub(crate) use draft::now;
pub(crate) use issuers::Issuers;
pub(crate) use loader::LoaderParts;
pub(crate) use pair::is_certificate;

/// The kind of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// ECDSA on P-256, P-384 or P-521.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

/// A certificate with its chain and its key.
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// What the runtime API calls it: the path that the configuration names, or `@store/alias`.
    pub name: Box<str>,
    /// The file that it was read from, or what it was made for.
    pub path: Box<str>,
    /// Its chain, its own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: Arc<dyn rustls::sign::SigningKey>,
    /// The key's kind.
    pub kind: KeyKind,
    /// The names that it is for, in lower case: DNS names of the SAN, and the common name. `*.` stands as it is.
    pub names: Vec<Box<str>>,
    /// An OCSP answer to be stapled, DER.
    pub ocsp: Option<Vec<u8>>,
    /// A list of signed certificate timestamps (RFC 6962 section 3.3).
    pub sctl: Option<Vec<u8>>,
    /// When it begins to be valid, seconds since 1970.
    pub not_before: i64,
    /// When it ends, seconds since 1970.
    pub not_after: i64,
    /// What of its files is shown to nobody.
    pub source: Source,
}

/// What a certificate is used for on a `bind` line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The certificate.
    pub pair: Arc<KeyPair>,
    /// Host names that it answers for (`*.` and a leading `!` understood); empty: its own names.
    pub filters: Vec<Box<str>>,
    /// How.
    pub options: Arc<crate::options::HostOptions>,
    /// `default-crt`: it answers for hosts that no other does.
    pub is_default: bool,
    /// The line of the `crt-list` (or the file of the directory) that it comes from; `None` behind `crt`.
    pub listed: Option<Arc<ListEntry>>,
}

/// A line of a `crt-list` as the runtime API shows it. `bind` lines that use the list share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// What the certificate is called.
    pub certificate: Box<str>,
    /// The words in brackets.
    pub options: Vec<Box<str>>,
    /// Host names, as written.
    pub filters: Vec<Box<str>>,
    /// The line's number, from 1; 0: it is a file of a directory.
    pub number: u32,
}

/// `ssl-skip-self-issued-ca`: what happens to authorities in chains that signed themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelfIssued {
    /// They are sent like the others.
    #[default]
    Sent,
    /// They are left out: clients have them.
    Skipped,
}

/// The content of the first element of DER.
pub(crate) fn content(bytes: &[u8]) -> Option<&[u8]> {
    der::Der::new(bytes).any().map(|(_, content)| content)
}

/// The key of a text with a certificate and its key.
pub(crate) fn key_block(path: &str, text: &[u8]) -> Result<pem::Block, LoadError> {
    let held = pair::Held::parse(path, text)?;
    match held.key {
        pair::HeldKey::Plain(block) => Ok(block),
        pair::HeldKey::None | pair::HeldKey::Encrypted(_) => Err(held.lacks_key(None)),
    }
}

/// The regular files of a directory as paths, sorted by name.
pub(crate) fn sorted_entries(directory: &str) -> Result<Vec<String>, LoadError> {
    let unreadable =
        |path: &str, reason: String| LoadError::Unreadable { path: path.into(), reason: reason.into() };
    let fail = |error: std::io::Error| unreadable(directory, error.to_string());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(unreadable(directory, "the name of one of its files is not UTF-8".to_owned()));
        };
        names.push(name);
    }
    names.sort_unstable();
    let mut paths = Vec::with_capacity(names.len());
    for name in names {
        let path = format!("{directory}/{name}");
        // Through links: a dangling one is an error, but a hidden file is nobody's business.
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => paths.push(path),
            Err(error) if !name.starts_with('.') => return Err(unreadable(&path, error.to_string())),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(paths)
}
