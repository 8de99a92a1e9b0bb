//! What logs say about TLS: `option httpslog`, `%sslc` and `%sslv`, handshakes that fail, and how long they may take.
//! Manual, chapters 8.2.4 and 8.2.5 and "timeout client-hs", "timeout http-request".

use std::time::{Duration, Instant};

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{DEADLINE, Ending, Fate, HTTP, Origin, Proxy, Syslog, TCP, curl, relay, s_client};

fn proxy(log: &Syslog, bind: &str, lines: &str) -> Proxy {
    start(HTTP, log, bind, lines)
}

fn start(defaults: &str, log: &Syslog, bind: &str, lines: &str) -> Proxy {
    let authority = Authority::new("Example CA");
    let text = format!(
        "{defaults}    log {} local0\nfrontend fe\n    bind \"fd@${{https}}\" name secure ssl crt ./server.pem {bind}\n{lines}\n",
        log.address()
    );
    Proxy::builder(&text)
        .file("ca.crt", authority.pem())
        .file("server.pem", authority.issue(&Subject::server(&["localhost"])).pem())
        .file("client.pem", authority.issue(&Subject::client("client1")).pem())
        .file("expired.pem", authority.issue(&Subject::client("expired").days(-9, -1)).pem())
        .start()
}

const OK: &str = "    http-request return status 200 content-type text/plain string ok";

#[test]
fn httpslog_has_the_handshakes_fields() {
    let log = Syslog::start();
    let proxy = proxy(
        &log,
        "ca-file ./ca.crt verify optional crt-ignore-err all",
        &format!("    option httpslog\n{OK}"),
    );
    let words = ["--cacert", "ca.crt", "--tlsv1.3"];
    curl(proxy.address("https"), "localhost", "/x", &words, proxy.directory()).response();
    let line = log.line();
    let (front, back) =
        line.split_once(" \"GET https://localhost").or(line.split_once(" \"GET /x")).expect("a request");
    assert!(front.contains(" fe~ fe/<NOSRV> "), "{line}");
    // Errors of the connection, of checking the certificate, of the authority; resumed; name, version, suite.
    let (_, fields) = back.split_once("HTTP/1.1\" ").expect("fields behind the request");
    assert!(fields.starts_with("0/0000000000000000/0/0/0 localhost/TLSv1.3/TLS_AES_"), "{line}");

    let words = ["--cacert", "ca.crt", "--cert", "expired.pem", "--tls-max", "1.2"];
    curl(proxy.address("https"), "localhost", "/x", &words, proxy.directory()).response();
    let line = log.line();
    let (_, fields) = line.split_once("HTTP/1.1\" ").expect("fields behind the request");
    assert!(fields.starts_with("0/0000000000000000/10/0/0 localhost/TLSv1.2/ECDHE-ECDSA-"), "{line}");
}

