//! One certificate (RFC 5280 chapter 4), read as far as fetches, verification and the configuration's checks need it.
//!
//! [`Cert`] borrows from the DER that it was read from and copies nothing; what stands in extensions is looked up when
//! it is asked for. It takes what OpenSSL takes: version 1, wrong dates and unknown algorithms are for others to judge.

use std::borrow::Cow;

pub(crate) mod der;
mod general_name;
mod key;
mod name;
pub mod oids;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod time;

pub use general_name::GeneralName;
pub use key::{Curve, PublicKey, PublicKeyKind};
pub(crate) use name::Canonical;
pub use name::{Component, Name};
pub use time::Time;

use der::{Reader, Tlv};

/// An AlgorithmIdentifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithm<'a> {
    /// DER contents of its object identifier.
    pub(crate) oid: &'a [u8],
    /// Its parameters.
    pub(crate) parameters: Option<Tlv<'a>>,
}

impl<'a> Algorithm<'a> {
    /// The algorithm that the contents of a SEQUENCE say.
    pub(crate) fn new(contents: &'a [u8]) -> Option<Algorithm<'a>> {
        let mut parts = Reader::new(contents);
        Some(Algorithm { oid: parts.expect(der::OID)?, parameters: parts.next() })
    }
}

/// An extension of a certificate or of a revocation list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extension<'a> {
    /// DER contents of its object identifier.
    pub(crate) oid: &'a [u8],
    /// Whether who does not know it must not go on.
    pub(crate) is_critical: bool,
    /// What is in it.
    pub(crate) value: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The extensions in the contents of an Extensions SEQUENCE; a broken one ends it.
    pub(crate) fn each(extensions: &'a [u8]) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        Reader::new(extensions).each().map_while(|tlv| {
            let mut parts = tlv.parts();
            let oid = parts.expect(der::OID)?;
            let is_critical =
                parts.optional(der::BOOLEAN)?.is_some_and(|value| value.iter().any(|&byte| byte != 0));
            Some(Extension { oid, is_critical, value: parts.expect(der::OCTET_STRING)? })
        })
    }
}

/// A certificate.
#[derive(Debug, Clone, Copy)]
pub struct Cert<'a> {
    raw: &'a [u8],
    /// What is signed.
    pub(crate) signed: &'a [u8],
    version: u64,
    serial: &'a [u8],
    /// The signature's algorithm as it is named within what is signed.
    pub(crate) algorithm: Algorithm<'a>,
    issuer: Name<'a>,
    not_before: Time<'a>,
    not_after: Time<'a>,
    subject: Name<'a>,
    public_key: PublicKey<'a>,
    extensions: &'a [u8],
    /// The signature's algorithm as it is named beside the signature.
    pub(crate) outer_algorithm: Algorithm<'a>,
    /// The signature.
    pub(crate) signature: &'a [u8],
}

impl<'a> Cert<'a> {
    /// Reads the certificate that `der` is; `None` if it is none, or something follows it.
    #[must_use]
    pub fn parse(der: &'a [u8]) -> Option<Cert<'a>> {
        let whole = Tlv::only(der)?;
        let mut parts = (whole.tag == der::SEQUENCE).then(|| whole.parts())?;
        let signed = parts.next().filter(|signed| signed.tag == der::SEQUENCE)?;
        let outer_algorithm = Algorithm::new(parts.expect(der::SEQUENCE)?)?;
        let signature = der::octets(parts.expect(der::BIT_STRING)?)?;
        let mut fields = signed.parts();
        let version = match fields.optional(der::constructed(0))? {
            Some(version) => der::unsigned(Reader::new(version).expect(der::INTEGER)?)?,
            None => 0,
        };
        let serial = fields.expect(der::INTEGER).filter(|serial| !serial.is_empty())?;
        let algorithm = Algorithm::new(fields.expect(der::SEQUENCE)?)?;
        let issuer = Name::new(fields.next()?)?;
        let mut validity = Reader::new(fields.expect(der::SEQUENCE)?);
        let (not_before, not_after) = (Time::new(validity.next()?)?, Time::new(validity.next()?)?);
        let subject = Name::new(fields.next()?)?;
        let public_key = PublicKey::new(fields.next()?)?;
        fields.optional(der::context(1))?;
        fields.optional(der::context(2))?;
        let extensions = match fields.optional(der::constructed(3))? {
            Some(extensions) => Reader::new(extensions).expect(der::SEQUENCE)?,
            None => &[],
        };
        let is_sound = fields.is_empty() && parts.is_empty() && Reader::new(extensions).is_sound();
        is_sound.then_some(Cert {
            raw: whole.raw,
            signed: signed.raw,
            version,
            serial,
            algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
            outer_algorithm,
            signature,
        })
    }

    /// The whole of it.
    #[must_use]
    pub fn der(&self) -> &'a [u8] {
        self.raw
    }

