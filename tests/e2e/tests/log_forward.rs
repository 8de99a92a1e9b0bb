//! Rings that send what they keep to servers, and sections that take logs in and send them on. Manual, chapters 12.5
//! ("ring") and 12.6 ("log-forward"); RFC 6587 for messages on connections.

use std::net::{SocketAddr, UdpSocket};

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{DEADLINE, HTTP, Peer, Proxy, Syslog, is_reference, listener};
use rustix::process::Signal;

/// A server that logs are sent to over TCP.
struct Collector {
    socket: std::net::TcpListener,
}

impl Collector {
    fn start() -> Self {
        Collector { socket: listener() }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket has an address")
    }

    fn accept(&self) -> Peer {
        self.socket.set_nonblocking(true).expect("an open socket");
        let began = std::time::Instant::now();
        loop {
            match self.socket.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).expect("an open socket");
                    return Peer::new(stream);
                }
                Err(error) => assert!(began.elapsed() < DEADLINE, "nobody connects: {error}"),
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// A port of UDP that nobody has. The proxy binds it itself, as there is no handing over of datagram sockets.
fn datagram_port() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket has an address")
}

/// A frontend that answers by itself and logs to `target`.
fn frontend(target: &str) -> String {
    format!(
        "{HTTP}
    option httplog
frontend fe
    bind \"fd@${{fe}}\"
    log {target} local0
    http-request return status 200
"
    )
}

