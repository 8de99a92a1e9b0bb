//! Certificates for the tests, made while they run.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CustomExtension,
    DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RevokedCertParams, SerialNumber,
};

const DAY: Duration = Duration::from_secs(86_400);
const EMAIL_ADDRESS: &[u64] = &[1, 2, 840, 113_549, 1, 9, 1];

/// Who signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The key, PKCS #8.
    pub key: String,
}

impl Identity {
    /// Both, certificate first.
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate, self.key)
    }
}

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// ECDSA on P-256.
    Ecdsa,
    /// RSA with 2048 bits.
    Rsa,
}

/// What is to be certified.
#[derive(Clone, Debug)]
pub struct Subject {
    common_name: String,
    names: Vec<String>,
    usage: ExtendedKeyUsagePurpose,
    key: Key,
    serial: u8,
    /// Days from now to the first and to the last one.
    days: (i64, i64),
    /// Where its state can be asked for by OCSP.
    ocsp: Option<String>,
}

impl Subject {
    /// A server with these names; the first one is its common name.
    pub fn server(names: &[&str]) -> Self {
        Self {
            common_name: names.first().copied().unwrap_or_default().to_owned(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            usage: ExtendedKeyUsagePurpose::ServerAuth,
            key: Key::Ecdsa,
            serial: 100,
            days: (-1, 365),
            ocsp: None,
        }
    }

    /// A client with this common name.
    pub fn client(name: &str) -> Self {
        Self {
            common_name: name.to_owned(),
            names: Vec::new(),
            usage: ExtendedKeyUsagePurpose::ClientAuth,
            ..Self::server(&[])
        }
    }

    /// One who may sign answers of OCSP.
    pub fn responder(name: &str) -> Self {
        Self { usage: ExtendedKeyUsagePurpose::OcspSigning, ..Self::client(name) }
    }

    /// With this address, of at most 80 bytes, for questions of OCSP.
    #[must_use]
    pub fn ocsp(self, uri: &str) -> Self {
        Self { ocsp: Some(uri.to_owned()), ..self }
    }

    /// With a key of this kind.
    #[must_use]
    pub fn key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    /// With this serial number.
    #[must_use]
    pub fn serial(self, serial: u8) -> Self {
        Self { serial, ..self }
    }

    /// Valid from and to these days, counted from now.
    #[must_use]
    pub fn days(self, first: i64, last: i64) -> Self {
        Self { days: (first, last), ..self }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.names.clone()).expect("names in ASCII");
        params.distinguished_name = distinguished_name(&self.common_name);
        params.not_before = day(self.days.0).into();
        params.not_after = day(self.days.1).into();
        params.serial_number = Some(SerialNumber::from_slice(&[self.serial]));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![self.usage.clone()];
        params.use_authority_key_identifier_extension = true;
        params.custom_extensions.extend(self.ocsp.as_deref().map(authority_info_access));
        params
    }
}

/// RFC 5280 section 4.2.2.1, with one address for OCSP.
fn authority_info_access(uri: &str) -> CustomExtension {
    const OID: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    const OCSP: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let element = |tag: u8, value: &[u8]| {
        let len = u8::try_from(value.len()).expect("a short address");
        [&[tag, len], value].concat()
    };
    let description = element(0x30, &[OCSP, &element(0x86, uri.as_bytes())].concat());
    CustomExtension::from_oid_content(OID, element(0x30, &description))
}

impl Key {
    fn generate(self) -> KeyPair {
        let pair = match self {
            Self::Ecdsa => KeyPair::generate(),
            Self::Rsa => KeyPair::generate_for(&PKCS_RSA_SHA256),
        };
        pair.expect("a key can be made")
    }
}

impl Authority {
    /// One that signed itself.
    ///
    /// # Panics
    /// Never: everything in it is well-formed.
    pub fn new(name: &str) -> Self {
        let made = CertifiedIssuer::self_signed(authority_params(name), Key::Ecdsa.generate());
        Self(made.expect("a certificate can be made"))
    }

    /// One whose certificate this one signed.
    ///
    /// # Panics
    /// Never: everything in it is well-formed.
    #[must_use]
    pub fn intermediate(&self, name: &str) -> Self {
        let made = CertifiedIssuer::signed_by(authority_params(name), Key::Ecdsa.generate(), &self.0);
        Self(made.expect("a certificate can be made"))
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Its key, PKCS #8.
    pub fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }

    /// A certificate for `subject`.
    ///
    /// # Panics
    /// If its names are not ASCII.
    pub fn issue(&self, subject: &Subject) -> Identity {
        let key = subject.key.generate();
        let certificate = subject.params().signed_by(&key, &self.0).expect("a certificate can be made");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A list of revoked certificates: these serial numbers.
    ///
    /// # Panics
    /// Never: everything in it is well-formed.
    pub fn revocations(&self, serials: &[u8]) -> String {
        let revoked = |serial: &u8| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&[*serial]),
            revocation_time: day(-1).into(),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: day(-1).into(),
            next_update: day(30).into(),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.0).and_then(|list| list.pem()).expect("a list can be made")
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(name);
    params.not_before = day(-1000).into();
    params.not_after = day(1000).into();
    params.serial_number = Some(SerialNumber::from_slice(&[1]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

/// `/C=FR/ST=Ile de France/L=Jouy en Josas/O=Example/CN=name/emailAddress=name@example.com`.
fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "FR");
    name.push(DnType::StateOrProvinceName, "Ile de France");
    name.push(DnType::LocalityName, "Jouy en Josas");
    name.push(DnType::OrganizationName, "Example");
    name.push(DnType::CommonName, common_name);
    let mailbox = common_name.to_ascii_lowercase().replace(' ', "-") + "@example.com";
    let mailbox = mailbox.as_str().try_into().expect("a name in ASCII");
    name.push(DnType::from_oid(EMAIL_ADDRESS), DnValue::Ia5String(mailbox));
    name
}

/// Now, and this many days later.
fn day(offset: i64) -> SystemTime {
    let distance = DAY.saturating_mul(u32::try_from(offset.unsigned_abs()).expect("a few days"));
    if offset < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance }
}

/// What [`Authority::new`] and [`Authority::issue`] put into names, in OpenSSL's one-line form.
pub fn one_line(common_name: &str) -> String {
    let mailbox = common_name.to_ascii_lowercase().replace(' ', "-");
    format!(
        "/C=FR/ST=Ile de France/L=Jouy en Josas/O=Example/CN={common_name}/emailAddress={mailbox}@example.com"
    )
}
