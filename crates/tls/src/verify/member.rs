//! A certificate as a link of a chain: what its extensions say, worked out once (RFC 5280 section 4.2).
//!
//! The questions are OpenSSL's: what makes a certificate self-signed, an authority, or one that cannot be used at all.

use super::VerifyCode;
use super::crl::DistributionPoints;
use crate::x509::der::{self, Reader, Tlv};
use crate::x509::{Canonical, Cert, Extension, GeneralName, PublicKeyKind};

/// digitalSignature, within the first byte of a key usage.
const DIGITAL_SIGNATURE: u16 = 0x80;
/// keyEncipherment.
const KEY_ENCIPHERMENT: u16 = 0x20;
/// keyAgreement.
const KEY_AGREEMENT: u16 = 0x08;
/// keyCertSign.
const KEY_CERT_SIGN: u16 = 0x04;
/// cRLSign.
pub(super) const CRL_SIGN: u16 = 0x02;

/// Netscape's "SSL client".
const NETSCAPE_CLIENT: u8 = 0x80;
/// Netscape's "SSL server".
const NETSCAPE_SERVER: u8 = 0x40;
/// Netscape's authorities of any kind.
const NETSCAPE_ANY_CA: u8 = 0x07;

/// What a certificate is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// A client's.
    #[default]
    Client,
    /// A server's.
    Server,
}

/// What an extended key usage allows, as far as TLS asks.
#[derive(Debug, Clone, Copy, Default)]
struct ExtendedUsage {
    is_for_clients: bool,
    is_for_servers: bool,
}

/// An authority key identifier.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AuthorityKey<'a> {
    key_id: Option<&'a [u8]>,
    /// Contents of GeneralNames.
    issuer: Option<&'a [u8]>,
    serial: Option<&'a [u8]>,
}

impl<'a> AuthorityKey<'a> {
    /// Reads the extension's contents.
    pub(super) fn read(value: &'a [u8]) -> Option<AuthorityKey<'a>> {
        let mut parts = Tlv::only(value).filter(|whole| whole.tag == der::SEQUENCE)?.parts();
        let key_id = parts.optional(der::context(0))?;
        let issuer = parts.optional(der::constructed(1))?;
        let serial = parts.optional(der::context(2))?;
        parts.is_empty().then_some(AuthorityKey { key_id, issuer, serial })
    }

    /// Whether `issuer` is the authority that is meant, as far as it is told.
    pub(super) fn suits(&self, issuer: &Member<'_>) -> bool {
        if let (Some(wanted), Some(has)) = (self.key_id, issuer.key_id)
            && wanted != has
        {
            return false;
        }
        if self.serial.is_some_and(|serial| serial != issuer.cert.raw_serial()) {
            return false;
        }
        let named = self.issuer.and_then(|names| GeneralName::each(names).find_map(directory));
        named.is_none_or(|name| name == issuer.issuer)
    }
}

/// The canonical form of a directory name.
fn directory(name: GeneralName<'_>) -> Option<Canonical> {
    if let GeneralName::Directory(name) = name { Some(name.canonical()) } else { None }
}

/// One certificate of a chain.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub(super) cert: Cert<'a>,
    pub(super) subject: Canonical,
    pub(super) issuer: Canonical,
    /// Basic constraints: whether it is an authority; `None` without them.
    constraints: Option<bool>,
    /// How many authorities may stand below it.
    pub(super) path_length: Option<u64>,
    pub(super) key_usage: Option<u16>,
    extended_usage: Option<ExtendedUsage>,
    netscape_type: Option<u8>,
    key_id: Option<&'a [u8]>,
    authority: Option<AuthorityKey<'a>>,
    /// Contents of the name constraints' SEQUENCE.
    pub(super) name_constraints: Option<&'a [u8]>,
    pub(super) distribution_points: DistributionPoints<'a>,
    pub(super) is_proxy: bool,
    pub(super) has_unknown_critical: bool,
    /// An extension is written wrongly: it is nobody's issuer, and has none.
    is_invalid: bool,
    pub(super) is_self_issued: bool,
    pub(super) is_self_signed: bool,
    pub(super) not_before: Option<i64>,
    pub(super) not_after: Option<i64>,
}

