//! Answers about certificates by those who signed them (OCSP, RFC 6960): what they say, and what they call a certificate.
//! Whether those that an operator gives us are signed rightly is for the clients to check who get them stapled; of those
//! that were fetched we check it.

mod request;

use std::fmt::Write as _;

use aws_lc_rs::digest;
use rustls_pki_types::CertificateDer;

use crate::load::Certificate;
use crate::store::element;
use crate::verify;
use crate::x509::der::{self, Reader, Tlv};
use crate::x509::{Algorithm, Cert, Name, Time, oids};

pub use request::{Asked, ask, request};

/// How far the clocks of those who answer may differ from ours, in seconds.
const SKEW_S: i64 = 300;
/// `id-sha1` (1.3.14.3.2.26) as an algorithm.
const SHA1: &[u8] = &[0x30, 9, 0x06, 5, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0];
/// `id-pkix-ocsp-basic`, 1.3.6.1.5.5.7.48.1.1.
const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// What an answer calls a certificate (section 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertId<'a> {
    hash: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
}

impl<'a> CertId<'a> {
    /// Reads one, DER.
    #[must_use]
    pub fn parse(der: &'a [u8]) -> Option<CertId<'a>> {
        CertId::read(Tlv::only(der)?)
    }

    fn read(whole: Tlv<'a>) -> Option<CertId<'a>> {
        let mut parts = Some(whole).filter(|whole| whole.tag == der::SEQUENCE)?.parts();
        Some(CertId {
            hash: Algorithm::new(parts.expect(der::SEQUENCE)?)?.oid,
            name_hash: parts.expect(der::OCTET_STRING)?,
            key_hash: parts.expect(der::OCTET_STRING)?,
            serial: parts.expect(der::INTEGER)?,
        })
    }

    /// Whether it means what another one (DER) means.
    #[must_use]
    pub fn is(&self, other: &[u8]) -> bool {
        CertId::parse(other).is_some_and(|other| {
            (self.hash, self.name_hash, self.key_hash) == (other.hash, other.name_hash, other.key_hash)
                && der::magnitude(self.serial) == der::magnitude(other.serial)
        })
    }

    /// It for people, as OpenSSL writes it, each line behind `indent`.
    #[must_use]
    pub fn text(&self, indent: &str) -> String {
        let hash = match self.hash {
            [0x2b, 0x0e, 0x03, 0x02, 0x1a] => "sha1".to_owned(),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => "sha256".to_owned(),
            other => oids::dotted(other),
        };
        format!(
            "{indent}Certificate ID:\n{indent}  Hash Algorithm: {hash}\n{indent}  Issuer Name Hash: {}\n\
             {indent}  Issuer Key Hash: {}\n{indent}  Serial Number: {}\n",
            hex(self.name_hash),
            hex(self.key_hash),
            hex(der::magnitude(self.serial))
        )
    }
}

/// What OCSP calls a certificate that this one signed: DER of a CertID with SHA-1, which everybody understands. `None` if
/// one of them cannot be read.
#[must_use]
pub fn id(own: &[u8], issuer: &[u8]) -> Option<Vec<u8>> {
    let (own, issuer) = (Certificate::parse(own).ok()?, Certificate::parse(issuer).ok()?);
    let sha1 = |bytes: &[u8]| digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let name = element(der::OCTET_STRING, &[sha1(issuer.subject()).as_ref()]);
    let key = element(der::OCTET_STRING, &[sha1(issuer.key_bits()).as_ref()]);
    let serial = element(der::INTEGER, &[own.serial()]);
    Some(element(der::SEQUENCE, &[SHA1, &name, &key, &serial]))
}

/// [`id`] of the first of a chain; its issuer is `issuer`, or stands in the chain.
#[must_use]
pub fn id_of_chain(chain: &[CertificateDer<'_>], issuer: Option<&CertificateDer<'_>>) -> Option<Vec<u8>> {
    id(chain.first()?, issuer_of(chain, issuer)?)
}

/// Who signed the first of a chain: `issuer`, or one that stands in the chain.
#[must_use]
pub fn issuer_of<'c, 'd>(
    chain: &'c [CertificateDer<'d>],
    issuer: Option<&'c CertificateDer<'d>>,
) -> Option<&'c CertificateDer<'d>> {
    let (own, rest) = chain.split_first()?;
    let parsed = Certificate::parse(own).ok()?;
    let has_issued =
        |other: &&CertificateDer<'_>| Certificate::parse(other).is_ok_and(|other| other.issued(&parsed));
    issuer.or_else(|| rest.iter().find(has_issued))
}

/// What an answer says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus<'a> {
    /// It is good.
    Good,
    /// It was revoked, then, for this reason (RFC 5280 section 5.3.1).
    Revoked(Time<'a>, Option<u8>),
    /// Nothing is known of it.
    Unknown,
}

/// What an answer says of one certificate.
#[derive(Debug, Clone, Copy)]
pub struct Single<'a> {
    /// Which one.
    pub id: CertId<'a>,
    /// How it is.
    pub status: CertStatus<'a>,
    /// When that was so.
    pub this_update: Time<'a>,
    /// When there will be news.
    pub next_update: Option<Time<'a>>,
}

/// Who answers.
#[derive(Debug, Clone, Copy)]
enum Responder<'a> {
    Name(Name<'a>),
    /// The SHA-1 of its key.
    Key(&'a [u8]),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    version: u64,
    responder: Responder<'a>,
    produced: Time<'a>,
    /// What it says of which certificates.
    pub singles: Vec<Single<'a>>,
    algorithm: Algorithm<'a>,
    /// What is signed.
    signed: &'a [u8],
    signature: Option<&'a [u8]>,
    /// The certificates that come with it, one after the other.
    certificates: Reader<'a>,
}

/// Why an answer cannot be used. The texts are as HAProxy has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is none.
    #[error("Unable to parse OCSP response")]
    Malformed,
    /// It tells of an error.
    #[error("OCSP response status not successful")]
    Unsuccessful,
    /// It knows nothing.
    #[error("OCSP single response: certificate status is unknown")]
    Unknown,
    /// It does not say until when it counts.
    #[error("OCSP single response: missing nextupdate")]
    Endless,
    /// It is out of date, or of tomorrow.
    #[error("OCSP single response: no longer valid")]
    OutOfDate,
}

impl<'a> Answer<'a> {
    /// Reads one, DER.
    ///
    /// # Errors
    /// It is none, or tells of an error.
    pub fn parse(der: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
        let status = |der: &'a [u8]| {
            let mut parts = Reader::new(Reader::new(der).expect(der::SEQUENCE)?);
            Some((parts.expect(der::ENUMERATED)?, parts))
        };
        match status(der).ok_or(AnswerError::Malformed)? {
            ([0], rest) => Answer::read(rest).ok_or(AnswerError::Malformed),
            _ => Err(AnswerError::Unsuccessful),
        }
    }

