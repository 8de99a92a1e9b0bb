//! The verifiers under rustls: whole handshakes in memory, with every kind of key, on either side.

use rcgen::{ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls::client::danger::ServerCertVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, NamedGroup, ServerConfig, ServerConnection,
    SignatureScheme, SupportedProtocolVersion,
};
use rustls_pki_types::{PrivateKeyDer, ServerName};

use super::pki::{Party, authority, client};
use super::*;

/// Everybody that a handshake needs.
struct Cast {
    root: Party,
    server: Party,
    client: Party,
}

fn cast() -> Cast {
    let root = authority("root", None, |_| {});
    let server = server_of(&root, "localhost");
    let client = client(Some(&root), |_| {});
    Cast { root, server, client }
}

/// A server's certificate.
fn server_of(root: &Party, host: &str) -> Party {
    client(Some(root), |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = vec![SanType::DnsName(host.try_into().unwrap())];
    })
}

fn policy(purpose: Purpose, root: &Party) -> Policy {
    let mut trust = TrustStore::empty();
    trust.add(root.der.clone()).unwrap();
    Policy::new(purpose, Arc::new(trust))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// [`pki::now`] for rustls.
#[derive(Debug)]
struct Fixed;

impl rustls::time_provider::TimeProvider for Fixed {
    fn current_time(&self) -> Option<rustls_pki_types::UnixTime> {
        Some(pki::now())
    }
}

fn server_config(
    cast: &Cast,
    verifier: Arc<dyn ClientCertVerifier>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(cast.server.key.serialize_der()).unwrap();
    let builder =
        ServerConfig::builder_with_details(provider(), Arc::new(Fixed)).with_protocol_versions(&[version]);
    let builder = builder.unwrap().with_client_cert_verifier(verifier);
    Arc::new(builder.with_single_cert(vec![cast.server.der.clone()], key).unwrap())
}

fn client_config(cast: &Cast, verifier: Arc<dyn ServerCertVerifier>, shows: bool) -> Arc<ClientConfig> {
    let builder =
        ClientConfig::builder_with_details(provider(), Arc::new(Fixed)).with_safe_default_protocol_versions();
    let builder = builder.unwrap().dangerous().with_custom_certificate_verifier(verifier);
    Arc::new(match shows {
        true => {
            let key = PrivateKeyDer::try_from(cast.client.key.serialize_der()).unwrap();
            builder.with_client_auth_cert(vec![cast.client.der.clone()], key).unwrap()
        }
        false => builder.with_no_client_auth(),
    })
}

/// Runs a handshake; what the server's and the client's end of it came to.
fn shake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    name: &'static str,
) -> (Result<(), rustls::Error>, Result<(), rustls::Error>) {
    let mut server = ServerConnection::new(server).unwrap();
    let mut client = ClientConnection::new(client, ServerName::try_from(name).unwrap()).unwrap();
    let (mut ends, mut bytes) = ((Ok(()), Ok(())), Vec::new());
    for _ in 0..6 {
        bytes.clear();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        let mut from_client = &bytes[..];
        while !from_client.is_empty() && ends.0.is_ok() {
            server.read_tls(&mut from_client).unwrap();
            ends.0 = server.process_new_packets().map(|_| ());
        }
        bytes.clear();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        let mut from_server = &bytes[..];
        while !from_server.is_empty() && ends.1.is_ok() {
            client.read_tls(&mut from_server).unwrap();
            ends.1 = client.process_new_packets().map(|_| ());
        }
    }
    ends
}

/// A server's verifier that takes any certificate.
fn anything() -> Arc<ServerVerifier> {
    Arc::new(ServerVerifier::new(None, None, None))
}

