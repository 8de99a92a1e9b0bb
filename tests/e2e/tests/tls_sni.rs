//! Which certificate a client gets, and where SNI leads without decrypting. Manual, chapters 5.1 ("crt", "crt-list",
//! "strict-sni", "default-crt", "alpn") and 7.3.5 ("req.ssl_sni").

use std::net::SocketAddr;

use lockgate_e2e::pki::{Authority, Key, Subject};
use lockgate_e2e::{HTTP, OpensslServer, Origin, Peer, Proxy, ProxyBuilder, TCP, curl, s_client};

const ANSWER: &str = "    http-request return status 200 content-type text/plain lf-string ";

/// A proxy that answers by itself with `shown`; files for several hosts beside it.
fn builder(bind: &str, shown: &str) -> ProxyBuilder {
    let authority = Authority::new("Example CA");
    let server = |names: &[&str], key| authority.issue(&Subject::server(names).key(key)).pem();
    let text = format!("{HTTP}\nfrontend fe\n    bind \"fd@${{https}}\" ssl {bind}\n{ANSWER} \"{shown}\"\n");
    Proxy::builder(&text)
        .file("ca.crt", authority.pem())
        .file("client.pem", authority.issue(&Subject::client("client1")).pem())
        .file("first.pem", server(&["first.test", "localhost"], Key::Ecdsa))
        .file("second.pem", server(&["second.test", "www.second.test"], Key::Ecdsa))
        .file("wild.pem", server(&["*.wild.test"], Key::Ecdsa))
        .file("both.pem.ecdsa", server(&["both.test"], Key::Ecdsa))
        .file("both.pem.rsa", server(&["both.test"], Key::Rsa))
}

