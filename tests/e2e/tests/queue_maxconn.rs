//! `maxconn` on servers, the queue behind it, and its places in the log.

use std::time::Instant;

use lockgate_e2e::{Answer, DEADLINE, Gate, HTTP, Origin, Proxy, Syslog};

fn proxy(origin: &Origin, log: &Syslog, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "global
    nbthread 2
{HTTP}
    log {} local0
    option httplog
{lines}
frontend fe
    bind \"fd@${{fe}}\"
    default_backend be
backend be
    server s1 {} maxconn 1
frontend status
    bind \"fd@${{status}}\"
    no log
    http-request return status 200 content-type text/plain lf-string %[queue(be)]
",
        log.address(),
        origin.address()
    ))
}

/// Answers after the gate has opened.
fn gated() -> (Origin, Gate) {
    let gate = Gate::new();
    let wait = gate.clone();
    let origin = Origin::start(move |request| {
        if request.target == "/first" { Answer::after(&wait).then(Answer::ok("x")) } else { Answer::ok("y") }
    });
    (origin, gate)
}

/// Waits until `count` requests are in the queue.
fn wait_queued(proxy: &mut Proxy, count: usize) {
    let started = Instant::now();
    while proxy.get("status", "/").text() != count.to_string() {
        assert!(started.elapsed() < DEADLINE, "no {count} requests in the queue");
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
}

#[test]
fn the_queue_holds_the_rest_and_the_log_shows_the_positions() {
    let ((origin, gate), log) = (gated(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "");
    let mut first = proxy.connect("fe");
    first.send(get("/first"));
    origin.wait_requests(1);
    let mut waiting: Vec<_> = (0..4)
        .map(|index| {
            let mut client = proxy.connect("fe");
            client.send(get(&format!("/{index}")));
            client
        })
        .collect();
    wait_queued(&mut proxy, 4);
    assert!(waiting.iter_mut().all(lockgate_e2e::Peer::is_quiet));
    gate.open();
    assert_eq!(first.response().text(), "x");
    for client in &mut waiting {
        assert_eq!(client.response().text(), "y");
    }
    assert_eq!(origin.requests().len(), 5);
    let mut positions: Vec<String> = (0..5).map(|_| log.http().queues).collect();
    positions.sort();
    assert_eq!(positions, ["0/0", "0/1", "0/2", "0/3", "0/4"]);
}

#[test]
fn timeout_queue_is_503() {
    let ((origin, gate), log) = (gated(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "    timeout queue 400ms");
    let mut first = proxy.connect("fe");
    first.send(get("/first"));
    origin.wait_requests(1);
    let mut second = proxy.connect("fe");
    second.send(get("/second"));
    assert_eq!(second.response().line(), "HTTP/1.1 503 Service Unavailable");
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("sQ--", 503));
    assert_eq!(line.server, "be/<NOSRV>");
    assert_eq!(line.queues, "0/1", "the first to wait, in the backend's queue");
    gate.open();
    assert_eq!(first.response().text(), "x");
    assert_eq!(log.http().queues, "0/0");
}

#[test]
fn a_client_that_leaves_the_queue_is_not_served() {
    let ((origin, gate), log) = (gated(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "    option abortonclose");
    let mut first = proxy.connect("fe");
    first.send(get("/first"));
    origin.wait_requests(1);
    let mut second = proxy.connect("fe");
    second.send(get("/second"));
    second.half_close();
    let line = log.http();
    assert!(line.ending.starts_with('C'), "{}", line.line);
    gate.open();
    assert_eq!(first.response().text(), "x");
    assert_eq!(proxy.get("fe", "/third").text(), "y");
    let targets: Vec<String> = origin.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/first", "/third"]);
}

/// Nobody is forgotten, whatever the order in which servers become free.
#[test]
fn everybody_in_the_queue_is_served() {
    let ((origin, gate), log) = (gated(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "");
    let mut first = proxy.connect("fe");
    first.send(get("/first"));
    origin.wait_requests(1);
    let mut clients: Vec<_> = (0..50)
        .map(|index| {
            let mut client = proxy.connect("fe");
            client.send(get(&format!("/{index}")));
            client
        })
        .collect();
    wait_queued(&mut proxy, 50);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.response().text(), "y");
    }
}

/// A frontend's `maxconn` leaves connections in the kernel's queue.
#[test]
fn a_frontends_maxconn_keeps_connections_waiting() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    maxconn 1\n    server s1 {}\n",
        origin.address()
    ));
    let mut first = proxy.connect("fe");
    first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(first.response().text(), "x");
    let mut second = proxy.connect("fe");
    second.send("GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    first.send("GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(first.response().text(), "x");
    assert_eq!(second.response().text(), "x");
    let targets: Vec<String> = origin.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/1", "/3", "/2"]);
}
