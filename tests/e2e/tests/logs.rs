//! Log lines: formats, and the termination state of every way in which a session can end. Manual: chapter 8.

use lockgate_e2e::{Answer, Gate, HTTP, Origin, Proxy, RefusedPort, Syslog, TCP, is_reference};

const GET: &str = "GET /p?q=1 HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn httplog_has_its_fields() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let mut proxy = Proxy::logging(&log, &format!("    server s1 {}", origin.address()));
    let mut client = proxy.connect("fe");
    client.send(GET);
    let response = client.response();
    let datagram = log.datagram();
    // local0.info, a date as `Nov 22 14:00:00`, and the program with its number.
    assert!(datagram.starts_with("<134>"), "{datagram}");
    assert!(datagram[5..].contains(&format!(" haproxy[{}]: ", proxy.pid())), "{datagram}");
    let text = datagram.split_once("]: ").unwrap().1;
    let line = lockgate_e2e::HttpLog::parse(text.trim_end());
    assert_eq!(line.client, client.local_address().to_string());
    assert_eq!((line.frontend.as_str(), line.server.as_str()), ("fe", "fe/s1"));
    assert_eq!((line.status, line.ending.as_str()), (200, "----"));
    // HAProxy counts its own form of the head, which is a little larger.
    let sent = u64::try_from(response.head.len() + response.body.len()).unwrap();
    assert!(line.bytes == sent || is_reference() && line.bytes > sent, "{text}");
    assert_eq!(line.timers.len(), 5);
    assert!(line.timers.iter().all(|time| (0..10_000).contains(time)), "{text}");
    assert_eq!((line.connections.as_str(), line.queues.as_str()), ("1/1/0/0/0", "0/0"));
    assert_eq!(line.rest, "\"GET /p?q=1 HTTP/1.1\"");
    let date = text.split(' ').nth(1).unwrap();
    assert!(date.starts_with('[') && date.ends_with(']') && date.len() == "[22/Nov/2026:14:00:00.000]".len());
}

#[test]
fn a_log_format_writes_what_it_says() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let lines = format!(
        "    capture request header Host len 20
    capture request header X-None len 20
    log-format \"%HM|%HU|%HP|%HQ|%HV|%ST|%b|%s|%f|%ci|%fi|%tsc|%hr|%hs|%[capture.req.hdr(0),upper]|%{{+Q}}r|%U\"
    server s1 {}",
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    let request = "POST /p?q=1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(proxy.request("fe", request).status, 200);
    let wanted = "POST|/p?q=1|/p|?q=1|HTTP/1.1|200|fe|s1|fe|127.0.0.1|127.0.0.1|----|{a.test|}||A.TEST|\"POST /p?q=1 HTTP/1.1\"|";
    let line = log.line();
    assert!(line.starts_with(wanted), "{line}");
    let uploaded: usize = line[wanted.len()..].parse().unwrap();
    assert!(uploaded >= request.len(), "{line}");
}

#[test]
fn clf_is_what_web_servers_write() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let mut proxy =
        Proxy::logging(&log, &format!("    option httplog clf\n    server s1 {}", origin.address()));
    proxy.get("fe", "/x");
    let line = log.line();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(line.contains("] \"GET /x HTTP/1.1\" 200 "), "{line}");
    assert!(line.contains(" \"fe\" \"fe\" \"s1\" "), "{line}");
}

#[test]
fn rfc5424_has_its_header() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let mut proxy = Proxy::start(&format!(
        "{HTTP}    log {} format rfc5424 local3 info\n    option httplog\nlisten fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        log.address(),
        origin.address()
    ));
    proxy.get("fe", "/x");
    let line = log.datagram();
    // <PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG
    let fields: Vec<&str> = line.splitn(8, ' ').collect();
    assert_eq!(fields[0], "<158>1", "{line}");
    assert_eq!(fields[1].len(), "2026-11-22T14:00:00.000000+00:00".len(), "{line}");
    assert_eq!(&fields[3..7], ["haproxy", &proxy.pid().to_string(), "-", "-"], "{line}");
    assert!(fields[7].starts_with("127.0.0.1:"), "{line}");
}

