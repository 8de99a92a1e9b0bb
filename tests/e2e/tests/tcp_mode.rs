//! `mode tcp`: bytes both ways, half-closed connections, inspection and content rules. Manual: `tcp-request
//! inspect-delay`, `tcp-request content`, `timeout tunnel`, `option abortonclose`.

use std::time::{Duration, Instant};

use lockgate_e2e::{DEADLINE, Ending, Origin, Peer, Proxy, RefusedPort, Syslog, TCP};

fn proxy(log: &Syslog, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "{TCP}    log {} local0\n    option tcplog\nlisten fe\n    bind \"fd@${{fe}}\"\n{lines}\n",
        log.address()
    ))
}

/// Sends back what it gets, and closes when its client does.
fn echo() -> Origin {
    Origin::raw(|mut peer| {
        let (bytes, _) = peer.rest();
        let _ = peer.try_send(bytes);
    })
}

#[test]
fn bytes_go_both_ways() {
    let (log, origin) = (
        Syslog::start(),
        Origin::raw(|mut peer: Peer| {
            peer.send("220 ready\r\n");
            while peer.until("\n") != "QUIT\n" {
                peer.send("ok\n");
            }
        }),
    );
    let mut proxy = proxy(&log, &format!("    server s1 {}", origin.address()));
    let mut client = proxy.connect("fe");
    client.expect("220 ready\r\n");
    for _ in 0..10 {
        client.send("HELO\n");
        client.expect("ok\n");
    }
    client.send("QUIT\n");
    client.expect_close();
    drop(client);
    assert!(log.line().contains(" fe/s1 "));
}

/// The client has said everything; the server still answers.
#[test]
fn a_half_closed_connection_lives_on() {
    let (log, origin) = (Syslog::start(), echo());
    let mut proxy = proxy(&log, &format!("    server s1 {}", origin.address()));
    let mut client = proxy.connect("fe");
    let megabyte = vec![b'x'; 1 << 20];
    client.send(&megabyte);
    client.half_close();
    let (back, ending) = client.rest();
    assert_eq!((back.len(), ending), (megabyte.len(), Ending::Closed));
    assert!(log.line().contains(" 1048576 -- "));
}

/// Megabytes both ways at once, byte for byte.
#[test]
fn nothing_is_lost_or_mixed_up() {
    let (log, origin) = (
        Syslog::start(),
        Origin::raw(|mut peer: Peer| {
            let mut sent = 0_usize;
            while sent < 8 << 20 {
                let piece = peer.take("a piece", |pending| (!pending.is_empty()).then_some(pending.len()));
                sent += piece.len();
                peer.send(piece);
            }
        }),
    );
    let proxy = proxy(&log, &format!("    server s1 {}", origin.address()));
    let bytes: Vec<u8> =
        (0..8_u32 << 20).map(|index| (index.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect();
    let stream = std::net::TcpStream::connect(proxy.address("fe")).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let sending = bytes.clone();
    let sender = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &sending).unwrap());
    let (back, _) = Peer::new(stream).rest();
    sender.join().unwrap();
    assert!(back == bytes, "{} bytes came back", back.len());
}

#[test]
fn a_refused_server_closes_the_client() {
    let (log, refused) = (Syslog::start(), RefusedPort::new());
    let mut proxy = proxy(&log, &format!("    retries 1\n    server s1 {}", refused.address()));
    let mut client = proxy.connect("fe");
    client.send("x");
    client.expect_end();
    let line = log.line();
    assert!(line.contains(" SC ") && line.contains("/1 0/0"), "{line}");
}

#[test]
fn idle_clients_and_servers_are_told_apart() {
    let silent = Origin::raw(|mut peer| {
        peer.rest();
    });
    let log = Syslog::start();
    for (lines, wanted) in [("    timeout client 300ms", " cD "), ("    timeout server 300ms", " sD ")] {
        let mut proxy = proxy(&log, &format!("{lines}\n    server s1 {}", silent.address()));
        let mut client = proxy.connect("fe");
        client.send("x");
        client.expect_end();
        drop(client);
        let line = log.line();
        assert!(line.contains(wanted), "{lines}: {line}");
    }
}

