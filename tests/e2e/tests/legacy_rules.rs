//! The rules on whole header lines that HAProxy had up to 2.0, and other words that it removed: they work as they
//! did in 1.5. Manual of 1.5: chapter 4.2, `reqadd` to `rspirep`.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Response, is_reference};

/// What the server saw of a request, and what the client got of the answer.
struct Case {
    proxy: Proxy,
    origin: Origin,
}

/// `None` where the binary has no such rules.
fn case(lines: &str) -> Option<Case> {
    if is_reference() {
        return None;
    }
    let headers = ["Server: Apache", "Set-Cookie: a=1", "Set-Cookie: b=2", "Location: http://x/y"];
    let origin = Origin::start(move |_| Answer::status(200, &headers, "x"));
    let proxy = Proxy::start(&format!(
        "{HTTP}    timeout tarpit 200ms\nlisten fe\n    bind \"fd@${{fe}}\"\n{lines}\n    server s1 {}\n",
        origin.address()
    ));
    Some(Case { proxy, origin })
}

impl Case {
    fn get(&mut self) -> Response {
        self.proxy.request(
            "fe",
            "GET /static/a.png?x=1 HTTP/1.1\r\nHost: www.a.test\r\nX-One: 1\r\nx-one: 2\r\nCookie: c=d\r\n\r\n",
        )
    }
}

#[test]
fn reqrep_changes_the_request_line_and_headers() {
    let Some(mut case) = case(
        r"    reqrep ^([^\ ]*)\ /static/(.*) \1\ /\2
    reqirep ^host:\ www.(.*) Host:\ \1",
    ) else {
        return;
    };
    assert_eq!(case.get().status, 200);
    let request = case.origin.last();
    assert_eq!(request.line(), "GET /a.png?x=1 HTTP/1.1");
    assert_eq!(request.headers("host"), ["a.test"]);
}

#[test]
fn case_counts_without_the_i() {
    let Some(mut case) = case("    reqrep ^x-one:.* X-One:\\ new") else { return };
    case.get();
    assert_eq!(case.origin.last().headers("x-one"), ["1", "new"]);
}

#[test]
fn reqdel_and_reqadd() {
    let Some(mut case) =
        case("    reqidel ^x-one:\n    reqadd X-Proto:\\ SSL if TRUE\n    reqadd X-No:\\ 1 if FALSE")
    else {
        return;
    };
    case.get();
    let request = case.origin.last();
    assert!(request.headers("x-one").is_empty());
    assert_eq!(request.headers("x-proto"), ["SSL"]);
    assert!(request.headers("x-no").is_empty());
    assert!(request.head.ends_with("X-Proto: SSL\r\n\r\n"), "{}", request.head);
}

#[test]
fn reqdeny_and_reqallow_stop_at_the_first_match() {
    let Some(mut case) = case("    reqiallow ^x-vip:\n    reqideny ^host:\\ www\\.") else { return };
    assert_eq!(case.get().status, 403);
    assert!(case.origin.requests().is_empty());
    let allowed = "GET / HTTP/1.1\r\nHost: www.a.test\r\nX-Vip: 1\r\n\r\n";
    assert_eq!(case.proxy.request("fe", allowed).status, 200);
    let other = "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n";
    assert_eq!(case.proxy.request("fe", other).status, 200);
}

#[test]
fn reqtarpit_answers_late() {
    let Some(mut case) = case("    reqitarpit ^cookie:.*c=d") else { return };
    let started = std::time::Instant::now();
    assert_eq!(case.get().status, 500);
    assert!(started.elapsed() >= std::time::Duration::from_millis(190));
    assert!(case.origin.requests().is_empty());
}

#[test]
fn rsprep_changes_one_line_of_several() {
    let Some(mut case) = case("    rspirep ^set-cookie:\\ (a=.*) Set-Cookie:\\ \\1;\\ HttpOnly") else {
        return;
    };
    assert_eq!(case.get().headers("set-cookie"), ["a=1; HttpOnly", "b=2"]);
}

/// 2.0 spoils a rewritten status line; 1.5 is right.
#[test]
fn rsprep_changes_the_status_line() {
    let Some(mut case) = case("    rspirep ^HTTP/1\\.1\\ 200.* HTTP/1.1\\ 202\\ Taken") else { return };
    let response = case.get();
    assert_eq!((response.line(), response.text().as_str()), ("HTTP/1.1 202 Taken", "x"));
}

#[test]
fn rspdel_and_rspadd() {
    let Some(mut case) = case("    rspidel ^server:\n    rspadd X-Via:\\ proxy") else { return };
    let response = case.get();
    assert_eq!((response.header("server"), response.header("x-via")), (None, Some("proxy")));
    assert_eq!(response.headers("set-cookie"), ["a=1", "b=2"]);
}

#[test]
fn rspdeny_is_502() {
    let Some(mut case) = case("    rspideny ^set-cookie:\\ b") else { return };
    assert_eq!(case.get().status, 502);
}

#[test]
fn conditions_see_the_message() {
    let Some(mut case) = case(
        "    acl moved res.hdr(Location) -m found\n    rspadd X-Moved:\\ 1 if moved\n    rspadd X-Not:\\ 1 unless moved",
    ) else {
        return;
    };
    let response = case.get();
    assert_eq!((response.header("x-moved"), response.header("x-not")), (Some("1"), None));
}

#[test]
fn reqsetbe_chooses_a_backend() {
    if is_reference() {
        return;
    }
    let (first, second) = (Origin::fixed("one"), Origin::fixed("two"));
    let mut proxy = Proxy::start(&format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    reqisetbe ^[^\\ ]*\\ /two two\n    default_backend one\nbackend one\n    \
         server s {}\nbackend two\n    server s {}\n",
        first.address(),
        second.address()
    ));
    assert_eq!(proxy.get("fe", "/one").text(), "one");
    assert_eq!(proxy.get("fe", "/two").text(), "two");
}

/// Words of 1.3 and 1.4 in one configuration.
#[test]
fn the_old_words_still_work() {
    if is_reference() {
        return;
    }
    let (origin, refused) = (Origin::fixed("x"), lockgate_e2e::RefusedPort::new());
    let mut proxy = Proxy::start(&format!(
        "defaults
    mode http
    clitimeout 20000
    srvtimeout 20000
    contimeout 5000
    redispatch
    retries 1
    option forceclose
listen fe
    bind \"fd@${{fe}}\"
    acl bad path_beg /bad
    block if bad
    server gone {}
    server s1 {}
",
        refused.address(),
        origin.address()
    ));
    let mut client = proxy.connect("fe");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.text().as_str(), response.header("connection")), ("x", Some("close")));
    client.expect_close();
    assert_eq!(proxy.get("fe", "/bad").status, 403);
    assert_eq!(proxy.get("fe", "/").text(), "x");
}
