//! `strict-maxconn`: a server has no more connections than its `maxconn`, idle ones counted.

use lockgate_e2e::{Answer, Gate, HTTP, Origin, Peer, Proxy, Syslog, is_reference};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Two workers, each with an address of its own, and one server.
fn proxy(log: &Syslog, backend: &str, server: &str) -> Proxy {
    Proxy::start(&format!(
        "global
    nbthread 2
{HTTP}
    log {} local0
    option httplog
    retries {}
frontend fe
    bind \"fd@${{one}}\" thread 1
    bind \"fd@${{two}}\" thread 2
    http-request return status 204 if {{ path /fence }}
    default_backend be
backend be
{backend}
    server s1 {server}
",
        log.address(),
        // HAProxy closes an idle connection a moment after it has looked for a place, which the next attempt finds.
        if is_reference() { 3 } else { 0 }
    ))
}

/// A client's first request may not use what another one left (`http-reuse safe`): that goes, here or at the other worker.
#[test]
fn an_idle_connection_makes_room() {
    for (first, second) in [("one", "one"), ("one", "two")] {
        let (log, origin) = (Syslog::start(), Origin::fixed("x"));
        let mut proxy =
            proxy(&log, "    http-reuse safe", &format!("{} maxconn 1 strict-maxconn", origin.address()));
        for turn in 1..=4 {
            let name = if turn % 2 == 1 { first } else { second };
            let mut client = proxy.connect(name);
            client.send(GET);
            assert_eq!(client.response().status, 200, "turn {turn}");
            // What the worker answered before has left its connection to be found.
            assert_eq!(proxy.get(name, "/fence").status, 204);
            assert_eq!(origin.connections(), turn, "{first} {second}");
        }
    }
}

#[test]
fn without_it_each_client_s_first_request_has_a_connection_of_its_own() {
    let (log, origin) = (Syslog::start(), Origin::fixed("x"));
    let mut proxy = proxy(&log, "    http-reuse safe", &format!("{} maxconn 1", origin.address()));
    let mut clients = [proxy.connect("one"), proxy.connect("one")];
    for client in &mut clients {
        client.send(GET);
        assert_eq!(client.response().status, 200);
        assert_eq!(proxy.get("one", "/fence").status, 204);
    }
    assert_eq!(origin.connections(), 2);
}

/// Nobody else may use or close what belongs to one client.
#[test]
fn a_private_connection_leaves_no_room() {
    let (log, origin) = (Syslog::start(), Origin::fixed("x"));
    let mut proxy =
        proxy(&log, "    http-reuse never", &format!("{} maxconn 1 strict-maxconn", origin.address()));
    let mut first = proxy.connect("one");
    first.send(GET);
    assert_eq!(first.response().status, 200);
    let mut second = proxy.connect("two");
    second.send(GET);
    assert_eq!(second.response().status, 503);
    // The client's line of 200 comes before.
    let endings = [log.http(), log.http()].map(|line| (line.status, line.ending));
    assert_eq!(endings, [(200, "----".to_owned()), (503, "SC--".to_owned())]);
    first.half_close();
    first.expect_end();
    // Once its worker answers this, what belonged to the client is closed.
    assert_eq!(proxy.get("one", "/fence").status, 204);
    assert_eq!(proxy.request("two", GET).status, 200);
}

/// Who waited for the slot finds the connection before it closed.
#[test]
fn who_waits_is_served_when_the_connection_is_closed() {
    let (log, gate) = (Syslog::start(), Gate::new());
    let held = gate.clone();
    let origin = Origin::start(move |_| Answer::after(&held).then(Answer::ok("x")).then_close());
    let mut proxy = proxy(&log, "", &format!("{} maxconn 1 strict-maxconn", origin.address()));
    let mut clients: Vec<Peer> = (0..8).map(|at| proxy.connect(["one", "two"][at % 2])).collect();
    for client in &mut clients {
        client.send(GET);
    }
    origin.wait_requests(1);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().status, 200);
    }
    assert_eq!(origin.connections(), 8);
}

#[test]
fn streams_of_tcp_count_as_well() {
    let (log, origin) = (Syslog::start(), Origin::fixed("x"));
    let server = format!("{} maxconn 1 strict-maxconn", origin.address());
    let mut proxy = Proxy::start(&format!(
        "{HTTP}\n    log {} local0\nlisten fe\n    bind \"fd@${{fe}}\"\n    mode tcp\n    server s1 {server}\n",
        log.address()
    ));
    for _ in 0..3 {
        let mut client = proxy.connect("fe");
        client.send("GET / HTTP/1.0\r\n\r\n");
        assert_eq!(client.response().status, 200);
        client.half_close();
        client.expect_end();
    }
    assert_eq!(origin.connections(), 3);
}
