//! Other programs on either side: Debian's HAProxy as client and as server, curl, openssl; and the PROXY protocol that
//! tells a server about the client's TLS (proxy-protocol.txt, section 2.2.6).

use lockgate_e2e::pki::{Authority, Key, Subject};
use lockgate_e2e::{HTTP, OpensslServer, Origin, Proxy, ProxyBuilder, curl, program, s_client};

fn with_files(builder: ProxyBuilder) -> ProxyBuilder {
    let authority = Authority::new("Example CA");
    builder
        .file("ca.crt", authority.pem())
        .file("server.pem", authority.issue(&Subject::server(&["localhost"])).pem())
        .file("rsa.pem", authority.issue(&Subject::server(&["localhost"]).key(Key::Rsa)).pem())
        .file("client.pem", authority.issue(&Subject::client("client1")).pem())
}

/// Debian's HAProxy takes plain HTTP and speaks TLS to the proxy under test.
#[test]
fn haproxy_is_the_client() {
    let origin = Origin::fixed("hello");
    for (bind, words, shown) in [
        ("crt ./server.pem", "ssl-min-ver TLSv1.3", "TLSv1.3 0"),
        ("crt ./server.pem", "ssl-max-ver TLSv1.2", "TLSv1.2 0"),
        ("crt ./rsa.pem", "ssl-max-ver TLSv1.2", "TLSv1.2 0"),
        ("crt ./rsa.pem", "alpn http/1.1", "TLSv1.3 0"),
    ] {
        let text = format!(
            "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl {bind} ca-file ./ca.crt verify required
    http-request set-header X-Seen \"%[ssl_fc_protocol] %[ssl_c_verify] %[ssl_c_s_dn(cn)]\"
    default_backend be
backend be
    server s1 {}
",
            origin.address()
        );
        let proxy = with_files(Proxy::builder(&text)).start();
        let directory = proxy.directory().display();
        let client = format!(
            "{HTTP}
listen front
    bind \"fd@${{http}}\"
    option http-server-close
    server app {} ssl verify required ca-file {directory}/ca.crt crt {directory}/client.pem sni str(localhost) {words}
",
            proxy.address("https")
        );
        let mut haproxy = Proxy::builder(&client).program(program("haproxy")).start();
        for _ in 0..4 {
            let response = haproxy.get("http", "/");
            assert_eq!((response.status, response.text().as_str()), (200, "hello"), "{bind} {words}");
        }
        let seen = origin.last().header("x-seen").unwrap_or_default().to_owned();
        assert_eq!(seen, format!("{shown} client1"), "{bind} {words}");
        let big: String = "x".repeat(3_000_000);
        let post = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{big}", big.len());
        assert_eq!(haproxy.request("http", &post).status, 200);
        assert_eq!(origin.last().body.len(), big.len());
    }
}

#[test]
fn openssl_resumes_keeps_alive_and_renegotiates_nothing() {
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem ssl-max-ver TLSv1.2
    http-request return status 200 content-type text/plain lf-string \"%[path]\\n\"
"
    );
    let proxy = with_files(Proxy::builder(&text)).start();
    // `R` at the start of a line asks openssl to renegotiate; the proxy refuses, and the connection may end.
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let input = request("/first") + &request("/second").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let finished = s_client(proxy.address("https"), &["-tls1_2"], &input, proxy.directory());
    for path in ["/first", "/second"] {
        assert!(finished.stdout.lines().any(|line| line == path), "{path}: {}", finished.stdout);
    }
    let finished = s_client(proxy.address("https"), &["-tls1_2"], "R\n", proxy.directory());
    assert!(!finished.stdout.contains("HTTP/1.1 200"), "{}", finished.stdout);
    assert_eq!(
        curl(proxy.address("https"), "localhost", "/after", &["-k"], proxy.directory()).response().text(),
        "/after\n"
    );
}

