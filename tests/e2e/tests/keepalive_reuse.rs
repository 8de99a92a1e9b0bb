//! Server connections that are kept and used again, and the races that come with it. Manual: `http-reuse`,
//! `option httpclose`, `option http-server-close`, `retries`.

use lockgate_e2e::{Answer, Gate, HTTP, Origin, Proxy, Syslog, is_reference};

fn proxy(origin: &Origin, frontend: &str, backend: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}
frontend fe
    bind \"fd@${{fe}}\"
{frontend}
    default_backend be
backend be
{backend}
    server s1 {}
",
        origin.address()
    ))
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSE: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";

#[test]
fn a_clients_requests_share_one_server_connection() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "", "");
    let mut client = proxy.connect("fe");
    for _ in 0..5 {
        client.send(GET);
        assert_eq!(client.response().text(), "x");
    }
    assert_eq!((origin.connections(), origin.requests().len()), (1, 5));
}

/// The pool belongs to a worker, so one worker.
#[test]
fn later_clients_use_it_again() {
    let origin = Origin::fixed("x");
    for (reuse, wanted) in [("always", 1), ("never", 4)] {
        let before = origin.connections();
        let text = format!(
            "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-reuse {reuse}\n    server s1 {}\n",
            origin.address()
        );
        let mut proxy = Proxy::start(&text);
        let mut first = proxy.connect("fe");
        for _ in 0..2 {
            first.send(GET);
            first.response();
        }
        first.half_close();
        first.expect_end();
        for _ in 0..3 {
            let mut client = proxy.connect("fe");
            client.send(CLOSE);
            assert_eq!(client.response().status, 200);
            client.expect_close();
        }
        assert_eq!(origin.connections() - before, wanted, "{reuse}");
    }
}

#[test]
fn httpclose_and_server_close_end_the_server_side() {
    for (option, client_stays) in [("httpclose", false), ("http-server-close", true)] {
        let origin = Origin::fixed("x");
        let line = format!("    option {option}");
        let mut proxy = proxy(&origin, &line, &line);
        let mut client = proxy.connect("fe");
        client.send(GET);
        let response = client.response();
        assert_eq!(
            response.header("connection") == Some("close"),
            !client_stays,
            "{option}: {}",
            response.head
        );
        if client_stays {
            client.send(GET);
            assert_eq!(client.response().status, 200);
            assert_eq!(origin.connections(), 2);
        } else {
            client.expect_close();
        }
        assert_eq!(origin.last().header("connection"), Some("close"), "{option}");
    }
}

/// HAProxy may lose this race, and then leaves it to the client to send the request again.
#[test]
fn a_server_that_closes_after_its_answer_costs_nothing() {
    let origin = Origin::start(|_| Answer::ok("x").then_close());
    let mut proxy = proxy(&origin, "", "");
    let mut client = proxy.connect("fe");
    for count in 1..=5 {
        client.send(GET);
        let Some(response) = client.rest_or_response() else {
            assert!(is_reference() && count > 1, "request {count} got no answer");
            return;
        };
        assert_eq!(response.text(), "x");
    }
    assert_eq!(origin.requests().len(), 5);
}

/// The server reads the second request of a connection and cuts it: the race that a proxy can lose. The client's
/// first request must be sent again on a connection of its own.
#[test]
fn a_request_lost_on_a_reused_connection_is_sent_again() {
    let origin =
        Origin::start(|request| if request.position == 0 { Answer::ok("x") } else { Answer::reset() });
    let text = format!(
        "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-reuse always\n    retry-on conn-failure empty-response\n    server s1 {}\n",
        origin.address()
    );
    let mut proxy = Proxy::start(&text);
    for count in 1..=4 {
        assert_eq!(proxy.get("fe", "/").text(), "x", "request {count}");
    }
    assert!(origin.requests().iter().any(|request| request.position == 1), "no connection was used again");
}

/// The client is told, or sees its connection closed and may send again itself.
#[test]
fn a_post_is_never_sent_twice() {
    let origin =
        Origin::start(|request| if request.method == "GET" { Answer::ok("x") } else { Answer::reset() });
    let mut proxy = proxy(&origin, "", "    http-reuse always");
    let mut client = proxy.connect("fe");
    client.send(GET);
    assert_eq!(client.response().text(), "x");
    client.send(POST);
    assert!(client.rest_or_response().is_none_or(|response| response.status == 502));
    let posts = origin.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1);
}

#[test]
fn a_first_post_that_fails_gets_502() {
    let (origin, log) = (Origin::start(|_| Answer::reset()), Syslog::start());
    let mut proxy = proxy(&origin, &format!("    log {} local0\n    option httplog", log.address()), "");
    assert_eq!(proxy.request("fe", POST).status, 502);
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("SH--", 502));
    assert_eq!(origin.requests().len(), 1);
}

/// A connection that dies while it idles is noticed, and the next request goes to a new one.
#[test]
fn an_idle_connection_that_dies_is_not_used() {
    let gate = Gate::new();
    let closes = gate.clone();
    let origin = Origin::start(move |request| {
        let answer = Answer::ok("x");
        if request.connection == 0 { answer.wait(&closes).then_close() } else { answer }
    });
    let mut proxy = proxy(&origin, "", "    http-reuse always");
    let mut client = proxy.connect("fe");
    client.send(POST);
    assert_eq!(client.response().text(), "x");
    gate.open();
    // Whether the proxy has seen the end yet or not, a GET is safe either way.
    client.send(GET);
    let answered = client.rest_or_response();
    assert!(answered.is_none_or(|response| response.text() == "x"));
    assert_eq!(proxy.request("fe", POST).text(), "x");
}

#[test]
fn versions_and_connection_headers_decide_the_clients_side() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "", "");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().text(), "x");
    client.expect_close();
    let mut client = proxy.connect("fe");
    for _ in 0..2 {
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let response = client.response();
        assert_eq!((response.text().as_str(), response.header("connection")), ("x", Some("keep-alive")));
    }
    client.send(CLOSE);
    assert_eq!(client.response().header("connection"), Some("close"));
    client.expect_close();
}

/// What an earlier client left behind is no reason to close the connection that a client has just used.
#[test]
fn a_client_goes_on_where_it_was() {
    if is_reference() {
        // HAProxy closes that one and takes the earlier client's.
        return;
    }
    let count = std::sync::atomic::AtomicUsize::new(0);
    let origin = Origin::raw(move |mut peer| {
        // The first connection stands and answers no more.
        let requests_max = if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 { 1 } else { 2 };
        for _ in 0..requests_max {
            let Some(_) = peer.request() else { return };
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        }
        peer.rest();
    });
    let mut proxy = Proxy::start(&format!(
        "global\n    nbthread 1\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        origin.address()
    ));
    let mut first = proxy.connect("fe");
    first.send(GET);
    assert_eq!(first.response().text(), "x");
    first.half_close();
    first.expect_end();
    let mut client = proxy.connect("fe");
    for _ in 0..2 {
        client.send(GET);
        assert_eq!(client.response().text(), "x");
    }
}
