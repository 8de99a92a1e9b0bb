//! The commands with files of their own; what handshakes show is left to the end-to-end tests.

use crate::testing::Lab;

/// A process with a certificate on a list, an authority, ticket keys; and the directory of its files.
fn lab() -> (Lab, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("site.pem"), pem("a.test")).unwrap();
    std::fs::write(path("ca.crt"), certificate("ca.test")).unwrap();
    std::fs::write(path("sites.list"), format!("{} [verify none] *.a.test !x.a.test\n", path("site.pem")))
        .unwrap();
    let key = |fill: u8| tls::load::pem::to_pem("X", &[fill; 48]).lines().nth(1).unwrap().to_owned();
    std::fs::write(path("keys"), format!("{}\n{}\n{}\n", key(1), key(2), key(3))).unwrap();
    let lab = Lab::new(&format!(
        "frontend f\n  bind 127.0.0.1:443 ssl crt-list {} ca-file {} verify optional tls-ticket-keys {}\n",
        path("sites.list"),
        path("ca.crt"),
        path("keys")
    ));
    (lab, directory)
}

fn made(name: &str) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed([name.to_owned()]).unwrap()
}

fn pem(name: &str) -> String {
    let made = made(name);
    made.cert.pem() + &made.signing_key.serialize_pem()
}

fn certificate(name: &str) -> String {
    made(name).cert.pem()
}

fn with(command: &str, payload: &str) -> String {
    format!("{command} <<\n{}\n", payload.trim_end())
}

#[test]
fn a_certificate_from_its_making_to_its_end() {
    let (lab, _directory) = lab();
    assert_eq!(lab.ask("new ssl cert n"), "New empty certificate store 'n'!\n");
    assert_eq!(lab.ask("new ssl cert n"), "Certificate 'n' already exists!\n");
    assert!(lab.ask("show ssl cert n").contains("\nStatus: Empty\n"));
    let set = lab.ask(&with("set ssl cert n", &pem("n.test")));
    assert_eq!(set, "Transaction created for certificate n!\n");
    assert!(lab.ask("show ssl cert").starts_with("# transaction\n*n\n# filename\n/"));
    let shown = lab.ask("show ssl cert *n");
    assert!(shown.starts_with("Filename: *n\n") && shown.contains("\nStatus: Uncommitted\n"), "{shown}");
    assert_eq!(lab.ask("commit ssl cert n"), "Committing n\nSuccess!\n");
    assert_eq!(lab.ask("commit ssl cert n"), "No ongoing transaction!\nCan't commit n!\n");
    let shown = lab.ask("show ssl cert n");
    for part in ["Status: Unused\n", "Alternative Name: DNS:n.test\n", "Algorithm: EC256\n", "Subject: /CN="]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let dumped = lab.ask("dump ssl cert n");
    assert!(dumped.starts_with("-----BEGIN PRIVATE KEY-----\n") && dumped.contains("BEGIN CERTIFICATE"));
    assert_eq!(lab.ask("add ssl jwt n"), "");
    assert_eq!(lab.ask("show ssl jwt"), "# filename\nn\n");
    assert_eq!(
        lab.ask("del ssl cert n"),
        "Can't remove the certificate: certificate 'n' in use for JWT validation, can't be deleted!\n"
    );
    assert_eq!(lab.ask("del ssl jwt n;del ssl cert n"), "\nCertificate 'n' deleted!\n");
    let gone = "Can't display the certificate: Not found or the certificate is a bundle!\n";
    assert_eq!((lab.ask("show ssl cert n"), lab.ask("dump ssl cert n")), (gone.to_owned(), gone.to_owned()));
}

#[test]
fn what_is_wrong_with_a_certificate_is_told() {
    let (lab, directory) = lab();
    let site = directory.path().join("site.pem").display().to_string();
    assert_eq!(
        lab.ask(&with("set ssl cert nowhere", &pem("n"))),
        "Can't replace a certificate which is not referenced by the configuration!\nCan't update nowhere!\n"
    );
    assert!(lab.ask(&format!("set ssl cert {site}")).contains("expects a filename and a certificate"));
    let useless = lab.ask(&with(&format!("set ssl cert {site}"), "nothing"));
    assert!(useless.ends_with(&format!("\nCan't load the payload\nCan't update {site}!\n")), "{useless}");
    lab.ask(&with(&format!("set ssl cert {site}"), &certificate("n")));
    assert_eq!(
        lab.ask("abort ssl cert n"),
        format!(
            "The ongoing transaction is about '{site}' but you are trying to abort a transaction for 'n'\n"
        )
    );
    assert_eq!(
        lab.ask(&format!("commit ssl cert {site}")),
        format!(
            "inconsistencies between private key and certificate loaded '{site}'.\nCan't commit {site}!\n"
        )
    );
    assert_eq!(
        lab.ask(&format!("del ssl cert {site}")),
        format!("Can't remove the certificate: ongoing transaction for the certificate '{site}'\n")
    );
    let aborted = format!("Transaction aborted for certificate '{site}'!\n");
    assert_eq!(lab.ask(&format!("abort ssl cert {site}")), aborted);
    let denied = lab.talk(crate::Level::Operator, "new ssl cert n\n");
    assert!(denied.starts_with("Permission denied"), "{denied}");
}

