//! Idle server connections that workers take over from each other. Manual: `tune.idle-pool.shared`, `pool-low-conn`,
//! `pool-max-conn`, `http-reuse`.

use lockgate_e2e::{Answer, Gate, HTTP, Origin, Proxy, is_reference, pki};

/// Two workers, each with an address of its own.
fn proxy(global: &str, backend: &str, server: &str) -> Proxy {
    Proxy::start(&format!(
        "global
    nbthread 2
{global}
{HTTP}
frontend fe
    bind \"fd@${{one}}\" thread 1
    bind \"fd@${{two}}\" thread 2
    http-request return status 204 if {{ path /fence }}
    default_backend be
backend be
    http-reuse always
{backend}
    server s1 {server}
"
    ))
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Once a worker answers this, what it answered before has left its connection to be found.
fn fence(proxy: &mut Proxy, name: &str) {
    assert_eq!(proxy.get(name, "/fence").status, 204);
}

/// A request by each worker in turns, `count` times.
fn by_turns(proxy: &mut Proxy, count: usize) {
    for turn in 0..count {
        let name = ["one", "two"][turn % 2];
        assert_eq!(proxy.request(name, GET).text(), "x", "request {turn}");
        fence(proxy, name);
    }
}

#[test]
fn one_connection_serves_both_workers() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy("", "", &origin.address().to_string());
    by_turns(&mut proxy, 20);
    assert_eq!((origin.connections(), origin.requests().len()), (1, 20));
}

#[test]
fn without_sharing_each_worker_has_its_own() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy("    tune.idle-pool.shared off", "", &origin.address().to_string());
    by_turns(&mut proxy, 8);
    assert_eq!(origin.connections(), 2);
}

/// As long as fewer connections are idle than `pool-low-conn` says, a worker makes one of its own.
#[test]
fn a_low_mark_keeps_connections_with_their_workers() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy("", "", &format!("{} pool-low-conn 2", origin.address()));
    by_turns(&mut proxy, 8);
    assert_eq!(origin.connections(), 2);
}

#[test]
fn connections_under_tls_go_over_with_their_state() {
    let origin = Origin::fixed("x");
    let pair = pki::Authority::new("test").issue(&pki::Subject::server(&["localhost"])).pem();
    let mut behind = Proxy::builder(&format!(
        "{HTTP}listen tls\n    bind \"fd@${{tls}}\" ssl crt pair.pem\n    http-response set-header is-resumed %[ssl_fc_is_resumed]\n    http-response set-header first %[http_first_req]\n    server s1 {}\n",
        origin.address()
    ))
    .file("pair.pem", pair)
    .start();
    let server = format!("{} ssl verify none", behind.address("tls"));
    let mut proxy = proxy("", "", &server);
    let firsts: Vec<String> = (0..10)
        .map(|turn| {
            let name = ["one", "two"][turn % 2];
            let response = proxy.request(name, GET);
            assert_eq!(response.text(), "x");
            fence(&mut proxy, name);
            response.header("first").unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(firsts.iter().filter(|first| *first == "1").count(), 1, "{firsts:?}");
    assert!(behind.is_running());
}

/// A connection that its server closed while it was idle with one worker is not used by the other.
#[test]
fn what_was_closed_meanwhile_is_not_taken_over() {
    if is_reference() {
        // HAProxy may lose the race, and leaves it to the client to send the request again.
        return;
    }
    let origin = Origin::start(|_| Answer::ok("x").then_close());
    let mut proxy = proxy("", "", &origin.address().to_string());
    by_turns(&mut proxy, 30);
    assert_eq!(origin.requests().len(), 30);
}

/// Both workers ask at once, again and again, while the server closes every third connection behind its answer.
#[test]
fn no_request_is_lost_under_load() {
    if is_reference() {
        return;
    }
    let origin = Origin::start(|request| {
        let answer = Answer::ok("x");
        if request.position % 3 == 2 { answer.then_close() } else { answer }
    });
    let mut proxy = proxy("", "", &origin.address().to_string());
    std::thread::scope(|scope| {
        for name in ["one", "two", "one", "two"] {
            let address = proxy.address(name);
            scope.spawn(move || {
                for turn in 0..200 {
                    let mut client = lockgate_e2e::Peer::connect(address);
                    client.send(GET);
                    assert_eq!(client.response().text(), "x", "request {turn} by {name}");
                }
            });
        }
    });
    assert!(proxy.is_running());
    assert_eq!(
        origin.requests().iter().filter(|request| request.position == 0).count(),
        origin.connections()
    );
    assert!(origin.connections() < 800, "connections were used again");
}

/// Clients of both workers at once need a connection each; then one of them, whose worker it is not, finds both.
#[test]
fn what_both_workers_left_is_found_by_one() {
    let gate = Gate::new();
    let holds = gate.clone();
    let origin = Origin::start(move |_| Answer::after(&holds).then(Answer::ok("x")));
    let mut proxy = proxy("", "", &origin.address().to_string());
    let mut clients = [proxy.connect("one"), proxy.connect("two")];
    clients.iter_mut().for_each(|client| client.send(GET));
    origin.wait_requests(2);
    gate.open();
    clients.iter_mut().for_each(|client| assert_eq!(client.response().text(), "x"));
    ["one", "two"].into_iter().for_each(|name| fence(&mut proxy, name));
    let mut both = [proxy.connect("one"), proxy.connect("one")];
    for client in &mut both {
        client.send(GET);
        assert_eq!(client.response().text(), "x");
    }
    assert_eq!(origin.connections(), 2);
}

/// The first request of a client may be lost with a connection that was used before, unless it is tried again then.
#[test]
fn first_requests_that_are_tried_again_use_any_connection() {
    for (lines, connections) in [("", 3), ("    retry-on conn-failure empty-response response-timeout\n", 1)]
    {
        let origin = Origin::fixed("x");
        let mut proxy = Proxy::start(&format!(
            "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n{lines}    http-reuse safe\n    server s1 {} pool-low-conn 9\n",
            origin.address()
        ));
        for _ in 0..3 {
            assert_eq!(proxy.request("fe", GET).text(), "x");
        }
        assert_eq!(origin.connections(), connections, "{lines}");
    }
}
