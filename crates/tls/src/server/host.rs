//! A certificate as it is served under its options: which clients it can answer, and what they have to show.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, WebPkiClientVerifier};
use rustls::sign::SigningKey;
use rustls::{ServerConfig, SignatureScheme, SupportedProtocolVersion};

use crate::load::KeyPair;
use crate::options::{HostOptions, ServerOptions, Verify};
use crate::profile::{Warnings, protocol_versions, provider};
use crate::restricted::Restricted;
use crate::verify::{ClientVerifier, Demand, Policy, Purpose, TrustStore};
use crate::{profile, sigalgs};

/// The suite by which a client says that it has offered a newer version before (RFC 7507 section 2).
const TLS_FALLBACK_SCSV: u16 = 0x5600;

/// One certificate and how it is served.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) pair: Arc<KeyPair>,
    /// The pair's key, which signs as `sigalgs` says.
    pub(super) key: Arc<dyn SigningKey>,
    pub(super) profile: Arc<Profile>,
    /// Configurations by [`super::Variant`].
    pub(super) configs: [OnceLock<Arc<ServerConfig>>; 4],
}

/// What certificates with the same options share.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    /// How clients' certificates are checked; `None`: none is asked for.
    pub(super) admission: Option<Admission>,
    pub(super) alpn: Vec<Vec<u8>>,
    schemes: Option<Arc<[SignatureScheme]>>,
    pub(super) allows_early_data: bool,
}

/// What clients have to show.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) policy: Policy,
    pub(super) demand: Demand,
}

/// Why a client is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It names no host of ours, under `strict-sni`.
    UnknownHost,
    /// It says that it has fallen back from a version that we know (RFC 7507).
    FallenBack,
    /// It knows none of the signatures of `sigalgs`.
    NoSharedSignature,
    /// It knows no signature that the key may make.
    NoSignature,
    /// The same under TLS 1.2, where OpenSSL leaves out the cipher suites of a key that cannot sign.
    NoCipher,
}

impl Host {
    pub(super) fn new(pair: Arc<KeyPair>, profile: Arc<Profile>) -> Host {
        let key: Arc<dyn SigningKey> = match &profile.schemes {
            Some(schemes) => Arc::new(Restricted { key: pair.key.clone(), schemes: schemes.clone() }),
            None => pair.key.clone(),
        };
        Host { pair, key, profile, configs: Default::default() }
    }

    /// Whether this client can be answered with this certificate.
    pub(super) fn admit(&self, hello: &ClientHello<'_>) -> Result<(), Refusal> {
        let speaks_tls13 = self.profile.speaks_tls13();
        let suites = hello.cipher_suites();
        let offers_tls13 = suites.iter().any(|suite| matches!(u16::from(*suite), 0x1301..=0x1305));
        let has_fallen_back =
            !offers_tls13 && suites.iter().any(|suite| u16::from(*suite) == TLS_FALLBACK_SCSV);
        if speaks_tls13 && has_fallen_back {
            return Err(Refusal::FallenBack);
        }
        let offered = hello.signature_schemes();
        let listed = self.profile.schemes.as_deref();
        if listed.is_some_and(|listed| !listed.iter().any(|scheme| offered.contains(scheme))) {
            return Err(Refusal::NoSharedSignature);
        }
        match self.key.choose_scheme(offered) {
            Some(_) => Ok(()),
            None if speaks_tls13 && offers_tls13 => Err(Refusal::NoSignature),
            None => Err(Refusal::NoCipher),
        }
    }
}

impl Profile {
    pub(super) fn new(
        host: &HostOptions,
        options: &ServerOptions,
        warnings: &mut Warnings,
    ) -> Result<Profile, String> {
        let versions = protocol_versions(&host.versions, warnings)?;
        let provider = provider(&host.algorithms, host.ecdhe.as_deref(), &versions, warnings)?;
        let schemes = match &host.algorithms.sigalgs {
            Some(list) => Some(warnings.take("signature algorithms", sigalgs::choose(list)?).into()),
            None => None,
        };
        let (verifier, admission) = verifier(host, options, &provider, warnings)?;
        let alpn = host.alpn.clone().unwrap_or_else(|| vec![Box::from(&b"http/1.1"[..])]);
        Ok(Profile {
            provider,
            versions,
            verifier,
            admission,
            alpn: profile::spoken_protocols(&alpn, warnings),
            schemes,
            allows_early_data: host.allows_early_data,
        })
    }

    fn speaks_tls13(&self) -> bool {
        self.versions.iter().any(|spoken| spoken.version == rustls::ProtocolVersion::TLSv1_3)
    }
}

/// What a verifier checks with, where clients are asked for certificates.
type Verifier = (Arc<dyn ClientCertVerifier>, Option<Admission>);

fn verifier(
    host: &HostOptions,
    options: &ServerOptions,
    provider: &Arc<CryptoProvider>,
    warnings: &mut Warnings,
) -> Result<Verifier, String> {
    let demand = match host.verify.unwrap_or_default() {
        Verify::None => return Ok((WebPkiClientVerifier::no_client_auth(), None)),
        Verify::Optional => Demand::Optional,
        Verify::Required => Demand::Required,
    };
    let schemes = match &host.algorithms.client_sigalgs {
        Some(list) => Some(warnings.take("signature algorithms of clients", sigalgs::choose(list)?)),
        None => None,
    };
    let shown = host.ca_file.as_ref();
    let trust = match (shown, &host.ca_verify_file) {
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => Arc::new(TrustStore::empty()),
        (Some(one), Some(other)) => {
            let mut both = TrustStore::clone(one);
            both.extend(other);
            Arc::new(both)
        }
    };
    let hints = match shown {
        Some(store) if !host.hides_ca_names => store.subjects(),
        Some(_) | None => Vec::new(),
    };
    let mut policy = profile::policy(Purpose::Client, trust, host.crls.as_ref());
    policy.ca_ignored = options.ca_ignored;
    policy.crt_ignored = options.crt_ignored;
    let groups = provider.kx_groups.iter().map(|group| group.name());
    let verifier = ClientVerifier::new(policy.clone(), demand, hints, schemes).with_groups(groups);
    Ok((Arc::new(verifier), Some(Admission { policy, demand })))
}