/// The next message that stands behind its length.
fn counted(peer: &mut Peer) -> String {
    let length: usize = peer.until(" ").trim_end().parse().expect("a length in digits");
    let bytes = peer.take("a message", |pending| (pending.len() >= length).then_some(length));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_ring_sends_to_its_server_in_both_framings() {
    for (words, is_counted) in [("", false), ("log-proto legacy", false), ("log-proto octet-count", true)] {
        let collector = Collector::start();
        let mut proxy = Proxy::start(&format!(
            "ring r
    format rfc5424
    maxlen 1200
    size 32k
    timeout connect 5s
    timeout server 10s
    server s {} {words}
{}",
            collector.address(),
            frontend("ring@r")
        ));
        let mut peer = collector.accept();
        for path in ["/one", "/two"] {
            proxy.get("fe", path);
            let line = if is_counted { counted(&mut peer) } else { peer.until("\n") };
            assert!(line.starts_with("<134>1 20"), "{line}");
            assert!(line.trim_end().ends_with(&format!("\"GET {path} HTTP/1.1\"")), "{line}");
        }
    }
}

#[test]
fn a_log_line_can_send_over_a_connection() {
    let collector = Collector::start();
    let target = format!("tcp@{} format rfc5424", collector.address());
    let mut proxy = Proxy::start(&frontend(&target));
    let mut peer = collector.accept();
    proxy.get("fe", "/one");
    let line = peer.until("\n");
    assert!(line.starts_with("<134>1 20") && line.contains("\"GET /one HTTP/1.1\""), "{line}");
}

/// A proxy that logs into a ring, which sends to the collector.
fn through_ring(collector: &Collector) -> Proxy {
    let (address, frontend) = (collector.address(), frontend("ring@r"));
    Proxy::start(&format!("ring r\n    size 32k\n    server s {address}\n{frontend}"))
}

/// HAProxy learns of a closed connection only with the next message.
#[test]
fn what_is_logged_while_a_server_is_away_comes_later() {
    if is_reference() {
        return;
    }
    let collector = Collector::start();
    let mut proxy = through_ring(&collector);
    let mut peer = collector.accept();
    proxy.get("fe", "/one");
    assert!(peer.until("\n").contains("/one"));
    drop(peer);
    let mut peer = collector.accept();
    proxy.get("fe", "/two");
    assert!(peer.until("\n").contains("/two"));
}

#[test]
fn the_last_line_reaches_the_server_before_the_process_ends() {
    if is_reference() {
        return;
    }
    let collector = Collector::start();
    let mut proxy = through_ring(&collector);
    let mut peer = collector.accept();
    for n in 0..100 {
        proxy.get("fe", &format!("/{n}"));
    }
    proxy.signal(Signal::USR1);
    let lines: Vec<String> = (0..100).map(|_| peer.until("\n")).collect();
    for n in 0..100 {
        assert!(lines.iter().any(|line| line.contains(&format!("\"GET /{n} "))), "{n}");
    }
    proxy.wait();
}

/// A section that sends what it takes in to `log`.
fn section(log: &Syslog, lines: &str) -> String {
    format!("log-forward in\n    log {} local0\n{lines}", log.address())
}

#[test]
fn messages_come_in_on_connections() {
    let log = Syslog::start();
    let mut proxy = Proxy::start(&section(&log, "    bind \"fd@${tcp}\"\n"));
    let mut client = proxy.connect("tcp");
    client.send("<30>Jan  5 04:34:56 web1 app[42]: one\n");
    client.send("51 <30>1 2026-01-05T04:34:56Z web1 app - - [a@1 b] two");
    client.send("<30>three\r\n");
    assert_eq!(log.datagram(), "<30>Jan  5 04:34:56 web1 app[42]: one\n");
    assert_eq!(log.datagram(), "<30>1 2026-01-05T04:34:56Z web1 app - - [a@1 b] two\n");
    // What names no host is from the sender.
    let line = log.datagram();
    assert!(line.starts_with("<30>") && line.ends_with(" 127.0.0.1 three\n"), "{line}");
    // What is no message ends its connection, not others.
    let mut other = proxy.connect("tcp");
    other.send("nonsense\n");
    other.expect_end();
    client.send("<30>Jan  5 04:34:56 web1 four\n");
    assert!(log.datagram().ends_with("four\n"));
}

#[test]
fn messages_come_in_as_datagrams_and_change_their_form() {
    let log = Syslog::start();
    let port = datagram_port();
    let text = format!(
        "log-forward in\n    dgram-bind {port}\n    option host replace\n    log {} format rfc5424 local0\n",
        log.address()
    );
    let mut proxy = Proxy::start(&text);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(port).unwrap();
    let message = b"<30>Jan  5 04:34:56 web1 app[42]: one";
    // Until the proxy has bound its port, datagrams are lost.
    let receive = || log.datagram();
    let began = std::time::Instant::now();
    let waiting = std::thread::scope(|scope| {
        let line = scope.spawn(receive);
        while !line.is_finished() {
            assert!(proxy.is_running() && began.elapsed() < DEADLINE);
            let _ = sender.send(message);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        line.join().unwrap()
    });
    let (head, rest) = waiting.split_once('T').unwrap();
    assert!(head.starts_with("<30>1 20") && head.ends_with("-01-05"), "{waiting}");
    assert_eq!(rest, "04:34:56-00:00 127.0.0.1 app 42 - - one\n");
}

#[test]
fn messages_can_pass_as_they_are() {
    let log = Syslog::start();
    let lines = "    bind \"fd@${tcp}\"\n    option dont-parse-log\n    option assume-rfc6587-ntf\n";
    let mut proxy = Proxy::start(&section(&log, lines).replace(" local0", " format raw local0"));
    let mut client = proxy.connect("tcp");
    client.send("5 of them\nanything at all\n<30>x\n");
    for expected in ["5 of them\n", "anything at all\n", "<30>x\n"] {
        assert_eq!(log.datagram(), expected);
    }
}

/// From a frontend by UDP to a section, into a ring, over TLS to another section, and to a receiver of datagrams.
#[test]
fn logs_travel_over_tls() {
    let log = Syslog::start();
    let port = datagram_port();
    let authority = Authority::new("Example CA");
    let inner = Proxy::builder(&section(&log, "    bind \"fd@${tls}\" ssl crt logs.pem\n"))
        .file("logs.pem", authority.issue(&Subject::server(&["logs.dom.com"])).pem())
        .start();
    let mut proxy = Proxy::builder(&format!(
        "ring r
    format rfc5424
    maxlen 1200
    size 32764
    timeout connect 5s
    timeout server 10s
    server s {} ssl verify required ca-file ca.crt sni str(logs.dom.com) log-proto octet-count
log-forward out
    dgram-bind {port}
    log ring@r local0
{}",
        inner.address("tls"),
        frontend(&port.to_string())
    ))
    .file("ca.crt", authority.pem())
    .start();
    for n in 0..50 {
        proxy.get("fe", &format!("/{n}"));
    }
    // Workers log independently of each other.
    let mut missing: Vec<String> = (0..50).map(|n| format!("\"GET /{n} ")).collect();
    while !missing.is_empty() {
        let line = log.datagram();
        let at = missing.iter().position(|text| line.contains(text));
        assert!(line.starts_with("<134>1 20") && at.is_some(), "{line}");
        missing.remove(at.unwrap());
    }
}
