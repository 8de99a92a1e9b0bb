//! Verification as rustls calls it, on either side.
//!
//! A verifier has no connection at hand. What a check came to lies in a cell of the thread until [`take_last`] fetches
//! it, so whoever drives a connection takes it right after each step of the handshake.

use std::cell::RefCell;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, NamedGroup, PeerMisbehaved,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::policy::{Policy, unreadable};
use super::signature::{self, Protocol};
use super::{Verification, VerifyCode, host};
use crate::failure::WRONG_CURVE_MARK;
use crate::x509::{Cert, Curve, PublicKeyKind};

thread_local! {
    /// What the last check of this thread came to.
    static LAST: RefCell<Option<Verification>> = const { RefCell::new(None) };
    /// The chain that the last check of this thread refused.
    static REFUSED: RefCell<Vec<CertificateDer<'static>>> = const { RefCell::new(Vec::new()) };
}

/// What the last check of this thread came to; nothing is left after that.
#[must_use]
pub fn take_last() -> Option<Verification> {
    LAST.with_borrow_mut(Option::take)
}

/// The chain that the last check of this thread refused, which rustls forgets; nothing is left after that.
#[must_use]
pub fn take_refused() -> Vec<CertificateDer<'static>> {
    REFUSED.take()
}

/// Leaves a result for the chain of `leaf` and `others`, and says to rustls what it means.
fn leave(
    result: Result<Verification, Verification>,
    leaf: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
) -> Result<(), Error> {
    let (verification, error) = match result {
        Ok(verification) => (verification, None),
        Err(verification) => {
            let chain = std::iter::once(leaf).chain(others);
            REFUSED.set(chain.map(|der| der.clone().into_owned()).collect());
            let error = verification.code.to_rustls();
            (verification, Some(error))
        }
    };
    LAST.set(Some(verification));
    error.map_or(Ok(()), |error| Err(Error::InvalidCertificate(error)))
}

/// Which signatures a peer may make over a handshake.
#[derive(Debug, Clone)]
struct Signatures {
    /// Their schemes, in order of preference.
    schemes: Vec<SignatureScheme>,
    /// The curves that keys may lie on under TLS 1.2; `None`: any.
    curves: Option<Vec<Curve>>,
}

impl Signatures {
    /// Those of rustls with aws-lc-rs, or those of `chosen` that are among them, in its order.
    fn new(chosen: Option<Vec<SignatureScheme>>) -> Signatures {
        let all = rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes();
        let schemes = match chosen {
            Some(chosen) => chosen.into_iter().filter(|scheme| all.contains(scheme)).collect(),
            None => all,
        };
        Signatures { schemes, curves: None }
    }

    /// Checks a signature over a handshake.
    fn check(
        &self,
        protocol: Protocol,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let misbehaved = || Error::from(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme);
        let cert = Cert::parse(cert).ok_or(CertificateError::BadEncoding)?;
        let key = cert.public_key();
        if protocol == Protocol::Tls12 && !self.allows_curve(key.kind()) {
            return Err(Error::General(WRONG_CURVE_MARK.to_owned()));
        }
        if !self.schemes.contains(&signed.scheme) {
            return Err(misbehaved());
        }
        match signature::is_handshake_good(&key, signed.scheme, protocol, message, signed.signature()) {
            Some(true) => Ok(HandshakeSignatureValid::assertion()),
            Some(false) => Err(CertificateError::BadSignature.into()),
            None => Err(misbehaved()),
        }
    }

    /// Whether a key may be used, where it lies on a curve that can be listed.
    fn allows_curve(&self, key: PublicKeyKind) -> bool {
        match (key, &self.curves) {
            (PublicKeyKind::Ec(curve @ (Curve::P256 | Curve::P384 | Curve::P521)), Some(curves)) => {
                curves.contains(&curve)
            }
            _ => true,
        }
    }
}

/// The curve of a group by its number (RFC 8422 section 5.1.1), where certificates have keys on it.
fn curve(group: NamedGroup) -> Option<Curve> {
    match u16::from(group) {
        23 => Some(Curve::P256),
        24 => Some(Curve::P384),
        25 => Some(Curve::P521),
        _ => None,
    }
}

