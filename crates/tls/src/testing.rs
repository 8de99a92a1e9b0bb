//! Certificates and contexts for this crate's own tests.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::load::{Entry, KeyKind, KeyPair, Source};
use crate::options::{ClientOptions, HostOptions, ServerOptions};
use crate::server::{Settings, SharedTls};
use crate::{client, server};

/// A self-signed certificate for these names, on P-256.
pub(crate) fn pair(names: &[&str]) -> Arc<KeyPair> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names.clone()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
    Arc::new(KeyPair {
        name: names[0].clone().into(),
        path: names[0].clone().into(),
        chain,
        key: rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap(),
        kind: KeyKind::Ecdsa,
        names: names.into_iter().map(String::into_boxed_str).collect(),
        ocsp: None,
        sctl: None,
        not_before: 0,
        not_after: i64::MAX,
        source: Source::default(),
    })
}

/// What a `bind` line with these certificates and options serves.
pub(crate) fn server(
    host: HostOptions,
    options: &ServerOptions,
    pairs: &[Arc<KeyPair>],
) -> Arc<server::Context> {
    server_with(Settings::default(), host, options, pairs)
}

/// The same under other settings.
pub(crate) fn server_with(
    settings: Settings,
    host: HostOptions,
    options: &ServerOptions,
    pairs: &[Arc<KeyPair>],
) -> Arc<server::Context> {
    server_sharing(&SharedTls::new(settings).unwrap(), host, options, pairs)
}

/// The same with sessions and tickets that others have too.
pub(crate) fn server_sharing(
    shared: &SharedTls,
    host: HostOptions,
    options: &ServerOptions,
    pairs: &[Arc<KeyPair>],
) -> Arc<server::Context> {
    let host = Arc::new(host);
    let entry = |pair: &Arc<KeyPair>| Entry {
        pair: pair.clone(),
        filters: Vec::new(),
        options: host.clone(),
        is_default: false,
        listed: None,
    };
    server::Context::new(options, pairs.iter().map(entry).collect(), shared).unwrap().context
}

/// What a `server` line with these options connects with.
pub(crate) fn client(options: &ClientOptions) -> Arc<client::Context> {
    client::Context::new(options).unwrap().context
}
