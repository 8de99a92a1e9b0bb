//! Heads as peers send them, good and bad, and what becomes of them.

use super::*;
use crate::h1::{Limits, Parser, Progress};

fn parsed(role: Role, text: &str, leniency: Leniency) -> Head {
    let mut head = Head::new();
    let progress = Parser::new(role, leniency, Limits::default()).parse(text.as_bytes(), &mut head);
    assert_eq!(progress, Ok(Progress::Done { consumed: text.len() }), "{text:?}");
    head
}

fn request_as(line: &str, fields: &str, leniency: Leniency) -> (Result<Framing, ParseError>, Head) {
    let mut head = parsed(Role::Request, &format!("{line}\r\n{fields}\r\n"), leniency);
    (request_framing(&mut head, leniency), head)
}

fn request(line: &str, fields: &str) -> Result<Framing, ErrorKind> {
    request_as(line, fields, Leniency::Strict).0.map_err(|error| error.kind)
}

fn response_as(
    line: &str,
    fields: &str,
    method: Method,
    leniency: Leniency,
) -> (Result<Framing, ParseError>, Head) {
    let mut head = parsed(Role::Response, &format!("{line}\r\n{fields}\r\n"), leniency);
    (response_framing(&mut head, method, leniency), head)
}

fn response(line: &str, fields: &str) -> Result<Framing, ErrorKind> {
    response_as(line, fields, Method::Get, Leniency::Strict).0.map_err(|error| error.kind)
}