    fn read(mut rest: Reader<'a>) -> Option<Answer<'a>> {
        let mut bytes = Tlv::only(rest.expect(der::constructed(0))?)?.parts();
        if bytes.expect(der::OID)? != BASIC {
            return None;
        }
        let mut basic = Tlv::only(bytes.expect(der::OCTET_STRING)?)?.parts();
        let signed = basic.next().filter(|data| data.tag == der::SEQUENCE)?;
        let mut data = signed.parts();
        let algorithm = Algorithm::new(basic.expect(der::SEQUENCE)?)?;
        let version = match data.optional(der::constructed(0))? {
            Some(version) => der::unsigned(Tlv::only(version)?.value)?,
            None => 0,
        };
        let responder = data.next()?;
        let responder = match responder.tag {
            0xa1 => Responder::Name(Name::new(Tlv::only(responder.value)?)?),
            0xa2 => Responder::Key(Tlv::only(responder.value)?.value),
            _ => return None,
        };
        let produced = Time::new(data.next()?)?;
        let mut all = Reader::new(data.expect(der::SEQUENCE)?);
        let mut singles = Vec::new();
        while !all.is_empty() {
            singles.push(Single::read(Reader::new(all.expect(der::SEQUENCE)?))?);
        }
        let signature = basic.optional(der::BIT_STRING)?.and_then(der::bits);
        let certificates = match basic.optional(der::constructed(0))? {
            Some(all) => Tlv::only(all)?.parts(),
            None => Reader::new(&[]),
        };
        let signed = signed.raw;
        Some(Answer { version, responder, produced, singles, algorithm, signed, signature, certificates })
    }

    /// Checks that what it says first can be stapled at `now`, seconds since 1970.
    ///
    /// # Errors
    /// It says nothing, or nothing that counts now.
    pub fn check_times(&self, now: i64) -> Result<(), AnswerError> {
        let single = self.singles.first().ok_or(AnswerError::Malformed)?;
        if single.status == CertStatus::Unknown {
            return Err(AnswerError::Unknown);
        }
        let end = single.next_update.ok_or(AnswerError::Endless)?;
        let (Some(begin), Some(end)) = (single.this_update.unix(), end.unix()) else {
            return Err(AnswerError::Malformed);
        };
        let counts = begin <= now.saturating_add(SKEW_S) && now <= end.saturating_add(SKEW_S);
        if counts { Ok(()) } else { Err(AnswerError::OutOfDate) }
    }

    /// Whether the owner of this certificate says that the answer is its own.
    pub(crate) fn is_by(&self, cert: &Cert<'_>) -> bool {
        match self.responder {
            Responder::Name(name) => name.canonical() == cert.subject().canonical(),
            Responder::Key(hash) => Certificate::parse(cert.der()).is_ok_and(|cert| {
                digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, cert.key_bits()).as_ref() == hash
            }),
        }
    }