/// A rule that needs bytes waits for them, up to the inspect-delay.
#[test]
fn content_rules_wait_for_what_they_need() {
    let (log, one, two) = (Syslog::start(), Origin::fixed("one"), Origin::fixed("two"));
    let lines = format!(
        "    tcp-request inspect-delay 15s
    tcp-request content reject if {{ req.payload(0,4) -m str EVIL }}
    tcp-request content accept if {{ req.len gt 3 }}
    use_backend two if {{ req.payload(0,3) -m str PUT }}
    server one {}
backend two
    server two {}",
        one.address(),
        two.address()
    );
    let mut proxy = proxy(&log, &lines);
    let rest = " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    for (first, wanted) in [("GET", "one"), ("PUT", "two")] {
        let mut client = proxy.connect("fe");
        for byte in first.split("").filter(|byte| !byte.is_empty()) {
            client.send(byte);
        }
        client.send(rest);
        assert_eq!(client.response().text(), wanted);
    }
    let mut client = proxy.connect("fe");
    client.send("EVIL");
    client.expect_end();
    log.wait_for(" PR ");
    assert_eq!((one.requests().len(), two.requests().len()), (1, 1));
}

/// Nothing comes: after the delay the rules decide with what is there.
#[test]
fn inspection_ends_with_its_delay() {
    let log = Syslog::start();
    let greeting = Origin::raw(|mut peer: Peer| {
        peer.send("hello\n");
        peer.rest();
    });
    let lines = format!(
        "    tcp-request inspect-delay 300ms\n    tcp-request content accept if {{ req.len gt 0 }}\n    tcp-request content accept if WAIT_END\n    server s1 {}",
        greeting.address()
    );
    let mut proxy = proxy(&log, &lines);
    let started = Instant::now();
    let mut client = proxy.connect("fe");
    client.expect("hello\n");
    assert!(started.elapsed() >= Duration::from_millis(250));
    assert!(started.elapsed() < DEADLINE);
}

#[test]
fn connection_rules_refuse_at_once() {
    let (log, origin) = (Syslog::start(), echo());
    let lines = format!(
        "    tcp-request connection reject if {{ src 127.0.0.0/8 }}\n    server s1 {}",
        origin.address()
    );
    let mut proxy = proxy(&log, &lines);
    let mut client = proxy.connect("fe");
    client.expect_end();
    assert_eq!(origin.connections(), 0);
}

/// The server is told who the client is.
#[test]
fn send_proxy_names_the_client() {
    let log = Syslog::start();
    let origin = Origin::raw(|mut peer: Peer| {
        let line = peer.until("\r\n");
        peer.send(line);
    });
    let mut proxy = proxy(&log, &format!("    server s1 {} send-proxy", origin.address()));
    let mut client = proxy.connect("fe");
    let (from, to) = (client.local_address(), proxy.address("fe"));
    client.expect(format!("PROXY TCP4 127.0.0.1 127.0.0.1 {} {}\r\n", from.port(), to.port()));
}

/// What nobody reads must not turn the end of a connection into a reset.
#[test]
fn clients_that_nobody_serves_see_a_clean_end() {
    let log = Syslog::start();
    for lines in ["", "    server s1 127.0.0.1:1 disabled\n"] {
        let kind = if lines.contains("server") { "listen" } else { "frontend" };
        let mut proxy = Proxy::start(&format!(
            "{TCP}    log {} local0\n    option tcplog\n{kind} fe\n    bind \"fd@${{fe}}\"\n{lines}",
            log.address()
        ));
        for bytes in [0, 5, 60_000] {
            let mut client = proxy.connect("fe");
            let _ = client.try_send(vec![b'x'; bytes]);
            client.expect_close();
        }
    }
}
