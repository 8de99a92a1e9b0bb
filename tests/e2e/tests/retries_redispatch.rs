//! Servers that cannot be reached or do not answer: attempts, other servers, and what the log says.
//! Manual: `retries`, `option redispatch`, `retry-on`.

use lockgate_e2e::{Answer, Gate, Origin, Proxy, RefusedPort, Syslog};

#[test]
fn a_refused_connection_is_tried_again_then_503() {
    let (log, refused) = (Syslog::start(), RefusedPort::new());
    let mut proxy = Proxy::logging(&log, &format!("    retries 2\n    server s1 {}", refused.address()));
    let response = proxy.get("fe", "/");
    assert_eq!(response.line(), "HTTP/1.1 503 Service Unavailable");
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status, line.retries()), ("SC--", 503, "2"));
    assert_eq!(line.server, "fe/s1");
}

#[test]
fn redispatch_finds_another_server() {
    let (log, refused, origin) = (Syslog::start(), RefusedPort::new(), Origin::fixed("x"));
    let lines = format!(
        "    retries 1\n    option redispatch\n    balance roundrobin\n    server bad {}\n    server good {}",
        refused.address(),
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    for _ in 0..4 {
        assert_eq!(proxy.get("fe", "/").text(), "x");
        let line = log.http();
        assert_eq!((line.server.as_str(), line.ending.as_str()), ("fe/good", "----"));
        assert!(matches!(line.retries(), "0" | "+1"), "{}", line.line);
    }
}

#[test]
fn without_redispatch_it_stays_with_its_server() {
    let (log, refused, origin) = (Syslog::start(), RefusedPort::new(), Origin::fixed("x"));
    let lines = format!(
        "    retries 1\n    no option redispatch\n    balance roundrobin\n    server bad {}\n    server good {}",
        refused.address(),
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    let mut statuses = [proxy.get("fe", "/").status, proxy.get("fe", "/").status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503]);
}

#[test]
fn retry_on_a_status_asks_the_next_server() {
    let (log, origin) = (Syslog::start(), Origin::fixed("x"));
    let busy = Origin::start(|_| Answer::status(503, &[], "busy"));
    let lines = format!(
        "    retries 3\n    option redispatch 1\n    retry-on 503\n    balance roundrobin\n    server busy {}\n    server good {}",
        busy.address(),
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    for _ in 0..4 {
        assert_eq!(proxy.get("fe", "/").text(), "x");
    }
    assert!(!busy.requests().is_empty());
}

#[test]
fn an_empty_response_is_tried_again_with_its_body() {
    let (log, origin) = (Syslog::start(), Origin::fixed("x"));
    let dead = Origin::start(|_| Answer::close());
    let lines = format!(
        "    retries 3\n    option redispatch 1\n    retry-on empty-response\n    balance roundrobin\n    server dead {}\n    server good {}",
        dead.address(),
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    for _ in 0..2 {
        let request = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
        assert_eq!(proxy.request("fe", request).text(), "x");
        assert_eq!(origin.last().body, b"body");
    }
    assert!(!dead.requests().is_empty());
}

#[test]
fn without_retry_on_an_empty_response_is_502() {
    let (log, dead) = (Syslog::start(), Origin::start(|_| Answer::close()));
    let mut proxy = Proxy::logging(&log, &format!("    server dead {}", dead.address()));
    assert_eq!(proxy.get("fe", "/").status, 502);
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status, line.server.as_str()), ("SH--", 502, "fe/dead"));
    assert_eq!(dead.requests().len(), 1);
}

#[test]
fn a_silent_server_is_504() {
    let (log, silent) = (Syslog::start(), Origin::start(|_| Answer::silence()));
    let mut proxy =
        Proxy::logging(&log, &format!("    timeout server 300ms\n    server s1 {}", silent.address()));
    assert_eq!(proxy.get("fe", "/").line(), "HTTP/1.1 504 Gateway Time-out");
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("sH--", 504));
}

/// `response-timeout` goes on to a server that answers.
#[test]
fn retry_on_response_timeout() {
    let (log, silent, origin) = (Syslog::start(), Origin::start(|_| Answer::silence()), Origin::fixed("x"));
    let lines = format!(
        "    timeout server 300ms\n    option redispatch 1\n    retry-on response-timeout\n    balance roundrobin\n    server a {}\n    server b {}",
        silent.address(),
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    for _ in 0..2 {
        assert_eq!(proxy.get("fe", "/").text(), "x");
    }
    assert!(!silent.requests().is_empty());
}

/// What has begun to go to the client is never begun again.
#[test]
fn an_answer_that_breaks_off_is_cut() {
    let (log, gate) = (Syslog::start(), Gate::new());
    let wait = gate.clone();
    let broken = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").wait(&wait).then_close()
    });
    let lines = format!("    retry-on all-retryable-errors\n    server s1 {}", broken.address());
    let mut proxy = Proxy::logging(&log, &lines);
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    client.expect("abc");
    gate.open();
    client.expect_end();
    let line = log.http();
    assert_eq!((line.ending.as_str(), line.status), ("SD--", 200));
    assert_eq!(broken.requests().len(), 1);
}
