//! Where connections to servers come from, and through what they go: `source`, `usesrc`, `socks4`, `pool-conn-name`, `tfo`,
//! `option http_proxy` (manual, chapters 4.2 "source" and 5.2). All of 127.0.0.0/8 is this machine's, so that no
//! privilege is needed; other machines' addresses are for the tests in network namespaces.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;

use lockgate_e2e::{DEADLINE, HTTP, Origin, Peer, Proxy, Response, Syslog, is_reference, run};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// A server that tells who asked.
fn echo() -> Proxy {
    Proxy::start(&format!(
        "{HTTP}
listen echo
    bind \"fd@${{fe}}\"
    http-request return status 200 hdr x-src %[src] hdr x-port %[src_port] hdr x-path %[path]
"
    ))
}

/// A proxy in front of `server` with more lines.
fn proxy(lines: &str, words: &str, server: SocketAddr) -> Proxy {
    Proxy::start(&format!(
        "global
    nbthread 1
{HTTP}
listen fe
    bind \"fd@${{fe}}\"
{lines}
    server s {server} {words}
"
    ))
}

/// One request from a local address.
fn get_from(local: &str, to: SocketAddr) -> Response {
    let local: SocketAddr = format!("{local}:0").parse().expect("an address");
    let new = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&new, &local).expect("an address of the loopback");
    connect(&new, &to).expect("the proxy listens");
    let mut peer = Peer::new(TcpStream::from(new));
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.response()
}

#[test]
fn a_servers_own_source_counts_before_its_proxys() {
    let mut server = echo();
    let to = server.address("fe");
    let mut theirs = proxy("    source 127.0.0.8", "", to);
    assert_eq!(theirs.get("fe", "/").header("x-src"), Some("127.0.0.8"));
    let mut own = proxy("    source 127.0.0.8 usesrc 127.0.0.7", "source 127.0.0.9", to);
    assert_eq!(own.get("fe", "/").header("x-src"), Some("127.0.0.9"));
    let mut any = proxy("    source 127.0.0.8", "source 0.0.0.0", to);
    assert_eq!(any.get("fe", "/").header("x-src"), Some("127.0.0.1"));
    assert!(server.is_running());
}

#[test]
fn servers_see_the_client_or_who_rules_say_it_is() {
    let server = echo();
    let to = server.address("fe");
    let plain = proxy("    source 0.0.0.0 usesrc clientip", "", to);
    assert_eq!(get_from("127.0.0.5", plain.address("fe")).header("x-src"), Some("127.0.0.5"));
    let rule = "    http-request set-src ipv4(127.0.0.77)\n    source 0.0.0.0 usesrc clientip";
    let told = proxy(rule, "", to);
    assert_eq!(get_from("127.0.0.5", told.address("fe")).header("x-src"), Some("127.0.0.77"));
    let fixed = proxy("", "source 0.0.0.0 usesrc 127.0.0.66", to);
    assert_eq!(get_from("127.0.0.5", fixed.address("fe")).header("x-src"), Some("127.0.0.66"));
}

#[test]
fn without_the_header_nothing_is_connected() {
    let server = echo();
    let syslog = Syslog::start();
    let lines = format!("    log {} local0\n    option httplog\n    retries 3", syslog.address());
    let mut proxy = proxy(&lines, "source 0.0.0.0 usesrc hdr_ip(x-client,1)", server.address("fe"));
    let ask = |proxy: &mut Proxy, header: &str| {
        proxy.request("fe", &format!("GET / HTTP/1.1\r\nHost: h\r\n{header}\r\n"))
    };
    assert_eq!(ask(&mut proxy, "X-Client: 127.0.0.44, 10.9.9.9\r\n").header("x-src"), Some("127.0.0.44"));
    assert_eq!(ask(&mut proxy, "X-Client: nobody\r\n").header("x-src"), Some("127.0.0.1"));
    assert_eq!(ask(&mut proxy, "").status, 500);
    let lines: Vec<String> = (0..3).map(|_| syslog.line()).collect();
    assert!(lines[2].contains(" 500 ") && lines[2].contains(" IC-- "), "{}", lines[2]);
}

#[test]
fn a_client_without_an_address_has_none_to_come_from() {
    let server = echo();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let bind = format!("    bind unix@{}\n    source 0.0.0.0 usesrc clientip", path.display());
    let _proxy = proxy(&bind, "", server.address("fe"));
    let deadline = std::time::Instant::now() + DEADLINE;
    let mut client = loop {
        match UnixStream::connect(&path) {
            Ok(client) => break client,
            Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
        }
    };
    client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("x-src: 127.0.0.1\r\n"), "{answer}");
}

