//! Why certificates could not be loaded: one text for each kind of bad input, each with the file's name.

use super::crt_store::Difference;
use super::pem::PemError;

/// A certificate, key or file beside it that is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is no such file, nor a bundle of that name.
    #[error("there is no certificate '{path}'{bundle}")]
    Missing {
        /// What was asked for.
        path: Box<str>,
        /// What else was looked for; empty if nothing.
        bundle: &'static str,
    },
    /// It was not loaded at the start, and the runtime API reads no files.
    #[error("the certificate '{path}' does not exist; `new ssl cert` makes one")]
    NotLoaded {
        /// What was asked for.
        path: Box<str>,
    },
    /// The file or directory exists and cannot be read.
    #[error("cannot read '{path}': {reason}")]
    Unreadable {
        /// The file or directory.
        path: Box<str>,
        /// The system's reason.
        reason: Box<str>,
    },
    /// Broken PEM.
    #[error("'{path}', {error}")]
    Pem {
        /// The file.
        path: Box<str>,
        /// What and where.
        error: PemError,
    },
    /// No certificate block.
    #[error("no certificate in '{path}'{}", match .holds { Some(label) => format!(": it begins with a '{label}'"), None => String::new() })]
    NoCertificate {
        /// The file.
        path: Box<str>,
        /// What its first block is, if it has one.
        holds: Option<Box<str>>,
    },
    /// A certificate block that is no certificate.
    #[error("'{path}', line {line}: the certificate that begins here cannot be read: {reason}")]
    BadCertificate {
        /// The file.
        path: Box<str>,
        /// The line of `-----BEGIN`.
        line: u32,
        /// What is wrong.
        reason: Box<str>,
    },
    /// Neither the file nor one beside it has a private key.
    #[error("no private key in '{path}'{}", match .beside { Some(beside) => format!(" or '{beside}'"), None => String::new() })]
    NoKey {
        /// The certificate's file.
        path: Box<str>,
        /// Where a key was looked for as well.
        beside: Option<Box<str>>,
    },
    /// The key is there, but under a passphrase.
    #[error(
        "the private key in '{path}' is encrypted; `ssl-passphrase-cmd` names a command that tells its passphrase (`openssl pkey -in FILE` takes it off)"
    )]
    EncryptedKey {
        /// The file.
        path: Box<str>,
    },
    /// A key that cannot be read, or of a kind that is not spoken.
    #[error("the private key in '{path}' (line {line}) cannot be used: {reason}")]
    BadKey {
        /// The file.
        path: Box<str>,
        /// The line of `-----BEGIN`.
        line: u32,
        /// Why.
        reason: Box<str>,
    },
    /// The key is that of another certificate.
    #[error("the private key in '{key}' is not that of the certificate in '{path}'")]
    Mismatch {
        /// The certificate's file.
        path: Box<str>,
        /// The key's file.
        key: Box<str>,
    },
    /// A file beside the certificate (`.ocsp`, `.issuer`, `.sctl`) that is of no use.
    #[error("'{path}' {reason}")]
    Extra {
        /// The file.
        path: Box<str>,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The name is in use, as a file or by an earlier `load`.
    #[error("the certificate '{name}' is already defined")]
    Defined {
        /// The name.
        name: Box<str>,
    },
    /// The same certificate is used with other files elsewhere.
    #[error("'{path}' was defined before with other parameters: {difference}")]
    Incompatible {
        /// The certificate.
        path: Box<str>,
        /// In what they differ.
        difference: Difference,
    },
    /// Files of a `load` line or of a `crt-list` line cannot be said for several certificates at once.
    #[error("'{path}' is a bundle of several certificates; files cannot be given for it one by one")]
    BundleWithFiles {
        /// The bundle.
        path: Box<str>,
    },
    /// An alias that cannot be told from a path.
    #[error("the alias '{alias}' may not begin with '/'")]
    BadAlias {
        /// The alias.
        alias: Box<str>,
    },
}
