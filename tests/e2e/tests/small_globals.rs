//! Settings of `global` that change one small thing each. Manual, chapter 3.1: `h1-accept-payload-with-any-method`,
//! `h1-do-not-close-on-insecure-transfer-encoding`, `pp2-never-send-local`, `close-spread-time`; chapter 3.2:
//! `tune.http.cookielen`, `tune.vars.*-max-size`.

use std::time::{Duration, Instant};

use lockgate_e2e::{HTTP, Origin, Peer, Proxy, Syslog, TCP};
use rustix::process::Signal;

fn listen(global: &str, lines: &str) -> Proxy {
    Proxy::start(&format!("global\n    {global}\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n{lines}\n"))
}

#[test]
fn bodies_of_any_method_pass_if_they_may() {
    let request = "GET / HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
    for (global, status) in [("", 413), ("h1-accept-payload-with-any-method", 200)] {
        let origin = Origin::fixed("ok");
        let mut proxy = listen(global, &format!("    server s1 {}", origin.address()));
        assert_eq!(proxy.request("fe", request).status, status, "{global}");
        if status == 200 {
            assert_eq!(origin.last().body, b"ab");
        }
    }
}

#[test]
fn a_length_beside_chunks_may_leave_the_connection_open() {
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    for (global, closes) in [("", true), ("h1-do-not-close-on-insecure-transfer-encoding", false)] {
        let origin = Origin::fixed("ok");
        let mut proxy = listen(global, &format!("    server s1 {}", origin.address()));
        let mut client = proxy.connect("fe");
        client.send(request);
        let answer = client.response();
        assert_eq!((answer.status, answer.header("connection") == Some("close")), (200, closes), "{global}");
        assert!(origin.last().header("content-length").is_none(), "{}", origin.last().head);
        if !closes {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(client.response().status, 200);
        }
    }
}

#[test]
fn captured_cookies_are_cut() {
    let (log, origin) = (Syslog::start(), Origin::fixed("ok"));
    for (global, shown) in [("", "a=0123456789"), ("tune.http.cookielen 5", "a=012")] {
        let mut proxy = Proxy::start(&format!(
            "global\n    {global}\n{HTTP}    log {} local0\n    log-format %CC\nlisten fe\n    bind \"fd@${{fe}}\"\n    \
             capture cookie a= len 20\n    server s1 {}\n",
            log.address(),
            origin.address()
        ));
        proxy.request("fe", "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=0123456789\r\n\r\n");
        assert_eq!(log.line(), shown, "{global}");
    }
}

/// A check's header names both ends, as a client's does.
#[test]
fn checks_may_hide_that_they_are_checks() {
    for (global, command, length) in [("", 0x20, 0), ("pp2-never-send-local", 0x21, 12)] {
        let (sender, headers) = std::sync::mpsc::channel();
        let origin = Origin::raw(move |mut peer: Peer| {
            let head = peer.take("a PROXY header", |pending| (pending.len() >= 16).then_some(16));
            let _ = sender.send((head[12], head[15]));
            peer.rest();
        });
        let _proxy = Proxy::start(&format!(
            "global\n    {global}\n{TCP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {} send-proxy-v2 check inter 50ms\n",
            origin.address()
        ));
        let told = headers.recv_timeout(lockgate_e2e::DEADLINE).expect("a check comes");
        assert_eq!(told, (command, length), "{global}");
    }
}

/// Asks for variables of the named sizes in turn; which of them are there in the end.
fn kept(limits: &str, rules: &str, shown: &str) -> String {
    let mut proxy = listen(
        limits,
        &format!("{rules}    http-request return status 200 content-type text/plain lf-string \"{shown}\""),
    );
    let first = proxy.get("fe", "/").text();
    assert_eq!(proxy.get("fe", "/").text(), first, "what an exchange takes comes back");
    first
}

#[test]
fn variables_have_bounds() {
    let rules =
        "    http-request set-var(txn.a) str(0123456789)\n    http-request set-var(txn.b) str(0123456789)\n";
    let shown = "%[var(txn.a)] %[var(txn.b)]";
    assert_eq!(kept("", rules, shown), "0123456789 0123456789");
    // Each takes 88 bytes and its text.
    for (limits, wanted) in [
        ("tune.vars.txn-max-size 196", "0123456789 0123456789"),
        ("tune.vars.txn-max-size 185", "0123456789 "),
        ("tune.vars.txn-max-size 87", " "),
        ("tune.vars.sess-max-size 185", "0123456789 "),
        ("tune.vars.proc-max-size 185", "0123456789 "),
        ("tune.vars.global-max-size 185", "0123456789 "),
        ("tune.vars.reqres-max-size 1", "0123456789 0123456789"),
    ] {
        assert_eq!(kept(limits, rules, shown), wanted, "{limits}");
    }
    // Without room for its text, what has an entry is a boolean.
    let is_found = "%[var(txn.b)] %[var(txn.b),strcmp(txn.a)]";
    assert!(kept("tune.vars.txn-max-size 190", rules, is_found).len() < 12);
}

#[test]
fn a_variable_that_changes_gives_its_text_back() {
    let rules = "    http-request set-var(req.a) str(0123456789)\n    http-request set-var(req.a) str(9876543210)\n    \
                 http-request set-var(req.b) int(1)\n    http-request unset-var(req.a)\n    http-request set-var(req.b) int(2)\n";
    let shown = "%[var(req.a)] %[var(req.b)]";
    assert_eq!(kept("tune.vars.reqres-max-size 98", rules, shown), " 2");
}

/// Clients that are idle when a soft stop begins are closed one after the other, within the time given.
#[test]
fn a_soft_stop_may_spread_its_closes() {
    let mut proxy = listen("close-spread-time 2s", "    http-request return status 200");
    let mut clients: Vec<Peer> = (0..12).map(|_| proxy.connect("fe")).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.response();
    }
    let began = Instant::now();
    proxy.signal(Signal::USR1);
    let ends: Vec<Duration> = clients
        .into_iter()
        .map(|mut client| std::thread::spawn(move || (client.expect_close(), began.elapsed()).1))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|closed| closed.join().expect("it is closed"))
        .collect();
    let (first, last) = (ends.iter().min().expect("twelve"), ends.iter().max().expect("twelve"));
    assert!(*last - *first > Duration::from_millis(200), "all at once: {ends:?}");
    assert!(*last < Duration::from_secs(6), "{ends:?}");
    proxy.wait();
}

/// With `infinite` a stop closes nobody, and answers do not say that the connection ends.
#[test]
fn a_soft_stop_may_close_nobody() {
    let mut proxy = listen("close-spread-time infinite", "    http-request return status 200");
    let (mut busy, mut gone) = (proxy.connect("fe"), proxy.connect("fe"));
    for client in [&mut busy, &mut gone] {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.response();
    }
    let address = proxy.address("fe");
    proxy.signal(Signal::USR1);
    let end = Instant::now() + lockgate_e2e::DEADLINE;
    // The stop has begun once nobody is let in any more.
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < end, "it still listens");
        std::thread::sleep(Duration::from_millis(10));
    }
    busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(busy.response().header("connection"), None);
    busy.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(busy.response().header("connection"), Some("close"));
    assert!(gone.is_quiet() && proxy.is_running());
    drop(gone);
    proxy.wait();
}
