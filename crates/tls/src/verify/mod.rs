//! Checking certificates as OpenSSL does, with its numbers and its order of errors.

use rustls_pki_types::CertificateDer;

/// One of OpenSSL's verification results; 0: good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyCode(pub u16);

/// A set of results (`ca-ignore-err`, `crt-ignore-err`): bit N of 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorSet(u128);

impl ErrorSet {
    /// Whether `code` is in it.
    #[must_use]
    pub fn contains(self, code: VerifyCode) -> bool {
        code.0 < 128 && self.0 & (1 << code.0) != 0
    }
}

/// Certificates that are trusted, in the order of their files.
#[derive(Debug, Default)]
pub struct TrustStore {
    certificates: Vec<CertificateDer<'static>>,
}

impl TrustStore {
    /// Its certificates.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }
}

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
    /// Its depth (`ssl_c_ca_err_depth`).
    pub ca_err_depth: u8,
    /// The last certificate of the chain that was built (`ssl_c_r_dn`).
    pub root: Option<CertificateDer<'static>>,
}