impl<'a> Member<'a> {
    /// Reads a certificate's DER.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Member<'a>> {
        Cert::parse(bytes).map(Member::new)
    }

    /// Works out what matters.
    pub(super) fn new(cert: Cert<'a>) -> Member<'a> {
        let subject = cert.subject().canonical();
        let issuer =
            if cert.issuer() == cert.subject() { subject.clone() } else { cert.issuer().canonical() };
        let mut member = Member {
            cert,
            is_self_issued: subject == issuer,
            subject,
            issuer,
            constraints: None,
            path_length: None,
            key_usage: None,
            extended_usage: None,
            netscape_type: None,
            key_id: None,
            authority: None,
            name_constraints: None,
            distribution_points: DistributionPoints::default(),
            is_proxy: false,
            has_unknown_critical: false,
            is_invalid: false,
            is_self_signed: false,
            not_before: cert.not_before().unix(),
            not_after: cert.not_after().unix(),
        };
        // Bit N: the extension 2.5.29.N was there. None may stand there twice.
        let mut met = 0u64;
        for extension in cert.extensions() {
            if let [0x55, 0x1d, number @ 0..64] = extension.oid {
                member.is_invalid |= met & (1 << number) != 0;
                met |= 1 << number;
            }
            member.is_invalid |= member.read(&extension).is_none();
        }
        member.is_self_signed = member.is_self_issued
            && member.authority.is_none_or(|authority| authority.suits(&member))
            && has_key_for(&member, &member);
        member
    }

    /// Takes what an extension says; `None` if it is written wrongly.
    fn read(&mut self, extension: &Extension<'a>) -> Option<()> {
        const PROXY: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 14];
        const NETSCAPE_TYPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
        match extension.oid {
            [0x55, 0x1d, 19] => {
                let mut parts = sequence(extension.value)?;
                self.constraints = Some(parts.optional(der::BOOLEAN)?.is_some_and(|value| value != [0]));
                self.path_length = match parts.optional(der::INTEGER)? {
                    Some(length) => Some(der::unsigned(length)?),
                    None => None,
                };
            }
            [0x55, 0x1d, 15] => {
                self.key_usage = Some(read_key_usage(extension.value).filter(|&usage| usage != 0)?)
            }
            [0x55, 0x1d, 37] => self.extended_usage = Some(read_extended_usage(extension.value)?),
            [0x55, 0x1d, 14] => {
                self.key_id =
                    Some(Tlv::only(extension.value).filter(|id| id.tag == der::OCTET_STRING)?.value);
            }
            [0x55, 0x1d, 35] => self.authority = Some(AuthorityKey::read(extension.value)?),
            [0x55, 0x1d, 30] => {
                let constraints = Tlv::only(extension.value).filter(|whole| whole.tag == der::SEQUENCE)?;
                self.name_constraints = Some(constraints.value);
            }
            [0x55, 0x1d, 31] => self.distribution_points = DistributionPoints::read(extension.value)?,
            [0x55, 0x1d, 17] => {
                sequence(extension.value).filter(|names| names.is_sound())?;
            }
            PROXY => self.is_proxy = true,
            NETSCAPE_TYPE => self.netscape_type = Some(read_key_usage(extension.value)?.to_be_bytes()[1]),
            _ => self.has_unknown_critical |= extension.is_critical && !is_harmless(extension.oid),
        }
        // These two have no meaning as critical ones.
        let is_key_id = matches!(extension.oid, [0x55, 0x1d, 14 | 35]);
        self.has_unknown_critical |= is_key_id && extension.is_critical;
        Some(())
    }

    /// Whether it says itself that it is an authority.
    pub(super) fn is_marked_ca(&self) -> bool {
        self.constraints == Some(true)
    }

    /// Whether its key usage, if it has one, lacks all of these bits.
    fn lacks_usage(&self, usage: u16) -> bool {
        self.key_usage.is_some_and(|has| has & usage == 0)
    }

    /// Whether it may sign certificates.
    pub(super) fn authority(&self) -> Authority {
        if self.lacks_usage(KEY_CERT_SIGN) {
            return Authority::No;
        }
        match self.constraints {
            Some(true) => Authority::Yes,
            Some(false) => Authority::No,
            None if self.cert.version() == 1 && self.is_self_signed => Authority::Lenient,
            None if self.key_usage.is_some() => Authority::Lenient,
            None if self.netscape_type.is_some_and(|kind| kind & NETSCAPE_ANY_CA != 0) => Authority::Lenient,
            None => Authority::No,
        }
    }

    /// Whether it may be used for `purpose`, itself or, `as_issuer`, by what it signs.
    pub(super) fn suits(&self, purpose: Purpose, role: Role) -> bool {
        if self.is_invalid {
            // OpenSSL cannot tell then, and does not mind.
            return true;
        }
        let is_allowed = self.extended_usage.is_none_or(|usage| match purpose {
            Purpose::Client => usage.is_for_clients,
            Purpose::Server => usage.is_for_servers,
        });
        if !is_allowed {
            return false;
        }
        if role == Role::Issuer {
            return self.authority() != Authority::No;
        }
        let (usage, kind) = match purpose {
            Purpose::Client => (DIGITAL_SIGNATURE | KEY_AGREEMENT, NETSCAPE_CLIENT),
            Purpose::Server => (DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT, NETSCAPE_SERVER),
        };
        !self.lacks_usage(usage) && self.netscape_type.is_none_or(|has| has & kind != 0)
    }

    /// Whether `issuer` may have signed it, by names, key identifiers and kind of key; the signature is not looked at.
    pub(super) fn may_be_from(&self, issuer: &Member<'_>) -> bool {
        self.issuer == issuer.subject
            && !self.is_invalid
            && !issuer.is_invalid
            && self.authority.is_none_or(|authority| authority.suits(issuer))
            && has_key_for(issuer, self)
    }

    /// Whether its key may sign `subject`.
    pub(super) fn signing_allowed(&self, subject: &Member<'_>) -> Result<(), VerifyCode> {
        if subject.is_proxy {
            if self.lacks_usage(DIGITAL_SIGNATURE) {
                return Err(VerifyCode::KEYUSAGE_NO_DIGITAL_SIGNATURE);
            }
        } else if self.lacks_usage(KEY_CERT_SIGN) {
            return Err(VerifyCode::KEYUSAGE_NO_CERTSIGN);
        }
        Ok(())
    }

    /// Whether it is a self-signed one that can be trusted if it is among the trusted ones.
    pub(super) fn is_anchor(&self) -> bool {
        self.is_self_signed && !self.is_invalid
    }

    /// Whether `now`, in seconds, lies between its dates, and these are written well.
    pub(super) fn is_valid_at(&self, now: i64) -> bool {
        self.not_before.is_some_and(|begin| begin <= now) && self.not_after.is_some_and(|end| now <= end)
    }
}