fn listed(head: &Head) -> String {
    let mut out = Vec::new();
    head.fields.write_to(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_line_for_logs_is_tidy() {
    let line = |line: &str, fields: &str| {
        let (result, head) = request_as(line, fields, Leniency::Strict);
        result.unwrap();
        String::from_utf8(head.original_start_line().unwrap().to_vec()).unwrap()
    };
    assert_eq!(line("GET /a?b HTTP/1.1", ""), "GET /a?b HTTP/1.1");
    assert_eq!(line("POST /1  HTTP/1.1", "A: b\r\n"), "POST /1 HTTP/1.1");
    assert_eq!(line("GET http://u:p@h:80/c HTTP/1.1", "Host: h:80\r\n"), "GET http://u:p@h/c HTTP/1.1");
    assert_eq!(line("GET https://h:80/c HTTP/1.1", "Host: h:80\r\n"), "GET https://h:80/c HTTP/1.1");
}

#[test]
fn request_bodies() {
    let body = |line: &str, fields: &str| request(line, fields).map(|framing| framing.body);
    let post = "POST / HTTP/1.1";
    assert_eq!(body(post, ""), Ok(BodyLength::None));
    assert_eq!(body(post, "Content-Length: 5\r\n"), Ok(BodyLength::Length(5)));
    assert_eq!(body(post, "Content-Length: 5\r\nContent-Length: 5\r\n"), Ok(BodyLength::Length(5)));
    assert_eq!(body(post, "Transfer-Encoding: chunked\r\n"), Ok(BodyLength::Chunked));
    assert_eq!(body("GET / HTTP/1.1", "Content-Length: 5\r\n"), Ok(BodyLength::Length(5)));
    assert_eq!(body("CONNECT h:1 HTTP/1.1", "Content-Length: 5\r\n"), Ok(BodyLength::None));
    for (fields, kind) in [
        ("Content-Length: 5\r\nContent-Length: 6\r\n", ErrorKind::ContentLength),
        ("Content-Length: 5,6\r\n", ErrorKind::ContentLength),
        ("Content-Length:\r\n", ErrorKind::ContentLength),
        ("Content-Length: 0,\r\n", ErrorKind::ContentLength),
        ("Content-Length: -0\r\n", ErrorKind::ContentLength),
        ("Transfer-Encoding: chunked, chunked\r\n", ErrorKind::TransferEncoding),
        ("Transfer-Encoding: chunked, gzip, chunked\r\n", ErrorKind::TransferEncoding),
        ("Transfer-Encoding: chunked, gzip\r\n", ErrorKind::TransferEncoding),
        ("Transfer-Encoding: gzip\r\n", ErrorKind::TransferEncoding),
        ("Transfer-Encoding:\r\n", ErrorKind::TransferEncoding),
        ("Transfer-Encoding: gzip, chunked\r\n", ErrorKind::UnknownTransferCoding),
    ] {
        assert_eq!(body(post, fields), Err(kind), "{fields:?}");
    }
}

#[test]
fn transfer_encoding_wins_over_content_length_and_closes() {
    let fields = "Content-Length: 31\r\nTransfer-Encoding: chunked\r\nHost: h\r\n";
    let (framing, head) = request_as("POST / HTTP/1.1", fields, Leniency::Strict);
    let framing = framing.unwrap();
    assert_eq!((framing.body, framing.connection), (BodyLength::Chunked, Connection::Close));
    assert_eq!(listed(&head), "Transfer-Encoding: chunked\r\nHost: h\r\n");
    let old = request("POST / HTTP/1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n").unwrap();
    assert_eq!((old.body, old.connection), (BodyLength::Chunked, Connection::Close));
    let policy =
        FramingPolicy { transfer_encoding_close: TransferEncodingClose::Keep, ..FramingPolicy::default() };
    let mut head = parsed(Role::Request, &format!("POST / HTTP/1.1\r\n{fields}\r\n"), Leniency::Strict);
    assert_eq!(request_framing(&mut head, policy).unwrap().connection, Connection::KeepAlive);
}

#[test]
fn old_requests_without_payload() {
    for method in ["GET", "HEAD", "DELETE"] {
        let line = format!("{method} / HTTP/1.0");
        assert_eq!(request(&line, "Content-Length: 1\r\n"), Err(ErrorKind::PayloadForbidden));
        assert_eq!(request(&line, "Transfer-Encoding: chunked\r\n"), Err(ErrorKind::PayloadForbidden));
        assert!(request(&line, "Content-Length: 0\r\n").is_ok());
    }
    assert!(request("POST / HTTP/1.0", "Content-Length: 1\r\n").is_ok());
    let mut head = parsed(Role::Request, "GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\n", Leniency::Strict);
    let policy = FramingPolicy { payload_methods: PayloadMethods::Any, ..FramingPolicy::default() };
    assert!(request_framing(&mut head, policy).is_ok());
}

#[test]
fn request_connections() {
    let connection = |line: &str, fields: &str| request(line, fields).unwrap().connection;
    assert_eq!(connection("GET / HTTP/1.1", ""), Connection::KeepAlive);
    assert_eq!(connection("GET / HTTP/1.1", "Connection: Close\r\n"), Connection::Close);
    assert_eq!(connection("GET / HTTP/1.0", ""), Connection::Close);
    assert_eq!(connection("GET / HTTP/1.0", "Connection: keep-alive\r\n"), Connection::KeepAlive);
    assert_eq!(connection("GET / HTTP/2.0", ""), Connection::KeepAlive);
    let (_, head) =
        request_as("GET / HTTP/1.1", "Connection: close, X\r\nKeep-Alive: 5\r\n", Leniency::Strict);
    assert_eq!(listed(&head), "Connection: X\r\nKeep-Alive: 5\r\n");
}

#[test]
fn hosts() {
    let host = |fields: &str| request("GET / HTTP/1.1", fields).map(|_| ());
    assert_eq!(host(""), Ok(()));
    assert_eq!(host("Host:\r\n"), Ok(()));
    assert_eq!(host("Host: a\r\nHost: A\r\n"), Ok(()));
    assert_eq!(host("Host: a\r\nHost: b\r\n"), Err(ErrorKind::Host));
    for bad in ["a b", "a,b", "a/b", "u@h", "a#b", "[::1"] {
        assert_eq!(host(&format!("Host: {bad}\r\n")), Err(ErrorKind::Host), "{bad}");
    }
    let fields = "Host: a\r\nX: y\r\nhost: a\r\n";
    assert_eq!(listed(&request_as("GET / HTTP/1.1", fields, Leniency::Strict).1), "Host: a\r\nX: y\r\n");
    assert_eq!(
        request_as("GET / HTTP/1.1", "Host: a b\r\n", Leniency::AcceptUnsafe).0.unwrap_err().kind,
        ErrorKind::Host
    );
}

#[test]
fn targets_by_method() {
    let target = |line: &str| request(line, "").map(|_| ());
    for good in [
        "OPTIONS * HTTP/1.1",
        "OPTIONS / HTTP/1.1",
        "OPTIONS http://h HTTP/1.1",
        "CONNECT h:80 HTTP/1.1",
        "FOO * HTTP/1.1",
        "GET http://h/ HTTP/1.1",
    ] {
        assert_eq!(target(good), Ok(()), "{good}");
    }
    for bad in [
        "OPTIONS */test HTTP/1.1",
        "GET * HTTP/1.1",
        "CONNECT h HTTP/1.1",
        "CONNECT h: HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT http://h:80 HTTP/1.1",
        "GET h:80 HTTP/1.1",
        "GET admin HTTP/1.1",
        "GET admin/a/b HTTP/1.1",
        "GET http://a,b/ HTTP/1.1",
    ] {
        assert_eq!(target(bad), Err(ErrorKind::Target), "{bad}");
    }
    assert_eq!(target("PRI * HTTP/2.0"), Err(ErrorKind::Method));
}

#[test]
fn hosts_and_absolute_targets_agree_or_not() {
    // target, Host, and what both become
    let table = [
        ("http://u:p@hostname:80/c1", "hostname:80", Some(("http://u:p@hostname/c1", "hostname"))),
        ("http://hostname:8080/c2", "hostname:8080", Some(("http://hostname:8080/c2", "hostname:8080"))),
        ("https://hostname:443/c3", "hostname:443", Some(("https://hostname/c3", "hostname"))),
        ("https://hostname:80/c4", "hostname:80", Some(("https://hostname:80/c4", "hostname:80"))),
        ("http://hostname:80/c20", "hostname", Some(("http://hostname/c20", "hostname"))),
        ("http://hostname/c22", "hostname:80", Some(("http://hostname/c22", "hostname:80"))),
        ("http://hostname:/c24", "hostname", Some(("http://hostname/c24", "hostname"))),
        ("http://hostname/c26", "hostname:", Some(("http://hostname/c26", "hostname:"))),
        ("http://hostname:80/c28", "hostname:", Some(("http://hostname/c28", "hostname"))),
        ("https://hostname:/c31", "hostname:443", Some(("https://hostname/c31", "hostname"))),
        ("http://:", ":80", Some(("http:///", ""))),
        ("http://hostname", "hostname", Some(("http://hostname/", "hostname"))),
        ("http://hostname:81", "hostname:81", Some(("http://hostname:81/", "hostname:81"))),
        ("http://hostname?a=b", "hostname", Some(("http://hostname?a=b", "hostname"))),
        ("http://hostname:80?c=d", "hostname:80", Some(("http://hostname?c=d", "hostname"))),
        ("http://HOSTNAME/", "hostname", Some(("http://HOSTNAME/", "hostname"))),
        ("http://hostname1/", "hostname2", None),
        ("http://hostname:80/", "hostname:81", None),
        ("http://hostname:8080/", "hostname", None),
        ("http://hostname/", "hostname:81", None),
        ("http://hostname/", "", None),
    ];
    for (uri, host, want) in table {
        let (framing, head) =
            request_as(&format!("GET {uri} HTTP/1.1"), &format!("Host: {host}\r\n"), Leniency::Strict);
        match want {
            None => assert_eq!(framing.unwrap_err().kind, ErrorKind::HostMismatch, "{uri} {host}"),
            Some((uri_after, host_after)) => {
                assert!(framing.is_ok(), "{uri} {host}");
                assert_eq!(head.uri(), uri_after.as_bytes(), "{uri} {host}");
                assert_eq!(head.fields.get(b"host"), Some(host_after.as_bytes()), "{uri} {host}");
            }
        }
    }
    let (lenient, _) = request_as("GET http://a/ HTTP/1.1", "Host: b\r\n", Leniency::AcceptUnsafe);
    assert!(lenient.is_ok());
    let (two, _) = request_as("GET http://a/ HTTP/1.1", "Host: a:80\r\nHost: a\r\n", Leniency::Strict);
    assert_eq!(two.unwrap_err().kind, ErrorKind::Host);
}

#[test]
fn hosts_and_connect_targets_agree_or_not() {
    let table = [
        ("hostname:80", "hostname:80", Ok("hostname")),
        ("hostname:80", "hostname", Ok("hostname")),
        ("hostname:80", "hostname:", Ok("hostname:")),
        ("hostname:443", "hostname:443", Ok("hostname")),
        ("hostname:8443", "hostname:8443", Ok("hostname:8443")),
        ("hostname", "hostname", Err(ErrorKind::Target)),
        ("hostname1:80", "hostname2:80", Err(ErrorKind::HostMismatch)),
        ("hostname:80", "hostname:443", Err(ErrorKind::HostMismatch)),
        ("hostname:8080", "hostname", Err(ErrorKind::HostMismatch)),
    ];
    for (uri, host, want) in table {
        let line = format!("CONNECT {uri} HTTP/1.1");
        let (framing, head) = request_as(&line, &format!("Host: {host}\r\n"), Leniency::Strict);
        let found = framing.map(|_| head.fields.get(b"host").unwrap()).map_err(|error| error.kind);
        assert_eq!(found, want.map(str::as_bytes), "{uri} {host}");
    }
    assert!(request_as("CONNECT a HTTP/1.1", "Host: b\r\n", Leniency::AcceptUnsafe).0.is_ok());
}

#[test]
fn upgrades_need_both_fields() {
    let (framing, head) =
        request_as("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: foo, h2c\r\n", Leniency::Strict);
    assert_eq!(framing.unwrap().upgrade, Upgrade::Other);
    assert_eq!(listed(&head), "Connection: Upgrade\r\nUpgrade: foo\r\n");
    for fields in [
        "Upgrade: foo\r\n",
        "Connection: upgrade\r\n",
        "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n",
    ] {
        let (framing, head) = request_as("GET / HTTP/1.1", fields, Leniency::Strict);
        let framing = framing.unwrap();
        assert_eq!((framing.upgrade, framing.tokens.upgrade), (Upgrade::None, false), "{fields:?}");
        assert!(!head.fields.iter().any(|(name, _)| name != b"HTTP2-Settings"), "{fields:?}");
    }
    let socket = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    assert_eq!(request("GET / HTTP/1.1", socket), Err(ErrorKind::WebSocketKey));
    let with_key = format!("{socket}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    assert_eq!(request("GET / HTTP/1.1", &with_key).unwrap().upgrade, Upgrade::WebSocket);
    assert!(request_as("GET / HTTP/1.1", socket, Leniency::AcceptUnsafe).0.is_ok());
    assert_eq!(response("HTTP/1.1 101 S", socket), Err(ErrorKind::WebSocketKey));
    let accepted = response("HTTP/1.1 101 S", &format!("{socket}Sec-WebSocket-Accept: x\r\n")).unwrap();
    assert_eq!((accepted.upgrade, accepted.connection), (Upgrade::WebSocket, Connection::Tunnel));
    assert_eq!(response("HTTP/1.1 200 OK", socket).unwrap().upgrade, Upgrade::None);
}

#[test]
fn expectations() {
    let expects = |line: &str, fields: &str| request(line, fields).unwrap().expect_continue;
    let fields = "Expect: 100-Continue\r\nContent-Length: 1\r\n";
    assert!(expects("POST / HTTP/1.1", fields));
    assert!(!expects("POST / HTTP/1.0", fields));
    assert!(!expects("POST / HTTP/1.1", "Expect: 100-continue\r\n"));
    assert!(!expects("POST / HTTP/1.1", "Expect: other\r\nContent-Length: 1\r\n"));
}

#[test]
fn response_bodies() {
    let body = |line: &str, fields: &str| response(line, fields).map(|framing| framing.body);
    let ok = "HTTP/1.1 200 OK";
    assert_eq!(body(ok, ""), Ok(BodyLength::UntilClose));
    assert_eq!(body(ok, "Content-Length: 0\r\n"), Ok(BodyLength::Length(0)));
    assert_eq!(body(ok, "Transfer-Encoding: chunked\r\n"), Ok(BodyLength::Chunked));
    assert_eq!(body(ok, "Transfer-Encoding: gzip\r\n"), Err(ErrorKind::UnknownTransferCoding));
    assert_eq!(body(ok, "Transfer-Encoding: chunked, chunked\r\n"), Err(ErrorKind::TransferEncoding));
    for line in ["HTTP/1.1 204 N", "HTTP/1.1 304 N", "HTTP/1.1 100 C", "HTTP/1.1 103 E"] {
        assert_eq!(body(line, "Content-Length: 5\r\n"), Ok(BodyLength::None), "{line}");
    }
    let (head_answer, head) = response_as(ok, "Content-Length: 5\r\n", Method::Head, Leniency::Strict);
    assert_eq!(head_answer.unwrap().body, BodyLength::None);
    assert_eq!(listed(&head), "Content-Length: 5\r\n");
    let (_, head) = response_as("HTTP/1.1 204 N", "Content-Length: 5\r\n", Method::Get, Leniency::Strict);
    assert_eq!(listed(&head), "");
}

#[test]
fn response_connections() {
    let connection = |line: &str, fields: &str| response(line, fields).unwrap().connection;
    assert_eq!(connection("HTTP/1.1 200 OK", ""), Connection::Close);
    assert_eq!(connection("HTTP/1.1 200 OK", "Content-Length: 0\r\n"), Connection::KeepAlive);
    assert_eq!(
        connection("HTTP/1.1 200 OK", "Content-Length: 0\r\nConnection: close\r\n"),
        Connection::Close
    );
    assert_eq!(connection("HTTP/1.0 200 OK", "Content-Length: 0\r\n"), Connection::Close);
    let kept = "Content-Length: 0\r\nConnection: keep-alive\r\n";
    assert_eq!(connection("HTTP/1.0 200 OK", kept), Connection::KeepAlive);
    assert_eq!(connection("HTTP/1.1 304 N", ""), Connection::KeepAlive);
    let (both, head) = response_as(
        "HTTP/1.1 200 OK",
        "Transfer-Encoding: chunked\r\nContent-Length: 30\r\n",
        Method::Get,
        Leniency::Strict,
    );
    assert_eq!(both.unwrap().connection, Connection::Close);
    assert_eq!(listed(&head), "Transfer-Encoding: chunked\r\n");
    let (connect, head) =
        response_as("HTTP/1.1 200 OK", "Content-Length: 3\r\n", Method::Connect, Leniency::Strict);
    assert_eq!((connect.unwrap().connection, listed(&head).as_str()), (Connection::Tunnel, ""));
    let (refused, _) =
        response_as("HTTP/1.1 403 No", "Content-Length: 3\r\n", Method::Connect, Leniency::Strict);
    assert_eq!(refused.unwrap().body, BodyLength::Length(3));
}

#[test]
fn leniency_is_not_passed_on() {
    let (framing, head) = response_as(
        "HTTP/1.1 200 OK",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: Chunked\r\n",
        Method::Get,
        Leniency::AcceptUnsafe,
    );
    assert_eq!(framing.unwrap().body, BodyLength::Chunked);
    assert_eq!(listed(&head), "Transfer-Encoding: chunked\r\n");
}
