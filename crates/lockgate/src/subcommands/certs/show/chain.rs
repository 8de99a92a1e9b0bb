//! Where a chain of certificates ends.

use std::path::Path;

use tls::verify::TrustStore;
use tls::x509::Cert;

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It has its root with it.
    Root,
    /// Its last certificate was signed by an authority that this system knows.
    Known(String),
    /// By one that this system does not know.
    Open(String),
}

impl End {
    /// The end of certificates in the order in which they are sent; `None` without any.
    pub(super) fn of(chain: &[Cert<'_>]) -> Option<End> {
        let last = chain.last()?;
        if last.is_self_issued() {
            return Some(End::Root);
        }
        let issuer = super::read::one_line(last.issuer());
        Some(if is_known(last) { End::Known(issuer) } else { End::Open(issuer) })
    }
}

/// Whether the system's authorities have the issuer of `cert`.
fn is_known(cert: &Cert<'_>) -> bool {
    let read = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
    // A system without authorities knows none.
    let Ok(system) = TrustStore::load(Path::new("@system-ca"), &read) else { return false };
    let subject_is_issuer =
        |root: &[u8]| Cert::parse(root).is_some_and(|root| root.subject().der() == cert.issuer().der());
    system.certificates().iter().any(|root| subject_is_issuer(root))
}