/// Several requests on one connection, bodies in both directions.
#[test]
fn curl_keeps_its_connection() {
    let origin = Origin::fixed("hello");
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem
    default_backend be
backend be
    server s1 {}
",
        origin.address()
    );
    let proxy = with_files(Proxy::builder(&text)).start();
    let url = format!("https://localhost:{}/again", proxy.address("https").port());
    let words = ["--cacert", "ca.crt", "-w", "%{stderr}%{num_connects}\n", &url];
    let fetched = curl(proxy.address("https"), "localhost", "/", &words, proxy.directory());
    assert_eq!(fetched.responses.len(), 2, "{}", fetched.errors);
    assert_eq!(fetched.errors.lines().collect::<Vec<_>>(), ["1", "0"]);
}

/// A bind with and without TLS in one frontend.
#[test]
fn plain_and_tls_binds_share_a_frontend() {
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{http}}\"
    bind \"fd@${{https}}\" ssl crt ./server.pem
    http-request return status 200 content-type text/plain lf-string \"%[ssl_fc] %[ssl_fc_protocol]\"
"
    );
    let mut proxy = with_files(Proxy::builder(&text)).start();
    assert_eq!(proxy.get("http", "/").text(), "0 ");
    let words = ["--cacert", "ca.crt", "--tls-max", "1.2"];
    let fetched = curl(proxy.address("https"), "localhost", "/", &words, proxy.directory());
    assert_eq!(fetched.response().text(), "1 TLSv1.2");
}

/// `accept-proxy` comes before TLS.
#[test]
fn a_proxy_header_stands_before_the_hello() {
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{https}}\" accept-proxy ssl crt ./server.pem
    http-request return status 200 content-type text/plain lf-string \"%[src] %[ssl_fc_sni]\"
"
    );
    let proxy = with_files(Proxy::builder(&text)).start();
    let words = ["-k", "--haproxy-protocol"];
    let fetched = curl(proxy.address("https"), "localhost", "/", &words, proxy.directory());
    assert_eq!(fetched.response().text(), "127.0.0.1 localhost");
    // Debian's HAProxy sends one with an address of its client's choice.
    let directory = proxy.directory().display();
    let text = format!(
        "{HTTP}
listen front
    bind \"fd@${{http}}\"
    http-request set-src hdr(X-Src)
    server app {} send-proxy-v2 ssl verify required ca-file {directory}/ca.crt sni str(localhost)
",
        proxy.address("https")
    );
    let mut haproxy = Proxy::builder(&text).program(program("haproxy")).start();
    let response = haproxy.request("http", "GET / HTTP/1.1\r\nHost: a\r\nX-Src: 192.0.2.7\r\n\r\n");
    assert_eq!(response.text(), "192.0.2.7 localhost");
}

/// What the client's TLS was, in a header of version 2 that Debian's HAProxy reads back.
#[test]
fn a_server_is_told_about_the_clients_tls() {
    let origin = Origin::fixed("hello");
    // Types of its parts: 0x20 for TLS with 0x21 version, 0x22 common name, 0x23 suite, 0x02 name in the hello.
    let backend = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{tcp}}\" accept-proxy
    http-request set-header X-Src %[src]
    http-request set-header X-Host %[fc_pp_authority]
    default_backend be
backend be
    server s1 {}
",
        origin.address()
    );
    let haproxy = Proxy::builder(&backend).program(program("haproxy")).start();
    for (words, host) in [
        ("send-proxy-v2", ""),
        ("send-proxy-v2-ssl", ""),
        ("send-proxy-v2-ssl-cn", ""),
        (
            "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c",
            "localhost",
        ),
    ] {
        let text = format!(
            "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem ca-file ./ca.crt verify optional
    default_backend be
backend be
    server s1 {} {words}
",
            haproxy.address("tcp")
        );
        let proxy = with_files(Proxy::builder(&text)).start();
        for arguments in [&["-k"][..], &["-k", "--cert", "client.pem"]] {
            let fetched = curl(proxy.address("https"), "localhost", "/", arguments, proxy.directory());
            assert_eq!(fetched.response().text(), "hello", "{words}");
            assert_eq!(origin.last().header("x-src"), Some("127.0.0.1"), "{words}");
            assert_eq!(origin.last().header("x-host").unwrap_or_default(), host, "{words}");
        }
    }
}

