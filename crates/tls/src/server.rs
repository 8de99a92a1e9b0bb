//! The server's side of TLS: what a `bind` line serves, made once and shared by its connections.
//!
//! ```text
//! hello --> index: which certificate --> its profile (versions, suites, verification) --> a rustls configuration
//! ```
//! rustls configurations are made when a certificate is first asked for; what could be wrong with them has been found when the
//! context was made.

mod host;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustls::server::{
    ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert, ServerSessionMemoryCache,
    StoresServerSessions,
};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ServerConfig};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::load::{Entry, KeyPair};
use crate::options::{HostOptions, ServerOptions};
use crate::profile::{Built, Warnings};
use crate::records::RecordSizes;
use crate::session::{RandomTickets, SecretLog};
use crate::store::generate::Generator;
use crate::store::{ClientCan, Index, Strictness};
use crate::verify::{Demand, Verification};

pub(crate) use host::Refusal;
use host::{Admission, Host, Profile};

/// Early data that a client may send, in bytes: a buffer less what rewriting may add.
const EARLY_BYTES_MAX: u32 = 15_360;
/// Sessions kept for 0-RTT where the cache was turned off: their tickets must be redeemed once only.
const EARLY_SESSIONS_MIN: usize = 1_000;

/// What all `bind` lines have in common (`tune.ssl.*`).
#[derive(Debug, Clone)]
pub struct SharedTls {
    /// Sessions, for clients without tickets and for 0-RTT.
    sessions: Arc<dyn StoresServerSessions>,
    early_sessions: Arc<dyn StoresServerSessions>,
    tickets: Arc<dyn ProducesTickets>,
    settings: Settings,
}

/// The `tune.ssl.*` settings that matter to the server's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// `tune.ssl.cachesize`: sessions kept; 0: none.
    pub cache_size: usize,
    /// `tune.ssl.lifetime`, in seconds.
    pub lifetime_s: u32,
    /// Whether hellos are kept for fetches (`tune.ssl.capture-buffer-size`, or a fetch that needs them).
    pub keeps_hello: bool,
    /// `tune.ssl.keylog`.
    pub logs_secrets: bool,
    /// `tune.ssl.maxrecord` and its relatives.
    pub records: RecordSizes,
    /// `tune.ssl.ssl-ctx-cache-size`: certificates kept by `generate-certificates`.
    pub generated_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            cache_size: 20_000,
            lifetime_s: 300,
            keeps_hello: false,
            logs_secrets: false,
            records: RecordSizes::default(),
            generated_max: 1000,
        }
    }
}

impl SharedTls {
    /// A cache and ticket keys of their own.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(settings: Settings) -> Result<SharedTls, String> {
        let cache = |size: usize| -> Arc<dyn StoresServerSessions> {
            if size == 0 { Arc::new(NoServerSessionStorage {}) } else { ServerSessionMemoryCache::new(size) }
        };
        Ok(SharedTls {
            sessions: cache(settings.cache_size),
            early_sessions: cache(settings.cache_size.max(EARLY_SESSIONS_MIN)),
            tickets: Arc::new(RandomTickets::new(settings.lifetime_s)?),
            settings,
        })
    }
}

/// What a `bind` line serves.
#[derive(Debug)]
pub struct Context {
    /// What it was made of, besides the entries of `index`.
    options: ServerOptions,
    index: Index,
    hosts: Vec<Arc<Host>>,
    /// Makes hosts for names that have none (`generate-certificates`).
    generator: Option<Generator<Arc<Host>>>,
    prefers_client_ciphers: bool,
    shared: SharedTls,
    tickets: Option<Arc<dyn ProducesTickets>>,
}

/// What is there already while a context is made: entries with the same options share their profile, and a context
/// that follows another takes over what has not changed.
#[derive(Default)]
struct Made {
    profiles: FxHashMap<*const HostOptions, Arc<Profile>>,
    hosts: FxHashMap<(*const KeyPair, *const HostOptions), Arc<Host>>,
}

