//! Chains made for the purpose, with the results that `openssl verify` gives for them.

mod cases;
mod handshakes;
mod hostile;
mod lists;
pub(crate) mod pki;
mod stores;

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::*;
use cases::Case;

/// The result of a case, whether it ended well or not.
fn result(policy: &Policy, case: &Case) -> Verification {
    policy.verify(&case.shown, pki::now()).unwrap_or_else(|found| found)
}

#[test]
fn the_first_error_is_openssl_s() {
    for case in cases::all() {
        let found = case.policy.verify(&case.shown, pki::now());
        assert_eq!(found.is_ok(), case.expected.0 == 0, "{}", case.name);
        let found = found.unwrap_or_else(|found| found);
        assert_eq!((found.code.0, found.depth), case.expected, "{}", case.name);
    }
}

#[test]
fn ignored_errors_are_kept_as_haproxy_does() {
    for case in cases::all() {
        let (ca_ignored, crt_ignored) = (ErrorSet::ALL, ErrorSet::ALL);
        let policy = Policy { ca_ignored, crt_ignored, ..case.policy.clone() };
        assert!(policy.verify(&case.shown, pki::now()).is_ok(), "{}", case.name);
        let found = result(&policy, &case);
        let numbers = (found.code.0, found.err.0, found.ca_err.0, found.ca_err_depth);
        assert_eq!(numbers, case.ignoring, "{}", case.name);
    }
}

/// The same cases under the real thing; needs `openssl` 3.0.
#[test]
#[ignore = "runs the openssl command"]
fn openssl_agrees() {
    let mut differing = Vec::new();
    for case in cases::all() {
        let (found, text) = openssl(&case);
        if found != case.expected {
            differing.push(format!("{} {:?}: {text}", case.name, case.expected));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The first error that `openssl verify` tells of a case and its depth, and all that it says.
fn openssl(case: &Case) -> ((u16, u8), String) {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    let bundle = |all: &[CertificateDer<'_>]| all.iter().map(|der| stores::pem("CERTIFICATE", der)).collect();
    write("leaf.pem", bundle(&case.shown[..1]));
    write("shown.pem", bundle(&case.shown));
    write("trusted.pem", bundle(case.policy.trust.certificates()));
    write("lists.pem", case.lists.iter().map(|der| stores::pem("X509 CRL", der)).collect());
    let mut command = std::process::Command::new("openssl");
    command.current_dir(&directory);
    command.args(["verify", "-no-CApath", "-no-CAstore", "-attime", &pki::NOW.to_string()]);
    command.args(["-untrusted", "shown.pem", "-auth_level", &case.policy.security_level.to_string()]);
    command.args(["-verify_depth", &case.policy.depth_max.to_string()]);
    match case.policy.purpose {
        Purpose::Client => command.args(["-purpose", "sslclient"]),
        Purpose::Server => command.args(["-purpose", "sslserver"]),
    };
    match case.policy.trust.is_empty() {
        true => command.arg("-no-CAfile"),
        false => command.args(["-CAfile", "trusted.pem"]),
    };
    if !case.lists.is_empty() {
        command.args(["-crl_check_all", "-CRLfile", "lists.pem"]);
    }
    let output = command.arg("leaf.pem").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = text.lines().find_map(|line| {
        let (code, rest) = line.strip_prefix("error ")?.split_once(" at ")?;
        Some((code.parse().ok()?, rest.split_once(' ')?.0.parse().ok()?))
    });
    (first.unwrap_or((0, 0)), text)
}

/// What a check of a chain with one intermediate costs besides its two signatures.
#[test]
#[ignore = "a measurement"]
fn what_a_check_costs() {
    let root = pki::authority("root", None, |_| {});
    let middle = pki::authority("middle", Some(&root), |_| {});
    let leaf = pki::client(Some(&middle), |_| {});
    let mut trust = TrustStore::empty();
    trust.add(root.der.clone()).unwrap();
    let policy = Policy::new(Purpose::Client, Arc::new(trust));
    let shown = [leaf.der.clone(), middle.der.clone()];
    let measure = |what: &str, step: &dyn Fn()| {
        let begin = std::time::Instant::now();
        (0..2000).for_each(|_| step());
        println!("{what}: {:?}", begin.elapsed() / 2000);
    };
    measure("check", &|| drop(policy.verify(&shown, pki::now()).unwrap()));
    let certs = [&leaf, &middle, &root].map(|party| crate::x509::Cert::parse(&party.der).unwrap());
    measure("signatures alone", &|| {
        for pair in certs.windows(2) {
            let (cert, key) = (&pair[0], pair[1].public_key());
            assert!(signature::is_good(&key, &cert.outer_algorithm, cert.signed, cert.signature));
        }
    });
    measure("reading one", &|| assert!(member::Member::parse(&leaf.der).is_some()));
}
