//! What `-c` says about TLS: certificates and keys that are of no use, and words of OpenSSL's that rustls does not
//! speak. Each problem names the configuration's line and the file.

use std::path::Path;

use lockgate_e2e::pki::{Authority, Identity, Key, Subject};
use lockgate_e2e::{Finished, HTTP, is_reference, run, run_program};

struct Files {
    directory: tempfile::TempDir,
    authority: Authority,
    server: Identity,
}

impl Files {
    fn new() -> Self {
        let authority = Authority::new("Example CA");
        let server = authority.issue(&Subject::server(&["localhost"]));
        let files =
            Self { directory: tempfile::tempdir().expect("a temporary directory"), authority, server };
        files.write("server.pem", files.server.pem());
        files.write("ca.crt", files.authority.pem());
        files
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).expect("the directory can be written");
    }

    /// Checks a frontend whose bind line, the sixth line of the file and on, is this.
    fn check(&self, bind: &str) -> Finished {
        self.check_text(&format!(
            "{HTTP}frontend fe\n    bind 127.0.0.1:8443 ssl {bind}\n    http-request return status 200\n"
        ))
    }

    fn check_text(&self, text: &str) -> Finished {
        self.write("a.cfg", text);
        run(&["-c", "-f", "a.cfg"], self.path())
    }

    /// The bind line is an error that says all of `wanted` with its own place.
    fn refused(&self, bind: &str, wanted: &[&str]) {
        let finished = self.check(bind);
        assert_eq!(finished.status.code(), Some(1), "{bind}: {}", finished.stderr);
        assert!(finished.stderr.contains("a.cfg:7]"), "{bind}: {}", finished.stderr);
        for text in wanted {
            assert!(finished.stderr.contains(text), "{bind}: {text} is not in {}", finished.stderr);
        }
    }

    /// The bind line works; what is said about it.
    fn taken(&self, bind: &str) -> String {
        let finished = self.check(bind);
        assert_eq!(finished.status.code(), Some(0), "{bind}: {}", finished.stderr);
        finished.stderr
    }
}

#[test]
fn every_kind_of_broken_pem_is_named() {
    let files = Files::new();
    let (certificate, key) = (&files.server.certificate, &files.server.key);
    let other = files.authority.issue(&Subject::server(&["other.test"]));
    let rsa = files.authority.issue(&Subject::server(&["rsa.test"]).key(Key::Rsa));
    let cut = &certificate[..certificate.len() / 2];
    let damaged = certificate.replacen("MII", "M*I", 1);
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (name, text) in [
        ("empty.pem", String::new()),
        ("text.pem", "this is no certificate\n".to_owned()),
        ("cut.pem", format!("{key}{cut}")),
        ("damaged.pem", format!("{damaged}{key}")),
        ("not-der.pem", format!("{not_der}{key}")),
        ("no-key.pem", certificate.clone()),
        ("no-certificate.pem", key.clone()),
        ("bad-key.pem", format!("{certificate}{bad_key}")),
        ("mismatch.pem", format!("{certificate}{}", other.key)),
        ("other-kind.pem", format!("{certificate}{}", rsa.key)),
    ] {
        files.write(name, text);
        files.refused(&format!("crt ./{name}"), &[name]);
    }
    files.refused("crt ./missing.pem", &["missing.pem"]);
    files.refused("crt", &[]);
    files.write("beside.pem", certificate);
    files.write("beside.pem.key", &other.key);
    files.refused("crt ./beside.pem", &["beside.pem"]);
    assert!(!files.taken("crt ./server.pem").contains("WARNING"));
}

/// `-c` says what is wrong in words that a reader can act upon.
#[test]
fn the_words_say_what_is_wrong() {
    if is_reference() {
        return;
    }
    let files = Files::new();
    let other = files.authority.issue(&Subject::server(&["other.test"]));
    files.write("no-key.pem", &files.server.certificate);
    files.write("mismatch.pem", format!("{}{}", files.server.certificate, other.key));
    files.write("cut.pem", format!("{}{}", files.server.key, &files.server.certificate[..300]));
    files.refused("crt ./no-key.pem", &["no private key"]);
    files.refused("crt ./mismatch.pem", &["is not that of the certificate"]);
    files.refused("crt ./cut.pem", &["line", "END CERTIFICATE"]);
    files.refused("crt ./missing.pem", &["no certificate './missing.pem'"]);
}

#[test]
fn an_encrypted_key_is_refused() {
    let files = Files::new();
    files.write("key.pem", &files.server.key);
    for (name, words) in [
        ("pkcs8.pem", &["pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:x", "-out", "out.pem"][..]),
        ("sec1.pem", &["ec", "-in", "key.pem", "-aes128", "-passout", "pass:x", "-out", "out.pem"][..]),
    ] {
        let made = run_program("openssl", words, "", files.path());
        assert!(made.status.success(), "{}", made.stderr);
        let key = std::fs::read_to_string(files.path().join("out.pem")).unwrap();
        assert!(key.contains("ENCRYPTED"));
        files.write(name, format!("{}{key}", files.server.certificate));
        if is_reference() {
            // It asks for the passphrase.
            continue;
        }
        files.refused(&format!("crt ./{name}"), &[name, "encrypted"]);
    }
}

