//! The client's side of TLS: how a `server` line is connected to.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::{Resumption, Tls12Resumption};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme};
use rustls_pki_types::{DnsName, ServerName};

use crate::failure::HandshakeFailure;
use crate::load::KeyPair;
use crate::options::ClientOptions;
use crate::profile::{self, Built, Warnings, protocol_versions, provider};
use crate::restricted::Restricted;
use crate::session::SecretLog;
use crate::sigalgs;
use crate::verify::{Purpose, ServerVerifier, TrustStore};

/// Sessions kept for one server: one a name that was sent to it.
const SESSIONS_MAX: usize = 256;

/// How a server is connected to.
#[derive(Debug)]
pub struct Context {
    /// What it was made of.
    options: ClientOptions,
    config: Arc<ClientConfig>,
    /// The same with early data, for requests that may be sent twice.
    config_early: Option<Arc<ClientConfig>>,
}

/// Whom a connection is for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The name to send (RFC 6066 section 3); `None`: none.
    pub sni: Option<&'a str>,
    /// The server's address; sessions without a name are kept by it.
    pub address: Option<IpAddr>,
    /// Protocols to offer instead of the configured ones.
    pub alpn: Option<&'a [Box<[u8]>]>,
    /// Whether data may go before the server has answered.
    pub with_early_data: bool,
}

impl Context {
    /// Makes what a `server` line asks for.
    ///
    /// # Errors
    /// Lists of algorithms of which nothing remains, a key that cannot be used.
    pub fn new(options: &ClientOptions) -> Result<Built<Context>, String> {
        let mut warnings = Warnings::default();
        let versions = protocol_versions(&options.versions, &mut warnings)?;
        let algorithms = &options.algorithms;
        let provider = provider(algorithms, None, &versions, &mut warnings)?;
        let schemes = match &algorithms.sigalgs {
            Some(list) => Some(warnings.take("signature algorithms", sigalgs::choose(list)?)),
            None => None,
        };
        let trust = options.ca_file.clone().unwrap_or_else(|| Arc::new(TrustStore::empty()));
        let policy = options.verifies.then(|| profile::policy(Purpose::Server, trust, options.crls.as_ref()));
        let verifier = ServerVerifier::new(policy, options.verify_host.clone(), schemes);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &options.certificate {
            Some(pair) => {
                let shown = Shown::new(pair, algorithms.client_sigalgs.as_deref(), &mut warnings)?;
                builder.with_client_cert_resolver(Arc::new(shown))
            }
            None => builder.with_no_client_auth(),
        };
        config.resumption = resumption(options);
        config.alpn_protocols = profile::spoken_protocols(&options.alpn, &mut warnings);
        if options.logs_secrets {
            config.key_log = Arc::new(SecretLog);
        }
        let config_early = options.allows_early_data.then(|| {
            let mut early = config.clone();
            early.enable_early_data = true;
            Arc::new(early)
        });
        let context = Context { options: options.clone(), config: Arc::new(config), config_early };
        Ok(Built { context: Arc::new(context), warnings: warnings.into_vec() })
    }

    /// Whether hellos are kept.
    pub(crate) fn keeps_hello(&self) -> bool {
        self.options.keeps_hello
    }

    /// Whether data may be sent before the server has answered (`allow-0rtt`).
    #[must_use]
    pub fn allows_early_data(&self) -> bool {
        self.options.allows_early_data
    }

    /// The certificate that is shown to the server.
    #[must_use]
    pub fn certificate(&self) -> Option<&Arc<KeyPair>> {
        self.options.certificate.as_ref()
    }

    /// What the line says.
    #[must_use]
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// A connection that is about to send its hello.
    pub(crate) fn start(&self, target: &Target<'_>) -> Result<ClientConnection, HandshakeFailure> {
        let early = self.config_early.as_ref().filter(|_| target.with_early_data);
        let config = early.unwrap_or(&self.config).clone();
        let name = name_of(target);
        let tls = match target.alpn {
            Some(alpn) => {
                ClientConnection::new_with_alpn(config, name, alpn.iter().map(|p| p.to_vec()).collect())
            }
            None => ClientConnection::new(config, name),
        };
        tls.map_err(|error| HandshakeFailure::of(&error, None))
    }
}

/// Under which name the server is known. rustls sends DNS names alone; addresses only tell sessions apart.
fn name_of(target: &Target<'_>) -> ServerName<'static> {
    let name = target.sni.and_then(|sni| DnsName::try_from(sni.to_owned()).ok());
    match name {
        Some(name) => ServerName::DnsName(name),
        None => ServerName::IpAddress(target.address.unwrap_or(IpAddr::from([127, 0, 0, 1])).into()),
    }
}

fn resumption(options: &ClientOptions) -> Resumption {
    if options.is_never_resumed {
        return Resumption::disabled();
    }
    let tls12 = if options.refuses_tickets {
        Tls12Resumption::SessionIdOnly
    } else {
        Tls12Resumption::SessionIdOrTickets
    };
    Resumption::in_memory_sessions(SESSIONS_MAX).tls12_resumption(tls12)
}

/// Shows one certificate to every server that asks.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl Shown {
    fn new(
        pair: &Arc<KeyPair>,
        client_sigalgs: Option<&str>,
        warnings: &mut Warnings,
    ) -> Result<Shown, String> {
        let key = match client_sigalgs {
            Some(list) => {
                let schemes = warnings.take("signature algorithms of clients", sigalgs::choose(list)?);
                Arc::new(Restricted { key: pair.key.clone(), schemes: schemes.into() })
            }
            None => pair.key.clone(),
        };
        Ok(Shown(Arc::new(CertifiedKey { cert: pair.chain.clone(), key, ocsp: None })))
    }
}

impl rustls::client::ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
