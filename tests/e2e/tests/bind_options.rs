//! Ways of listening, and what comes first on a connection: UNIX sockets, interfaces, options of the kernel, NetScaler's
//! header, the PROXY protocol read strictly (manual, chapter 5.1).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use lockgate_e2e::{DEADLINE, HTTP, Peer, Proxy, Response, is_reference, run};

/// Answers with the addresses that it was told.
fn echo(words: &str, rules: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}
listen echo
    bind \"fd@${{fe}}\" {words}
{rules}
    http-request return status 200 hdr x-src %[src]:%[src_port] hdr x-dst %[dst]:%[dst_port]
"
    ))
}

/// What is answered to a request behind `header`.
fn echoed(proxy: &mut Proxy, header: &[u8]) -> Option<Response> {
    let mut client = proxy.connect("fe");
    // One that is refused may be cut before the request has gone.
    let _ = client.try_send(header);
    let _ = client.try_send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client.rest_or_response()
}

/// The headers of a packet of TCP from 192.0.2.1:1234 to 198.51.100.2:80.
fn packet() -> Vec<u8> {
    let mut headers = vec![0; 40];
    (headers[0], headers[9]) = (0x45, 6);
    headers[12..20].copy_from_slice(&[192, 0, 2, 1, 198, 51, 100, 2]);
    headers[20..24].copy_from_slice(&[0x04, 0xD2, 0x00, 0x50]);
    headers
}

#[test]
fn netscaler_tells_the_client() {
    let mut proxy = echo("accept-netscaler-cip 439041101", "");
    let magic = 0x1A2B_3C4D_u32.to_be_bytes();
    let old = [&magic[..], &40_u32.to_be_bytes(), &packet()].concat();
    let standard = [&magic[..], &52_u32.to_be_bytes(), &[0, 0], &40_u16.to_be_bytes(), &packet()].concat();
    for header in [old, standard] {
        let answer = echoed(&mut proxy, &header).unwrap();
        assert_eq!(answer.header("x-src"), Some("192.0.2.1:1234"));
        assert_eq!(answer.header("x-dst"), Some("198.51.100.2:80"));
    }
    let wrong = [&[0; 4][..], &40_u32.to_be_bytes(), &packet()].concat();
    assert!(echoed(&mut proxy, &wrong).is_none());
    assert!(echoed(&mut proxy, b"").is_none());
}

/// HAProxy wants the header in one piece; here it may come in several.
#[test]
fn a_header_may_come_in_pieces() {
    if is_reference() {
        return;
    }
    let mut proxy = echo("accept-netscaler-cip 16909060", "");
    let header = [&[1, 2, 3, 4][..], &40_u32.to_be_bytes(), &packet()].concat();
    let mut client = proxy.connect("fe");
    for piece in header.chunks(7) {
        client.send(piece);
    }
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.response().header("x-src"), Some("192.0.2.1:1234"));
}

#[test]
fn a_rule_can_expect_it() {
    let rule = "    tcp-request connection expect-netscaler-cip layer4 if { src 127.0.0.0/8 }";
    let mut proxy = echo("", rule);
    let header = [&[0; 4][..], &40_u32.to_be_bytes(), &packet()].concat();
    assert_eq!(echoed(&mut proxy, &header).unwrap().header("x-src"), Some("192.0.2.1:1234"));
    assert!(echoed(&mut proxy, b"").is_none());
}

#[test]
fn lines_of_the_proxy_protocol_are_read_strictly() {
    let mut proxy = echo("accept-proxy", "");
    for line in ["999.1.1.1 127.0.0.1 1 2", "1.1.1.1 127.0.0.1 99999 2", "1.1.1.1 127.0.0.1 1 2 3"] {
        let header = format!("PROXY TCP4 {line}\r\n");
        // HAProxy cuts numbers to what fits.
        assert!(echoed(&mut proxy, header.as_bytes()).is_none() || is_reference(), "{line}");
    }
    if is_reference() {
        return;
    }
    let local = [&b"\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c"[..], &[9; 12]].concat();
    let answer = echoed(&mut proxy, &local).unwrap();
    assert!(answer.header("x-src").unwrap().starts_with("127.0.0.1:"), "the addresses of LOCAL say nothing");
}