#[test]
fn directories_and_lists_are_looked_through() {
    let files = Files::new();
    std::fs::create_dir(files.path().join("none")).unwrap();
    std::fs::create_dir(files.path().join("bad")).unwrap();
    files.write("bad/a.pem", files.server.pem());
    files.write("bad/b.pem", "nonsense");
    files.refused("crt ./bad", &["b.pem"]);
    files.write("list", "server.pem\nmissing.pem\n");
    files.refused("crt-list ./list", &["missing.pem"]);
    files.write("list", "server.pem [nonsense on] localhost\n");
    files.refused("crt-list ./list", &["nonsense"]);
    files.refused("crt-list ./no-list", &["no-list"]);
    if !is_reference() {
        files.write("list", "server.pem\nserver.pem [alpn\n");
        assert!(files.taken("crt-list ./list").contains("list:2]: a ']' is missing"));
        // HAProxy starts with nothing to serve.
        files.refused("crt ./none", &["none"]);
    }
}

#[test]
fn authorities_and_revocations_are_read_at_once() {
    let files = Files::new();
    files.write("nonsense", "nonsense");
    files.refused("crt ./server.pem ca-file ./missing verify required", &["missing"]);
    files.refused("crt ./server.pem ca-file ./nonsense verify required", &["nonsense"]);
    files.refused("crt ./server.pem ca-file ./ca.crt crl-file ./missing verify required", &["missing"]);
    files.refused("crt ./server.pem ca-file ./ca.crt crl-file ./nonsense verify required", &["nonsense"]);
    files.refused("crt ./server.pem verify sometimes", &["verify"]);
    files.refused("crt ./server.pem ca-file ./ca.crt verify optional crt-ignore-err nonsense", &["nonsense"]);
    files.refused("verify none", &["crt"]);
}

#[test]
fn a_server_line_is_checked_as_well() {
    let files = Files::new();
    let check = |words: &str| {
        let text = format!("{HTTP}listen l\n    bind 127.0.0.1:8080\n    server s 127.0.0.1:1 ssl {words}\n");
        files.check_text(&text)
    };
    for words in [
        "verify required ca-file ./missing",
        "verify none crt ./missing.pem",
        "verify none ssl-min-ver TLSv9",
        "verify required",
    ] {
        let finished = check(words);
        assert_eq!(finished.status.code(), Some(1), "{words}: {}", finished.stderr);
        let is_told = finished.stderr.contains("a.cfg:8]") || finished.stderr.contains("server 's'");
        assert!(
            is_told || finished.stderr.contains("s/l") || finished.stderr.contains("l/s"),
            "{words}: {}",
            finished.stderr
        );
    }
    for words in
        ["verify none", "verify required ca-file ./ca.crt", "verify none crt ./server.pem sni str(a)"]
    {
        let finished = check(words);
        assert_eq!(finished.status.code(), Some(0), "{words}: {}", finished.stderr);
    }
}

/// Something usable remains: a warning. Nothing remains: an error.
#[test]
fn what_rustls_does_not_speak_is_said() {
    if is_reference() {
        return;
    }
    let files = Files::new();
    for bind in [
        "ciphers ECDHE-ECDSA-AES128-GCM-SHA256:AES128-SHA:DHE-RSA-AES128-GCM-SHA256",
        "ssl-min-ver TLSv1.0",
        "curves X25519:P-256:brainpoolP256r1",
    ] {
        assert!(files.taken(&format!("crt ./server.pem {bind}")).contains("WARNING"), "{bind}");
    }
    for bind in [
        "ciphers AES128-SHA",
        "ciphers DES-CBC3-SHA",
        "ssl-max-ver TLSv1.1",
        "force-tlsv10",
        "curves sect571k1",
    ] {
        // Without TLS 1.3's suites, which `ciphers` does not speak of, nothing remains.
        let bind =
            if bind.starts_with("ciphers") { format!("{bind} ssl-max-ver TLSv1.2") } else { bind.to_owned() };
        files.refused(&format!("crt ./server.pem {bind}"), &[]);
    }
    for bind in ["ciphers NONSENSE", "ciphersuites NONSENSE", "curves NONSENSE"] {
        assert_ne!(files.check(&format!("crt ./server.pem {bind}")).status.code(), None, "{bind}");
    }
}

/// Accepted, as configurations have them.
#[test]
fn words_of_older_configurations_are_taken() {
    let files = Files::new();
    for bind in [
        "no-sslv3 no-tlsv10 no-tlsv11",
        "no-sslv3 ciphers HIGH:!aNULL:!MD5",
        "ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:!DSS",
        "npn http/1.1",
        "ecdhe secp384r1",
        "no-tls-tickets strict-sni prefer-client-ciphers",
        "ssl-min-ver TLSv1.2 alpn h2,http/1.1",
    ] {
        files.taken(&format!("crt ./server.pem {bind}"));
    }
}

#[test]
fn certificates_that_end_are_warned_about() {
    if is_reference() {
        return;
    }
    let files = Files::new();
    for (name, first, last, told) in
        [("expired.pem", -30, -3, "expired"), ("soon.pem", -30, 5, "days"), ("early.pem", 5, 30, "not valid")]
    {
        files.write(name, files.authority.issue(&Subject::server(&["localhost"]).days(first, last)).pem());
        let stderr = files.taken(&format!("crt ./{name}"));
        assert!(stderr.contains("WARNING") && stderr.contains(name) && stderr.contains(told), "{stderr}");
    }
    files.write("fine.pem", files.authority.issue(&Subject::server(&["localhost"]).days(-30, 20)).pem());
    assert!(!files.taken("crt ./fine.pem").contains("WARNING"));
}
