//! Authorities, certificates and lists made for tests.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, UnixTime};

/// What all tests take for now: 2025-06-15.
pub(crate) const NOW: u64 = 1_750_000_000;

/// [`NOW`] as verifiers want it.
pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(NOW))
}

/// Somebody with a certificate and a key, who may sign.
pub(crate) struct Party {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
    pub(crate) der: CertificateDer<'static>,
}

/// Good for ten years around [`NOW`].
fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Test");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2030, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// Makes what a certificate of `params` with `key` is under `issuer`; without one it signs itself.
fn make(params: CertificateParams, key: KeyPair, issuer: Option<&Party>) -> Party {
    let made = match issuer {
        Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)),
        None => params.self_signed(&key),
    };
    Party { der: made.unwrap().der().clone(), params, key }
}

/// An authority.
pub(crate) fn authority(
    name: &str,
    issuer: Option<&Party>,
    edit: impl FnOnce(&mut CertificateParams),
) -> Party {
    authority_with(KeyPair::generate().unwrap(), name, issuer, edit)
}

/// An authority with a key that exists already.
pub(crate) fn authority_with(
    key: KeyPair,
    name: &str,
    issuer: Option<&Party>,
    edit: impl FnOnce(&mut CertificateParams),
) -> Party {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    edit(&mut params);
    make(params, key, issuer)
}

/// A client's certificate.
pub(crate) fn client(issuer: Option<&Party>, edit: impl FnOnce(&mut CertificateParams)) -> Party {
    let mut params = params("client");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    edit(&mut params);
    make(params, KeyPair::generate().unwrap(), issuer)
}

/// A copy of a key.
pub(crate) fn same_key(party: &Party) -> KeyPair {
    KeyPair::try_from(party.key.serialize_der()).unwrap()
}

/// A list of `issuer` that revokes these serial numbers.
pub(crate) fn list(
    issuer: &Party,
    serials: &[u64],
    edit: impl FnOnce(&mut CertificateRevocationListParams),
) -> Arc<[u8]> {
    let revoked = |&serial: &u64| RevokedCertParams {
        serial_number: serial.into(),
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let mut params = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2030, 1, 1),
        crl_number: 1u64.into(),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    edit(&mut params);
    let made = params.signed_by(&Issuer::from_params(&issuer.params, &issuer.key)).unwrap();
    made.der().to_vec().into()
}