#[test]
fn unix_sockets_have_mode_and_prefix_and_abstract_ones_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let name = format!("lockgate-bind-{}", std::process::id());
    let text = format!(
        "global
    unix-bind prefix {}/ mode 600
{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    bind unix@a.sock
    bind unix@b.sock mode 640
    bind abnsz@{name}
    http-request return status 200
",
        directory.path().display()
    );
    let mut proxy = Proxy::start(&text);
    assert_eq!(proxy.get("fe", "/").status, 200);
    let mode =
        |file: &str| std::fs::metadata(directory.path().join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("a.sock"), mode("b.sock")), (0o600, 0o640));
    let abstract_name = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let clients = [
        UnixStream::connect(directory.path().join("a.sock")),
        UnixStream::connect(directory.path().join("b.sock")),
        UnixStream::connect_addr(&abstract_name),
    ];
    for client in clients {
        let mut client = client.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// HAProxy warns and listens everywhere.
#[test]
fn an_interface_that_is_not_there_stops_the_start() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let text = format!("{HTTP}listen fe\n    bind 127.0.0.1:{} interface lockgate0\n", free_port());
    std::fs::write(directory.path().join("t.cfg"), text).unwrap();
    assert!(run(&["-c", "-f", "t.cfg"], directory.path()).status.success(), "the file is right");
    let started = run(&["-db", "-f", "t.cfg"], directory.path());
    assert!(!started.status.success());
    assert!(started.stderr.contains("interface 'lockgate0': No such device"), "{}", started.stderr);
}

#[test]
fn what_the_kernel_does_not_have_is_told() {
    let port = free_port();
    let text = format!(
        "{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    bind 127.0.0.1:{port} cc there-is-none tcp-ut 30s defer-accept tfo mss 1200 v4v6 nice 5
    http-request return status 200
"
    );
    let mut proxy = Proxy::start(&text);
    assert_eq!(proxy.get("fe", "/").status, 200);
    let mut client = Peer::connect(SocketAddr::from(([127, 0, 0, 1], port)));
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(client.response().status, 200);
    if !is_reference() {
        assert!(proxy.output().contains("'cc' has no effect: No such file"), "{}", proxy.output());
    }
}

/// Where the kernel has no Multipath TCP the start says so.
#[test]
fn multipath_connections_are_taken_and_made() {
    let has_it = std::fs::read_to_string("/proc/sys/net/mptcp/enabled").is_ok_and(|text| text.trim() == "1");
    if is_reference() {
        return;
    }
    let (directory, port) = (tempfile::tempdir().unwrap(), free_port());
    let text = format!(
        "{HTTP}
listen back
    bind mptcp4@127.0.0.1:{port}
    http-request return status 200
listen fe
    bind \"fd@${{fe}}\"
    server s mptcp@127.0.0.1:{port}
"
    );
    if has_it {
        assert_eq!(Proxy::start(&text).get("fe", "/").status, 200);
        return;
    }
    std::fs::write(directory.path().join("t.cfg"), text.replace("\"fd@${fe}\"", "127.0.0.1:1")).unwrap();
    let started = run(&["-db", "-f", "t.cfg"], directory.path());
    assert!(!started.status.success() && started.stderr.contains("cannot listen"), "{}", started.stderr);
}

/// A range is a socket for each of its ports.
#[test]
fn a_range_of_ports_is_all_of_them() {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = (20_000..30_000).step_by(7).find(|port| (*port..*port + 3).all(free)).unwrap();
    let text = format!(
        "{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    bind 127.0.0.1:{first}-{}
    http-request return status 200 hdr x-port %[dst_port]
",
        first + 2
    );
    let _proxy = Proxy::start(&text);
    for port in first..first + 3 {
        let deadline = Instant::now() + DEADLINE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{port}");
        }
        let mut client = Peer::connect(SocketAddr::from(([127, 0, 0, 1], port)));
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(client.response().header("x-port"), Some(&*port.to_string()));
    }
}