/// The same header, byte by byte.
#[test]
fn the_parts_of_the_header_about_tls() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let origin = Origin::raw(move |mut peer| {
        let header = peer.take("a header", |pending| {
            let length =
                pending.get(14..16).map(|two| 16 + usize::from(u16::from_be_bytes([two[0], two[1]])));
            length.filter(|length| pending.len() >= *length)
        });
        peer.until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        sender.lock().unwrap().send(header).unwrap();
        let _ = peer.rest();
    });
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{https}}\" ssl crt ./server.pem ca-file ./ca.crt verify optional crt-ignore-err all
    default_backend be
backend be
    server s1 {} send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key
",
        origin.address()
    );
    let proxy = with_files(Proxy::builder(&text)).start();
    let words =
        ["-k", "--cert", "client.pem", "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"];
    curl(proxy.address("https"), "localhost", "/", &words, proxy.directory()).response();
    let header = receiver.recv().unwrap();
    let parts = parts(&header[28..]);
    let (_, ssl) = parts.iter().find(|(kind, _)| *kind == 0x20).expect("a part about TLS");
    // TLS was used, and a certificate on this connection and in this session; it is good.
    assert_eq!(ssl[..5], [7, 0, 0, 0, 0], "{ssl:?}");
    let inner: Vec<(u8, String)> = self::parts(&ssl[5..])
        .into_iter()
        .map(|(kind, value)| (kind, String::from_utf8_lossy(value).into_owned()))
        .collect();
    let value = |wanted: u8| inner.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| value.as_str());
    assert_eq!(value(0x21), Some("TLSv1.2"));
    assert_eq!(value(0x22), Some("client1"));
    assert_eq!(value(0x23), Some("ECDHE-ECDSA-AES128-GCM-SHA256"));
    assert_eq!(value(0x24), Some("ecdsa-with-SHA256"));
    assert!(value(0x25).is_some_and(|key| key.starts_with("EC")), "{inner:?}");

    // Without a certificate the verify field is not 0.
    curl(proxy.address("https"), "localhost", "/", &["-k"], proxy.directory()).response();
    let header = receiver.recv().unwrap();
    let parts = self::parts(&header[28..]);
    let (_, ssl) = parts.iter().find(|(kind, _)| *kind == 0x20).expect("a part about TLS");
    assert_eq!(ssl[0], 1, "{ssl:?}");
}

/// Type and value of each part.
fn parts(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut all = Vec::new();
    while let [kind, high, low, rest @ ..] = bytes {
        let (value, behind) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        all.push((*kind, value));
        bytes = behind;
    }
    all
}

/// Health checks over TLS, and a page that openssl makes.
#[test]
fn openssl_is_a_server_that_is_checked() {
    let authority = Authority::new("Example CA");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("app.pem"), authority.issue(&Subject::server(&["app.test"])).pem())
        .unwrap();
    let server = OpensslServer::start(&["-cert", "app.pem", "-key", "app.pem", "-www"], directory.path());
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{http}}\"
    default_backend be
backend be
    server s1 {} ssl verify none check inter 200ms fall 1 rise 1 init-state down
frontend state
    bind \"fd@${{state}}\"
    http-request return status 200 content-type text/plain lf-string \"%[nbsrv(be)]\"
",
        server.address()
    );
    let mut proxy = Proxy::start(&text);
    let started = std::time::Instant::now();
    while proxy.get("state", "/").text() != "1" {
        assert!(started.elapsed() < lockgate_e2e::DEADLINE, "the server stays down");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(proxy.get("http", "/").status, 200);
}
