//! What goes through TLS: bytes in TCP mode, kept and pipelined requests, bodies larger than any buffer, peers that stop
//! reading or go. A HAProxy from Debian that speaks TLS for its plain client lets tests say byte by byte what is sent.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{
    Answer, DEADLINE, Ending, Gate, HTTP, Origin, Peer, Proxy, ProxyBuilder, Syslog, TCP, is_reference,
    program,
};
use rustix::process::Signal;

/// The proxy under test, and the client's end of TLS in front of it.
struct Tunnel {
    client: Proxy,
    proxy: Proxy,
}

/// A certificate for the proxy under test beside `text`.
fn with_files(text: &str) -> ProxyBuilder {
    let authority = Authority::new("Example CA");
    let server = authority.issue(&Subject::server(&["localhost", "a.test", "b.test"]));
    Proxy::builder(text).file("server.pem", server.pem()).file("ca.crt", authority.pem())
}

fn tls_client(address: SocketAddr, words: &str) -> Proxy {
    let text = format!(
        "{TCP}\nlisten l\n    bind \"fd@${{tcp}}\"\n    server app {address} ssl verify none {words}\n"
    );
    Proxy::builder(&text).program(program("haproxy")).start()
}

impl Tunnel {
    /// `text` has a frontend bound to `fd@${tls}` with `ssl crt ./server.pem`.
    fn start(text: &str) -> Self {
        let proxy = with_files(text).start();
        Self { client: tls_client(proxy.address("tls"), ""), proxy }
    }

    fn connect(&mut self) -> Peer {
        self.client.connect("tcp")
    }
}

/// HTTP behind TLS with these lines, and one server.
fn http(origin: &Origin, log: &Syslog, lines: &str) -> String {
    format!(
        "{HTTP}    log {} local0
    option httplog
frontend fe
    bind \"fd@${{tls}}\" ssl crt ./server.pem
{lines}
    default_backend be
backend be
    server s1 {}
",
        log.address(),
        origin.address()
    )
}

/// Debian's HAProxy as a TLS server in TCP mode in front of `origin`.
fn tls_server(origin: &Origin) -> Proxy {
    let text = format!(
        "{TCP}\nlisten l\n    bind \"fd@${{tls}}\" ssl crt ./server.pem\n    server app {}\n",
        origin.address()
    );
    with_files(&text).program(program("haproxy")).start()
}

/// Sends back what it gets, and closes when its client does.
fn echo() -> Origin {
    Origin::raw(|mut peer| {
        let (bytes, _) = peer.rest();
        let _ = peer.try_send(bytes);
    })
}

#[test]
fn bytes_go_both_ways_in_tcp_mode() {
    let (log, origin) = (Syslog::start(), echo());
    let text = format!(
        "{TCP}    log {} local0\n    option tcplog\nlisten fe\n    bind \"fd@${{tls}}\" ssl crt ./server.pem\n    server s1 {}\n",
        log.address(),
        origin.address()
    );
    let mut tunnel = Tunnel::start(&text);
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let mut client = tunnel.connect();
    client.send(&bytes);
    client.half_close();
    let (back, ending) = client.rest();
    assert!(back == bytes && ending == Ending::Closed, "{} {ending:?}", back.len());
    let line = log.line();
    assert!(line.contains(" fe~ fe/s1 ") && line.contains(" 3000000 -- "), "{line}");
}

#[test]
fn tls_on_both_sides_in_tcp_mode() {
    let (log, origin) = (Syslog::start(), echo());
    let server = tls_server(&origin);
    let text = format!(
        "{TCP}    log {} local0\n    option tcplog\nlisten fe\n    bind \"fd@${{tls}}\" ssl crt ./server.pem\n    server s1 {} ssl verify none\n",
        log.address(),
        server.address("tls")
    );
    let mut tunnel = Tunnel::start(&text);
    for length in [1, 16_384, 16_385, 2_000_000] {
        let bytes = vec![b'x'; length];
        let mut client = tunnel.connect();
        client.send(&bytes);
        client.half_close();
        let (back, _) = client.rest();
        assert!(back == bytes, "{length}: {}", back.len());
        assert!(log.line().contains(&format!(" {length} -- ")));
    }
}