impl Made {
    /// What stands in `before`, whose options are the same but for those of single entries.
    fn of(before: Option<&Context>) -> Made {
        let mut made = Made::default();
        for (entry, host) in before.iter().flat_map(|context| context.entries().iter().zip(&context.hosts)) {
            let options = Arc::as_ptr(&entry.options);
            made.profiles.insert(options, host.profile.clone());
            made.hosts.insert((Arc::as_ptr(&entry.pair), options), host.clone());
        }
        made
    }

    fn host(
        &mut self,
        entry: &Entry,
        options: &ServerOptions,
        warnings: &mut Warnings,
    ) -> Result<Arc<Host>, String> {
        let key = Arc::as_ptr(&entry.options);
        if let Some(host) = self.hosts.get(&(Arc::as_ptr(&entry.pair), key)) {
            return Ok(host.clone());
        }
        let profile = match self.profiles.get(&key) {
            Some(profile) => profile.clone(),
            None => {
                let profile = Arc::new(Profile::new(&entry.options, options, warnings)?);
                self.profiles.insert(key, profile.clone());
                profile
            }
        };
        Ok(Arc::new(Host::new(entry.pair.clone(), profile)))
    }
}

/// How one client is served.
#[derive(Debug, Clone, Copy)]
struct Variant {
    /// Its order of ciphers counts: it was asked for, or it puts ChaCha20 first as those do that lack AES.
    by_client_order: bool,
    /// It offers a protocol of ours; without one in common ALPN is left unanswered instead of refused.
    with_alpn: bool,
}

impl Variant {
    fn index(self) -> usize {
        usize::from(self.by_client_order) * 2 + usize::from(self.with_alpn)
    }
}

/// The certificate and configuration that answer one client.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) pair: Arc<KeyPair>,
    profile: Arc<Profile>,
}

impl Chosen {
    /// Checks what a client showed when the session began that is resumed now. It may have begun where less was asked
    /// for: rustls looks at the name alone.
    ///
    /// # Errors
    /// What is wrong with the certificate; `None`: it has shown none, and had to.
    pub(crate) fn admit_again(
        &self,
        chain: &[CertificateDer<'static>],
    ) -> Result<Verification, Option<Verification>> {
        match &self.profile.admission {
            Some(admission) if !chain.is_empty() => {
                admission.policy.verify(chain, UnixTime::now()).map_err(Some)
            }
            Some(Admission { demand: Demand::Required, .. }) => Err(None),
            Some(_) | None => Ok(Verification::default()),
        }
    }
}

impl Context {
    /// Makes what `entries` serve under `options`.
    ///
    /// # Errors
    /// Lists of algorithms of which nothing remains, wrong ticket keys, a signer that cannot sign, no certificate at all.
    pub fn new(
        options: &ServerOptions,
        entries: Vec<Entry>,
        shared: &SharedTls,
    ) -> Result<Built<Context>, String> {
        Context::make(options, entries, shared, None)
    }

    /// The same line with other certificates, or otherwise served. Sessions stay, and so does what was made for entries
    /// that have not changed.
    ///
    /// # Errors
    /// As [`Context::new`].
    pub fn remade(&self, options: &ServerOptions, entries: Vec<Entry>) -> Result<Built<Context>, String> {
        Context::make(options, entries, &self.shared, Some(self))
    }

    /// How large records may be.
    pub(crate) fn records(&self) -> RecordSizes {
        self.shared.settings.records
    }

    /// What the line says.
    #[must_use]
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// Its certificates, in the order of the configuration; what was added later comes last.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.index.entries()
    }

    fn make(
        options: &ServerOptions,
        entries: Vec<Entry>,
        shared: &SharedTls,
        before: Option<&Context>,
    ) -> Result<Built<Context>, String> {
        let mut warnings = Warnings::default();
        if entries.is_empty() && !options.is_strict_sni {
            return Err("there is no certificate to serve".to_owned());
        }
        let tickets = match &options.ticket_keys {
            _ if options.is_stateful => None,
            None => Some(shared.tickets.clone()),
            Some(file) => Some(file.tickets(shared.settings.lifetime_s)),
        };
        let mut made = Made::of(before);
        let mut hosts = Vec::with_capacity(entries.len());
        for entry in &entries {
            hosts.push(made.host(entry, options, &mut warnings)?);
        }
        let strictness = if options.is_strict_sni { Strictness::Strict } else { Strictness::Default };
        let index = Index::build(entries, strictness);
        let context = Context {
            options: options.clone(),
            generator: generator(options, &index, shared)?,
            index,
            hosts,
            prefers_client_ciphers: options.prefers_client_ciphers,
            shared: shared.clone(),
            tickets,
        };
        Ok(Built { context: Arc::new(context), warnings: warnings.into_vec() })
    }