/// What both of rustls's traits ask of signatures, in the words that they share; `self.signatures` answers.
macro_rules! signature_methods {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.signatures.check(Protocol::Tls12, message, cert, signed)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.signatures.check(Protocol::Tls13, message, cert, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.signatures.schemes.clone()
        }
    };
}

/// Whether a client has to show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// One is asked for, and checked if it comes (`verify optional`).
    Optional,
    /// Without one there is no connection (`verify required`).
    Required,
}

/// Checks clients' certificates.
#[derive(Debug)]
pub struct ClientVerifier {
    policy: Policy,
    demand: Demand,
    hints: Vec<DistinguishedName>,
    signatures: Signatures,
}

impl ClientVerifier {
    /// `hints` are the names of authorities that are sent to clients ([`super::TrustStore::subjects`] of `ca-file`,
    /// nothing under `no-ca-names`); `schemes` the signatures that clients may make, in order of preference
    /// (`client-sigalgs`), `None` for all.
    #[must_use]
    pub fn new(
        policy: Policy,
        demand: Demand,
        hints: Vec<DistinguishedName>,
        schemes: Option<Vec<SignatureScheme>>,
    ) -> ClientVerifier {
        ClientVerifier { policy, demand, hints, signatures: Signatures::new(schemes) }
    }

    /// The same, for a server that lists these groups (`curves`): TLS 1.2 lets it refuse certificates on other curves
    /// (RFC 8422 section 5.1). OpenSSL does, and calls it "wrong curve"; rustls leaves it to the verifier.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = NamedGroup>) -> ClientVerifier {
        self.signatures.curves = Some(groups.into_iter().filter_map(curve).collect());
        self
    }

    /// What certificates are checked against, for checking those of resumed sessions again.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.demand == Demand::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        leave(self.policy.verify_parts(end_entity, intermediates, now), end_entity, intermediates)
            .map(|()| ClientCertVerified::assertion())
    }

    signature_methods!();
}

/// Checks servers' certificates.
#[derive(Debug)]
pub struct ServerVerifier {
    policy: Option<Policy>,
    verify_host: Option<Box<str>>,
    signatures: Signatures,
}

impl ServerVerifier {
    /// `policy` is `None` under `verify none`: then any certificate will do. `verify_host` is the name that a
    /// certificate must have if none was sent as SNI; `schemes` the signatures that servers may make (`sigalgs`),
    /// `None` for all.
    ///
    /// A connection whose server name is a DNS name is taken to have sent it; give rustls an address where no SNI is
    /// sent.
    #[must_use]
    pub fn new(
        policy: Option<Policy>,
        verify_host: Option<Box<str>>,
        schemes: Option<Vec<SignatureScheme>>,
    ) -> ServerVerifier {
        ServerVerifier { policy, verify_host, signatures: Signatures::new(schemes) }
    }

    /// Checks a chain and the host; see [`Policy::verify`]. A certificate for another host is
    /// [`VerifyCode::HOSTNAME_MISMATCH`].
    ///
    /// # Errors
    /// What was found up to the error that ended it.
    fn verify(
        &self,
        policy: &Policy,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        host: Option<&str>,
        now: UnixTime,
    ) -> Result<Verification, Verification> {
        let mut found = policy.verify_parts(leaf, others, now)?;
        let is_meant =
            host.is_none_or(|host| Cert::parse(leaf).is_some_and(|cert| host::is_for_host(&cert, host)));
        if is_meant {
            return Ok(found);
        }
        (found.code, found.depth, found.err) =
            (VerifyCode::HOSTNAME_MISMATCH, 0, VerifyCode::HOSTNAME_MISMATCH);
        Err(found)
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let result = match &self.policy {
            // The signature over the handshake will need its key.
            None if Cert::parse(end_entity).is_none() => Err(unreadable()),
            None => Ok(Verification::default()),
            Some(policy) => {
                let sent =
                    if let ServerName::DnsName(name) = server_name { Some(name.as_ref()) } else { None };
                let host = sent.or(self.verify_host.as_deref());
                self.verify(policy, end_entity, intermediates, host, now)
            }
        };
        leave(result, end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    signature_methods!();
}
