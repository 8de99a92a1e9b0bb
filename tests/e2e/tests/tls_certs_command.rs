//! `lockgate certs demo` and `lockgate certs show`: files that openssl agrees with, and a README that runs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lockgate_e2e::pki::{Authority, Key, Subject};
use lockgate_e2e::{Finished, Proxy, curl, is_reference, run, run_program};

const NAMES: [&str; 7] =
    ["ca.crt", "server.pem", "client1.pem", "client2.pem", "expired.pem", "revoked.pem", "crl.pem"];

/// Makes the files; `None` if the program under test has no such command.
fn demo() -> Option<tempfile::TempDir> {
    if is_reference() {
        return None;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let finished = run(&["certs", "demo", "d"], directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(NAMES.iter().all(|name| finished.stdout.contains(name)), "{}", finished.stdout);
    Some(directory)
}

fn openssl(words: &[&str], directory: &Path) -> Finished {
    run_program("openssl", words, "", directory)
}

#[test]
fn openssl_agrees() {
    let Some(directory) = demo() else { return };
    let directory = directory.path().join("d");
    for (name, purpose, told) in [
        ("server.pem", "sslserver", "OK"),
        ("client1.pem", "sslclient", "OK"),
        ("client2.pem", "sslclient", "OK"),
        ("expired.pem", "sslclient", "error 10 at 0 depth"),
        ("revoked.pem", "sslclient", "error 23 at 0 depth"),
    ] {
        let words = [
            "verify",
            "-CAfile",
            "ca.crt",
            "-CRLfile",
            "crl.pem",
            "-crl_check_all",
            "-purpose",
            purpose,
            name,
        ];
        let finished = openssl(&words, &directory);
        let all = finished.stdout + &finished.stderr;
        assert!(all.contains(told), "{name}: {all}");
        let pair = ["x509", "-pubkey", "-noout", "-in", name];
        assert_eq!(
            openssl(&pair, &directory).stdout,
            openssl(&["pkey", "-pubout", "-in", name], &directory).stdout,
            "{name}"
        );
    }
    let words = ["x509", "-in", "client1.pem", "-noout", "-subject", "-nameopt", "compat"];
    let subject = openssl(&words, &directory).stdout;
    for part in ["/C=", "/ST=", "/L=", "/O=", "/CN=client1", "/emailAddress="] {
        assert!(subject.contains(part), "{subject}");
    }
    let names =
        openssl(&["x509", "-in", "server.pem", "-noout", "-ext", "subjectAltName"], &directory).stdout;
    for name in ["DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"] {
        assert!(names.contains(name), "{names}");
    }
}

#[test]
fn keys_are_the_owners_and_nothing_is_overwritten() {
    let Some(directory) = demo() else { return };
    for name in NAMES {
        let mode = directory.path().join("d").join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if name.ends_with(".pem") { 0o600 } else { 0o644 }, "{name}");
    }
    let key = std::fs::read(directory.path().join("d/server.pem")).unwrap();
    let again = run(&["certs", "demo", "d"], directory.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(again.stderr.contains("d/ca.crt") && again.stderr.contains("--force"), "{}", again.stderr);
    assert!(std::fs::read(directory.path().join("d/server.pem")).unwrap() == key);
    assert_eq!(run(&["certs", "demo", "d", "--force"], directory.path()).status.code(), Some(0));
    assert!(std::fs::read(directory.path().join("d/server.pem")).unwrap() != key);
}

#[test]
fn wrong_usage_is_2() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for words in [
        &["certs"][..],
        &["certs", "demo"],
        &["certs", "demo", "a", "b"],
        &["certs", "demo", "--bogus", "a"],
        &["certs", "show"],
        &["certs", "show", "--format", "xml", "a"],
        &["certs", "bogus"],
    ] {
        let finished = run(words, directory.path());
        assert_eq!(finished.status.code(), Some(2), "{words:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("Usage:") && finished.stdout.is_empty(), "{words:?}");
    }
    assert_eq!(run(&["certs", "--help"], directory.path()).status.code(), Some(0));
    // A place where nothing can be written.
    assert_eq!(run(&["certs", "demo", "/dev/null/d"], directory.path()).status.code(), Some(1));
}

/// The README is the configuration that it tells about; its `curl` lines do what it says.
#[test]
fn the_readme_runs() {
    let Some(directory) = demo() else { return };
    let directory = directory.path().join("d");
    let finished = run(&["-c", "-f", "README"], &directory);
    assert_eq!(
        (finished.status.code(), finished.stderr.contains("WARNING")),
        (Some(0), false),
        "{}",
        finished.stderr
    );
    let mut text = std::fs::read_to_string(directory.join("README")).unwrap();
    for (port, name) in [("8080", "http"), ("8081", "https"), ("8082", "rules")] {
        text = text.replace(&format!("bind 127.0.0.1:{port}"), &format!("bind \"fd@${{{name}}}\""));
    }
    let text = text.replace(" ./", &format!(" {}/", directory.display()));
    let mut proxy = Proxy::start(&text);
    assert!(proxy.get("http", "/").text().contains("x-ssl: 0"));
    let fetch = |name: &str, words: &[&str]| {
        let words = [&["--cacert", "ca.crt"], words].concat();
        curl(proxy.address(name), "localhost", "/", &words, &directory)
    };
    for client in ["client1", "client2"] {
        let shown = fetch("https", &["--cert", &format!("{client}.pem")]).response().text();
        assert!(shown.contains(&format!("x-ssl-client-cn: {client}")), "{shown}");
        assert!(shown.contains("x-ssl-client-verify: 0"), "{shown}");
    }
    for words in [&[][..], &["--cert", "expired.pem"], &["--cert", "revoked.pem"]] {
        fetch("https", words).expect_failure();
    }
    for (words, code) in
        [(&[][..], "0"), (&["--cert", "expired.pem"], "10"), (&["--cert", "revoked.pem"], "23")]
    {
        let shown = fetch("rules", words).response().text();
        assert!(shown.contains(&format!("x-ssl-client-verify: {code}\r\n")), "{words:?}: {shown}");
    }
    let line =
        "{0,\"/C=FR/ST=Ile de France/L=Paris/O=lockgate demo/CN=client1/emailAddress=client1@example.com\"";
    assert!(proxy.output().contains(line), "{}", proxy.output());
}

#[test]
fn show_tells_what_is_in_files() {
    let Some(directory) = demo() else { return };
    let directory = directory.path().join("d");
    let all = run(&["certs", "show", "ca.crt", "server.pem", "client1.pem", "crl.pem"], &directory);
    assert_eq!((all.status.code(), all.stderr.as_str()), (Some(0), ""), "{}", all.stdout);
    for text in
        ["CN=localhost", "localhost, 127.0.0.1, ::1", "it is the certificate's", " days left", "1 by /C=FR"]
    {
        assert!(all.stdout.contains(text), "{text}: {}", all.stdout);
    }
    let expired = run(&["certs", "show", "client1.pem", "expired.pem"], &directory);
    assert_eq!(expired.status.code(), Some(1));
    assert!(
        expired.stderr.starts_with("expired.pem: ") && expired.stderr.contains("expired 7 days ago"),
        "{}",
        expired.stderr
    );

    let shown = run(&["certs", "show", "--format", "json", "server.pem"], &directory);
    assert_eq!(shown.status.code(), Some(0));
    for text in ["\"key\": \"matches\"", "\"kind\": \"ECDSA\"", "\"days_left\": 36", "\"problems\": []"] {
        assert!(shown.stdout.contains(text), "{text}: {}", shown.stdout);
    }
}

/// Files in which something is wrong, and files beside.
#[test]
fn show_finds_what_is_wrong() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    let root = Authority::new("Example CA");
    let middle = root.intermediate("Middle CA");
    let (one, two) =
        (middle.issue(&Subject::server(&["one.test"])), middle.issue(&Subject::server(&["two.test"])));
    let rsa = middle.issue(&Subject::server(&["one.test"]).key(Key::Rsa));
    let soon = root.issue(&Subject::server(&["soon.test"]).days(-10, 3));
    write("mismatch.pem", one.certificate.clone() + &two.key);
    write("cut.pem", one.pem()[..200].to_owned());
    write("soon.pem", soon.pem());
    for (name, told) in [
        ("mismatch.pem", "mismatch.pem: "),
        ("cut.pem", "cut.pem:1: "),
        ("soon.pem", "soon.pem: "),
        ("missing.pem", "missing.pem: "),
    ] {
        let finished = run(&["certs", "show", name], directory.path());
        assert_eq!(finished.status.code(), Some(1), "{name}");
        assert!(finished.stderr.starts_with(told), "{name}: {}", finished.stderr);
    }
    // Key and chain out of order, the root with them; a key beside; a bundle.
    write("full.pem", one.key.clone() + &one.certificate + &root.pem() + &middle.pem());
    let full = run(&["certs", "show", "full.pem"], directory.path());
    assert_eq!(full.status.code(), Some(0), "{}", full.stderr);
    assert!(full.stdout.contains("complete, its root included"), "{}", full.stdout);
    let places: Vec<_> =
        ["CN=one.test", "CN=Middle CA", "CN=Example CA"].iter().map(|name| full.stdout.find(name)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{}", full.stdout);
    write("beside.pem", one.certificate.clone());
    write("beside.pem.key", one.key.clone());
    assert!(
        run(&["certs", "show", "beside.pem"], directory.path()).stdout.contains("it is the certificate's")
    );
    write("both.pem.ecdsa", one.pem());
    write("both.pem.rsa", rsa.pem());
    let both = run(&["certs", "show", "both.pem"], directory.path());
    assert!(
        both.stdout.contains("ECDSA to clients") && both.stdout.contains("RSA to clients"),
        "{}",
        both.stdout
    );
}