/// The server speaks first, as mail servers do.
#[test]
fn a_server_may_speak_first() {
    let origin = Origin::raw(|mut peer: Peer| {
        peer.send("220 ready\r\n");
        while peer.until("\n") != "QUIT\n" {
            peer.send("ok\n");
        }
    });
    let server = tls_server(&origin);
    let text = format!(
        "{TCP}\nlisten fe\n    bind \"fd@${{tls}}\" ssl crt ./server.pem\n    server s1 {} ssl verify none\n",
        server.address("tls")
    );
    let mut tunnel = Tunnel::start(&text);
    let mut client = tunnel.connect();
    client.expect("220 ready\r\n");
    for _ in 0..20 {
        client.send("HELO\n");
        client.expect("ok\n");
    }
    client.send("QUIT\n");
    client.expect_close();
}

#[test]
fn requests_are_kept_and_pipelined() {
    let log = Syslog::start();
    let origin = Origin::start(|request| Answer::ok(&request.target));
    let mut tunnel = Tunnel::start(&http(&origin, &log, ""));
    let mut client = tunnel.connect();
    for n in 0..5 {
        client.send(format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.response().text(), format!("/{n}"));
    }
    let all: String = (0..20).map(|n| format!("GET /p{n} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    client.send(all);
    for n in 0..20 {
        assert_eq!(client.response().text(), format!("/p{n}"));
    }
    // A head that comes byte by byte: one record each.
    for byte in b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" {
        client.send([*byte]);
    }
    assert_eq!(client.response().text(), "/slow");
    assert_eq!(origin.connections(), 1);
}

#[test]
fn a_client_may_wait_for_100_continue() {
    let log = Syslog::start();
    let origin = Origin::raw(|mut peer| {
        let mut request = peer.request_head();
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        peer.read_body(&mut request);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let _ = peer.rest();
    });
    let mut tunnel = Tunnel::start(&http(&origin, &log, ""));
    let mut client = tunnel.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.response_head().status, 100);
    client.send("body");
    assert_eq!(client.response().text(), "ok");
}

#[test]
fn an_upgraded_connection_is_a_tunnel() {
    let log = Syslog::start();
    let origin = Origin::raw(|mut peer| {
        peer.request_head();
        peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        peer.expect("ping");
        peer.send("pong");
        peer.expect_close();
    });
    let mut tunnel = Tunnel::start(&http(&origin, &log, ""));
    let mut client = tunnel.connect();
    client.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    assert_eq!(client.response_head().status, 101);
    client.send("ping");
    client.expect("pong");
    client.half_close();
    client.expect_end();
    assert!(log.http().line.contains(" 101 "));
}

/// A client that does not read holds the server back; the proxy keeps only its buffers.
#[test]
fn a_client_that_does_not_read_holds_the_server_back() {
    let log = Syslog::start();
    let length = 60_000_000;
    let body = "x".repeat(1_000_000);
    let origin = Origin::raw(move |mut peer| {
        peer.request_head();
        peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
        for _ in 0..60 {
            if peer.try_send(&body).is_err() {
                return;
            }
        }
    });
    let lines = "    http-request return status 200 content-type text/plain string ok if { path /first }";
    let mut tunnel = Tunnel::start(&http(&origin, &log, lines));
    let mut client = tunnel.connect();
    client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "ok");
    log.line();
    let before = resident_kib(tunnel.proxy.pid());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    let grown = resident_kib(tunnel.proxy.pid()).saturating_sub(before);
    assert!(grown < 20_000, "{grown} KiB");
    let body = client.take("the body", |pending| (pending.len() >= length).then_some(length));
    assert!(body.iter().all(|byte| *byte == b'x'));
    let grown = resident_kib(tunnel.proxy.pid()).saturating_sub(before);
    assert!(grown < 20_000, "{grown} KiB");
    drop(client);
    assert_eq!(log.http().ending, "----");
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the proxy runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().expect("a size in kB")
}

