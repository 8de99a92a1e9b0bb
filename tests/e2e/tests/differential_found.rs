//! What the comparison with HAProxy has found, each as a test that needs no HAProxy.

use lockgate_e2e::{HTTP, Origin, Proxy};

/// The body of a request that a rule refuses is never taken for the next request, whatever was uploaded before.
#[test]
fn a_refused_body_is_no_request() {
    let origin = Origin::fixed("ok");
    let text = format!(
        "global\n nbthread 1\n{HTTP}
frontend fe
    bind \"fd@${{fe}}\"
    http-request deny if {{ path /denied }}
    default_backend be
backend be
    server s {}\n",
        origin.address()
    );
    let mut proxy = Proxy::start(&text);
    let upload = proxy.request("fe", "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(upload.status, 200);
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let denied = |length: usize| {
        format!("POST /denied HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{hidden}")
    };
    // A body that is there is passed over.
    let mut client = proxy.connect("fe");
    client.send(denied(hidden.len()));
    assert_eq!(client.response().status, 403);
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    // One that is not is not waited for.
    let mut client = proxy.connect("fe");
    client.send(denied(hidden.len() + 10));
    assert_eq!(client.response().status, 403);
    client.expect_end();
    let seen: Vec<String> = origin.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(seen, ["/up", "/next"]);
}

/// What the kernel tells of a connection is there from its first rules on: `fc_saved_syn` with `tcp-ss`, `fc_rtt`.
#[test]
fn the_kernel_is_asked_at_the_beginning() {
    let text = format!(
        "global\n nbthread 1\n{HTTP}
frontend fe
    bind 127.0.0.1:${{port}} tcp-ss 1
    tcp-request connection set-var(sess.syn) fc_saved_syn,ip.ver
    tcp-request connection set-var(sess.rtt) fc_rtt(us)
    http-request return status 200 hdr X-Syn \"%[var(sess.syn)]\" hdr X-Rtt \"%[var(sess.rtt),bool]\"\n"
    );
    let port = lockgate_e2e::listener().local_addr().unwrap().port();
    let _proxy = Proxy::start(&text.replace("${port}", &port.to_string()));
    let address: std::net::SocketAddr = ([127, 0, 0, 1], port).into();
    let started = std::time::Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(started.elapsed() < lockgate_e2e::DEADLINE, "nobody listens");
        std::thread::yield_now();
    }
    let mut client = lockgate_e2e::Peer::connect(address);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.header("x-syn"), response.header("x-rtt")), (Some("4"), Some("1")));
}
