//! Checking certificates as OpenSSL does, with its numbers and its order of errors (RFC 5280 chapter 6; configuration
//! manual, chapter 5.1 "ca-file" to "verify").
//!
//! ```text
//! ca-file --> TrustStore ------\
//! crl-file --> RevocationLists --> Policy --> ClientVerifier, ServerVerifier --> rustls
//! ca-ignore-err --> ErrorSet --/                  \--> take_last(): Verification --> ssl_c_verify, ssl_c_err, ...
//! ```

mod adapters;
mod chain;
mod code;
mod constraints;
mod crl;
mod host;
mod ignored;
mod member;
mod pem;
mod policy;
mod responder;
mod revocation;
mod signature;
#[cfg(test)]
pub(crate) mod tests;
mod trust;

use rustls_pki_types::CertificateDer;

pub use adapters::{ClientVerifier, Demand, ServerVerifier, take_last, take_refused};
pub use code::VerifyCode;
pub use crl::{ListText, RevocationLists};
pub use host::is_for_host;
pub use ignored::ErrorSet;
pub use member::Purpose;
pub use policy::Policy;
pub(crate) use responder::is_signed as is_signed_answer;
pub use trust::TrustStore;

/// What checking a chain came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The last error met, passed over or not (`ssl_c_verify`).
    pub code: VerifyCode,
    /// The depth at which it was met; 0: the peer's own certificate.
    pub depth: u8,
    /// The first error of the peer's own certificate (`ssl_c_err`).
    pub err: VerifyCode,
    /// The first error of an authority's certificate (`ssl_c_ca_err`).
    pub ca_err: VerifyCode,
    /// Its depth, at most 15 (`ssl_c_ca_err_depth`).
    pub ca_err_depth: u8,
    /// The end of the chain that was built: its first certificate that signed itself, or else its last one
    /// (`ssl_c_r_dn`).
    pub root: Option<CertificateDer<'static>>,
}
