//! Options that change one small thing each. Manual, chapter 4.2: `option tcp-smart-accept`, `option tcp-smart-connect`,
//! `option independent-streams`, `option idle-close-on-response`, `option prefer-last-server`, `max-keep-alive-queue`, `option
//! contstats`, `option http-use-proxy-header`, `http-reuse` (NTLM); chapter 3.1: `http-err-codes`, `http-fail-codes`.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use lockgate_e2e::{Answer, DEADLINE, Gate, HTTP, Origin, Proxy, Syslog, TCP};
use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
use rustix::process::Signal;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A TCP socket of this machine, as the kernel lists it.
struct Socket {
    local_port: u16,
    remote_port: u16,
    state: u8,
    /// Whether it waits with acknowledgements for data to go with.
    is_pingpong: bool,
}

const SYN_SENT: u8 = 2;
const LISTEN: u8 = 10;

/// Waits for a socket over IPv4 that is as wanted.
fn find(wanted: impl Fn(&Socket) -> bool) -> Socket {
    let end = Instant::now() + DEADLINE;
    loop {
        let text = std::fs::read_to_string("/proc/net/tcp").expect("the kernel lists its sockets");
        let mut all = text.lines().skip(1).filter_map(row);
        if let Some(found) = all.find(|socket| wanted(socket)) {
            return found;
        }
        assert!(Instant::now() < end, "there is no such socket");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One line of `/proc/net/tcp`; those of sockets that are not whole have no field for acknowledgements.
fn row(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.rsplit_once(':')?.1, 16).ok();
    Some(Socket {
        local_port: port(fields.get(1)?)?,
        remote_port: port(fields.get(2)?)?,
        state: u8::from_str_radix(fields.get(3)?, 16).ok()?,
        is_pingpong: fields.get(14)?.parse::<u32>().ok()? & 1 == 1,
    })
}

#[test]
fn clients_first_bytes_are_acknowledged_with_the_answer() {
    for (mode, defaults, line, wanted) in [
        (HTTP, "", "", true),
        (HTTP, "", "no option tcp-smart-accept", false),
        (HTTP, "no option tcp-smart-accept", "default option tcp-smart-accept", true),
        (TCP, "", "", false),
        (TCP, "option tcp-smart-accept", "", true),
    ] {
        let mut proxy = Proxy::start(&format!(
            "{mode}    {defaults}\nfrontend fe\n    bind \"fd@${{fe}}\"\n    {line}\n"
        ));
        // It has the socket when it has answered through it.
        let mut client = proxy.connect("fe");
        let _ = client.try_send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.rest();
        let port = proxy.address("fe").port();
        let is_pingpong = find(|socket| socket.local_port == port && socket.state == LISTEN).is_pingpong;
        assert_eq!(is_pingpong, wanted, "{defaults} {line}");
    }
}

/// A place that answers no SYN any more, with what keeps it so.
fn full_place() -> (SocketAddr, TcpListener, TcpStream) {
    let bound = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    bind(&bound, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    listen(&bound, 0).expect("it is bound");
    let listener = TcpListener::from(bound);
    let address = listener.local_addr().expect("it has a name");
    (address, listener, TcpStream::connect(address).expect("there is room for one"))
}

/// The server does not answer, so that the connection can be looked at before it stands.
#[test]
fn servers_are_acknowledged_with_the_request() {
    for (mode, line, sends, wanted) in [
        (HTTP, "", GET, false),
        (HTTP, "option tcp-smart-connect", GET, true),
        (TCP, "option tcp-smart-connect", "", false),
    ] {
        let (address, _listener, _queued) = full_place();
        let mut proxy = Proxy::start(&format!(
            "{mode}listen fe\n    bind \"fd@${{fe}}\"\n    {line}\n    server s1 {address}\n"
        ));
        let mut client = proxy.connect("fe");
        client.send(sends);
        let found = find(|socket| socket.remote_port == address.port() && socket.state == SYN_SENT);
        assert_eq!(found.is_pingpong, wanted, "{line}");
    }
}

/// What the client sends keeps the session alive, unless only the server itself can tell that it lives.
#[test]
fn independent_servers_must_speak_in_time() {
    let (log, origin) = (
        Syslog::start(),
        Origin::raw(|mut peer| {
            peer.rest();
        }),
    );
    let mut proxy = Proxy::start(&format!(
        "{TCP}    timeout server 200ms\n    log {} local0\n    option tcplog\nlisten fe\n    bind \"fd@${{fe}}\"\n    option independent-streams\n    server s1 {}\n",
        log.address(),
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    let end = Instant::now() + DEADLINE;
    // HAProxy closes the server's direction alone.
    while client.try_send("x").is_ok() && client.is_quiet() {
        assert!(Instant::now() < end, "the session goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(client);
    assert!(log.line().contains(" sD "));
}

/// The client speaks for five times as long as the server may be silent.
#[test]
fn other_servers_live_as_long_as_clients_send() {
    let origin = Origin::raw(|mut peer| {
        peer.until("\n");
        peer.send("got it");
    });
    let mut proxy = Proxy::start(&format!(
        "{TCP}    timeout server 400ms\nlisten fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        client.send("x");
        std::thread::sleep(Duration::from_millis(5));
    }
    client.send("\n");
    client.expect("got it");
}

#[test]
fn idle_clients_may_ask_once_more_during_a_soft_stop() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    option idle-close-on-response\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send(GET);
    assert_eq!(client.response().header("connection"), None);
    proxy.signal(Signal::USR1);
    wait_refused(&proxy);
    client.send(GET);
    let response = client.response();
    assert_eq!((response.text().as_str(), response.header("connection")), ("x", Some("close")));
    client.expect_end();
    assert_eq!(proxy.wait().code(), Some(0));
}

/// Waits until nobody listens. A connection that merely waits in a queue is not refused.
fn wait_refused(proxy: &Proxy) {
    let end = Instant::now() + DEADLINE;
    loop {
        let tried = TcpStream::connect_timeout(&proxy.address("fe"), Duration::from_secs(1));
        if tried.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            return;
        }
        assert!(Instant::now() < end, "somebody still listens");
    }
}

#[test]
fn clients_keep_the_server_that_they_have_a_connection_to() {
    for (line, wanted) in [
        ("", (2, 2)),
        ("option prefer-last-server", (4, 0)),
        ("option prefer-last-server\n    balance source", (4, 0)),
    ] {
        let (one, other) = (Origin::fixed("1"), Origin::fixed("2"));
        let mut proxy = Proxy::start(&format!(
            "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-reuse never\n    balance roundrobin\n    {line}\n    server s1 {}\n    server s2 {}\n",
            one.address(),
            other.address()
        ));
        let mut client = proxy.connect("fe");
        for _ in 0..4 {
            client.send(GET);
            client.response();
        }
        let (one, other) = (one.requests().len(), other.requests().len());
        assert_eq!((one.max(other), one.min(other)), wanted, "{line}");
    }
}

/// NTLM authenticates a connection, so what others send must not go there; the client itself goes on there.
#[test]
fn connections_that_clients_authenticate_are_their_own() {
    for (challenge, wanted) in
        [("NTLM", [2, 1]), ("Basic realm=x, negotiate abc", [2, 1]), ("Basic realm=x", [1, 1])]
    {
        let origins = [(); 2].map(|()| {
            let challenge = format!("WWW-Authenticate: {challenge}");
            Origin::start(move |request| {
                let status = if request.header("authorization").is_some() { 200 } else { 401 };
                Answer::status(status, &[&challenge], "")
            })
        });
        let mut proxy = Proxy::start(&format!(
            "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    balance roundrobin\n    http-reuse always\n    server s1 {}\n    server s2 {}\n",
            origins[0].address(),
            origins[1].address()
        ));
        let mut client = proxy.connect("fe");
        client.send(GET);
        assert_eq!(client.response().status, 401);
        let known = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM x\r\n\r\n";
        client.send(known);
        assert_eq!(client.response().status, 200);
        let mut other = proxy.connect("fe");
        for _ in 0..2 {
            other.send(known);
            other.response();
        }
        let connections: Vec<usize> = origins.iter().map(Origin::connections).collect();
        assert_eq!(connections, wanted, "{challenge}");
    }
}

#[test]
fn nobody_waits_for_the_last_server_beyond_max_keep_alive_queue() {
    let gate = Gate::new();
    let held = gate.clone();
    let one = Origin::start(move |request| {
        if request.line().contains("/hold") {
            Answer::after(&held).then(Answer::ok("1"))
        } else {
            Answer::ok("1")
        }
    });
    let other = Origin::fixed("2");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-reuse never\n    balance roundrobin\n    option prefer-last-server\n    max-keep-alive-queue 0\n    \
         use-server s1 if {{ path /hold }}\n    server s1 {} maxconn 1\n    server s2 {} maxconn 1\n",
        one.address(),
        other.address()
    ));
    let mut client = proxy.connect("fe");
    client.send(GET);
    assert_eq!(client.response().text(), "1");
    let mut holder = proxy.connect("fe");
    holder.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    one.wait_requests(2);
    client.send(GET);
    assert_eq!(client.response().text(), "2");
    gate.open();
    assert_eq!(holder.response().text(), "1");
}

/// A column of `show stat`, for the frontend and for the server.
fn bytes_out(proxy: &mut Proxy) -> Vec<u64> {
    let mut cli = proxy.connect("cli");
    cli.send("show stat\n");
    cli.half_close();
    let text = String::from_utf8(cli.rest().0).expect("statistics are text");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let at = lines
        .next()
        .expect("there is a header")
        .iter()
        .position(|name| *name == "bout")
        .expect("there is such a column");
    lines.filter(|line| line[0] == "fe").map(|line| line[at].parse().expect("a number")).collect()
}

#[test]
fn bytes_are_counted_while_they_pass() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
            .send("x".repeat(1000))
            .wait(&held)
            .send("x".repeat(1000))
    });
    let mut proxy = Proxy::start(&format!(
        "global\n    stats socket \"fd@${{cli}}\" level admin\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    option contstats\n    server s1 {}\n",
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send(GET);
    let head = client.response_head().head.len();
    client.expect("x".repeat(1000));
    wait_for(&mut proxy, |bytes| (1000..2000).contains(&bytes));
    gate.open();
    client.expect("x".repeat(1000));
    wait_for(&mut proxy, |bytes| bytes > 2000);
    let counted = bytes_out(&mut proxy);
    assert!(
        counted.iter().all(|bytes| *bytes == counted[0] && *bytes < 2000 + 2 * head as u64),
        "{counted:?}"
    );
}

fn wait_for(proxy: &mut Proxy, is_it: impl Fn(u64) -> bool) {
    let end = Instant::now() + DEADLINE;
    loop {
        let bytes = bytes_out(proxy);
        if bytes.len() == 3 && bytes.iter().all(|bytes| is_it(*bytes)) {
            return;
        }
        assert!(Instant::now() < end, "{bytes:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn proxied_requests_authenticate_to_the_proxy() {
    let mut proxy = Proxy::start(&format!(
        "{HTTP}userlist staff\n    user joe insecure-password doe\nfrontend fe\n    bind \"fd@${{fe}}\"\n    option http-use-proxy-header\n    \
         http-request auth realm r unless {{ http_auth(staff) }}\n    http-request return status 200\n"
    ));
    let mut ask = |target: &str, header: &str| {
        proxy.request(
            "fe",
            &format!("GET {target} HTTP/1.1\r\nHost: a\r\n{header}: Basic am9lOmRvZQ==\r\n\r\n"),
        )
    };
    let refused = ask("http://a/", "Authorization");
    assert_eq!((refused.status, refused.header("proxy-authenticate")), (407, Some("Basic realm=\"r\"")));
    assert_eq!(ask("http://a/", "Proxy-Authorization").status, 200);
    let refused = ask("/", "Proxy-Authorization");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic realm=\"r\"")));
    assert_eq!(ask("/", "Authorization").status, 200);
}

#[test]
fn statuses_that_count_can_be_named() {
    let origin = Origin::start(|request| {
        let status =
            request.line().split('/').nth(1).and_then(|rest| rest.get(..3)).unwrap().parse().unwrap();
        Answer::status(status, &[], "")
    });
    let mut proxy = Proxy::start(&format!(
        "global\n    http-err-codes 220 +400-409\n    http-fail-codes -550-559 +501\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    \
         stick-table type string len 20 size 100 store http_err_cnt,http_fail_cnt\n    http-request track-sc0 path\n    \
         http-response set-header counted %[sc0_http_err_cnt],%[sc0_http_fail_cnt]\n    server s1 {}\n",
        origin.address()
    ));
    for (status, wanted) in
        [(200, "0,0"), (220, "1,0"), (404, "1,0"), (410, "0,0"), (500, "0,1"), (501, "0,1"), (555, "0,0")]
    {
        let response = proxy.get("fe", &format!("/{status}"));
        assert_eq!(response.header("counted"), Some(wanted), "{status}");
    }
}