    /// How it is signed, what is, and the signature.
    pub(crate) fn signature(&self) -> Option<(&Algorithm<'a>, &'a [u8], &'a [u8])> {
        Some((&self.algorithm, self.signed, self.signature?))
    }

    /// The certificates that come with it, DER.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.certificates.each().map(|certificate| certificate.raw)
    }

    /// Whether it was signed by the issuer of the certificate that it is about, or by whom that one has named for it.
    #[must_use]
    pub fn is_signed_for(&self, issuer: &CertificateDer<'_>, now: i64) -> bool {
        verify::is_signed_answer(self, issuer, now)
    }

    /// It for people, as OpenSSL writes it; the signature's bytes and the certificates that come with it are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let responder = match self.responder {
            Responder::Name(name) => name.display(),
            Responder::Key(key) => hex(key),
        };
        let mut out = format!(
            "OCSP Response Data:\n    OCSP Response Status: successful (0x0)\n    Response Type: Basic OCSP Response\n    \
             Version: {} (0x{:x})\n    Responder Id: {responder}\n    Produced At: {}\n    Responses:\n",
            self.version.saturating_add(1),
            self.version,
            long(self.produced)
        );
        for single in &self.singles {
            single.write(&mut out);
        }
        let algorithm = oids::long_name(self.algorithm.oid);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "    Signature Algorithm: {}", algorithm.unwrap_or("undefined"));
        out
    }
}