#[test]
fn two_colons_alone_are_no_address() {
    let directory = tempfile::tempdir().unwrap();
    let check = |source: &str| {
        let text = format!("{HTTP}listen fe\n    bind :8080\n    source {source}\n    server s [::1]:80\n");
        std::fs::write(directory.path().join("t.cfg"), text).unwrap();
        run(&["-c", "-f", "t.cfg"], directory.path()).status.success()
    };
    assert!(!check("::"));
    assert!(check("[::]") && check("[::] usesrc clientip") && check("0.0.0.0 interface lo"));
    assert!(!check("0.0.0.0:1000-2000"), "a range is for servers");
    assert!(!check("0.0.0.0 usesrc hdr_ip(x,-11)"));
}

/// A SOCKS proxy that notes who is asked for, and lets connections through or not.
fn socks(code: u8, server: SocketAddr) -> Origin {
    Origin::raw(move |mut peer| {
        let request = peer.take("a request", |pending| (pending.len() >= 16).then_some(16));
        let [high, low] = server.port().to_be_bytes();
        assert_eq!(request, [&[4, 1, high, low, 127, 0, 0, 1][..], b"HAProxy\0"].concat());
        peer.send([0, code, 0, 0, 0, 0, 0, 0]);
        if code == 90 && peer.request().is_some() {
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsocks");
        }
    })
}

#[test]
fn a_server_is_reached_through_a_socks_proxy() {
    let server = SocketAddr::from(([127, 0, 0, 1], 9));
    let granting = socks(90, server);
    let mut through = proxy("", &format!("socks4 {}", granting.address()), server);
    assert_eq!(through.get("fe", "/").text(), "socks");
    let refusing = socks(91, server);
    let mut refused = proxy(
        "    retries 0\n    http-after-response set-header x-err %[bc_err_name]",
        &format!("socks4 {}", refusing.address()),
        server,
    );
    let answer = refused.get("fe", "/");
    assert_eq!(answer.status, 503);
    if !is_reference() {
        assert_eq!(answer.header("x-err"), Some("SOCKS4_DENY"));
    }
}

#[test]
fn checks_go_through_it_where_they_are_told_to() {
    let server = SocketAddr::from(([127, 0, 0, 1], 9));
    let granting = socks(90, server);
    let check = "option httpchk GET /check\n    default-server check inter 100ms";
    let words = format!("socks4 {} check-via-socks4", granting.address());
    let mut through = proxy(&format!("    {check}"), &words, server);
    granting.wait_connections(2);
    assert_eq!(through.get("fe", "/").text(), "socks", "the server is up");
}

#[test]
fn a_name_says_which_connections_are_alike() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy("", "pool-conn-name req.hdr(x-name) pool-low-conn 4", origin.address());
    let mut client = proxy.connect("fe");
    for name in ["a", "a", "b", "b", "a"] {
        client.send(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Name: {name}\r\n\r\n"));
        assert_eq!(client.response().status, 200);
    }
    let used: Vec<usize> = origin.requests().iter().map(|request| request.connection).collect();
    assert_eq!(used, [0, 0, 1, 1, 0]);
}

/// Who asks once may not use what others left (`http-reuse safe`), and leaves one connection at most itself.
#[test]
fn clients_that_ask_once_leave_few_connections_behind() {
    let server = echo();
    let mut proxy = proxy("", "", server.address("fe"));
    let descriptors = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert_eq!(proxy.get("fe", "/").status, 200);
    let before = descriptors(proxy.pid());
    for _ in 0..60 {
        assert_eq!(proxy.get("fe", "/").status, 200);
    }
    let after = descriptors(proxy.pid());
    assert!(after <= before + 10, "{before} descriptors before, {after} after");
}

#[test]
fn the_first_packet_may_carry_data() {
    let server = echo();
    let mut proxy = proxy("    http-reuse never", "tfo", server.address("fe"));
    for _ in 0..3 {
        assert_eq!(proxy.get("fe", "/").status, 200);
    }
}

/// As HAProxy did up to 1.9: a simple forward proxy, for addresses alone.
#[test]
fn the_uri_names_the_server() {
    if is_reference() {
        return;
    }
    let server = echo();
    let mut proxy = Proxy::start(&format!(
        "{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    option http_proxy
"
    ));
    let to = server.address("fe");
    let mut ask = |uri: &str| proxy.request("fe", &format!("GET {uri} HTTP/1.1\r\nHost: {to}\r\n\r\n"));
    assert_eq!(ask(&format!("http://{to}/path?x")).header("x-path"), Some("/path"));
    assert_eq!(ask("http://www.example/path").status, 400);
    assert_eq!(ask("/path").status, 400);
}
