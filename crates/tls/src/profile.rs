//! What both sides make of lists of algorithms and versions.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::version::{TLS12, TLS13};
use rustls::{ProtocolVersion, SupportedProtocolVersion};

use crate::names::Choice;
use crate::options::Algorithms;
use crate::verify::{Policy, Purpose, RevocationLists, TrustStore};
use crate::version::{Version, VersionRange};
use crate::{groups, suites};

/// A context, and what is worth telling about how it came about.
#[derive(Debug)]
pub struct Built<T> {
    /// The context.
    pub context: Arc<T>,
    /// Names that were understood and are not spoken by this program.
    pub warnings: Vec<String>,
}

/// Collects what is worth telling.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Vec<String>);

impl Warnings {
    /// The usable part of a choice; the rest is told.
    pub(crate) fn take<T>(&mut self, what: &str, choice: Choice<T>) -> Vec<T> {
        if !choice.dropped.is_empty() {
            self.add(format!("{what} that are not built in are left out: {}", choice.dropped.join(", ")));
        }
        choice.usable
    }

    pub(crate) fn add(&mut self, text: String) {
        if !self.0.contains(&text) {
            self.0.push(text);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// The versions to be spoken.
pub(crate) fn protocol_versions(
    range: &VersionRange,
    warnings: &mut Warnings,
) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let allowed = |version| range.allows(version);
    let versions: Vec<_> = [(Version::Tls13, &TLS13), (Version::Tls12, &TLS12)]
        .into_iter()
        .filter(|(version, _)| allowed(*version))
        .map(|(_, version)| version)
        .collect();
    let old: Vec<_> = Version::ALL
        .into_iter()
        .filter(|version| !version.is_spoken() && allowed(*version))
        .map(Version::name)
        .collect();
    if versions.is_empty() {
        return Err(match &old[..] {
            [] => "no version of TLS is left".to_owned(),
            old => {
                format!("only {} would be left, and versions before TLSv1.2 are not built in", old.join(", "))
            }
        });
    }
    if !old.is_empty() {
        warnings.add(format!("versions before TLSv1.2 are not built in: {} left out", old.join(", ")));
    }
    Ok(versions)
}

/// The cipher suites and groups of these lists, for these versions.
pub(crate) fn provider(
    algorithms: &Algorithms,
    ecdhe: Option<&str>,
    versions: &[&'static SupportedProtocolVersion],
    warnings: &mut Warnings,
) -> Result<Arc<CryptoProvider>, String> {
    let speaks = |version| versions.iter().any(|spoken| spoken.version == version);
    let mut cipher_suites = Vec::new();
    if speaks(ProtocolVersion::TLSv1_3) {
        let choice = suites::tls13(algorithms.ciphersuites.as_deref())?;
        cipher_suites.append(&mut warnings.take("cipher suites", choice));
    }
    if speaks(ProtocolVersion::TLSv1_2) {
        match suites::tls12(algorithms.ciphers.as_deref()) {
            Ok(choice) => cipher_suites.append(&mut warnings.take("ciphers", choice)),
            // TLS 1.3 remains, as it does with OpenSSL.
            Err(problem) if !cipher_suites.is_empty() => {
                warnings.add(format!("{problem}: only TLSv1.3 is left"));
            }
            Err(problem) => return Err(problem),
        }
    }
    let choice = groups::choose(algorithms.curves.as_deref(), ecdhe)?;
    let kx_groups = warnings.take("curves", choice);
    Ok(Arc::new(CryptoProvider { cipher_suites, kx_groups, ..aws_lc_rs::default_provider() }))
}

/// What certificates are checked against: these authorities, these lists of revoked certificates.
pub(crate) fn policy(
    purpose: Purpose,
    trust: Arc<TrustStore>,
    crls: Option<&Arc<RevocationLists>>,
) -> Policy {
    let mut policy = Policy::new(purpose, trust);
    // A directory without a list asks for no check.
    policy.crls = crls.filter(|lists| !lists.is_empty()).cloned();
    policy
}

/// The protocols of an ALPN list that this program speaks under TLS; all others than HTTP are passed on as they are.
pub(crate) fn spoken_protocols(list: &[Box<[u8]>], warnings: &mut Warnings) -> Vec<Vec<u8>> {
    if list.iter().any(|protocol| **protocol == *b"h2") {
        warnings.add("ALPN: `h2` is not offered, HTTP/2 is not built yet".to_owned());
    }
    list.iter().filter(|protocol| ***protocol != *b"h2").map(|protocol| protocol.to_vec()).collect()
}