    /// Which of the entries are served by what another context serves them with, for tests.
    #[cfg(test)]
    pub(crate) fn shared_hosts(&self, other: &Context) -> Vec<bool> {
        self.hosts.iter().zip(&other.hosts).map(|(own, other)| Arc::ptr_eq(own, other)).collect()
    }

    /// Whether hellos are kept.
    pub(crate) fn keeps_hello(&self) -> bool {
        self.shared.settings.keeps_hello
    }

    /// The certificate and configuration for this client.
    pub(crate) fn choose(&self, hello: &ClientHello<'_>) -> Result<Chosen, Refusal> {
        let can = abilities(hello);
        let made = hello.server_name().and_then(|name| self.generated(name, can));
        let host = match &made {
            Some(host) => {
                host.admit(hello)?;
                host
            }
            None => self.find(hello, can)?,
        };
        let config = self.config(host, self.variant(host, hello));
        Ok(Chosen { config, pair: host.pair.clone(), profile: host.profile.clone() })
    }

    /// The host of the name that a client asks for. Where the client can do nothing with the signatures of the best one, for
    /// their hash, curve or `sigalgs`, one with a key of another kind will do.
    fn find(&self, hello: &ClientHello<'_>, can: ClientCan) -> Result<&Arc<Host>, Refusal> {
        let find = |can| self.index.find(hello.server_name(), can).map(|entry| &self.hosts[entry]);
        let host = find(can).ok_or(Refusal::UnknownHost)?;
        let refusal = match host.admit(hello) {
            Ok(()) => return Ok(host),
            Err(refusal @ (Refusal::UnknownHost | Refusal::FallenBack)) => return Err(refusal),
            Err(refusal @ (Refusal::NoSharedSignature | Refusal::NoSignature | Refusal::NoCipher)) => refusal,
        };
        let other = find(can.without(host.pair.kind)).filter(|other| other.admit(hello).is_ok());
        other.ok_or(refusal)
    }

    /// A certificate made for the name that a client asks for, where no other has it.
    fn generated(&self, name: &str, can: ClientCan) -> Option<Arc<Host>> {
        let generator = self.generator.as_ref()?;
        if self.index.named(name, can).is_some() {
            return None;
        }
        let now = i64::try_from(UnixTime::now().as_secs()).ok()?;
        let profile = &self.hosts.first()?.profile;
        generator.get(name, now, |pair| Arc::new(Host::new(pair, profile.clone())))
    }

    fn variant(&self, host: &Host, hello: &ClientHello<'_>) -> Variant {
        let lacks_aes = hello.cipher_suites().iter().find(|suite| !is_grease(**suite)).is_some_and(|first| {
            matches!(
                first,
                CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
                    | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
                    | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
            )
        });
        let with_alpn = hello.alpn().is_some_and(|mut offered| {
            offered.any(|protocol| host.profile.alpn.iter().any(|ours| ours == protocol))
        });
        Variant { by_client_order: self.prefers_client_ciphers || lacks_aes, with_alpn }
    }

    /// A host's configuration for such clients, made when the first of them comes.
    fn config(&self, host: &Host, variant: Variant) -> Arc<ServerConfig> {
        host.configs[variant.index()].get_or_init(|| Arc::new(self.make_config(host, variant))).clone()
    }

