//! Whether an answer of OCSP was signed by somebody who may say so (RFC 6960 section 4.2.2.2): by the issuer of the
//! certificate that it is about, or by whom that one has named for it.

use rustls_pki_types::CertificateDer;

use super::member::Member;
use super::signature;
use crate::ocsp::Answer;
use crate::x509::der::{self, Tlv};
use crate::x509::{Cert, PublicKey};

/// How many of the certificates that come with an answer are looked at.
const DELEGATES_MAX: usize = 8;

/// Whether `issuer`, or a delegate whose certificate comes with the answer and counts at `now`, has signed it.
pub(crate) fn is_signed(answer: &Answer<'_>, issuer: &CertificateDer<'_>, now: i64) -> bool {
    let Some(issuer) = Member::parse(issuer) else { return false };
    let Some((algorithm, signed, own)) = answer.signature() else { return false };
    let signs = |cert: &Cert<'_>| {
        answer.is_by(cert) && signature::is_good(&cert.public_key(), algorithm, signed, own)
    };
    if signs(&issuer.cert) {
        return true;
    }
    let delegates = answer.certificates().take(DELEGATES_MAX).filter_map(Member::parse);
    delegates.filter(|delegate| delegate.is_valid_at(now) && delegate.may_be_from(&issuer)).any(|delegate| {
        let cert = &delegate.cert;
        may_answer(cert) && is_signed_by(cert, &issuer.cert.public_key()) && signs(cert)
    })
}

/// Whether its extended key usage names the signing of answers.
fn may_answer(cert: &Cert<'_>) -> bool {
    const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];
    let usage = cert.extensions().find(|extension| extension.oid == [0x55, 0x1d, 37]);
    usage.and_then(|usage| Tlv::only(usage.value)).is_some_and(|usage| {
        usage.parts().each().any(|use_| use_.tag == der::OID && use_.value == OCSP_SIGNING)
    })
}

fn is_signed_by(cert: &Cert<'_>, key: &PublicKey<'_>) -> bool {
    cert.algorithm == cert.outer_algorithm
        && signature::is_good(key, &cert.outer_algorithm, cert.signed, cert.signature)
}