impl<'a> Single<'a> {
    fn read(mut parts: Reader<'a>) -> Option<Single<'a>> {
        let id = CertId::read(parts.next()?)?;
        let status = parts.next()?;
        let status = match status.tag {
            0x80 => CertStatus::Good,
            0xa1 => {
                let mut parts = status.parts();
                let time = Time::new(parts.next()?)?;
                let reason = match parts.optional(der::constructed(0))? {
                    Some(reason) => Some(*Tlv::only(reason)?.value.first()?),
                    None => None,
                };
                CertStatus::Revoked(time, reason)
            }
            0x82 => CertStatus::Unknown,
            _ => return None,
        };
        let this_update = Time::new(parts.next()?)?;
        let next_update = match parts.optional(der::constructed(0))? {
            Some(next) => Some(Time::new(Tlv::only(next)?)?),
            None => None,
        };
        Some(Single { id, status, this_update, next_update })
    }

    fn write(&self, out: &mut String) {
        out.push_str(&self.id.text("    "));
        let _ = match self.status {
            CertStatus::Good => writeln!(out, "    Cert Status: good"),
            CertStatus::Unknown => writeln!(out, "    Cert Status: unknown"),
            CertStatus::Revoked(time, None) => {
                writeln!(out, "    Cert Status: revoked\n    Revocation Time: {}", long(time))
            }
            CertStatus::Revoked(time, Some(reason)) => writeln!(
                out,
                "    Cert Status: revoked\n    Revocation Time: {}\n    Revocation Reason: {} (0x{reason:x})",
                long(time),
                REASONS.get(usize::from(reason)).unwrap_or(&"(UNKNOWN)")
            ),
        };
        let _ = writeln!(out, "    This Update: {}", long(self.this_update));
        if let Some(next) = self.next_update {
            let _ = writeln!(out, "    Next Update: {}", long(next));
        }
        out.push('\n');
    }
}

/// Reasons of revocations by their numbers.
const REASONS: [&str; 9] = [
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "(UNKNOWN)",
    "removeFromCRL",
];

fn long(time: Time<'_>) -> String {
    time.long().unwrap_or_else(|| "Bad time value".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(bytes: &[u8]) -> Vec<u8> {
        element(der::OCTET_STRING, &[bytes])
    }

    fn time(text: &str) -> Vec<u8> {
        element(der::GENERALIZED_TIME, &[text.as_bytes()])
    }

    /// An answer about serial number 0x1008; `status` is the DER of how it is.
    fn answer(status: &[u8], next: Option<&str>) -> Vec<u8> {
        let id = element(0x30, &[SHA1, &octets(&[1; 20]), &octets(&[2; 20]), &[2, 2, 0x10, 8]]);
        let next = next.map(|next| element(0xa0, &[&time(next)])).unwrap_or_default();
        let single = element(0x30, &[&id, status, &time("20210610085504Z"), &next]);
        let data = element(
            0x30,
            &[
                &element(0xa2, &[&octets(&[0xab, 0xcd])]),
                &time("20210610085505Z"),
                &element(0x30, &[&single]),
            ],
        );
        let algorithm = [0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0];
        let basic = element(0x30, &[&data, &algorithm, &[3, 2, 0, 9]]);
        let bytes = element(0x30, &[&element(0x06, &[BASIC]), &octets(&basic)]);
        element(0x30, &[&[0x0a, 1, 0], &element(0xa0, &[&bytes])])
    }

    const GOOD: &[u8] = &[0x80, 0];

    #[test]
    fn answers_are_read_and_shown() {
        let der = answer(GOOD, Some("20310610085504Z"));
        let read = Answer::parse(&der).unwrap();
        let text = read.text();
        for line in [
            "    Responder Id: ABCD\n",
            "    Produced At: Jun 10 08:55:05 2021 GMT\n",
            "      Hash Algorithm: sha1\n",
            "      Serial Number: 1008\n    Cert Status: good\n    This Update: Jun 10 08:55:04 2021 GMT\n",
            "    Next Update: Jun 10 08:55:04 2031 GMT\n",
            "    Signature Algorithm: sha256WithRSAEncryption\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        let id = element(0x30, &[SHA1, &octets(&[1; 20]), &octets(&[2; 20]), &[2, 3, 0, 0x10, 8]]);
        assert!(read.singles[0].id.is(&id));
    }

    #[test]
    fn what_counts_now() {
        let now = 1_700_000_000;
        let check = |status: &[u8], next| Answer::parse(&answer(status, next)).unwrap().check_times(now);
        assert_eq!(check(GOOD, Some("20310610085504Z")), Ok(()));
        assert_eq!(check(GOOD, Some("20220610085504Z")), Err(AnswerError::OutOfDate));
        assert_eq!(check(GOOD, None), Err(AnswerError::Endless));
        assert_eq!(check(&[0x82, 0], Some("20310610085504Z")), Err(AnswerError::Unknown));
        let revoked = element(0xa1, &[&time("20210101000000Z"), &element(0xa0, &[&[0x0a, 1, 1]])]);
        let der = answer(&revoked, Some("20310610085504Z"));
        let text = Answer::parse(&der).unwrap().text();
        assert!(text.contains("Revocation Reason: keyCompromise (0x1)"), "{text}");
        assert_eq!(check(&revoked, Some("20310610085504Z")), Ok(()));
    }

    #[test]
    fn what_is_broken_is_refused_wherever_it_ends() {
        let der = answer(GOOD, Some("20310610085504Z"));
        for end in 0..der.len() {
            assert!(Answer::parse(&der[..end]).is_err(), "{end}");
        }
        assert_eq!(Answer::parse(&[0x30, 3, 0x0a, 1, 6]).unwrap_err(), AnswerError::Unsuccessful);
    }
}
