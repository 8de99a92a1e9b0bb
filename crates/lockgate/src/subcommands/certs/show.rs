//! `lockgate certs show FILE...`: what is in PEM files, how long it lasts, and what a `bind` line could do with it.
//!
//! It reads with the loader that `crt` uses, so what it says is what a configuration gets: chains in order, keys and
//! answers in files beside.

mod chain;
mod read;
mod tell;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::report::print;

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines for people.
    People,
    /// An array with an object for each file.
    Json,
}

/// What was found in a file.
#[derive(Debug, Default, PartialEq)]
struct Found {
    path: String,
    /// In the order in which they would be sent; in the file's order if there is no key.
    certificates: Vec<Certificate>,
    key: Key,
    chain: Option<chain::End>,
    serves: Option<Serves>,
    revocations: Vec<Revocations>,
    /// Labels of blocks of other kinds.
    others: Vec<String>,
    /// What is wrong.
    problems: Vec<Problem>,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    line: Option<u32>,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Certificate {
    subject: String,
    issuer: String,
    /// Subject alternative names: host names and addresses as they are, others with their kind.
    names: Vec<String>,
    /// Hexadecimal.
    serial: String,
    /// Seconds since 1970; `None` if the date is not readable.
    not_before: Option<i64>,
    not_after: Option<i64>,
    days_left: Option<i64>,
    /// `id-ecPublicKey`, ...
    key_algorithm: &'static str,
    key_bits: u32,
    signature_algorithm: &'static str,
    /// `CA`, `server`, `client`.
    usages: Vec<&'static str>,
    /// Hexadecimal.
    sha1: String,
    sha256: String,
    ocsp_url: Option<String>,
}

/// The private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Key {
    #[default]
    None,
    /// It is the certificate's.
    Matches,
    /// It is another certificate's.
    Mismatch,
    /// It takes a passphrase.
    Encrypted,
    /// It is there, but cannot be used, or has no certificate.
    Unused,
}

/// What a `bind` line can do with it.
#[derive(Debug, PartialEq, Eq)]
struct Serves {
    /// `ECDSA`, `RSA`, `Ed25519`.
    kind: &'static str,
    /// Names that choose it, without filters.
    names: Vec<String>,
    has_ocsp: bool,
    has_timestamps: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Revocations {
    issuer: String,
    /// How many are revoked.
    count: usize,
    this_update: i64,
    next_update: Option<i64>,
}

/// Shows files; 1 if something is wrong with any of them.
pub(super) fn run(files: &[PathBuf], shape: Shape) -> ExitCode {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let found: Vec<Found> =
        files.iter().flat_map(|file| bundle(file)).map(|file| read::file(&file, now)).collect();
    for one in &found {
        for problem in &one.problems {
            super::tell(&tell::problem(&one.path, problem));
        }
    }
    print(&match shape {
        Shape::People => tell::people(&found),
        Shape::Json => tell::json(&found),
    });
    if found.iter().all(|one| one.problems.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A name of which only `.rsa`, `.ecdsa` and the like exist is all of them, as for `crt`.
fn bundle(file: &Path) -> Vec<PathBuf> {
    let with = |kind: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(kind);
        PathBuf::from(name)
    };
    let parts: Vec<PathBuf> =
        [".ecdsa", ".rsa", ".dsa"].into_iter().map(with).filter(|path| path.exists()).collect();
    if file.exists() || parts.is_empty() { vec![file.to_owned()] } else { parts }
}