#[test]
fn version_and_suite_are_variables() {
    let log = Syslog::start();
    let format = "    log-format \"%sslv %sslc %[ssl_fc_sni] %ft %ST\"";
    let proxy = proxy(&log, "ciphers ECDHE-ECDSA-AES128-GCM-SHA256", &format!("{format}\n{OK}"));
    for (words, wanted) in [
        (["-k", "--tls-max", "1.2"], "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 localhost fe~ 200"),
        (
            ["-k", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"],
            "TLSv1.3 TLS_AES_128_GCM_SHA256 localhost fe~ 200",
        ),
    ] {
        curl(proxy.address("https"), "localhost", "/", &words, proxy.directory()).response();
        assert_eq!(log.line(), wanted);
    }
}

/// `127.0.0.1:40000 [22/Nov/2026:14:00:00.000] fe/secure: SSL handshake failure (...)`.
#[test]
fn failed_handshakes_have_a_line() {
    let log = Syslog::start();
    let proxy = proxy(&log, "ca-file ./ca.crt verify required", &format!("    option httplog\n{OK}"));
    for (words, reason) in [
        (&["-tls1_2"][..], "peer did not return a certificate"),
        (&["-tls1_3"][..], "peer did not return a certificate"),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..], "unsupported protocol"),
        (&["-tls1_2", "-cipher", "AES128-SHA256"][..], "no shared cipher"),
    ] {
        s_client(proxy.address("https"), words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
        let line = log.line();
        assert!(line.contains(" fe/secure: SSL handshake failure"), "{words:?}: {line}");
        assert!(line.contains(reason), "{words:?}: {line}");
    }
    // A certificate that is not taken has a line of its own.
    for version in ["-tls1_2", "-tls1_3"] {
        let words = [version, "-cert", "expired.pem", "-key", "expired.pem"];
        s_client(proxy.address("https"), &words, "", proxy.directory());
        let line = log.line();
        assert!(line.ends_with(" fe/secure: SSL client certificate not trusted"), "{line}");
    }
    // What is no TLS at all.
    let mut client = lockgate_e2e::Peer::connect(proxy.address("https"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.rest();
    let line = log.line();
    assert!(line.contains(" fe/secure: SSL handshake failure") && line.contains("http request"), "{line}");
}

/// A client that connects and goes, and one that goes in the middle of its hello.
#[test]
fn clients_that_go_before_the_handshake_is_over() {
    let log = Syslog::start();
    let mut proxy = proxy(&log, "", &format!("    option httplog\n{OK}"));
    drop(proxy.connect("https"));
    let line = log.line();
    assert!(line.contains(" fe/secure: ") && line.contains("SSL handshake"), "{line}");
    let mut client = proxy.connect("https");
    client.send([22, 3, 1, 2, 0, 1, 0]);
    client.half_close();
    client.expect_end();
    let line = log.line();
    assert!(line.contains(" fe/secure: ") && line.contains("SSL handshake"), "{line}");
}

#[test]
fn probes_are_left_out_where_asked_for() {
    let log = Syslog::start();
    let mut proxy = proxy(&log, "", &format!("    option httplog\n    option dontlognull\n{OK}"));
    drop(proxy.connect("https"));
    curl(proxy.address("https"), "localhost", "/seen", &["-k"], proxy.directory()).response();
    let line = log.line();
    assert!(line.contains("/seen "), "{line}");
}

/// A client that says nothing, and one that stops in the middle of its hello, are let go after the time for it.
#[test]
fn a_handshake_that_stalls_is_ended() {
    for (timeout, defaults) in [
        ("timeout client 700ms\n    option httplog", HTTP),
        ("timeout client-hs 700ms\n    option httplog", HTTP),
        ("timeout client 700ms\n    option tcplog", TCP),
    ] {
        let log = Syslog::start();
        let mut proxy = start(defaults, &log, "", &format!("    {timeout}"));
        for part in [&[][..], &[22, 3, 1, 2, 0, 1, 0, 1][..]] {
            let started = Instant::now();
            let mut client = proxy.connect("https");
            client.send(part);
            let (rest, _) = client.rest();
            let taken = started.elapsed();
            assert!(rest.len() < 16, "{timeout}: {rest:?}");
            assert!(taken >= Duration::from_millis(600) && taken < DEADLINE, "{timeout} {part:?}: {taken:?}");
            let line = log.line();
            assert!(line.contains("SSL handshake"), "{timeout} {part:?}: {line}");
        }
    }
}

/// Bytes that drip in do not prolong the time for the handshake.
#[test]
fn a_hello_that_drips_in_is_ended() {
    let log = Syslog::start();
    let mut proxy = proxy(&log, "", "    option httplog\n    timeout client 700ms");
    let started = Instant::now();
    let mut client = proxy.connect("https");
    client.send([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    while client.is_quiet() && client.try_send([0]).is_ok() {
        assert!(started.elapsed() < DEADLINE / 2, "it is still listened to");
        // The client's pace.
        std::thread::sleep(Duration::from_millis(40));
    }
    assert!(started.elapsed() >= Duration::from_millis(650), "{:?}", started.elapsed());
    let line = log.line();
    assert!(line.ends_with(" fe/secure: Timeout during SSL handshake"), "{line}");
}

/// A client that stops when it is its turn to finish.
#[test]
fn a_handshake_that_stalls_in_the_middle_is_ended() {
    let log = Syslog::start();
    for version in ["-tls1_2", "-tls1_3"] {
        let proxy = proxy(&log, "", "    option httplog\n    timeout client 700ms");
        let address =
            relay(proxy.address("https"), |number, _| if number == 0 { Fate::Passed } else { Fate::Kept });
        s_client(address, &[version], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", proxy.directory());
        let line = log.line();
        assert!(line.ends_with(" fe/secure: Timeout during SSL handshake"), "{version}: {line}");
    }
}

/// `timeout http-request` bounds a request's head behind TLS as it does without.
#[test]
fn a_head_that_stalls_behind_tls_is_ended() {
    let log = Syslog::start();
    let proxy = proxy(&log, "", "    option httplog\n    timeout http-request 700ms");
    let words = ["-servername", "localhost"];
    let finished =
        s_client(proxy.address("https"), &words, "GET / HTTP/1.1\r\nHost: a\r\n", proxy.directory());
    assert!(
        finished.stdout.contains("HTTP/1.1 408 Request Time-out") || finished.stdout.contains("HTTP/1.0 408")
    );
    let line = log.http();
    assert_eq!((line.status, &line.ending[..2]), (408, "cR"), "{}", line.line);
}

/// Records that no client sends: too long, of no type, of no version, or a hello that lies about its lengths.
#[test]
fn records_of_nonsense_end_the_connection() {
    let log = Syslog::start();
    let mut proxy = proxy(&log, "", &format!("    option httplog\n{OK}"));
    let long = [&[22, 3, 1, 0x4e, 0x20][..], &[1; 20_000]].concat();
    let huge_hello = [&[22, 3, 1, 0, 4][..], &[1, 0xff, 0xff, 0xff]].concat();
    let lying = [&[22, 3, 1, 0, 45][..], &[1, 0, 0, 41, 3, 3], &[0; 32], &[200, 0, 0, 0, 0, 0, 0]].concat();
    let other_type = [&[99, 3, 1, 0, 5][..], &[1, 2, 3, 4, 5]].concat();
    let alert = vec![21, 3, 1, 0, 2, 2, 40];
    let data = vec![23, 3, 3, 0, 5, 1, 2, 3, 4, 5];
    for (name, bytes) in [
        ("a record of 20 kB", long),
        ("a hello of 16 MB", huge_hello),
        ("a hello that lies about its session", lying),
        ("a record of no type", other_type),
        ("an alert", alert),
        ("data before a hello", data),
    ] {
        let mut client = proxy.connect("https");
        // The proxy may close before it has taken all of it.
        let _ = client.try_send(&bytes);
        client.half_close();
        let (rest, ending) = client.rest();
        assert!(rest.len() < 16, "{name}: {rest:?}");
        assert!(matches!(ending, Ending::Closed | Ending::Reset));
        let line = log.line();
        assert!(line.contains(" fe/secure: ") && line.contains("SSL handshake"), "{name}: {line}");
    }
    assert!(proxy.is_running());
    assert_eq!(
        curl(proxy.address("https"), "localhost", "/", &["-k"], proxy.directory()).response().text(),
        "ok"
    );
}

/// A session that breaks after its handshake: a record that does not decrypt.
#[test]
fn a_broken_record_ends_the_session() {
    let (log, origin) = (Syslog::start(), Origin::fixed("hello"));
    let server =
        format!("    option httplog\n    default_backend be\nbackend be\n    server s1 {}", origin.address());
    let proxy = proxy(&log, "", &server);
    // openssl's client speaks TLS to a relay that damages its data.
    let address = relay(proxy.address("https"), |_, record| {
        if record[0] == 23 {
            record[10] ^= 1;
        }
        Fate::Passed
    });
    let finished = s_client(address, &["-tls1_2"], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", proxy.directory());
    assert!(!finished.stdout.contains("hello"), "{}", finished.stdout);
    assert!(finished.stderr.contains("alert") || finished.stdout.contains("alert"), "{}", finished.stderr);
    assert!(origin.requests().is_empty());
}
