//! HTTP/1 on the wire: framing both ways, what is refused, and what is passed on. RFC 9110, RFC 9112.

use lockgate_e2e::{Answer, Gate, HTTP, Origin, Peer, Proxy, Request};

fn proxy(origin: &Origin, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n{lines}\n    server s1 {}\n",
        origin.address()
    ))
}

/// Answers with the target and the body.
fn mirror(request: &Request) -> Answer {
    Answer::ok(&format!("{} {}", request.target, String::from_utf8_lossy(&request.body)))
}

#[test]
fn pipelined_requests_are_answered_in_turn() {
    let origin = Origin::start(mirror);
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    let mut requests = String::new();
    for index in 0..10 {
        requests.push_str(&format!("POST /{index} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nb{index}"));
    }
    client.send(requests);
    for index in 0..10 {
        assert_eq!(client.response().text(), format!("/{index} b{index}"));
    }
}

#[test]
fn a_chunked_request_keeps_its_body_and_trailers() {
    let origin = Origin::start(mirror);
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    let head = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    for byte in format!("{head}3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nX-Sum: 8\r\n\r\n").as_bytes().chunks(7) {
        client.send(byte);
    }
    assert_eq!(client.response().text(), "/c abcdefgh");
    let request = origin.last();
    assert_eq!(request.header("transfer-encoding"), Some("chunked"));
    assert_eq!(request.trailers.len(), 1);
    assert!(request.trailers[0].eq_ignore_ascii_case("X-Sum: 8"), "{:?}", request.trailers);
    // The connection is in step afterwards.
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "/next ");
}

#[test]
fn a_chunked_response_keeps_its_body_and_trailers() {
    let gate = Gate::new();
    let wait = gate.clone();
    let origin = Origin::start(move |_| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
        Answer::raw(format!("{head}3\r\nabc\r\n")).wait(&wait).send("2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // The first chunk is passed on before the second one comes.
    let got = client.until("abc\r\n");
    assert!(got.to_ascii_lowercase().contains("transfer-encoding: chunked"), "{got}");
    gate.open();
    let rest = client.until("\r\n\r\n");
    assert!(rest.contains("de\r\n0\r\n") && rest.to_ascii_lowercase().contains("x-sum: 5"), "{rest}");
    // The connection is in step afterwards.
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.text().as_str(), response.trailers.len()), ("abcde", 1));
}

/// A client of 1.0 keeps no connection unless it asks for it, whatever the server's framing.
#[test]
fn an_old_client_gets_everything_and_a_close() {
    let origin = Origin::start(|_| {
        Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().text(), "abcde");
    client.expect_close();
}

/// No length from the server: the end of the connection ends the body. To a client of 1.1 it goes on in chunks or
/// with a close.
#[test]
fn a_response_up_to_the_close_is_whole() {
    let origin = Origin::start(|_| Answer::raw("HTTP/1.1 200 OK\r\n\r\nall of it").then_close());
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "all of it");
}

#[test]
fn answers_to_head_have_no_body() {
    let origin = Origin::start(|request| match request.method.as_str() {
        "HEAD" => Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        _ => Answer::ok("x"),
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().header("content-length"), Some("1000"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "x");
}

#[test]
fn statuses_without_a_body_have_none() {
    for status in [204, 304] {
        let origin = Origin::start(move |request| {
            if request.target == "/next" {
                Answer::ok("x")
            } else {
                Answer::status(status, &["ETag: \"1\""], "")
            }
        });
        let mut proxy = proxy(&origin, "");
        let mut client = proxy.connect("fe");
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.response_head().status, status);
        client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.response().text(), "x");
    }
}

#[test]
fn interim_answers_are_passed_on() {
    let origin = Origin::start(|_| {
        Answer::raw("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n").then(Answer::ok("x"))
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_head().status, 103);
    assert_eq!(client.response().text(), "x");
}

/// The client waits for leave before it sends its body; the server gives it.
#[test]
fn expect_100_continue_is_the_servers_to_answer() {
    let origin = Origin::raw(|mut peer: Peer| {
        let mut request = peer.request_head();
        assert_eq!(request.header("expect"), Some("100-continue"));
        peer.send("HTTP/1.1 100 Continue\r\n\r\n");
        peer.read_body(&mut request);
        peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.body.len()));
        peer.send(request.body);
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.response_head().status, 100);
    client.send("body");
    assert_eq!(client.response().text(), "body");
}

