//! Versions, cipher suites, sessions that are resumed, early data. Manual, chapters 5.1 ("ssl-min-ver", "ciphers",
//! "no-tls-tickets", "tls-ticket-keys", "allow-0rtt") and 4.2 ("http-request wait-for-handshake").

use std::path::Path;

use lockgate_e2e::pki::{Authority, Key, Subject};
use lockgate_e2e::{
    Answer, Fate, Finished, Gate, HTTP, Origin, Proxy, is_reference, relay, run_program, s_client,
};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const SHOWN: &str =
    "%[ssl_fc_protocol] %[ssl_fc_cipher] %[ssl_fc_use_keysize] %[ssl_fc_is_resumed] %[ssl_fc_curve].";

/// A proxy that answers with `SHOWN`.
fn proxy(global: &str, bind: &str) -> Proxy {
    let text = format!(
        "global\n{global}\n{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem {bind}
    http-request return status 200 content-type text/plain lf-string \"{SHOWN}\\n\"
"
    );
    let server = Authority::new("Example CA").issue(&Subject::server(&["localhost"]));
    Proxy::builder(&text).file("server.pem", server.pem()).start()
}

fn ask(proxy: &Proxy, words: &[&str]) -> Finished {
    s_client(proxy.address("https"), words, REQUEST, proxy.directory())
}

/// What the proxy says of the connection; empty without one.
fn shown(proxy: &Proxy, words: &[&str]) -> String {
    let finished = ask(proxy, words);
    let line = finished.stdout.lines().find(|line| line.starts_with("TLSv1") && line.ends_with('.'));
    line.unwrap_or_default().to_owned()
}

#[test]
fn versions_are_limited() {
    for (bind, older, newer) in [
        ("", true, true),
        ("ssl-max-ver TLSv1.2", true, false),
        ("force-tlsv12", true, false),
        ("no-tlsv13", true, false),
        ("ssl-min-ver TLSv1.3", false, true),
        ("force-tlsv13", false, true),
        ("ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2", true, false),
    ] {
        let proxy = proxy("", bind);
        assert_eq!(shown(&proxy, &["-tls1_2"]).starts_with("TLSv1.2 "), older, "{bind}");
        assert_eq!(shown(&proxy, &["-tls1_3"]).starts_with("TLSv1.3 "), newer, "{bind}");
    }
}

/// As a bind line without a word about it.
#[test]
fn old_versions_are_refused() {
    let proxy = proxy("", "");
    for version in ["-tls1", "-tls1_1"] {
        let finished = ask(&proxy, &[version, "-cipher", "ALL:@SECLEVEL=0"]);
        assert!(!finished.status.success() && !finished.stdout.contains("HTTP/1.1"), "{version}");
    }
}

#[test]
fn defaults_of_the_global_section() {
    let proxy = proxy("    ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets", "");
    assert_eq!(shown(&proxy, &["-tls1_2"]), "");
    assert!(shown(&proxy, &["-tls1_3"]).starts_with("TLSv1.3 "));
}

#[test]
fn suites_are_chosen_by_their_openssl_names() {
    for (bind, words, wanted) in [
        ("ciphers ECDHE-ECDSA-AES256-GCM-SHA384", "-tls1_2", "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 256 "),
        ("ciphers ECDHE-ECDSA-CHACHA20-POLY1305", "-tls1_2", "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305 256 "),
        ("ciphers ECDHE+AES128", "-tls1_2", "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 128 "),
        ("ciphersuites TLS_CHACHA20_POLY1305_SHA256", "-tls1_3", "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 256 "),
        ("ciphersuites TLS_AES_128_GCM_SHA256", "-tls1_3", "TLSv1.3 TLS_AES_128_GCM_SHA256 128 "),
    ] {
        let proxy = proxy("", bind);
        let got = shown(&proxy, &[words]);
        assert!(got.starts_with(wanted), "{bind}: {got}");
    }
}

#[test]
fn curves_are_chosen() {
    for (bind, wanted) in
        [("curves P-384", "secp384r1"), ("curves X25519", "X25519"), ("ecdhe prime256v1", "prime256v1")]
    {
        for version in ["-tls1_2", "-tls1_3"] {
            let proxy = proxy("", bind);
            let got = shown(&proxy, &[version]).to_ascii_lowercase();
            let name = wanted.to_ascii_lowercase();
            // OpenSSL has two names for one curve.
            let is_it = got.contains(&name) || (name == "prime256v1" && got.contains("secp256r1"));
            assert!(is_it, "{bind} {version}: {got}");
        }
    }
    let proxy = proxy("", "curves P-384");
    assert_eq!(shown(&proxy, &["-tls1_3", "-curves", "X25519"]), "");
}