/// The client cuts its connection while a response is on its way.
#[test]
fn a_client_that_goes_is_noticed() {
    let (log, gate) = (Syslog::start(), Gate::new());
    let held = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            .wait(&held)
            .send(vec![b'x'; 10_000_000])
    });
    let mut tunnel = Tunnel::start(&http(&origin, &log, ""));
    let mut client = tunnel.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    client.reset();
    gate.open();
    let line = log.http();
    assert_eq!((line.status, line.ending.as_str()), (200, "CD--"), "{}", line.line);
}

/// A server that ends its connection in the middle of a body, behind TLS and without saying so.
#[test]
fn a_server_that_stops_in_the_middle_is_told_from_one_that_ends() {
    let log = Syslog::start();
    let origin =
        Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf").then_reset());
    let server = tls_server(&origin);
    let text = http(&origin, &log, "").replace(
        &format!("server s1 {}", origin.address()),
        &format!("server s1 {} ssl verify none", server.address("tls")),
    );
    let mut tunnel = Tunnel::start(&text);
    let mut client = tunnel.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    assert_eq!(client.rest().0, b"half");
    assert_eq!(&log.http().ending[..2], "SD");
}

#[test]
fn a_response_without_length_ends_with_the_servers_connection() {
    let log = Syslog::start();
    let origin = Origin::start(|_| Answer::raw("HTTP/1.0 200 OK\r\n\r\nall of it").then_close());
    let server = tls_server(&origin);
    let text = http(&origin, &log, "").replace(
        &format!("server s1 {}", origin.address()),
        &format!("server s1 {} ssl verify none", server.address("tls")),
    );
    let mut tunnel = Tunnel::start(&text);
    let mut client = tunnel.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "all of it");
    assert_eq!(log.http().ending, "----");
}

#[test]
fn idle_and_silent_clients_are_let_go() {
    let log = Syslog::start();
    let origin = Origin::fixed("hello");
    let lines =
        "    timeout http-keep-alive 400ms\n    timeout http-request 600ms\n    errorfile 408 /dev/null";
    let mut tunnel = Tunnel::start(&http(&origin, &log, lines));
    let mut client = tunnel.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "hello");
    client.expect_end();
    assert_eq!(log.http().status, 200);
    let started = Instant::now();
    let mut silent = tunnel.connect();
    silent.send("GET / HT");
    silent.expect_end();
    assert!(started.elapsed() >= Duration::from_millis(550));
    let line = log.http();
    assert_eq!((line.status, &line.ending[..2]), (408, "cR"));
}

/// Connections to a server are kept for requests that want the same name, and for no others.
#[test]
fn the_pool_is_split_by_the_servers_name() {
    let (log, origin) = (Syslog::start(), Origin::fixed("hello"));
    let server = format!(
        "{HTTP}\nfrontend fe\n    bind \"fd@${{tls}}\" ssl crt ./server.pem\n    http-request set-header X-SNI %[ssl_fc_sni]\n    default_backend be\nbackend be\n    server app {}\n",
        origin.address()
    );
    let server = with_files(&server).program(program("haproxy")).start();
    let text = format!(
        "global\n    nbthread 1\n{HTTP}    log {} local0
frontend fe
    bind \"fd@${{http}}\"
    default_backend be
backend be
    http-reuse always
    server s1 {} ssl verify none sni req.hdr(host)
",
        log.address(),
        server.address("tls")
    );
    let mut proxy = Proxy::start(&text);
    for _ in 0..3 {
        for host in ["a.test", "b.test", "c.test"] {
            let response = proxy.request("http", &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(response.status, 200);
            assert_eq!(origin.last().header("x-sni"), Some(host));
        }
    }
}

#[test]
fn certificates_are_made_for_whoever_is_asked_for() {
    if is_reference() {
        // 3.5-dev5 over OpenSSL 3.0 ends the connection of a certificate that it made behind the handshake.
        return;
    }
    let authority = Authority::new("Example CA");
    let text = format!(
        "{HTTP}
frontend fe
    bind \"fd@${{tls}}\" ssl crt ./server.pem generate-certificates ca-sign-file ./signer.pem
    http-request return status 200 content-type text/plain string ok
"
    );
    let directory = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| lockgate_e2e::run_program("openssl", words, "", directory.path());
    run(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "k",
        "-out",
        "c",
        "-days",
        "30",
        "-subj",
        "/CN=Signer",
    ]);
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    let server = authority.issue(&Subject::server(&["default.test"]));
    let encrypt = "pkcs8 -topk8 -v2 aes-256-cbc -in k -out e -passout pass:secret";
    run(&encrypt.split_whitespace().collect::<Vec<_>>());
    let with_pass = text.replace("./signer.pem", "./signer.pem ca-sign-pass secret");
    for (text, key) in [(&text, "k"), (&with_pass, "e")] {
        let proxy = Proxy::builder(text)
            .file("server.pem", server.pem())
            .file("signer.pem", read("c") + &read(key))
            .file("signer.crt", read("c"))
            .start();
        for host in ["one.test", "two.test", "one.test"] {
            let words = ["--cacert", "signer.crt"];
            let fetched = lockgate_e2e::curl(proxy.address("tls"), host, "/", &words, proxy.directory());
            assert_eq!(fetched.response().text(), "ok", "{host}");
        }
    }
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("server.pem", &server.pem());
    write("signer.pem", &(read("c") + &read("e")));
    write("wrong.cfg", &with_pass.replace("secret", "another").replace("fd@${tls}", "127.0.0.1:1"));
    let refused = lockgate_e2e::run(&["-c", "-f", "wrong.cfg"], directory.path());
    assert!(
        !refused.status.success() && refused.stderr.contains("passphrase is another one"),
        "{}",
        refused.stderr
    );
}

