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
