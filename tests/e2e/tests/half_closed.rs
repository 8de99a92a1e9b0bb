//! Directions of a TCP stream that end one at a time. Manual: `timeout client`, `server`, `client-fin`, `server-fin`,
//! `tunnel`, `option independent-streams`.

use lockgate_e2e::{Origin, Proxy, Syslog, TCP};

fn proxy(origin: &Origin, log: &Syslog, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "{TCP}    log {} local0\n    option tcplog\n{lines}\nlisten fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        log.address(),
        origin.address()
    ))
}

/// Reads up to the end of the stream, and only then speaks.
fn speaks_last() -> Origin {
    Origin::raw(|mut peer| {
        let (heard, _) = peer.rest();
        peer.send([b"heard ".as_slice(), &heard].concat());
    })
}

#[test]
fn a_silent_client_is_not_heard_any_more_but_still_told() {
    let (origin, log) = (speaks_last(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "    timeout client 200ms");
    let mut client = proxy.connect("fe");
    client.send("x");
    client.expect("heard x");
    client.expect_end();
    let line = log.line();
    assert!(line.contains(" cD "), "{line}");
}

#[test]
fn a_silent_server_is_not_heard_any_more_but_still_told() {
    let (done, is_done) = std::sync::mpsc::channel();
    let done = std::sync::Mutex::new(done);
    let origin = Origin::raw(move |mut peer| {
        let heard = peer.rest();
        let _ = done.lock().unwrap().send(heard.0);
    });
    let log = Syslog::start();
    let mut proxy = proxy(&origin, &log, "    timeout server 200ms");
    let mut client = proxy.connect("fe");
    client.send("before ");
    client.expect_end();
    client.send("and after");
    client.half_close();
    assert_eq!(is_done.recv_timeout(lockgate_e2e::DEADLINE).unwrap(), b"before and after");
    let line = log.line();
    assert!(line.contains(" sD "), "{line}");
}

/// Only what the server says shows that it lives; what the client says goes on to it all the same.
#[test]
fn an_independent_server_that_is_silent_still_hears() {
    let (done, is_done) = std::sync::mpsc::channel();
    let done = std::sync::Mutex::new(done);
    let origin = Origin::raw(move |mut peer| {
        let heard = peer.rest();
        let _ = done.lock().unwrap().send(heard.0.len());
    });
    let log = Syslog::start();
    let mut proxy = proxy(&origin, &log, "    timeout server 200ms\n    option independent-streams");
    let mut client = proxy.connect("fe");
    let mut sent = 0;
    while client.is_quiet() {
        client.send("x");
        sent += 1;
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    client.send("y");
    client.half_close();
    assert_eq!(is_done.recv_timeout(lockgate_e2e::DEADLINE).unwrap(), sent + 1);
    assert!(log.line().contains(" sD "));
}

/// A client that has said all it had to say need not say more in time.
#[test]
fn who_has_closed_is_not_waited_for() {
    let origin = Origin::raw(|mut peer| {
        peer.rest();
        std::thread::sleep(std::time::Duration::from_millis(500));
        peer.send("late");
    });
    let log = Syslog::start();
    let mut proxy = proxy(&origin, &log, "    timeout client 100ms\n    timeout client-fin 100ms");
    let mut client = proxy.connect("fe");
    client.send("x");
    client.half_close();
    client.expect("late");
    client.expect_end();
    let line = log.line();
    assert!(line.contains(" -- "), "{line}");
}

#[test]
fn server_fin_bounds_what_follows_the_clients_end() {
    let origin = Origin::raw(|mut peer| {
        peer.rest();
        // Never answers.
        std::thread::sleep(std::time::Duration::from_secs(3));
    });
    let log = Syslog::start();
    let mut proxy = proxy(&origin, &log, "    timeout server-fin 200ms\n    timeout tunnel 15s");
    let mut client = proxy.connect("fe");
    client.send("x");
    client.half_close();
    client.expect_end();
    let line = log.line();
    assert!(line.contains(" sD "), "{line}");
}