/// Whether a certificate may sign others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    /// It may not.
    No,
    /// It says that it may.
    Yes,
    /// It does not say so as it should: of version 1, or with a key usage alone. Good for the end of a chain only.
    Lenient,
}

/// Where a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// At the bottom: the peer's own.
    Leaf,
    /// Above another one.
    Issuer,
}

/// The parts of a SEQUENCE.
fn sequence(value: &[u8]) -> Option<Reader<'_>> {
    Tlv::only(value).filter(|whole| whole.tag == der::SEQUENCE).map(|whole| whole.parts())
}

/// The first two bytes of a BIT STRING, the first one low.
fn read_key_usage(value: &[u8]) -> Option<u16> {
    let bits = Tlv::only(value).filter(|bits| bits.tag == der::BIT_STRING)?;
    let bytes = der::bits(bits.value)?;
    let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
    Some(byte(0) | byte(1) << 8)
}

/// What an extended key usage allows.
fn read_extended_usage(value: &[u8]) -> Option<ExtendedUsage> {
    /// What Microsoft's and Netscape's "server gated" usage is.
    const SERVER_GATED: [&[u8]; 2] =
        [&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3], &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1]];
    let (mut parts, mut usage) = (sequence(value)?, ExtendedUsage::default());
    while !parts.is_empty() {
        match parts.expect(der::OID)? {
            [0x2b, 6, 1, 5, 5, 7, 3, 1] => usage.is_for_servers = true,
            [0x2b, 6, 1, 5, 5, 7, 3, 2] => usage.is_for_clients = true,
            other => usage.is_for_servers |= SERVER_GATED.contains(&other),
        }
    }
    Some(usage)
}

/// Whether a critical extension of this kind is one that OpenSSL takes note of, though not here: policies and what
/// belongs to them, blocks of addresses, and that OCSP is not asked.
fn is_harmless(oid: &[u8]) -> bool {
    const NOT_ASKED: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];
    matches!(oid, [0x55, 0x1d, 32 | 33 | 36 | 54] | [0x2b, 6, 1, 5, 5, 7, 1, 7 | 8]) || oid == NOT_ASKED
}

/// Whether the key of `issuer` is of the kind that signed `subject`.
fn has_key_for(issuer: &Member<'_>, subject: &Member<'_>) -> bool {
    use super::signature::SignerKind;
    let kinds = (SignerKind::of(subject.cert.algorithm.oid), issuer.cert.public_key().kind());
    matches!(
        kinds,
        (Some(SignerKind::Rsa), PublicKeyKind::Rsa)
            | (Some(SignerKind::RsaPss), PublicKeyKind::Rsa | PublicKeyKind::RsaPss)
            | (Some(SignerKind::Ec), PublicKeyKind::Ec(_))
            | (Some(SignerKind::Dsa), PublicKeyKind::Dsa)
            | (Some(SignerKind::Ed25519), PublicKeyKind::Ed25519)
            | (Some(SignerKind::Ed448), PublicKeyKind::Ed448)
    )
}
