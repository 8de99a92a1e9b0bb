//! Health checks under TLS: whether a check is one, which names it tells, and what it says of servers that fail. Manual,
//! chapter 5.2: `check-ssl`, `no-check-ssl`, `check-sni`, `check-sni-auto`, `check-alpn`; chapter 4.2: `option
//! ssl-hello-chk`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{HTTP, Origin, Peer, Proxy, Syslog, listener, program};

/// A server that speaks TLS: Debian's HAProxy. It logs what each connection told it.
struct Server {
    proxy: Proxy,
    log: Syslog,
    directory: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let authority = Authority::new("Example CA");
        let write = |name: &str, text: String| {
            std::fs::write(directory.path().join(name), text).expect("the directory can be written");
        };
        write("ca.crt", authority.pem());
        write("other.crt", Authority::new("Other CA").pem());
        write("app.pem", authority.issue(&Subject::server(&["app.example"])).pem());
        let log = Syslog::start();
        let text = format!(
            "{HTTP}
    log {} local0
frontend fe
    bind \"fd@${{tls}}\" ssl crt {}/app.pem alpn h2,http/1.1
    log-format \"sni=%[ssl_fc_sni] alpn=%[ssl_fc_alpn] %HM %HU %HV\"
    http-request return status 200
",
            log.address(),
            directory.path().display(),
        );
        let proxy = Proxy::builder(&text).program(program("haproxy")).start();
        Server { proxy, log, directory }
    }

    fn address(&self) -> SocketAddr {
        self.proxy.address("tls")
    }

    /// What the first request told it.
    fn told(&self) -> String {
        self.log.wait_for("sni=")
    }

    /// The proxy under test with these servers in one backend; `lines` belong to the backend.
    fn checks(&self, lines: &str, servers: &[(&str, SocketAddr, &str)]) -> Checks {
        let servers: String = servers
            .iter()
            .map(|(name, address, words)| format!("    server {name} {address} check {words}\n"))
            .collect();
        let log = Syslog::start();
        let proxy = Proxy::start(&format!(
            "global
    max-spread-checks 50ms
    ca-base {}
{HTTP}
    log {} local0
    option log-health-checks
    default-server inter 5s downinter 100ms rise 1 fall 1
frontend fe
    bind \"fd@${{fe}}\"
    default_backend be
backend be
{lines}
{servers}",
            self.directory.path().display(),
            log.address(),
        ));
        Checks { _proxy: proxy, log, seen: BTreeMap::new() }
    }
}

/// A proxy that checks servers, and what it has said of them so far.
struct Checks {
    _proxy: Proxy,
    log: Syslog,
    seen: BTreeMap<String, String>,
}

impl Checks {
    /// The first thing that is said of a server's check, from its result to its description.
    fn of(&mut self, server: &str) -> String {
        while !self.seen.contains_key(server) {
            let line = self.log.wait_for("Health check for server be/");
            let (_, text) = line.split_once("server be/").expect("the line was asked for by this");
            let (name, said) = text.split_once(' ').expect("a result follows");
            let said = said.split(", check duration").next().unwrap_or_default();
            self.seen.entry(name.to_owned()).or_insert_with(|| said.to_owned());
        }
        self.seen[server].clone()
    }

    fn expect(&mut self, server: &str, said: &str) {
        assert_eq!(self.of(server), said, "{server}");
    }
}

const L4_OK: &str = "succeeded, reason: Layer4 check passed";
const L6_OK: &str = "succeeded, reason: Layer6 check passed";
const L6_RSP: &str = "failed, reason: Layer6 invalid response";
const L7_OK: &str = "succeeded, reason: Layer7 check passed, code: 200";
const HANDSHAKE: &str = "failed, reason: Layer6 invalid response, info: \"SSL handshake failure\"";

/// A server that treats each connection in this way, as long as the test runs.
fn server(treat: fn(Peer)) -> SocketAddr {
    let socket = listener();
    let address = socket.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            thread::spawn(move || treat(Peer::new(stream)));
        }
    });
    address
}

/// Without `option httpchk` a handshake is all that is asked for. Checks go where requests go unless they are told
/// another port; then they are in clear unless they are told otherwise.
#[test]
fn which_checks_use_tls() {
    let server = Server::start();
    let (tls, plain) = (server.address(), Origin::fixed("x"));
    let port = format!("port {}", tls.port());
    let ssl_port = format!("ssl verify none {port}");
    let both = format!("ssl verify none check-ssl {port}");
    let only = format!("check-ssl verify none {port}");
    let mut checks = server.checks(
        "",
        &[
            ("ssl", tls, "ssl verify none"),
            ("port", tls, &ssl_port),
            ("both", tls, &both),
            ("none", tls, "ssl verify none no-check-ssl"),
            ("only", plain.address(), &only),
        ],
    );
    checks.expect("ssl", L6_OK);
    checks.expect("port", L4_OK);
    checks.expect("both", L6_OK);
    checks.expect("none", L4_OK);
    checks.expect("only", L6_OK);
}