#[test]
fn many_clients_at_once() {
    let log = Syslog::start();
    let origin = Origin::start(|request| Answer::ok(&request.target));
    let mut tunnel = Tunnel::start(&format!("global\n    nbthread 2\n{}", http(&origin, &log, "")));
    tunnel.connect();
    let address = tunnel.client.address("tcp");
    let clients: Vec<_> = (0..40)
        .map(|number| {
            std::thread::spawn(move || {
                for round in 0..5 {
                    let mut client = Peer::connect(address);
                    for n in 0..4 {
                        let target = format!("/{number}/{round}/{n}");
                        client.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
                        assert_eq!(client.response().text(), target);
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    assert!(tunnel.proxy.is_running());
}

/// SIGUSR1: what is under way ends in peace, new clients are refused.
#[test]
fn a_soft_stop_lets_transfers_end() {
    let (log, gate) = (Syslog::start(), Gate::new());
    let held = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n").wait(&held).send("done")
    });
    let mut tunnel = Tunnel::start(&http(&origin, &log, ""));
    let mut client = tunnel.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut response = client.response_head();
    tunnel.proxy.signal(Signal::USR1);
    let started = Instant::now();
    while TcpStream::connect(tunnel.proxy.address("tls")).is_ok() {
        assert!(started.elapsed() < DEADLINE, "it still listens");
    }
    gate.open();
    response.body = client.take("the body", |pending| (pending.len() >= 4).then_some(4));
    assert_eq!(response.text(), "done");
    if is_reference() {
        // HAProxy waits for the idle client's own timeout.
        client.half_close();
    }
    client.expect_end();
    assert!(tunnel.proxy.wait().success());
}

/// Limits on TLS: connections beyond `maxsslconn` wait or are refused, but the proxy lives on.
#[test]
fn limits_on_connections_hold() {
    let (log, origin) = (Syslog::start(), Origin::fixed("hello"));
    let text = format!("global\n    maxsslconn 4\n{}", http(&origin, &log, ""));
    let mut tunnel = Tunnel::start(&text);
    let mut kept: Vec<Peer> = Vec::new();
    for _ in 0..4 {
        let mut client = tunnel.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.response().text(), "hello");
        kept.push(client);
    }
    let mut waiting = tunnel.connect();
    waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    drop(kept);
    let started = Instant::now();
    // It was refused, or it waited for its turn.
    if let Some(response) = waiting.rest_or_response() {
        assert_eq!(response.text(), "hello");
    }
    assert!(started.elapsed() < DEADLINE);
    let mut later = tunnel.connect();
    later.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(later.response().text(), "hello");
}
