//! Certificates for tests.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair as Key,
    KeyUsagePurpose, SignatureAlgorithm,
};

use super::{KeyKind, KeyPair, Source};

/// The time that tests take for now, seconds since 1970: 2027-01-15.
pub(crate) const NOW: i64 = 1_800_000_000;

/// An authority.
pub(crate) struct Authority {
    pub(crate) issuer: Issuer<'static, Key>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

/// A certificate and its key, PEM.
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) key: String,
    pub(crate) der: Vec<u8>,
}

impl Made {
    pub(crate) fn both(&self) -> String {
        format!("{}{}", self.pem, self.key)
    }
}

fn params(names: &[&str], (from, until): (i64, i64)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(u64::try_from(from).unwrap());
    params.not_after = epoch + Duration::from_secs(u64::try_from(until).unwrap());
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    params
}

fn authority_params(name: &str, until: i64) -> CertificateParams {
    let mut params = params(&[], (0, until));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::OrganizationName, "Tests");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A root.
pub(crate) fn root(name: &str, algorithm: &'static SignatureAlgorithm) -> Authority {
    let key = Key::generate_for(algorithm).unwrap();
    let params = authority_params(name, NOW * 2);
    let certificate = params.self_signed(&key).unwrap();
    Authority { pem: certificate.pem(), key_pem: key.serialize_pem(), issuer: Issuer::new(params, key) }
}

/// An authority below another.
pub(crate) fn below(root: &Authority, name: &str, until: i64) -> Authority {
    let key = Key::generate().unwrap();
    let params = authority_params(name, until);
    let certificate = params.signed_by(&key, &root.issuer).unwrap();
    Authority { pem: certificate.pem(), key_pem: key.serialize_pem(), issuer: Issuer::new(params, key) }
}

/// A certificate with a common name and DNS names.
pub(crate) fn made(authority: &Authority, names: &[&str], algorithm: &'static SignatureAlgorithm) -> Made {
    timed(authority, names, algorithm, (0, NOW * 2))
}

/// The same with times.
pub(crate) fn timed(
    authority: &Authority,
    names: &[&str],
    algorithm: &'static SignatureAlgorithm,
    times: (i64, i64),
) -> Made {
    let key = Key::generate_for(algorithm).unwrap();
    let mut params = params(&names[1..], times);
    params.distinguished_name.push(DnType::CommonName, names[0]);
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    Made { pem: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
}

/// Something that says it has a key of this kind and these names; its key is another matter.
pub(crate) fn pretended(kind: KeyKind, names: &[&str]) -> Arc<KeyPair> {
    static REAL: std::sync::LazyLock<KeyPair> = std::sync::LazyLock::new(|| {
        let root = root("r", &rcgen::PKCS_ED25519);
        KeyPair::from_pem("real", made(&root, &["real"], &rcgen::PKCS_ED25519).both().as_bytes()).unwrap()
    });
    Arc::new(KeyPair {
        name: names.join(",").into(),
        path: names.join(",").into(),
        chain: REAL.chain.clone(),
        key: REAL.key.clone(),
        kind,
        names: names.iter().map(|&name| name.into()).collect(),
        ocsp: None,
        sctl: None,
        not_before: 0,
        not_after: 0,
        source: Source::default(),
    })
}