/// A final answer before the request's body is whole reaches the client.
#[test]
fn an_early_answer_is_passed_on() {
    let origin = Origin::raw(|mut peer: Peer| {
        peer.request_head();
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        peer.rest();
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nonly the start");
    assert_eq!(client.response_head().status, 413);
}

#[test]
fn an_upgrade_turns_into_a_tunnel() {
    let origin = Origin::raw(|mut peer: Peer| {
        let request = peer.request_head();
        assert!(request.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")));
        assert!(request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello",
        );
        while peer.until(".") != "bye." {
            peer.send("again.");
        }
    });
    let mut proxy = proxy(&origin, "    timeout tunnel 10s");
    let mut client = proxy.connect("fe");
    client.send(
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: \
         13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert_eq!(client.response_head().status, 101);
    client.expect("hello");
    for _ in 0..3 {
        client.send("ping.");
        client.expect("again.");
    }
    client.send("bye.");
    client.expect_end();
}

#[test]
fn connect_turns_into_a_tunnel() {
    let origin = Origin::raw(|mut peer: Peer| {
        assert_eq!(peer.request_head().line(), "CONNECT db.test:5432 HTTP/1.1");
        peer.send("HTTP/1.1 200 Connected\r\n\r\n");
        let got = peer.until(".");
        peer.send(got);
    });
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send("CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n");
    assert_eq!(client.response_head().status, 200);
    client.send("raw bytes.");
    client.expect("raw bytes.");
}

/// What could mean two things, or nothing: refused with 400, and no server hears of it.
#[test]
fn bad_requests_are_refused() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "");
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\na",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET /\x07 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 extra\r\nHost: a\r\n\r\n",
        "GET / HTTP/9\r\nHost: a\r\n\r\n",
        "GET\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let mut client = proxy.connect("fe");
        client.send(request);
        assert_eq!(client.response().status, 400, "{request:?}");
        client.expect_end();
    }
    assert!(origin.requests().is_empty(), "{:?}", origin.requests());
}

#[test]
fn a_bad_chunk_ends_the_connection() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "");
    for body in ["zz\r\n", "3\r\nabcd\r\n", "-1\r\n", "3\nabc\r\n0\r\n\r\n", "11111111111111111\r\n"] {
        let mut client = proxy.connect("fe");
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
        let (rest, _) = client.rest();
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{body:?}: {rest}");
    }
    assert!(origin.requests().is_empty());
}

/// Content-Length beside Transfer-Encoding: the length is dropped and the connection closed after the answer.
#[test]
fn a_length_beside_chunks_does_not_count() {
    let origin = Origin::start(mirror);
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\nGET \
         /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert_eq!(client.response().text(), "/ abcde");
    client.expect_end();
    assert_eq!(origin.requests().len(), 1);
    assert_eq!(origin.last().header("content-length"), None);
}

#[test]
fn bad_responses_become_502() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        "SSH-2.0-server\r\n",
    ] {
        let origin = Origin::start(move |_| Answer::raw(answer).then_close());
        let mut proxy = proxy(&origin, "");
        assert_eq!(proxy.get("fe", "/").status, 502, "{answer:?}");
    }
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "");
    let mut client = proxy.connect("fe");
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n", "x".repeat(40_000));
    // The proxy may close before it has taken everything.
    let _ = client.try_send(head);
    assert!(matches!(client.response().status, 400 | 431), "a head of 40 kB");
    assert!(origin.requests().is_empty());
}

#[test]
fn megabytes_go_through_both_ways() {
    let origin = Origin::start(|request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Answer::ok(&body)
    });
    let mut proxy = proxy(&origin, "");
    let body: String =
        (0..1_000_000).map(|index| char::from(b'a' + u8::try_from(index % 23).unwrap())).collect();
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert!(proxy.request("fe", &request).text() == body);
    let mut chunked = String::from("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in body.as_bytes().chunks(7777) {
        chunked.push_str(&format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece)));
    }
    assert!(proxy.request("fe", &(chunked + "0\r\n\r\n")).text() == body);
}

/// Headers that belong to one connection do not travel.
#[test]
fn forwardfor_and_connection_headers() {
    let origin = Origin::fixed("x");
    let mut proxy = proxy(&origin, "    option forwardfor");
    proxy.request("fe", "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\nX-Other: kept\r\n\r\n");
    let request = origin.last();
    assert_eq!(request.headers("x-forwarded-for"), ["10.0.0.1", "127.0.0.1"]);
    assert_eq!(request.header("x-other"), Some("kept"));
}

/// Names keep their sender's case between two sides of HTTP/1, unless the configuration says otherwise.
#[test]
fn rules_change_heads_on_both_sides() {
    let origin = Origin::start(|_| Answer::status(200, &["X-Gone: 1", "X-Kept: 2"], "x"));
    let lines = "    http-request set-header X-New %[path]
    http-request del-header X-Old
    http-request set-path /new%[path]
    http-response del-header X-Gone
    http-response add-header X-Via lb
    http-response set-status 201 reason Made";
    let mut proxy = proxy(&origin, lines);
    let response = proxy.request("fe", "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Old: 1\r\n\r\n");
    assert_eq!((response.line(), response.header("x-gone")), ("HTTP/1.1 201 Made", None));
    assert_eq!((response.header("x-kept"), response.header("x-via")), (Some("2"), Some("lb")));
    let request = origin.last();
    assert_eq!((request.line(), request.header("x-new")), ("GET /new/a?b=c HTTP/1.1", Some("/a")));
    assert_eq!(request.header("x-old"), None);
}
