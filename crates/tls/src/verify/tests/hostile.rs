//! Peers send anything: no byte of a certificate or a list makes the check panic, and no change of one makes a bad
//! certificate a good one.

use proptest::prelude::*;

use super::pki::{authority, client, list};
use super::*;
use crate::x509::Cert;

/// Asks a certificate everything.
fn ask(cert: &Cert<'_>) {
    let _ = (cert.subject().oneline(), cert.issuer().rfc2253(), cert.subject().entry(b"CN", -1));
    let _ = (cert.not_before().short(), cert.not_after().long(), cert.serial().len(), cert.version());
    let _ = (
        cert.signature_algorithm(),
        cert.key_algorithm(),
        cert.key_bits(),
        cert.public_key().security_bits(),
    );
    let _ = (cert.policies(), cert.subject_alt_names_line(), cert.dns_names().count(), cert.ocsp_url());
    let _ = (cert.is_ca(), cert.is_self_issued(), cert.subject_key_id(), cert.authority_key_id());
    let _ = (cert.sha1(), cert.extended_key_usages(), is_for_host(cert, "example.com"));
}

#[test]
fn a_changed_certificate_is_never_good() {
    let root = authority("root", None, |_| {});
    let leaf = client(Some(&root), |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("example.com".try_into().unwrap())];
    });
    let lists = RevocationLists::parse(&[list(&root, &[1], |_| {})]).unwrap();
    let mut trust = TrustStore::empty();
    trust.add(root.der).unwrap();
    let policy = Policy { crls: Some(Arc::new(lists)), ..Policy::new(Purpose::Client, Arc::new(trust)) };
    assert!(policy.verify(std::slice::from_ref(&leaf.der), pki::now()).is_ok());
    for at in 0..leaf.der.len() {
        for bit in 0..8 {
            let mut bytes = leaf.der.to_vec();
            bytes[at] ^= 1 << bit;
            if let Some(cert) = Cert::parse(&bytes) {
                ask(&cert);
            }
            let found = policy.verify(&[bytes.into()], pki::now());
            assert!(found.is_err(), "byte {at}, bit {bit}: {found:?}");
        }
    }
}

#[test]
fn lists_may_be_broken_anywhere() {
    let root = authority("root", None, |_| {});
    let leaf = client(Some(&root), |params| params.serial_number = Some(1u64.into()));
    let made = list(&root, &[1, 2, 300], |_| {});
    let mut trust = TrustStore::empty();
    trust.add(root.der).unwrap();
    let trust = Arc::new(trust);
    for at in 0..made.len() {
        for value in [0, 1, 0x30, 0x7f, 0x80, 0xff] {
            let mut bytes = made.to_vec();
            bytes[at] = value;
            let is_changed = bytes[..] != made[..];
            let Ok(lists) = RevocationLists::parse(&[bytes.into()]) else { continue };
            let policy =
                Policy { crls: Some(Arc::new(lists)), ..Policy::new(Purpose::Client, trust.clone()) };
            let code = policy.verify(std::slice::from_ref(&leaf.der), pki::now()).unwrap_err().code;
            // It is found out, or the entry is still there and nothing else was looked at.
            assert!(!code.is_ok() && (is_changed || code == VerifyCode::CERT_REVOKED), "byte {at}: {code:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Some(cert) = Cert::parse(&bytes) {
            ask(&cert);
        }
        let _ = TrustStore::from_pem(&bytes);
        let _ = RevocationLists::parse(&[bytes.clone().into()]);
        let policy = Policy::new(Purpose::Server, Arc::new(TrustStore::empty()));
        prop_assert!(policy.verify(&[bytes.into()], pki::now()).is_err());
    }
}
