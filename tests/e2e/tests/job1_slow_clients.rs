//! Clients that send their request slowly or not at all: 408, or a silent close, and what the log says.
//! Manual: `timeout http-request`, `timeout client`, `errorfile`, `option http-ignore-probes`, `option dontlognull`.

use std::thread;
use std::time::{Duration, Instant};

use lockgate_e2e::{Origin, Proxy, Syslog};

/// A proxy with these lines in its frontend, and where it logs to.
fn proxy(lines: &str) -> (Proxy, Syslog, Origin) {
    let (log, origin) = (Syslog::start(), Origin::fixed("hello"));
    let text = format!(
        "defaults
    mode http
    log {} local0
    option httplog
    timeout connect 5s
    timeout server 20s
frontend fe
    bind \"fd@${{fe}}\"
{lines}
    default_backend be
backend be
    server s1 {}
",
        log.address(),
        origin.address()
    );
    (Proxy::start(&text), log, origin)
}

#[test]
fn half_a_head_gets_408() {
    let (mut proxy, log, origin) = proxy("    timeout http-request 400ms\n    timeout client 20s");
    let mut client = proxy.connect("fe");
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n");
    let response = client.response();
    assert_eq!(response.line(), "HTTP/1.1 408 Request Time-out");
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    assert_eq!(response.header("connection"), Some("close"));
    assert_eq!(response.header("content-type"), Some("text/html"));
    assert!(response.text().contains("408 Request Time-out"), "{}", response.text());
    client.expect_close();
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("cR--", 408));
    assert_eq!((line.server.as_str(), line.rest.as_str()), ("fe/<NOSRV>", "\"<BADREQ>\""));
    assert!(origin.requests().is_empty());
}

#[test]
fn without_http_request_the_client_timeout_serves() {
    let (mut proxy, log, _origin) = proxy("    timeout client 400ms");
    let mut client = proxy.connect("fe");
    assert_eq!(client.response().status, 408);
    client.expect_close();
    assert_eq!(log.http().ending, "cR--");
}

#[test]
fn the_shorter_one_wins() {
    for lines in [
        "    timeout http-request 400ms\n    timeout client 30s",
        "    timeout http-request 30s\n    timeout client 400ms",
    ] {
        let (mut proxy, log, _origin) = proxy(lines);
        let started = Instant::now();
        let mut client = proxy.connect("fe");
        client.send("GET / HT");
        assert_eq!(client.response().status, 408, "{lines}");
        assert!(started.elapsed() < Duration::from_secs(12), "{lines}");
        assert!(started.elapsed() >= Duration::from_millis(300), "{lines}");
        assert_eq!(log.http().ending, "cR--");
    }
}

