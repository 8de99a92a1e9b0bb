//! What `bind` and `server` lines say about TLS, as plain data: names and lists are checked when a context is made of
//! them, files have been read.

use std::sync::Arc;

use crate::records::RecordSizes;
use crate::tickets::TicketFile;
use crate::verify::{ErrorSet, RevocationLists, TrustStore};
use crate::version::VersionRange;

/// `verify` of a `bind` line: whether clients show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// None is asked for.
    #[default]
    None,
    /// One is asked for, and checked if it comes.
    Optional,
    /// Without a good one there is no connection.
    Required,
}

/// Lists of algorithms, in OpenSSL's notation; `None`: the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Algorithms {
    /// `ciphers`: TLS 1.2 and older.
    pub ciphers: Option<Box<str>>,
    /// `ciphersuites`: TLS 1.3.
    pub ciphersuites: Option<Box<str>>,
    /// `curves`.
    pub curves: Option<Box<str>>,
    /// `sigalgs`.
    pub sigalgs: Option<Box<str>>,
    /// `client-sigalgs`.
    pub client_sigalgs: Option<Box<str>>,
}

/// What can be said of TLS on a `bind` line as well as for one certificate of a `crt-list`
/// (configuration manual, chapter 5.1 "crt-list").
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// `alpn`, in order of preference; empty: none (`no-alpn`). `None`: the default for HTTP.
    pub alpn: Option<Vec<Box<[u8]>>>,
    /// Algorithms.
    pub algorithms: Algorithms,
    /// `ecdhe`: one curve, for old configurations; `curves` counts before it.
    pub ecdhe: Option<Box<str>>,
    /// Versions.
    pub versions: VersionRange,
    /// `verify`.
    pub verify: Option<Verify>,
    /// `ca-file`: who may have signed clients' certificates.
    pub ca_file: Option<Arc<TrustStore>>,
    /// `ca-verify-file`: more of them, whose names are not sent to clients.
    pub ca_verify_file: Option<Arc<TrustStore>>,
    /// `crl-file`: lists of revoked certificates.
    pub crls: Option<Arc<RevocationLists>>,
    /// `no-ca-names`: the names of authorities are not sent to clients.
    pub hides_ca_names: bool,
    /// `allow-0rtt`.
    pub allows_early_data: bool,
}

/// What a `bind ... ssl` line says.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// What holds for all its certificates, unless a `crt-list` line says otherwise.
    pub host: HostOptions,
    /// `strict-sni`: a client that names no known host is refused.
    pub is_strict_sni: bool,
    /// `prefer-client-ciphers`.
    pub prefers_client_ciphers: bool,
    /// `ca-ignore-err`.
    pub ca_ignored: ErrorSet,
    /// `crt-ignore-err`.
    pub crt_ignored: ErrorSet,
    /// `no-tls-tickets`: sessions are kept here, not with the client.
    pub is_stateful: bool,
    /// `tls-ticket-keys`; `None`: made at random.
    pub ticket_keys: Option<Arc<TicketFile>>,
    /// `generate-certificates`: PEM of `ca-sign-file`, certificate and key.
    pub signer: Option<Arc<[u8]>>,
}

/// What a `server ... ssl` line says.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// `verify required`: the server's certificate is checked.
    pub verifies: bool,
    /// `ca-file`.
    pub ca_file: Option<Arc<TrustStore>>,
    /// `crl-file`.
    pub crls: Option<Arc<RevocationLists>>,
    /// `verifyhost`: the name that the certificate must have where none is sent as SNI.
    pub verify_host: Option<Box<str>>,
    /// `crt`: what is shown to the server.
    pub certificate: Option<Arc<crate::load::KeyPair>>,
    /// `alpn`.
    pub alpn: Vec<Box<[u8]>>,
    /// Algorithms.
    pub algorithms: Algorithms,
    /// Versions.
    pub versions: VersionRange,
    /// `no-ssl-reuse`: sessions are not resumed.
    pub is_never_resumed: bool,
    /// `no-tls-tickets`.
    pub refuses_tickets: bool,
    /// `allow-0rtt`.
    pub allows_early_data: bool,
    /// Whether hellos are kept for fetches.
    pub keeps_hello: bool,
    /// `tune.ssl.keylog`.
    pub logs_secrets: bool,
    /// `tune.ssl.maxrecord` and its relatives.
    pub records: RecordSizes,
}
