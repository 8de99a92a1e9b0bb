//! TLS: what `bind` and `server` lines and `global` say about it (configuration manual, chapters 3, 5.1 and 5.2).

use std::sync::Arc;

use diag::Span;
use tls::Slot;
use tls::load::{Entry, LoadSettings};
use tls::options::{Algorithms, ClientOptions, ServerOptions};
use tls::version::VersionRange;

/// A `bind ... ssl` line: what it serves.
#[derive(Debug, Clone)]
pub struct BindTls {
    /// The place of its `ssl`; the sockets of one line share it, and [`BindTls::context`].
    pub span: Span,
    /// What its words say, the defaults of `global` included.
    pub options: ServerOptions,
    /// Its certificates, in order.
    pub entries: Vec<Entry>,
    /// The `crt-list` files and directories among them.
    pub lists: Vec<Box<str>>,
    /// What connections are served with, shared by the sockets of the line; `None` if something about the line is wrong, or
    /// its proxy is disabled.
    pub context: Option<Arc<Slot<tls::server::Context>>>,
}

/// What a `server` line says about TLS.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "words that can be said independently of each other")]
pub struct ServerTls {
    /// `ssl`.
    pub is_on: bool,
    /// Whether `no-ssl` took an inherited `ssl` back: TLS is ready to be switched on at run time.
    pub is_ready: bool,
    /// `no-ssl`.
    pub is_taken_back: bool,
    /// `check-ssl`: checks use TLS although requests may not.
    pub checks: bool,
    /// `no-check-ssl`: checks do not use TLS although requests do.
    pub refuses_checks: bool,
    /// `verify`; `None`: as `ssl-server-verify` says.
    pub verify: Option<super::ServerVerify>,
    /// What its words say, the defaults of `global` included.
    pub options: ClientOptions,
    /// `crt` and its place; what it holds stands in [`ServerTls::options`].
    pub certificate: Option<(Box<str>, Span)>,
    /// `sni`, or the request's host where `sni-auto` is in force: what servers are told, and what connections are
    /// kept by.
    pub sni: Option<Arc<sample::Expr>>,
    /// Whether `sni` was not said: the host of HTTP requests is told.
    pub sni_auto: bool,
    /// `no-sni-auto`.
    pub refuses_sni_auto: bool,
    /// `check-sni`.
    pub check_sni: Option<Box<str>>,
    /// `no-check-sni-auto`: checks do not tell the host of their request.
    pub refuses_check_sni_auto: bool,
    /// `check-alpn`, in order of preference; empty: none.
    pub check_alpn: Vec<Box<[u8]>>,
    /// What connections are made with; `None` without TLS, if something about the line is wrong, or if its proxy is
    /// disabled.
    pub context: Option<Arc<Slot<tls::client::Context>>>,
}

/// `ssl-default-bind-*`: what `ssl` of a `bind` line brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BindTlsDefaults {
    /// `-ciphers` and its relatives.
    pub algorithms: Algorithms,
    /// Versions of `-options`.
    pub versions: VersionRange,
    /// `no-tls-tickets` of `-options`.
    pub is_stateful: bool,
    /// `prefer-client-ciphers` of `-options`.
    pub prefers_client_ciphers: bool,
    /// `strict-sni` of `-options`.
    pub is_strict_sni: bool,
}

/// `ssl-default-server-*`: what `ssl` of a `server` line brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerTlsDefaults {
    /// `-ciphers` and its relatives.
    pub algorithms: Algorithms,
    /// Versions of `-options`.
    pub versions: VersionRange,
    /// `no-tls-tickets` of `-options`.
    pub refuses_tickets: bool,
}

/// `ocsp-update.*`: how OCSP answers are fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OcspUpdates {
    /// `ocsp-update.disable`: none is.
    pub is_disabled: bool,
    /// `ocsp-update.httpproxy`: through whom, an address or a name, and its port.
    pub http_proxy: Option<(Box<str>, u16)>,
    /// `ocsp-update.mindelay`, `ocsp-update.maxdelay`.
    pub delays: tls::files::Delays,
}

/// What `global` says about TLS.
#[derive(Debug, Clone, Default)]
pub struct GlobalTls {
    /// How OCSP answers are fetched.
    pub ocsp: OcspUpdates,
    /// For `bind` lines that follow.
    pub bind: BindTlsDefaults,
    /// For `server` lines that follow.
    pub server: ServerTlsDefaults,
    /// How certificates are loaded.
    pub load: LoadSettings,
    /// `tune.ssl.cachesize`, `tune.ssl.lifetime` and others that sessions depend on.
    pub settings: tls::server::Settings,
    /// `tune.ssl.capture-buffer-size`, in bytes; 0: client hellos are not kept for that.
    pub capture_bytes_max: usize,
    /// `maxsslconn`: TLS connections at once, both sides together; `None`: no limit of its own.
    pub connections_max: Option<u32>,
    /// `maxsslrate`: TLS sessions that begin in a second; `None`: no limit.
    pub rate_max: Option<u32>,
}