    fn make_config(&self, host: &Host, variant: Variant) -> ServerConfig {
        let Host { pair, key, profile, .. } = host;
        let certified = CertifiedKey { cert: pair.chain.clone(), key: key.clone(), ocsp: pair.ocsp.clone() };
        let mut config = ServerConfig::builder_with_provider(profile.provider.clone())
            .with_protocol_versions(&profile.versions)
            .expect("the profile was checked when the context was made")
            .with_client_cert_verifier(profile.verifier.clone())
            .with_cert_resolver(Arc::new(Single(Arc::new(certified))));
        config.ignore_client_order = !variant.by_client_order;
        if variant.with_alpn {
            config.alpn_protocols.clone_from(&profile.alpn);
        }
        config.session_storage = self.shared.sessions.clone();
        if profile.allows_early_data {
            config.max_early_data_size = EARLY_BYTES_MAX;
            // rustls takes early data only with sessions that it can redeem once.
            config.session_storage = self.shared.early_sessions.clone();
        } else if let Some(tickets) = &self.tickets {
            config.ticketer = tickets.clone();
        }
        if self.shared.settings.logs_secrets {
            config.key_log = Arc::new(SecretLog);
        }
        config
    }
}

/// Makes certificates with the key of the default one.
fn generator(
    options: &ServerOptions,
    index: &Index,
    shared: &SharedTls,
) -> Result<Option<Generator<Arc<Host>>>, String> {
    let default = index.default_entry(ClientCan::ALL).map(|entry| &index.entries()[entry]);
    let (Some(pem), Some(default)) = (&options.signer, default) else { return Ok(None) };
    let generator = Generator::new(pem, default.pair.clone(), shared.settings.generated_max);
    generator.map(Some).map_err(|error| error.to_string())
}

fn is_grease(suite: CipherSuite) -> bool {
    u16::from(suite) & 0x0f0f == 0x0a0a
}

/// Which certificates a client can check (RFC 8446 section 4.2.3; for TLS 1.2 its cipher suites count as well).
fn abilities(hello: &ClientHello<'_>) -> ClientCan {
    let (mut with_ecdsa, mut with_rsa) = (false, false);
    for suite in hello.cipher_suites() {
        match u16::from(*suite) {
            0x1301..=0x1305 => (with_ecdsa, with_rsa) = (true, true),
            // ECDHE-ECDSA with AES-CBC, AES-GCM, AES-CCM and ChaCha20.
            0xc006..=0xc00a | 0xc023 | 0xc024 | 0xc02b | 0xc02c | 0xc0ac..=0xc0af | 0xcca9 => {
                with_ecdsa = true
            }
            0xc010..=0xc014 | 0xc027 | 0xc028 | 0xc02f | 0xc030 | 0xcca8 => with_rsa = true,
            _ => {}
        }
    }
    let can = ClientCan::by_schemes(hello.signature_schemes());
    ClientCan { ecdsa: with_ecdsa && can.ecdsa, rsa: with_rsa && can.rsa, ed25519: with_ecdsa && can.ed25519 }
}

/// Shows one certificate to everybody.
#[derive(Debug)]
struct Single(Arc<CertifiedKey>);

impl ResolvesServerCert for Single {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::PKCS_ECDSA_P256_SHA256 as P256;

    use super::*;
    use crate::load::testing::root;
    use crate::testing;

    #[test]
    fn a_made_certificate_is_kept_with_its_configurations() {
        let signer = root("signer", &P256);
        let signer = Some((signer.pem + &signer.key_pem).into_bytes().into());
        let options = ServerOptions { signer, ..ServerOptions::default() };
        let settings = Settings { generated_max: 1, ..Settings::default() };
        let pairs = [testing::pair(&["a.test"])];
        let context = testing::server_with(settings, HostOptions::default(), &options, &pairs);
        let config = |name, with_alpn| {
            let host = context.generated(name, ClientCan::ALL)?;
            Some(context.config(&host, Variant { by_client_order: false, with_alpn }))
        };
        let first = config("new.test", false).unwrap();
        assert!(Arc::ptr_eq(&first, &config("NEW.test", false).unwrap()));
        assert!(!Arc::ptr_eq(&first, &config("new.test", true).unwrap()));
        assert!(config("a.test", false).is_none(), "it has a certificate");
        // Another one pushes it out.
        assert!(config("newer.test", false).is_some());
        assert!(!Arc::ptr_eq(&first, &config("new.test", false).unwrap()));
    }
}
