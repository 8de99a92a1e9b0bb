//! What loading needs to know of a certificate (RFC 5280): its names, its key, who signed it, when it is valid.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-ecPublicKey`, 1.2.840.10045.2.1.
pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `id-Ed25519`, 1.3.101.112.
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// A certificate, parsed.
#[derive(Debug)]
pub(crate) struct Certificate<'a> {
    parsed: X509Certificate<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads one; what stands behind it is passed over (`TRUSTED CERTIFICATE` has more).
    pub(crate) fn parse(der: &'a [u8]) -> Result<Self, Box<str>> {
        match X509Certificate::from_der(der) {
            Ok((_, parsed)) => Ok(Certificate { parsed }),
            Err(_) => Err("it is no X.509 certificate, or damaged".into()),
        }
    }

    /// The subject, DER.
    pub(crate) fn subject(&self) -> &'a [u8] {
        self.parsed.subject.as_raw()
    }

    /// The issuer, DER.
    pub(crate) fn issuer(&self) -> &'a [u8] {
        self.parsed.issuer.as_raw()
    }

    /// Whether it names itself as its issuer, as roots do.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// The serial number's bytes, as they stand in it.
    pub(crate) fn serial(&self) -> &[u8] {
        self.parsed.raw_serial()
    }

    /// The whole `SubjectPublicKeyInfo`.
    pub(crate) fn key_info(&self) -> &'a [u8] {
        self.parsed.subject_pki.raw
    }

    /// The public key's own bits.
    pub(crate) fn key_bits(&self) -> &[u8] {
        &self.parsed.subject_pki.subject_public_key.data
    }

    /// From when until when it is valid, seconds since 1970.
    pub(crate) fn validity(&self) -> (i64, i64) {
        let validity = &self.parsed.validity;
        (validity.not_before.timestamp(), validity.not_after.timestamp())
    }

    /// The subject key identifier.
    pub(crate) fn key_id(&self) -> Option<&[u8]> {
        self.extensions().find_map(|extension| {
            let ParsedExtension::SubjectKeyIdentifier(id) = extension else {
                return None;
            };
            Some(id.0)
        })
    }

    /// The authority key identifier.
    pub(crate) fn issuer_key_id(&self) -> Option<&[u8]> {
        self.extensions().find_map(|extension| {
            let ParsedExtension::AuthorityKeyIdentifier(id) = extension else {
                return None;
            };
            id.key_identifier.as_ref().map(|id| id.0)
        })
    }

    /// Whether `self` may have signed `other`, by names, key identifiers and key usage; signatures are not looked at.
    pub(crate) fn issued(&self, other: &Certificate<'_>) -> bool {
        let fits = |own: Option<&[u8]>, wanted: Option<&[u8]>| match (own, wanted) {
            (Some(own), Some(wanted)) => own == wanted,
            (None, _) | (_, None) => true,
        };
        let may_sign = self.extensions().all(|extension| {
            let ParsedExtension::KeyUsage(usage) = extension else {
                return true;
            };
            usage.key_cert_sign()
        });
        self.subject() == other.issuer() && fits(self.key_id(), other.issuer_key_id()) && may_sign
    }

    /// The names that it is for: DNS names, then common names, lower case, each once.
    pub(crate) fn names(&self) -> Vec<Box<str>> {
        let mut names: Vec<Box<str>> = Vec::new();
        let mut add = |name: &str| {
            let name = name.to_ascii_lowercase().into_boxed_str();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        };
        for extension in self.extensions() {
            if let ParsedExtension::SubjectAlternativeName(alternative) = extension {
                for name in &alternative.general_names {
                    if let GeneralName::DNSName(name) = name {
                        add(name);
                    }
                }
            }
        }
        self.parsed.subject.iter_common_name().filter_map(text).for_each(|name| add(&name));
        names
    }

    /// What to call it in a message: its common name, or its whole subject.
    pub(crate) fn title(&self) -> String {
        let name: &X509Name<'_> = &self.parsed.subject;
        name.iter_common_name().find_map(text).unwrap_or_else(|| name.to_string())
    }

    fn extensions(&self) -> impl Iterator<Item = &ParsedExtension<'a>> {
        self.parsed.extensions().iter().map(|extension| extension.parsed_extension())
    }
}

/// The text of a part of a name, whichever of ASN.1's string types it has.
fn text(part: &AttributeTypeAndValue<'_>) -> Option<String> {
    const T61: u32 = 20;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    let bytes = part.as_slice();
    match part.attr_value().tag().0 {
        T61 => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
        UNIVERSAL => bytes
            .chunks_exact(4)
            .map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        BMP => {
            let units = bytes.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}