/// `timeout http-request` bounds the whole head, however often something comes.
#[test]
fn a_dripping_head_is_cut_by_http_request() {
    let (mut proxy, log, _origin) = proxy("    timeout http-request 1s\n    timeout client 20s");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nX-Long: ");
    let started = Instant::now();
    while client.is_quiet() {
        assert!(started.elapsed() < Duration::from_secs(12), "it drips on and on");
        if client.try_send("x").is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(client.response().status, 408);
    assert_eq!(log.http().ending, "cR--");
}

/// `timeout client` alone counts inactivity: a client that drips gets through, late.
#[test]
fn a_dripping_head_is_not_cut_by_client() {
    let (mut proxy, log, origin) = proxy("    timeout client 1500ms");
    let mut client = proxy.connect("fe");
    let started = Instant::now();
    for byte in ["GET ", "/slow ", "HTTP/1.1", "\r\n", "Host: ", "a\r\n", "\r\n"] {
        client.send(byte);
        thread::sleep(Duration::from_millis(400));
    }
    assert_eq!(client.response().status, 200);
    assert!(started.elapsed() > Duration::from_millis(1500), "the drip was too fast to show anything");
    assert_eq!(origin.last().target, "/slow");
    assert_eq!(log.http().status, 200);
}

/// On a kept-alive connection a started second request is bound as well, and an idle one just closed.
#[test]
fn the_second_request_is_bound_as_well() {
    let (mut proxy, log, _origin) =
        proxy("    timeout http-request 400ms\n    timeout client 20s\n    timeout http-keep-alive 20s");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.send("GET /second");
    assert_eq!(client.response().status, 408);
    client.expect_close();
    assert_eq!(log.http().status, 200);
    assert_eq!(log.http().ending, "cR--");
}

#[test]
fn an_idle_kept_connection_is_closed_without_a_word() {
    let (mut proxy, log, _origin) =
        proxy("    timeout http-request 20s\n    timeout client 20s\n    timeout http-keep-alive 300ms");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.expect_close();
    assert_eq!(log.http().status, 200);
    // Nothing was logged for the closing: the next line is the next request's.
    proxy.get("fe", "/next");
    assert!(log.http().rest.contains("/next"));
}

/// In every section that takes it.
#[test]
fn errorfile_dev_null_closes_without_a_byte() {
    let errorfile = "    errorfile 408 /dev/null\n";
    for place in ["defaults", "frontend", "listen"] {
        let (log, origin) = (Syslog::start(), Origin::fixed("hello"));
        let in_defaults = if place == "defaults" { errorfile } else { "" };
        let in_proxy = if place == "defaults" { "" } else { errorfile };
        let (section, backend) = if place == "listen" {
            ("listen fe", format!("    server s1 {}\n", origin.address()))
        } else {
            (
                "frontend fe",
                format!("    default_backend be\nbackend be\n    server s1 {}\n", origin.address()),
            )
        };
        let mut proxy = Proxy::start(&format!(
            "defaults\n    mode http\n    log {} local0\n    option httplog\n    timeout client 300ms\n    timeout \
             server 9s\n    timeout connect 9s\n{in_defaults}{section}\n    bind \
             \"fd@${{fe}}\"\n{in_proxy}{backend}",
            log.address()
        ));
        let mut client = proxy.connect("fe");
        client.send("GET / HTTP/1.1\r\n");
        client.expect_end();
        let line = log.http();
        assert_eq!((line.ending.as_str(), line.status), ("cR--", 408), "{place}");
    }
}

/// A browser's connection ahead of need: closed without a byte and without a line.
#[test]
fn probes_are_ignored_where_asked() {
    let (mut proxy, log, _origin) = proxy("    timeout client 300ms\n    option http-ignore-probes");
    let mut client = proxy.connect("fe");
    client.expect_close();
    // A connection that was closed by the client at once is a probe as well.
    let mut client = proxy.connect("fe");
    client.half_close();
    client.expect_end();
    // Something was sent: no probe.
    let mut client = proxy.connect("fe");
    client.send("G");
    assert_eq!(client.response().status, 408);
    assert_eq!(log.http().ending, "cR--");
}

#[test]
fn dontlognull_drops_the_lines_of_silent_connections() {
    let (mut proxy, log, _origin) = proxy("    timeout client 300ms\n    option dontlognull");
    let mut client = proxy.connect("fe");
    assert_eq!(client.response().status, 408);
    client.expect_close();
    let mut client = proxy.connect("fe");
    client.half_close();
    assert_eq!(client.response().status, 400);
    client.expect_end();
    assert_eq!(proxy.get("fe", "/logged").status, 200);
    assert!(log.http().rest.contains("/logged"));
}

#[test]
fn a_client_that_goes_before_its_head_is_logged() {
    let (mut proxy, log, _origin) = proxy("    timeout client 20s");
    let mut client = proxy.connect("fe");
    client.half_close();
    assert_eq!(client.response().status, 400);
    client.expect_end();
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("CR--", 400));
}

/// A body that does not come is the client's inactivity.
#[test]
fn a_body_that_stops_is_cut_by_the_client_timeout() {
    let (mut proxy, log, origin) = proxy("    timeout http-request 20s\n    timeout client 500ms");
    let mut client = proxy.connect("fe");
    client.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!(client.response().status, 400);
    client.expect_end();
    assert_eq!(log.http().ending, "cH--");
    drop(origin);
}
