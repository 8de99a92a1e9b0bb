//! Exchanges over TLS for the tests of these fetches, with certificates made on the spot.

use std::sync::Arc;

use ::tls::facts::Facts;
use ::tls::failure::{FailureKind, HandshakeFailure};
use ::tls::load::{KeyKind, KeyPair};

use crate::compile::Place;
use crate::expr::Expr;
use crate::testing::{self, TestNames};
use crate::txn::Txn;

/// An exchange without TLS.
pub(super) fn plain() -> Txn {
    testing::txn()
}

/// An exchange with a client whose handshake left `facts`.
pub(super) fn client(facts: Facts) -> Txn {
    let mut txn = testing::txn();
    txn.session.tls = Some(Arc::new(facts));
    txn
}

/// An exchange with a server whose handshake left `facts`.
pub(super) fn server(facts: Facts) -> Txn {
    let mut txn = testing::txn();
    txn.server_tls = Some(Arc::new(facts));
    txn
}

/// The facts of a handshake that failed.
pub(super) fn failed() -> Facts {
    let text = "error:0A0000C1:SSL routines::no shared cipher".into();
    let failure = HandshakeFailure { kind: FailureKind::Handshake, code: 0x0a00_00c1, text };
    Facts { failure: Some(failure), ..Facts::default() }
}

/// What an expression among request rules gives, as text.
pub(super) fn ask(text: &str, txn: &Txn) -> Option<String> {
    testing::eval(text, txn)
}

/// What an expression among response rules gives, as text.
pub(super) fn ask_server(text: &str, txn: &Txn) -> Option<String> {
    let (expr, _) = testing::compiling(Place::Response, &TestNames::default(), |compile| {
        Expr::compile(text.as_bytes(), compile)
    });
    let expr = expr.unwrap_or_else(|problem| panic!("`{text}`: {}", problem.message));
    expr.eval(txn).map(testing::shown)
}

/// A certificate with this subject, signed by itself, and its key; `change` may set more.
pub(crate) fn made(
    subject: &[(rcgen::DnType, &str)],
    change: impl FnOnce(&mut rcgen::CertificateParams),
) -> (rcgen::Certificate, rcgen::KeyPair) {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, text) in subject {
        params.distinguished_name.push(kind.clone(), *text);
    }
    params.serial_number = Some(vec![0x45, 0xb6, 1].into());
    params.not_before = rcgen::date_time_ymd(2013, 6, 13);
    params.not_after = rcgen::date_time_ymd(2043, 6, 14);
    change(&mut params);
    let key = rcgen::KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap(), key)
}

/// The same as this side's certificate, from the file `path`.
pub(super) fn own(path: &str, subject: &[(rcgen::DnType, &str)]) -> Arc<KeyPair> {
    let (certificate, key) = made(subject, |_| {});
    let der = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Arc::new(KeyPair {
        name: path.into(),
        path: path.into(),
        chain: vec![certificate.der().clone()],
        key: rustls::crypto::aws_lc_rs::sign::any_supported_type(&der).unwrap(),
        kind: KeyKind::Ecdsa,
        names: Vec::new(),
        ocsp: None,
        sctl: None,
        not_before: 0,
        not_after: 0,
        source: tls::load::Source::default(),
    })
}
