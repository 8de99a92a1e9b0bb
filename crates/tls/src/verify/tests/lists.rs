//! Revocation lists: how they are read, and what is remembered of them.

use rcgen::RevocationReason;

use super::pki::{authority, client, list};
use super::stores::pem;
use super::*;

#[test]
fn lists_come_as_pem_or_der_and_with_the_authorities() {
    let root = authority("root", None, |_| {});
    let leaf = client(Some(&root), |params| params.serial_number = Some(0x80u64.into()));
    let made = list(&root, &[0x7f, 0x80, 0x81], |_| {});
    let text = [pem("CERTIFICATE", &root.der), pem("X509 CRL", &made)].concat();
    let as_pem: Arc<[u8]> = text.as_bytes().into();
    let code = |policy: &Policy| {
        policy.verify(std::slice::from_ref(&leaf.der), pki::now()).map_err(|found| found.code)
    };
    let trust = Arc::new(TrustStore::from_pem(pem("CERTIFICATE", &root.der).as_bytes()).unwrap());
    for file in [made, as_pem] {
        let crls = Some(Arc::new(RevocationLists::parse(&[file]).unwrap()));
        let policy = Policy { crls, ..Policy::new(Purpose::Client, trust.clone()) };
        // Twice: the second time the signature is known to be good.
        assert_eq!(
            (code(&policy), code(&policy)),
            (Err(VerifyCode::CERT_REVOKED), Err(VerifyCode::CERT_REVOKED))
        );
    }
    // A list among the authorities counts only where lists are checked.
    let with_list = Arc::new(TrustStore::from_pem(text.as_bytes()).unwrap());
    let mut policy = Policy::new(Purpose::Client, with_list);
    assert!(code(&policy).is_ok());
    policy.crls = Some(Arc::default());
    assert_eq!(code(&policy), Err(VerifyCode::CERT_REVOKED));
}

#[test]
fn what_a_list_takes_back_is_not_revoked() {
    let root = authority("root", None, |_| {});
    let leaf = client(Some(&root), |params| params.serial_number = Some(5u64.into()));
    let made = list(&root, &[5], |params| {
        params.revoked_certs[0].reason_code = Some(RevocationReason::RemoveFromCrl);
    });
    let mut trust = TrustStore::empty();
    trust.add(root.der.clone()).unwrap();
    let crls = Some(Arc::new(RevocationLists::parse(&[made]).unwrap()));
    let policy = Policy { crls, ..Policy::new(Purpose::Client, Arc::new(trust)) };
    assert!(policy.verify(&[leaf.der], pki::now()).is_ok());
}

#[test]
fn a_signature_is_remembered_for_its_key_alone() {
    let root = authority("root", None, |_| {});
    let impostor = authority("root", None, |params| params.use_authority_key_identifier_extension = false);
    let leaf = client(Some(&root), |_| {});
    let mut bytes = list(&root, &[], |_| {}).to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let crls = Some(Arc::new(RevocationLists::parse(&[bytes.into()]).unwrap()));
    let mut trust = TrustStore::empty();
    trust.add(impostor.der).unwrap();
    trust.add(root.der).unwrap();
    let policy = Policy { crls, ..Policy::new(Purpose::Client, Arc::new(trust)) };
    for _ in 0..2 {
        let found = policy.verify(std::slice::from_ref(&leaf.der), pki::now()).unwrap_err();
        assert_eq!(found.code, VerifyCode::CRL_SIGNATURE_FAILURE);
    }
}

#[test]
fn what_is_no_list_is_told() {
    let root = authority("root", None, |_| {});
    let made = list(&root, &[1], |_| {});
    assert!(RevocationLists::parse(&[]).unwrap().is_empty());
    assert_eq!(RevocationLists::parse(&[(*b"x").into()]).unwrap_err(), "no crl found");
    assert!(RevocationLists::parse(&[made[..made.len() - 1].into()]).unwrap_err().contains("number 1"));
    let only_certificate: Arc<[u8]> = pem("CERTIFICATE", &root.der).as_bytes().into();
    assert_eq!(RevocationLists::parse(&[only_certificate]).unwrap_err(), "no crl found");
}
