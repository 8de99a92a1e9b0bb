//! TLS 1.2 lets a server refuse certificates on curves that it did not list (RFC 8422 section 5.1). OpenSSL does, and calls
//! it "wrong curve"; rustls leaves it to the verifier.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, NamedGroup, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::failure::WRONG_CURVE_MARK;
use crate::verify::ClientVerifier;

/// A verifier that also looks at the curve of a client's key.
#[derive(Debug)]
pub(crate) struct CurveCheck {
    pub(crate) verifier: ClientVerifier,
    /// What `curves` allows.
    pub(crate) groups: Vec<NamedGroup>,
}

impl CurveCheck {
    fn allows(&self, certificate: &CertificateDer<'_>) -> bool {
        curve(certificate).is_none_or(|curve| self.groups.contains(&curve))
    }
}

/// The curve of an ECDSA key; `None`: another kind of key, or a curve without a name here.
fn curve(certificate: &CertificateDer<'_>) -> Option<NamedGroup> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let parameters = certificate.public_key().algorithm.parameters.as_ref()?;
    match &*parameters.as_oid().ok()?.to_id_string() {
        "1.2.840.10045.3.1.7" => Some(NamedGroup::secp256r1),
        "1.3.132.0.34" => Some(NamedGroup::secp384r1),
        "1.3.132.0.35" => Some(NamedGroup::secp521r1),
        _ => None,
    }
}

impl ClientCertVerifier for CurveCheck {
    fn offer_client_auth(&self) -> bool {
        self.verifier.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verifier.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !self.allows(certificate) {
            return Err(Error::General(WRONG_CURVE_MARK.to_owned()));
        }
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