#[test]
fn lists_are_shown_and_changed() {
    let (lab, directory) = lab();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (list, site) = (path("sites.list"), path("site.pem"));
    assert_eq!(lab.ask("show ssl crt-list"), format!("{list}\n"));
    assert_eq!(
        lab.ask(&format!("show ssl crt-list -n {list}//")),
        format!("# {list}\n{site}:1 [verify none] *.a.test !x.a.test\n")
    );
    let added = lab.ask(&with(&format!("add ssl crt-list {list}"), &format!("{site} [no-alpn] b.test")));
    assert_eq!(added, format!("Inserting certificate '{site}' in crt-list '{list}'.\nSuccess!\n"));
    let sni = lab.ask("show ssl sni");
    let names: Vec<_> = sni.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(names, ["b.test", "*", "*.a.test"]);
    assert!(sni.contains("f/test.cfg:2\t*.a.test\t!x.a.test \tecdsa\t"), "{sni}");
    assert_eq!(lab.ask("show ssl sni -A").lines().count(), 1);
    assert_eq!(lab.ask("show ssl sni -f g"), "Couldn't find the specified frontend!\n");
    for (payload, why) in [
        (format!("{site} [ca-file /none]"), "unable to load /none"),
        (format!("{site} [colour red]"), "colour"),
        (format!("{site} [key /none.key]"), "cannot be named here"),
        (format!("{site} [a"), "certificate"),
        ("a\nb".to_owned(), "only one line of payload is supported!"),
    ] {
        let refused = lab.ask(&with(&format!("add ssl crt-list {list}"), &payload));
        assert!(!refused.contains("Success") || payload.contains("[a"), "{refused}");
        assert!(refused.contains(why), "{payload}: {refused}");
    }
    let needed = lab.ask(&format!("del ssl crt-list {list} {site}:1"));
    assert!(needed.contains("used as default certificate") && needed.contains("- test.cfg:2"), "{needed}");
    assert_eq!(
        lab.ask(&format!("del ssl crt-list {list} {site}:2")),
        format!("Entry '{site}' deleted in crtlist '{list}'!\n")
    );
    let wrong = lab.ask(&format!("del ssl crt-list {list} {site}:x"));
    assert!(wrong.contains("wrong line number"), "{wrong}");
    assert_eq!(lab.ask("show ssl crt-list none"), "didn't find the specified filename\n");
}

#[test]
fn authorities_are_shown_and_changed() {
    let (lab, directory) = lab();
    let ca = directory.path().join("ca.crt").display().to_string();
    assert_eq!(lab.ask("show ssl ca-file"), format!("# filename\n{ca} - 1 certificate(s)\n"));
    let added = lab.ask(&with(&format!("add ssl ca-file {ca}"), &certificate("more")));
    assert_eq!(added, format!("transaction created for CA {ca}!\n"));
    assert!(lab.ask("show ssl ca-file").starts_with(&format!("# transaction\n*{ca} - 2 certificate(s)\n")));
    assert_eq!(lab.ask(&format!("commit ssl ca-file {ca}")), format!("Committing {ca}.\nSuccess!\n"));
    let second = lab.ask(&format!("show ssl ca-file {ca}:2"));
    assert!(second.contains("Certificate #2:\n") && !second.contains("#1:"), "{second}");
    assert!(second.contains("Status: Used\n"));
    assert!(lab.ask(&format!("show ssl ca-file {ca}:0")).contains("wrong CA index"));
    assert_eq!(lab.ask("new ssl crl-file r"), "New CRL file created 'r'!\n");
    assert!(lab.ask(&with("set ssl crl-file r", "nothing")).contains("Invalid payload\nCan't update r!"));
    assert_eq!(lab.ask("show ssl crl-file"), "# filename\nr\n");
    assert_eq!(lab.ask("show ssl crl-file r"), "Filename: r\nStatus: Empty\n");
    let other = lab.ask(&format!("del ssl crl-file {ca}"));
    assert_eq!(other, "Can't remove the CRL file: 'del ssl crl-file' does not work on CA files!\n");
    assert_eq!(lab.ask("del ssl crl-file r"), "CRL file 'r' deleted!\n");
    assert_eq!(lab.ask("show ssl ca-file r"), "Can't display the CA file : Not found!\n");
}

#[test]
fn ticket_keys_are_shown_and_changed() {
    let (lab, directory) = lab();
    let keys = directory.path().join("keys").display().to_string();
    assert_eq!(lab.ask("show tls-keys"), format!("# id (file)\n0 ({keys})\n"));
    let shown = lab.ask("show tls-keys #0");
    assert!(shown.starts_with(&format!("# id secret\n# 0 ({keys})\n0.0 AQEB")), "{shown}");
    let key = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";
    assert_eq!(lab.ask(&format!("set ssl tls-key {keys} {key}")), "TLS ticket key updated!\n");
    assert!(lab.ask("show tls-keys *").contains("0.2 CAgI"));
    assert_eq!(lab.ask("set ssl tls-key #0 AAAA"), "'set ssl tls-key' received a key of wrong size.\n");
    assert_eq!(
        lab.ask("set ssl tls-key #7 AAAA"),
        "'set ssl tls-key' unable to locate referenced filename\n"
    );
}

#[test]
fn answers_of_ocsp_are_for_known_certificates() {
    let (lab, _directory) = lab();
    assert_eq!(lab.ask("show ssl ocsp-response"), "# Certificate IDs\n");
    assert!(lab.ask("set ssl ocsp-response").contains("expects response in base64"));
    assert!(lab.ask("set ssl ocsp-response ***").contains("invalid base64"));
    assert_eq!(lab.ask("set ssl ocsp-response AAAA"), "Unable to parse OCSP response.\n");
    assert!(lab.ask("show ssl ocsp-response 00ff").contains("does not match any certificate"));
    assert!(lab.ask("show ssl ocsp-response none").contains("expects a valid certid"));
    assert!(lab.ask("show ssl providers").contains("There are no providers"));
}