/// First connections get a session, later ones bring it, whichever worker they reach.
#[test]
fn sessions_are_resumed() {
    for version in ["-tls1_2", "-tls1_3"] {
        for bind in ["", "no-tls-tickets"] {
            for threads in ["    nbthread 1", "    nbthread 2"] {
                let proxy = proxy(threads, bind);
                let first = ask(&proxy, &[version, "-sess_out", "session"]);
                assert!(first.stdout.contains("New, "), "{version} {bind}: {}", first.stdout);
                for _ in 0..6 {
                    let again = ask(&proxy, &[version, "-sess_in", "session", "-sess_out", "session"]);
                    assert!(
                        again.stdout.contains("Reused, "),
                        "{version} {bind} {threads}: {}",
                        again.stdout
                    );
                    let is_told =
                        again.stdout.lines().any(|line| line.starts_with("TLSv1") && line.contains(" 1 "));
                    assert!(is_told, "{version} {bind}: {}", again.stdout);
                }
            }
        }
    }
}

#[test]
fn a_session_of_another_proxy_is_worth_nothing() {
    let (one, two) = (proxy("", ""), proxy("", ""));
    for version in ["-tls1_2", "-tls1_3"] {
        ask(&one, &[version, "-sess_out", "session"]);
        std::fs::copy(one.directory().join("session"), two.directory().join("session")).unwrap();
        let finished = ask(&two, &[version, "-sess_in", "session"]);
        assert!(finished.stdout.contains("New, "), "{version}: {}", finished.stdout);
    }
}

/// Keys from a file are shared by several proxies.
#[test]
fn ticket_keys_from_a_file_are_shared() {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in [("keys48", "48"), ("keys80", "80")] {
        let path = directory.path().join(name);
        let mut text = String::new();
        for _ in 0..3 {
            let made = run_program("openssl", &["rand", "-base64", bytes], "", directory.path()).stdout;
            text.extend(made.lines());
            text.push('\n');
        }
        std::fs::write(&path, text).unwrap();
        let bind = format!("tls-ticket-keys {}", path.display());
        let (one, two) = (proxy("", &bind), proxy("", &bind));
        for version in ["-tls1_2", "-tls1_3"] {
            ask(&one, &[version, "-sess_out", "session"]);
            std::fs::copy(one.directory().join("session"), two.directory().join("session")).unwrap();
            let finished = ask(&two, &[version, "-sess_in", "session"]);
            assert!(finished.stdout.contains("Reused, "), "{name} {version}: {}", finished.stdout);
        }
    }
}

/// A proxy that takes early data, and a server behind it.
struct Early {
    proxy: Proxy,
    origin: Origin,
}

impl Early {
    fn start(rules: &str) -> Self {
        let origin = Origin::start(|request| match (request.target.as_str(), request.header("early-data")) {
            ("/late", Some(_)) => Answer::status(425, &[], "later"),
            _ => Answer::ok("hello"),
        });
        let text = format!(
            "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem allow-0rtt
{rules}
    default_backend be
backend be
    server s1 {}
",
            origin.address()
        );
        let server = Authority::new("Example CA").issue(&Subject::server(&["localhost"]));
        Self { proxy: Proxy::builder(&text).file("server.pem", server.pem()).start(), origin }
    }

    /// Fetches a session, and then sends a request within the hello through a relay that lets the rest of the
    /// handshake pass only when `gate` is open.
    fn ask(&self, target: &str, gate: &Gate) -> std::thread::JoinHandle<Finished> {
        let directory = self.proxy.directory().to_owned();
        let address = self.proxy.address("https");
        let first =
            s_client(address, &["-tls1_3", "-alpn", "http/1.1", "-sess_out", "session"], REQUEST, &directory);
        assert!(first.stdout.contains("HTTP/1.1 200"), "{}", first.stdout);
        let request = REQUEST.replace("GET /", &format!("GET {target}"));
        std::fs::write(directory.join("early"), request).expect("the directory can be written");
        let (gate, mut is_through) = (gate.clone(), false);
        let relay = relay(address, move |_, record| {
            if is_through {
                gate.wait();
            }
            // Application data: the early data. What follows is the end of the handshake.
            is_through |= record[0] == 23;
            Fate::Passed
        });
        std::thread::spawn(move || {
            // HAProxy looks at early data only where ALPN was agreed on.
            let words = ["-tls1_3", "-alpn", "http/1.1", "-sess_in", "session", "-early_data", "early"];
            s_client(relay, &words, "", &directory)
        })
    }
}

#[test]
fn early_data_is_marked() {
    let rules = "    http-request set-header X-Early %[ssl_fc_has_early],%[ssl_fc_early_rcvd]";
    let early = Early::start(rules);
    let gate = Gate::new();
    let client = early.ask("/", &gate);
    // The request is through before the handshake is over.
    let requests = early.origin.wait_requests(2);
    gate.open();
    let finished = client.join().unwrap();
    assert!(finished.stdout.contains("Early data was accepted"), "{}\n{}", finished.stdout, finished.stderr);
    assert!(finished.stdout.contains("hello"), "{}", finished.stdout);
    assert_eq!((requests[0].header("early-data"), requests[1].header("early-data")), (None, Some("1")));
    assert_eq!((requests[0].header("x-early"), requests[1].header("x-early")), (Some("0,0"), Some("1,1")));
}