#[test]
fn a_server_s_certificate_counts() {
    let server = Server::start();
    let tls = server.address();
    let mut checks = server.checks(
        "",
        &[
            ("good", tls, "ssl verify required ca-file ca.crt verifyhost app.example"),
            ("stranger", tls, "ssl verify required ca-file other.crt"),
            ("other", tls, "ssl verify required ca-file ca.crt verifyhost other.example"),
        ],
    );
    checks.expect("good", L6_OK);
    checks.expect("stranger", HANDSHAKE);
    checks.expect(
        "other",
        &format!("{L6_RSP}, info: \"Server presented an SSL certificate different from the configured one\""),
    );
}

#[test]
fn servers_that_do_not_speak_tls() {
    let tls = Server::start();
    let clear = server(|mut peer| {
        peer.send("HTTP/1.0 400 Bad\r\n\r\n");
        peer.rest();
    });
    let closing = server(drop);
    let silent = server(|mut peer| drop(peer.rest()));
    let mut checks = tls.checks(
        "    timeout connect 1s\n    timeout check 1s",
        &[
            ("clear", clear, "ssl verify none"),
            ("closing", closing, "ssl verify none"),
            ("silent", silent, "ssl verify none"),
        ],
    );
    checks.expect("clear", HANDSHAKE);
    checks.expect("closing", HANDSHAKE);
    checks.expect("silent", "failed, reason: Layer6 timeout");
}

/// `check-sni` comes before the request's host, and `check-alpn` is what is offered.
#[test]
fn a_check_tells_the_names_that_it_is_given() {
    let server = Server::start();
    let lines = "    option httpchk GET /alive HTTP/1.1\n    http-check send hdr Host www.example";
    let words = "ssl verify none check-sni check.example check-alpn http/1.1";
    let mut checks = server.checks(lines, &[("s1", server.address(), words)]);
    checks.expect("s1", L7_OK);
    assert_eq!(server.told(), "sni=check.example alpn=http/1.1 GET /alive HTTP/1.1");
}

/// The host of the request is the name that is told, without its port.
#[test]
fn the_host_of_the_request_is_told() {
    let server = Server::start();
    let lines = "    option httpchk GET /alive HTTP/1.1\n    http-check send hdr Host www.example:8443";
    let mut checks = server.checks(lines, &[("s1", server.address(), "ssl verify none")]);
    checks.expect("s1", L7_OK);
    assert_eq!(server.told(), "sni=www.example alpn=- GET /alive HTTP/1.1");
}

#[test]
fn the_host_of_the_request_can_be_kept_back() {
    let server = Server::start();
    let lines = "    option httpchk GET /alive HTTP/1.1\n    http-check send hdr Host www.example";
    let words = "ssl verify none no-check-sni-auto";
    let mut checks = server.checks(lines, &[("s1", server.address(), words)]);
    checks.expect("s1", L7_OK);
    assert_eq!(server.told(), "sni=- alpn=- GET /alive HTTP/1.1");
}

/// A server that goes away and comes back under TLS.
#[test]
fn a_server_goes_down_and_comes_up() {
    let server = Server::start();
    let address = listener().local_addr().unwrap();
    let checks = server.checks("", &[("s1", address, "ssl verify none")]);
    checks.log.wait_for("Server be/s1 is DOWN");
    let relay = std::net::TcpListener::bind(address).unwrap();
    let tls = server.address();
    thread::spawn(move || {
        for mut client in relay.incoming().flatten() {
            let mut server = std::net::TcpStream::connect(tls).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    checks.log.wait_for("Server be/s1 is UP");
}

/// `option ssl-hello-chk` knows TLS by its first byte, and shakes no hands.
#[test]
fn ssl_hello_chk() {
    let tls = Server::start();
    let clear = server(|mut peer| {
        peer.send("HTTP/1.0 400 Bad\r\n\r\n");
        peer.rest();
    });
    let closing = server(|mut peer| {
        // What came is read, so that the end is no reset.
        peer.take("a hello", |bytes| (bytes.len() >= 126).then_some(126));
    });
    let silent = server(|mut peer| drop(peer.rest()));
    let mut checks = tls.checks(
        "    option ssl-hello-chk\n    timeout check 1s",
        &[("tls", tls.address(), ""), ("clear", clear, ""), ("closing", closing, ""), ("silent", silent, "")],
    );
    checks.expect("tls", L6_OK);
    checks.expect("clear", L6_RSP);
    checks.expect("closing", &format!("{L6_RSP}, info: \"TCPCHK got an empty response at step 2\""));
    checks.expect("silent", "failed, reason: Layer6 timeout");
}
