//! Trusted certificates from text, files and directories.

use std::path::Path;

use super::pki::{Party, authority, client};
use super::*;

/// A certificate as PEM.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn certificate(party: &Party) -> String {
    pem("CERTIFICATE", &party.der)
}

/// Reads files as they are.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| error.to_string())
}

#[test]
fn a_bundle_keeps_its_order_and_each_once() {
    let (a, b) = (authority("a", None, |_| {}), authority("b", None, |_| {}));
    let bundle = [certificate(&b), "# text\n".to_owned(), certificate(&a), certificate(&b)].concat();
    let store = TrustStore::from_pem(bundle.as_bytes()).unwrap();
    assert_eq!(store.certificates(), [b.der.clone(), a.der.clone()]);
    let subject = |party: &Party| crate::x509::Cert::parse(&party.der).unwrap().subject().der().to_vec();
    let subjects: Vec<Vec<u8>> = store.subjects().iter().map(|name| name.as_ref().to_vec()).collect();
    assert_eq!(subjects, [subject(&b), subject(&a)]);
    let mut both = TrustStore::empty();
    both.extend(&store);
    both.add(a.der.clone()).unwrap();
    assert_eq!(both.certificates().len(), 2);
}

#[test]
fn trust_that_openssl_adds_to_a_certificate_is_passed_over() {
    let root = authority("root", None, |_| {});
    let with_trust = [&root.der[..], &[0x30, 3, 0x0c, 1, b'x']].concat();
    let store = TrustStore::from_pem(pem("TRUSTED CERTIFICATE", &with_trust).as_bytes()).unwrap();
    assert_eq!(store.certificates(), [root.der]);
}

#[test]
fn what_is_no_bundle_is_told() {
    assert_eq!(TrustStore::from_pem(b"").unwrap_err(), "no certificate or crl found");
    assert!(
        TrustStore::from_pem(pem("CERTIFICATE", &[0x30, 1, 2]).as_bytes()).unwrap_err().contains("number 1")
    );
    let cut = certificate(&authority("a", None, |_| {}));
    assert!(TrustStore::from_pem(&cut.as_bytes()[..cut.len() - 30]).unwrap_err().contains("no end"));
    assert!(TrustStore::load(Path::new("/nowhere/ca.pem"), &read).is_err());
}

#[test]
fn a_directory_is_loaded_by_name_and_bad_files_are_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let (a, b) = (authority("a", None, |_| {}), authority("b", None, |_| {}));
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("2.crt", &certificate(&a));
    write("1.pem", &certificate(&b));
    write("3.cer", "nothing");
    write(".4.pem", "hidden");
    write("5.txt", "other");
    let store = TrustStore::load(directory.path(), &read).unwrap();
    assert_eq!(store.certificates(), [b.der, a.der]);
    assert_eq!(store.warnings().len(), 1);
    assert!(store.warnings()[0].contains("3.cer"), "{:?}", store.warnings());
}

#[test]
fn the_end_of_the_chain_is_told() {
    let root = authority("root", None, |_| {});
    let middle = authority("middle", Some(&root), |_| {});
    let leaf = client(Some(&middle), |_| {});
    let mut store = TrustStore::empty();
    store.add(root.der.clone()).unwrap();
    let policy = Policy::new(Purpose::Client, Arc::new(store));
    let shown = [leaf.der.clone(), middle.der.clone()];
    assert_eq!(policy.verify(&shown, pki::now()).unwrap().root, Some(root.der));
    let nobody = Policy::new(Purpose::Client, Arc::new(TrustStore::empty()));
    assert_eq!(nobody.verify(&shown, pki::now()).unwrap_err().root, Some(middle.der));
    assert_eq!(nobody.verify(&[], pki::now()).unwrap_err().code, VerifyCode::UNSPECIFIED);
}