/// The common name of the certificate that a client gets who asks for `host`; `None` without a handshake.
fn served(address: SocketAddr, host: Option<&str>, more: &[&str], proxy: &Proxy) -> Option<String> {
    let name = host.map_or(vec!["-noservername"], |host| vec!["-servername", host]);
    let words = [&name[..], more].concat();
    let finished = s_client(address, &words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
    let line = finished.stdout.lines().find(|line| line.starts_with("subject="))?;
    let (_, rest) = line.split_once("CN = ")?;
    Some(rest.split(',').next().unwrap_or_default().to_owned())
}

fn expect_served(proxy: &Proxy, cases: &[(Option<&str>, Option<&str>)]) {
    for (host, name) in cases {
        let got = served(proxy.address("https"), *host, &[], proxy);
        assert_eq!(got.as_deref(), *name, "{host:?}");
    }
}

#[test]
fn the_name_chooses_the_certificate() {
    let proxy = builder("crt ./first.pem crt ./second.pem crt ./wild.pem", "ok").start();
    expect_served(
        &proxy,
        &[
            (Some("second.test"), Some("second.test")),
            (Some("WWW.Second.Test"), Some("second.test")),
            (Some("a.wild.test"), Some("*.wild.test")),
            // A star is one label, and at least one.
            (Some("a.b.wild.test"), Some("first.test")),
            (Some("wild.test"), Some("first.test")),
            (Some("unknown.test"), Some("first.test")),
            (None, Some("first.test")),
        ],
    );
}

#[test]
fn a_strict_bind_refuses_unknown_names() {
    let proxy = builder("crt ./first.pem crt ./wild.pem strict-sni", "ok").start();
    expect_served(
        &proxy,
        &[
            (Some("first.test"), Some("first.test")),
            (Some("x.wild.test"), Some("*.wild.test")),
            (Some("unknown.test"), None),
            (None, None),
        ],
    );
    let refused = s_client(proxy.address("https"), &["-servername", "unknown.test"], "", proxy.directory());
    assert!(refused.stderr.contains("alert"), "{}", refused.stderr);
}

#[test]
fn a_directory_holds_certificates() {
    let builder = builder("crt ./hosts", "ok");
    let directory = builder.directory();
    std::fs::create_dir(directory.join("hosts")).unwrap();
    for name in ["second.pem", "wild.pem"] {
        std::fs::copy(directory.join(name), directory.join("hosts").join(name)).unwrap();
    }
    let proxy = builder.start();
    expect_served(
        &proxy,
        &[(Some("a.wild.test"), Some("*.wild.test")), (Some("unknown.test"), Some("second.test"))],
    );
}

#[test]
fn chain_and_key_stand_in_any_order_and_beside() {
    let root = Authority::new("Example CA");
    let middle = root.intermediate("Middle CA");
    let server = middle.issue(&Subject::server(&["localhost"]));
    for (file, beside) in [
        (server.key.clone() + &server.certificate + &middle.pem(), None),
        (server.certificate.clone() + &middle.pem() + &server.key, None),
        (server.certificate.clone() + &middle.pem(), Some(server.key.clone())),
    ] {
        let text =
            format!("{HTTP}\nfrontend fe\n    bind \"fd@${{https}}\" ssl crt ./a.pem\n{ANSWER} \"ok\"\n");
        let mut builder = Proxy::builder(&text).file("a.pem", file).file("root.crt", root.pem());
        if let Some(key) = beside {
            builder = builder.file("a.pem.key", key);
        }
        let proxy = builder.start();
        let words = ["--cacert", "root.crt"];
        let fetched = curl(proxy.address("https"), "localhost", "/", &words, proxy.directory());
        assert_eq!(fetched.response().text(), "ok");
    }
}

/// A bundle serves each client what it can use.
#[test]
fn ecdsa_for_those_who_can_rsa_for_the_others() {
    let proxy = builder("crt ./both.pem ssl-max-ver TLSv1.2", "ok").start();
    let kind = |arguments: &[&str]| {
        let words = [&["-servername", "both.test", "-tls1_2"], arguments].concat();
        let finished = s_client(proxy.address("https"), &words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
        let line = finished.stdout.lines().find(|line| line.trim_start().starts_with("Cipher    : "));
        line.unwrap_or_else(|| panic!("{}", finished.stderr)).trim().to_owned()
    };
    assert!(kind(&[]).contains("ECDSA"));
    assert!(
        kind(&["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"]).contains("ECDSA")
    );
    assert!(kind(&["-cipher", "ECDHE-RSA-AES256-GCM-SHA384"]).contains("ECDHE-RSA-AES256-GCM-SHA384"));
}

#[test]
fn rsa_and_ecdsa_in_tls_1_3_follow_the_signature_algorithms() {
    let proxy = builder("crt ./both.pem", "ok").start();
    let signature = |algorithms: &str| {
        let words = ["-servername", "both.test", "-tls1_3", "-sigalgs", algorithms];
        let finished = s_client(proxy.address("https"), &words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
        let line = finished.stdout.lines().find(|line| line.starts_with("Peer signature type: "));
        line.map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(signature("rsa_pss_rsae_sha256"), "Peer signature type: RSA-PSS");
    assert_eq!(signature("ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"), "Peer signature type: ECDSA");
}

const LIST: &str = "# certificates and what holds for them
first.pem
second.pem [alpn http/1.1 ssl-max-ver TLSv1.2] second.test !www.second.test
wild.pem [verify required ca-file ca.crt] *.wild.test !no.wild.test exact.test
";

#[test]
fn a_list_says_what_holds_for_each() {
    let shown = "%[ssl_fc_sni] %[ssl_fc_protocol] %[ssl_fc_alpn] %[ssl_c_s_dn(cn)]";
    let proxy = builder("crt-list ./list", shown).file("list", LIST).start();
    expect_served(
        &proxy,
        &[
            (Some("second.test"), Some("second.test")),
            (Some("www.second.test"), Some("first.test")),
            (Some("no.wild.test"), Some("first.test")),
            (Some("first.test"), Some("first.test")),
            (Some("unknown.test"), Some("first.test")),
        ],
    );
    let get = |host: &str, words: &[&str]| {
        let words = [&["-k"], words].concat();
        curl(proxy.address("https"), host, "/", &words, proxy.directory())
    };
    assert_eq!(get("first.test", &["--no-alpn"]).response().text(), "first.test TLSv1.3  ");
    assert_eq!(get("second.test", &[]).response().text(), "second.test TLSv1.2 http/1.1 ");
    get("yes.wild.test", &[]).expect_failure();
    let shown = get("exact.test", &["--cert", "client.pem", "--no-alpn"]).response().text();
    assert_eq!(shown, "exact.test TLSv1.3  client1");
}

/// `default-crt` says it; a `crt` before it is one as well.
#[test]
fn a_default_certificate_is_said() {
    for (bind, default) in [
        ("default-crt ./second.pem crt ./first.pem", "second.test"),
        ("crt ./first.pem default-crt ./second.pem", "first.test"),
    ] {
        let proxy = builder(bind, "ok").start();
        expect_served(
            &proxy,
            &[
                (Some("first.test"), Some("first.test")),
                (Some("second.test"), Some("second.test")),
                (Some("unknown.test"), Some(default)),
                (None, Some(default)),
            ],
        );
    }
}

#[test]
fn certificates_of_a_store_are_called_by_their_alias() {
    let text = format!(
        "crt-store web\n    load crt ./second.pem alias two\n{HTTP}
frontend fe\n    bind \"fd@${{https}}\" ssl crt @web/two\n{ANSWER} \"ok\"\n"
    );
    let authority = Authority::new("Example CA");
    let server = authority.issue(&Subject::server(&["second.test"]));
    let proxy = Proxy::builder(&text).file("second.pem", server.pem()).start();
    expect_served(&proxy, &[(Some("second.test"), Some("second.test"))]);
}

#[test]
fn protocols_are_agreed_on_by_alpn() {
    for (bind, offered, agreed) in [
        ("alpn http/1.1,http/1.0", "http/1.0,http/1.1", "ALPN protocol: http/1.1"),
        ("alpn http/1.0", "http/1.0,http/1.1", "ALPN protocol: http/1.0"),
        ("alpn http/1.1", "spdy/1", "No ALPN negotiated"),
        ("no-alpn", "http/1.1", "No ALPN negotiated"),
    ] {
        let proxy = builder(&format!("crt ./first.pem {bind}"), "%[ssl_fc_alpn]").start();
        let words = ["-servername", "first.test", "-alpn", offered];
        let finished = s_client(proxy.address("https"), &words, "GET / HTTP/1.0\r\n\r\n", proxy.directory());
        assert!(finished.stdout.contains(agreed), "{bind}: {}", finished.stdout);
    }
}

/// Two TLS servers behind a proxy that only looks at the hello.
struct Passthrough {
    proxy: Proxy,
    _servers: [OpensslServer; 2],
}

fn passthrough(lines: &str) -> Passthrough {
    let authority = Authority::new("Example CA");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = |name: &str, more: &[&str]| {
        let file = format!("{name}.pem");
        let pem = authority.issue(&Subject::server(&[name])).pem();
        std::fs::write(directory.path().join(&file), pem).expect("the directory can be written");
        let words = [&["-cert", &file, "-key", &file, "-www"], more].concat();
        OpensslServer::start(&words, directory.path())
    };
    let servers = [server("first.test", &[]), server("second.test", &[])];
    let text = format!(
        "{TCP}
frontend fe
    bind \"fd@${{https}}\"
    tcp-request inspect-delay 10s
{lines}
    default_backend first
backend first
    server s1 {}
backend second
    server s2 {}
",
        servers[0].address(),
        servers[1].address()
    );
    let proxy = Proxy::builder(&text).file("ca.crt", authority.pem()).start();
    Passthrough { proxy, _servers: servers }
}

#[test]
fn sni_leads_to_a_server_without_decrypting() {
    let lines = "    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend second if { req.ssl_sni -i second.test }";
    let Passthrough { proxy, _servers } = passthrough(lines);
    expect_served(
        &proxy,
        &[
            (Some("second.test"), Some("second.test")),
            (Some("SECOND.test"), Some("second.test")),
            (Some("other.test"), Some("first.test")),
            (None, Some("first.test")),
        ],
    );
    for version in ["-tls1_2", "-tls1_3"] {
        let got = served(proxy.address("https"), Some("second.test"), &[version], &proxy);
        assert_eq!(got.as_deref(), Some("second.test"), "{version}");
    }
}

#[test]
fn alpn_leads_as_well() {
    let lines = "    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend second if { req.ssl_alpn acme-tls/1 }";
    let Passthrough { proxy, _servers } = passthrough(lines);
    for (alpn, name) in [("acme-tls/1", "second.test"), ("http/1.1", "first.test")] {
        let got = served(proxy.address("https"), Some("x.test"), &["-alpn", alpn], &proxy);
        assert_eq!(got.as_deref(), Some(name), "{alpn}");
    }
}

/// One byte a packet: the rule waits until the hello is whole.
#[test]
fn a_hello_in_many_packets_is_waited_for() {
    let (first, second) = (naming_server("first"), naming_server("second"));
    let text = format!(
        "{TCP}
frontend fe
    bind \"fd@${{https}}\"
    tcp-request inspect-delay 10s
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    use_backend second if {{ req.ssl_sni second.test }}
    default_backend first
backend first
    server s1 {}
backend second
    server s2 {}
",
        first.address(),
        second.address()
    );
    let mut proxy = Proxy::start(&text);
    let hello = client_hello("second.test");
    let mut client = proxy.connect("https");
    for byte in &hello {
        client.send([*byte]);
    }
    assert_eq!(client.until("\n"), format!("second {}\n", hello.len()));
    // The same in two records, RFC 8446 section 5.1.
    let (front, back) = hello[5..].split_at(60);
    let record = |part: &[u8]| {
        let length = u16::try_from(part.len()).unwrap().to_be_bytes();
        [&[22, 3, 1][..], &length, part].concat()
    };
    let halves = [record(front), record(back)].concat();
    let mut client = proxy.connect("https");
    client.send(&hello);
    client.until("\n");
    let mut client = proxy.connect("https");
    client.send(&halves);
    let got = client.until("\n");
    assert!(got.ends_with(&format!(" {}\n", halves.len())), "{got}");
}

/// Tells its name, and how many bytes came at first.
fn naming_server(name: &'static str) -> Origin {
    Origin::raw(move |mut peer: Peer| {
        let bytes = peer.take("a hello", |pending| (pending.len() > 100).then_some(pending.len()));
        peer.send(format!("{name} {}\n", bytes.len()));
        let _ = peer.rest();
    })
}

/// A hello of TLS 1.2 with a server name.
fn client_hello(host: &str) -> Vec<u8> {
    let sized =
        |bytes: &[u8]| [&u16::try_from(bytes.len()).expect("a short list").to_be_bytes()[..], bytes].concat();
    let name = [&[0][..], &sized(host.as_bytes())].concat();
    let sni = [&[0, 0][..], &sized(&sized(&name))].concat();
    let padding = [&[0, 21][..], &sized(&[0; 50])].concat();
    let extensions = sized(&[sni, padding].concat());
    let body =
        [&[3, 3][..], &[7; 32], &[0], &sized(&[0xc0, 0x2b, 0xc0, 0x2f]), &[1, 0], &extensions].concat();
    let length = u32::try_from(body.len()).expect("a short hello").to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    [&[22, 3, 1][..], &sized(&message)].concat()
}