fn demanding(policy: Policy) -> Arc<ClientVerifier> {
    Arc::new(ClientVerifier::new(policy, Demand::Required, Vec::new(), None))
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[test]
fn every_kind_of_key_signs_handshakes_on_both_sides() {
    let kinds = [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ];
    for kind in kinds {
        let mut cast = cast();
        for party in [&mut cast.server, &mut cast.client] {
            party.key = KeyPair::generate_for(kind).unwrap();
            let issuer = rcgen::Issuer::from_params(&cast.root.params, &cast.root.key);
            party.der = party.params.signed_by(&party.key, &issuer).unwrap().der().clone();
        }
        let checked = Arc::new(ServerVerifier::new(Some(policy(Purpose::Server, &cast.root)), None, None));
        for version in VERSIONS {
            let server = server_config(&cast, demanding(policy(Purpose::Client, &cast.root)), version);
            let ends = shake(server, client_config(&cast, checked.clone(), true), "localhost");
            assert_eq!(ends, (Ok(()), Ok(())), "{kind:?} {version:?}");
            assert!(take_last().unwrap().code.is_ok());
        }
    }
}

#[test]
fn refusals_leave_their_result_and_send_openssl_s_alert() {
    let cast = cast();
    let stranger = authority("stranger", None, |_| {});
    for version in VERSIONS {
        let server = server_config(&cast, demanding(policy(Purpose::Client, &stranger)), version);
        let (server_end, client_end) = shake(server, client_config(&cast, anything(), true), "localhost");
        assert!(matches!(server_end, Err(rustls::Error::InvalidCertificate(_))), "{server_end:?}");
        assert_eq!(client_end, Err(rustls::Error::AlertReceived(AlertDescription::UnknownCA)));
        let found = take_last().unwrap();
        assert_eq!((found.code, found.depth), (VerifyCode::UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0));
        assert_eq!(take_last(), None);
    }
}

#[test]
fn ignored_errors_let_the_handshake_go_on() {
    let cast = cast();
    let stranger = authority("stranger", None, |_| {});
    let mut lenient = policy(Purpose::Client, &stranger);
    lenient.crt_ignored = ErrorSet::parse("20,21").unwrap();
    let server = server_config(&cast, demanding(lenient), &rustls::version::TLS13);
    assert_eq!(shake(server, client_config(&cast, anything(), true), "localhost"), (Ok(()), Ok(())));
    let found = take_last().unwrap();
    assert_eq!((found.code, found.err), (VerifyCode(21), VerifyCode(20)));
}

#[test]
fn a_client_without_a_certificate_is_refused_only_if_one_is_demanded() {
    let cast = cast();
    for (demand, is_let_in) in [(Demand::Optional, true), (Demand::Required, false)] {
        let verifier = ClientVerifier::new(policy(Purpose::Client, &cast.root), demand, Vec::new(), None);
        let server = server_config(&cast, Arc::new(verifier), &rustls::version::TLS13);
        let (end, _) = shake(server, client_config(&cast, anything(), false), "localhost");
        assert_eq!(end.is_ok(), is_let_in, "{demand:?}");
    }
}

#[test]
fn only_the_chosen_schemes_are_offered() {
    let cast = cast();
    let chosen = vec![SignatureScheme::RSA_PSS_SHA256, SignatureScheme::Unknown(0x7777)];
    let verifier =
        ClientVerifier::new(policy(Purpose::Client, &cast.root), Demand::Required, Vec::new(), Some(chosen));
    assert_eq!(verifier.supported_verify_schemes(), [SignatureScheme::RSA_PSS_SHA256]);
    let server = server_config(&cast, Arc::new(verifier), &rustls::version::TLS13);
    // The client has an ECDSA key alone: it shows nothing.
    assert!(shake(server, client_config(&cast, anything(), true), "localhost").0.is_err());
}

#[test]
fn a_curve_that_is_not_listed_is_refused_under_tls_1_2() {
    let cast = cast();
    let end = |groups: &[NamedGroup], version| {
        let verifier =
            ClientVerifier::new(policy(Purpose::Client, &cast.root), Demand::Required, Vec::new(), None);
        let verifier = verifier.with_groups(groups.iter().copied());
        let server = server_config(&cast, Arc::new(verifier), version);
        shake(server, client_config(&cast, anything(), true), "localhost").0
    };
    // The client's key is on P-256.
    let others = [NamedGroup::X25519, NamedGroup::secp384r1];
    let wrong = rustls::Error::General("wrong curve".to_owned());
    assert_eq!(end(&others, &rustls::version::TLS12), Err(wrong));
    assert_eq!(end(&others, &rustls::version::TLS13), Ok(()));
    assert_eq!(end(&[NamedGroup::secp256r1], &rustls::version::TLS12), Ok(()));
}

#[test]
fn servers_have_to_be_the_host_that_was_named() {
    let cast = cast();
    let checks = |verify_host: Option<&str>| {
        let policy = policy(Purpose::Server, &cast.root);
        Arc::new(ServerVerifier::new(Some(policy), verify_host.map(Into::into), None))
    };
    let code = |verifier: Arc<ServerVerifier>, name| {
        let nobody = rustls::server::WebPkiClientVerifier::no_client_auth();
        let server = server_config(&cast, nobody, &rustls::version::TLS13);
        let (_, end) = shake(server, client_config(&cast, verifier, false), name);
        let found = take_last().unwrap().code;
        assert_eq!(end.is_ok(), found.is_ok());
        found.0
    };
    assert_eq!(code(checks(None), "localhost"), 0);
    assert_eq!(code(checks(None), "example.com"), 62);
    // What is sent counts before `verifyhost`, which counts where nothing is sent.
    assert_eq!(code(checks(Some("localhost")), "example.com"), 62);
    assert_eq!(code(checks(Some("example.com")), "localhost"), 0);
    assert_eq!(code(checks(Some("example.com")), "127.0.0.1"), 62);
    assert_eq!(code(checks(Some("localhost")), "127.0.0.1"), 0);
    assert_eq!(code(checks(None), "127.0.0.1"), 0);
    assert_eq!(code(anything(), "example.com"), 0);
}