    /// 1, 2 or 3 (`ssl_c_version`).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.saturating_add(1)
    }

    /// The serial number's magnitude, big-endian, without leading zeros (`ssl_c_serial`).
    #[must_use]
    pub fn serial(&self) -> Cow<'a, [u8]> {
        if self.serial[0] & 0x80 == 0 {
            return der::magnitude(self.serial).into();
        }
        let mut negated: Vec<u8> = self.serial.iter().map(|byte| !byte).collect();
        for byte in negated.iter_mut().rev() {
            let carried;
            (*byte, carried) = byte.overflowing_add(1);
            if !carried {
                break;
            }
        }
        der::magnitude(&negated).to_vec().into()
    }

    /// The serial number as it is encoded; equal numbers are equal here.
    pub(crate) fn raw_serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Whom it is for.
    #[must_use]
    pub fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// Who made it.
    #[must_use]
    pub fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// When it begins to be valid.
    #[must_use]
    pub fn not_before(&self) -> Time<'a> {
        self.not_before
    }

    /// When it ends.
    #[must_use]
    pub fn not_after(&self) -> Time<'a> {
        self.not_after
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'a> {
        self.public_key
    }

    /// The short name of its key's algorithm: `rsaEncryption`, `id-ecPublicKey`, `ED25519` (`ssl_c_key_alg`).
    #[must_use]
    pub fn key_algorithm(&self) -> &'static str {
        self.public_key.algorithm()
    }

    /// The size of its key (see [`PublicKey::bits`]).
    #[must_use]
    pub fn key_bits(&self) -> u32 {
        self.public_key.bits()
    }

    /// The short name of its signature's algorithm: `RSA-SHA256`, `ecdsa-with-SHA256` (`ssl_c_sig_alg`); `UNDEF` for
    /// unknown ones.
    #[must_use]
    pub fn signature_algorithm(&self) -> &'static str {
        oids::short_name(self.outer_algorithm.oid).unwrap_or("UNDEF")
    }

    /// Its SHA-1 fingerprint (`ssl_c_sha1`).
    #[must_use]
    pub fn sha1(&self) -> [u8; 20] {
        use aws_lc_rs::digest;
        let mut bytes = [0; 20];
        bytes.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, self.raw).as_ref());
        bytes
    }

    /// Its SHA-256 fingerprint.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        use aws_lc_rs::digest;
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, self.raw).as_ref());
        bytes
    }

    /// Its extensions.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        Extension::each(self.extensions)
    }

    /// The contents of the extension `2.5.29.number`, taken as one DER value.
    fn standard_extension(&self, number: u8) -> Option<Tlv<'a>> {
        self.extensions()
            .find(|extension| extension.oid == [0x55, 0x1d, number])
            .and_then(|found| Tlv::only(found.value))
    }

    /// Whether its basic constraints say that it may sign others.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        let constraints = self.standard_extension(19);
        constraints
            .and_then(|constraints| constraints.parts().optional(der::BOOLEAN)?)
            .is_some_and(|value| value.iter().any(|&byte| byte != 0))
    }

    /// Whether subject and issuer are the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer || self.subject.canonical() == self.issuer.canonical()
    }

    /// Its subject alternative names.
    pub fn subject_alt_names(&self) -> impl Iterator<Item = GeneralName<'a>> + use<'a> {
        self.standard_extension(17).into_iter().flat_map(|names| GeneralName::each(names.value))
    }

    /// Its subject alternative names in OpenSSL's form, `, ` between them (`ssl_c_san`); `None` without any.
    #[must_use]
    pub fn subject_alt_names_line(&self) -> Option<String> {
        let names: Vec<String> = self.subject_alt_names().map(|name| name.display()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The host names among its subject alternative names.
    pub fn dns_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.subject_alt_names().filter_map(|name| match name {
            GeneralName::Dns(name) => std::str::from_utf8(name).ok(),
            GeneralName::Other { .. }
            | GeneralName::Email(_)
            | GeneralName::Directory(_)
            | GeneralName::Uri(_)
            | GeneralName::Ip(_)
            | GeneralName::Registered(_)
            | GeneralName::X400
            | GeneralName::EdiParty => None,
        })
    }

    /// Its first common name.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.subject.common_name()
    }

    /// The identifiers of its certificate policies, dotted (`ssl_c_policies`).
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        let Some(policies) = self.standard_extension(32) else { return Vec::new() };
        policies
            .parts()
            .each()
            .filter_map(|policy| policy.parts().expect(der::OID))
            .map(oids::dotted)
            .collect()
    }

    /// Its subject key identifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&'a [u8]> {
        self.standard_extension(14).filter(|id| id.tag == der::OCTET_STRING).map(|id| id.value)
    }

    /// The key identifier within its authority key identifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&'a [u8]> {
        self.standard_extension(35)?.parts().optional(der::context(0))?
    }

    /// Where its state can be asked for by OCSP, the first one (RFC 5280 section 4.2.2.1).
    #[must_use]
    pub fn ocsp_url(&self) -> Option<&'a str> {
        const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
        const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1];
        let access = self.extensions().find(|extension| extension.oid == AUTHORITY_INFO_ACCESS)?;
        Tlv::only(access.value)?.parts().each().find_map(|description| {
            let mut parts = description.parts();
            let is_ocsp = parts.expect(der::OID)? == OCSP;
            let uri = parts.expect(der::context(6))?;
            if is_ocsp { std::str::from_utf8(uri).ok() } else { None }
        })
    }

    /// The long names of what its extended key usage allows (`TLS Web Server Authentication`), dotted identifiers
    /// where there is none; empty without that extension.
    #[must_use]
    pub fn extended_key_usages(&self) -> Vec<String> {
        let Some(usages) = self.standard_extension(37) else { return Vec::new() };
        let name = |oid: &[u8]| oids::long_name(oid).map_or_else(|| oids::dotted(oid), str::to_owned);
        usages.parts().each().filter(|usage| usage.tag == der::OID).map(|usage| name(usage.value)).collect()
    }
}