/// With the rule the request waits for the end of the handshake, and is an ordinary one then.
#[test]
fn a_rule_waits_for_the_handshake() {
    if is_reference() {
        // 3.5-dev5 does not come back to a request that waits.
        return;
    }
    let early = Early::start("    http-request wait-for-handshake");
    let gate = Gate::new();
    let client = early.ask("/", &gate);
    assert_eq!(early.origin.requests().len(), 1);
    gate.open();
    let finished = client.join().unwrap();
    assert!(finished.stdout.contains("hello"), "{}", finished.stdout);
    assert_eq!(early.origin.requests().len(), 2);
    assert_eq!(early.origin.last().header("early-data"), None);
}

/// A server that will not have it answers 425, which is the client's to act upon.
#[test]
fn too_early_is_handed_on() {
    let early = Early::start("");
    let gate = Gate::new();
    let client = early.ask("/late", &gate);
    early.origin.wait_requests(2);
    gate.open();
    let finished = client.join().unwrap();
    assert!(finished.stdout.contains("HTTP/1.1 425 "), "{}", finished.stdout);
}

/// Without the word on the bind line nobody is offered early data.
#[test]
fn early_data_is_off_by_default() {
    let proxy = proxy("", "");
    std::fs::write(proxy.directory().join("early"), REQUEST).unwrap();
    let finished = ask(&proxy, &["-tls1_3", "-sess_out", "session"]);
    assert!(finished.stdout.contains("HTTP/1.1 200"), "{}", finished.stdout);
    let again = ask(&proxy, &["-tls1_3", "-sess_in", "session", "-early_data", "early"]);
    assert!(!again.stdout.contains("Early data was accepted"), "{}", again.stdout);
}

/// The proxy's order counts unless it says otherwise; ChaCha20 is for clients that put it first, who have no AES.
#[test]
fn who_chooses_the_suite() {
    let suites = "ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    let (ours, theirs) = (proxy("", suites), proxy("", &format!("prefer-client-ciphers {suites}")));
    let (aes128, aes256) = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");
    let chacha = "TLS_CHACHA20_POLY1305_SHA256";
    for (proxy, first, second, chosen) in [
        (&ours, aes256, aes128, aes128),
        (&ours, aes128, chacha, aes128),
        (&ours, chacha, aes256, chacha),
        (&theirs, aes256, aes128, aes256),
        (&theirs, aes128, chacha, aes128),
        (&theirs, chacha, aes256, chacha),
    ] {
        let got = shown(proxy, &["-tls1_3", "-ciphersuites", &format!("{first}:{second}")]);
        assert!(got.contains(chosen), "{first}:{second}: {got}");
    }
}

/// What sslscan finds of a bind line without a word about TLS, here and with HAProxy's default: nothing weaker.
#[test]
fn a_scanner_finds_nothing_weak() {
    let authority = Authority::new("Example CA");
    let server = authority.issue(&Subject::server(&["localhost"]).key(Key::Rsa));
    let text = format!("{HTTP}\nfrontend fe\n    bind \"fd@${{https}}\" ssl crt ./server.pem\n");
    let ours = Proxy::builder(&text).file("server.pem", server.pem()).start();
    let found = scan(&ours, ours.directory());
    for version in ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"] {
        assert!(found.contains(&format!("{version} disabled")), "{version}:\n{found}");
    }
    for version in ["TLSv1.2", "TLSv1.3"] {
        assert!(found.contains(&format!("{version} enabled")), "{version}:\n{found}");
    }
    assert!(!found.contains("Compression enabled") && !found.contains("Insecure"), "{found}");
    assert_eq!(found.matches("not vulnerable to heartbleed").count(), 2, "{found}");
    let suites = |found: &str| -> Vec<String> {
        let accepted =
            found.lines().filter(|line| line.starts_with("Preferred") || line.starts_with("Accepted"));
        accepted.map(|line| line.split_whitespace().nth(4).unwrap_or_default().to_owned()).collect()
    };
    let theirs = Proxy::builder(&text)
        .file("server.pem", server.pem())
        .program(lockgate_e2e::program("haproxy"))
        .start();
    let reference = suites(&scan(&theirs, theirs.directory()));
    let own = suites(&found);
    assert!(own.len() >= 6, "{found}");
    for suite in own {
        assert!(reference.contains(&suite), "{suite} is not among HAProxy's {reference:?}");
    }
}

fn scan(proxy: &Proxy, directory: &Path) -> String {
    let target = proxy.address("https").to_string();
    let limit = std::time::Duration::from_secs(60);
    let words = ["--no-colour", "--no-check-certificate", "--no-groups", &target];
    let finished = lockgate_e2e::run_program_for(limit, "sslscan", &words, "", directory);
    // Blanks align its columns.
    let lines = finished.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