#[test]
fn tcplog_has_its_fields() {
    let (origin, log) = (Origin::fixed("hello"), Syslog::start());
    let mut proxy = Proxy::start(&format!(
        "{TCP}    log {} local0\n    option tcplog\nlisten fe\n    bind \"fd@${{fe}}\"\n    server s1 {}\n",
        log.address(),
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send(GET);
    let response = client.response();
    client.half_close();
    client.expect_end();
    let line = log.line();
    let fields: Vec<&str> = line.split(' ').collect();
    assert_eq!(&fields[2..4], ["fe", "fe/s1"], "{line}");
    assert_eq!(fields[4].split('/').count(), 3, "{line}");
    assert_eq!(fields[5], (response.head.len() + response.body.len()).to_string(), "{line}");
    assert_eq!(fields[6..], ["--", "1/1/0/0/0", "0/0"], "{line}");
}

/// The levels that a target takes, and `option dontlog-normal`, `option log-separate-errors`.
#[test]
fn errors_are_told_from_normal_lines() {
    let (origin, log, refused) = (Origin::fixed("x"), Syslog::start(), RefusedPort::new());
    let text = format!(
        "    option dontlog-normal\n    use_backend bad if {{ path /bad }}\n    server s1 {}\nbackend bad\n    retries 0\n    server \
         s1 {}",
        origin.address(),
        refused.address()
    );
    let mut first = Proxy::logging(&log, &text);
    assert_eq!(first.get("fe", "/good").status, 200);
    assert_eq!(first.get("fe", "/bad").status, 503);
    assert!(log.line().contains("GET /bad "));
    let mut second =
        Proxy::logging(&log, &text.replace("option dontlog-normal", "option log-separate-errors"));
    assert_eq!(second.get("fe", "/bad").status, 503);
    assert!(log.datagram().starts_with("<131>"), "local0.err");
    assert_eq!(second.get("fe", "/good").status, 200);
    assert!(log.datagram().starts_with("<134>"), "local0.info");
}

/// A backend's name and what the client does decide the ending.
fn ending(lines: &str, play: impl FnOnce(&mut Proxy)) -> (String, i32) {
    let log = Syslog::start();
    let mut proxy = Proxy::logging(&log, lines);
    play(&mut proxy);
    let line = log.http();
    (line.ending, line.status)
}

fn ask(proxy: &mut Proxy) {
    let mut client = proxy.connect("fe");
    client.send(GET);
    client.rest_or_response();
}

#[test]
fn endings_that_the_proxy_decides() {
    let origin = Origin::fixed("x");
    let server = format!("    server s1 {}", origin.address());
    for (lines, wanted) in [
        ("    http-request deny", ("PR--", 403)),
        ("    http-request deny deny_status 429", ("PR--", 429)),
        ("    http-request tarpit\n    timeout tarpit 10ms", ("PT--", 500)),
        ("    http-response deny", ("PH--", 502)),
        ("    http-request return status 200", ("LR--", 200)),
        ("    http-request redirect location /x", ("LR--", 302)),
        ("    http-request auth unless { always_false }", ("LR--", 401)),
    ] {
        let (got, status) = ending(&format!("{lines}\n{server}"), ask);
        assert_eq!((got.as_str(), status), wanted, "{lines}");
    }
}

/// A server that ..., how it answers, and the ending with its status.
type Case = (&'static str, fn() -> Answer, (&'static str, i32));

#[test]
fn endings_that_the_server_decides() {
    let refused = RefusedPort::new();
    let answers: [Case; 6] = [
        ("closes without an answer", Answer::close, ("SH--", 502)),
        ("cuts without an answer", Answer::reset, ("SH--", 502)),
        ("answers nonsense", || Answer::raw("nonsense\r\n\r\n").then_close(), ("PH--", 502)),
        (
            "stops in the body",
            || Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").then_close(),
            ("SD--", 200),
        ),
        ("is silent", Answer::silence, ("sH--", 504)),
        (
            "is silent in the body",
            || Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").then_silence(),
            ("sD--", 200),
        ),
    ];
    for (name, answer, wanted) in answers {
        let origin = Origin::start(move |_| answer());
        let (got, status) =
            ending(&format!("    timeout server 300ms\n    server s1 {}", origin.address()), |proxy| {
                let mut client = proxy.connect("fe");
                client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                client.rest();
            });
        assert_eq!((got.as_str(), status), wanted, "a server that {name}");
    }
    let (got, status) = ending(&format!("    retries 0\n    server s1 {}", refused.address()), ask);
    assert_eq!((got.as_str(), status), ("SC--", 503));
    let (got, status) = ending("    balance roundrobin", ask);
    assert_eq!((got.as_str(), status), ("SC--", 503), "no server at all");
}

#[test]
fn endings_that_the_client_decides() {
    let (gate, origin) = (Gate::new(), Origin::start(|_| Answer::silence()));
    let silent = format!("    server s1 {}", origin.address());
    // Goes while the server thinks.
    let (got, _) = ending(&format!("    option abortonclose\n{silent}"), |proxy| {
        let mut client = proxy.connect("fe");
        client.send(GET);
        origin.wait_requests(1);
    });
    assert_eq!(got, "CH--");
    // Goes while the answer comes.
    let wait = gate.clone();
    let body = "x".repeat(1 << 20);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() * 8);
    let endless = Origin::start(move |_| {
        let mut answer = Answer::raw(&head).wait(&wait);
        for _ in 0..8 {
            answer = answer.send(&body);
        }
        answer
    });
    let (got, status) = ending(&format!("    server s1 {}", endless.address()), |proxy| {
        let mut client = proxy.connect("fe");
        client.send(GET);
        client.response_head();
        client.reset();
        gate.open();
    });
    assert_eq!((got.as_str(), status), ("CD--", 200));
    // Does not read the answer.
    let gate = Gate::new();
    gate.open();
    let (got, status) =
        ending(&format!("    timeout client 500ms\n    server s1 {}", endless.address()), |proxy| {
            let mut client = proxy.connect("fe");
            client.send(GET);
            client.response_head();
            let log_comes_while_the_client_stands = client;
            std::mem::forget(log_comes_while_the_client_stands);
        });
    assert_eq!((got.as_str(), status), ("cD--", 200));
    // Sends nonsense.
    let (got, status) = ending(&silent, |proxy| {
        let mut client = proxy.connect("fe");
        client.send("nonsense\r\n\r\n");
        assert_eq!(client.response().status, 400);
    });
    assert_eq!((got.as_str(), status), ("PR--", 400));
}

#[test]
fn logasap_writes_before_the_end() {
    let (gate, log) = (Gate::new(), Syslog::start());
    let wait = gate.clone();
    let origin = Origin::start(move |_| {
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").wait(&wait).send("abc")
    });
    let mut proxy = Proxy::logging(&log, &format!("    option logasap\n    server s1 {}", origin.address()));
    let mut client = proxy.connect("fe");
    client.send(GET);
    client.response_head();
    let line = log.line();
    assert!(line.contains(" 200 +"), "{line}");
    gate.open();
    client.expect("abc");
}

#[test]
fn a_unique_id_is_made_and_sent_on() {
    let (origin, log) = (Origin::fixed("x"), Syslog::start());
    let lines = format!(
        "    unique-id-format %{{+X}}o\\ %ci:%cp_%fi\n    unique-id-header X-Id\n    log-format %ID\n    server s1 {}",
        origin.address()
    );
    let mut proxy = Proxy::logging(&log, &lines);
    proxy.get("fe", "/");
    let line = log.line();
    assert!(line.starts_with("7F000001:"), "{line}");
    assert_eq!(origin.last().header("x-id"), Some(line.as_str()));
}
