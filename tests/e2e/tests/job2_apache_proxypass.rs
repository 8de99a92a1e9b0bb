//! Apache's ProxyPass, ProxyPassReverse, ProxyPassReverseCookieDomain and ProxyPassReverseCookiePath with the rules
//! on whole header lines that HAProxy had up to 2.0.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Request, is_reference, run};

/// The lines exactly as people type them, the blank within the bracket expression included.
const BACKEND: &str = r"
    http-request set-header Host bk.dom.com
    reqirep ^([^ :]*)\ /mirror/foo/(.*)     \1\ /\2
    acl hdr_location res.hdr(Location) -m found
    rspirep ^Location:\ (https?://bk.dom.com(:[0-9]+)?)?(/.*) Location:\ /mirror/foo\3 if hdr_location
    acl hdr_set_cookie_dom res.hdr(Set-cookie) -m sub Domain= bk.dom.com
    rspirep ^(Set-Cookie:.*)\ Domain=bk.dom.com(.*) \1\ Domain=dom.com\2 if hdr_set_cookie_dom
    acl hdr_set_cookie_path res.hdr(Set-cookie) -m sub Path=
    rspirep ^(Set-Cookie:.*)\ Path=(.*) \1\ Path=/mirror/foo\2 if hdr_set_cookie_path
";

fn configuration(myapp: &Origin, other: &Origin) -> String {
    format!(
        "{HTTP}
frontend fe
    bind \"fd@${{fe}}\"
    acl host_dom.com req.hdr(Host) dom.com
    acl path_mirror_foo path -m beg /mirror/foo/
    use_backend bk_myapp if host_dom.com path_mirror_foo
    default_backend bk_other
backend bk_other
    server other {}
backend bk_myapp
{BACKEND}
    server srv1 {}
",
        other.address(),
        myapp.address()
    )
}

fn answer(request: &Request) -> Answer {
    let headers: &[&str] = match request.target.as_str() {
        "/moved" => &["Location: http://bk.dom.com/new?x=1", "X-Other: Location: /untouched"],
        "/secure" => &["Location: https://bk.dom.com:8443/new"],
        "/relative" => &["location: /new"],
        "/elsewhere" => &["Location: http://www.example.org/"],
        "/cookies" => &[
            "Set-Cookie: a=1; Domain=bk.dom.com; Path=/",
            "Set-Cookie: b=2; Path=/sub; HttpOnly",
            "Set-Cookie: c=3",
            "set-cookie: d=4; Domain=other.org",
        ],
        _ => &[],
    };
    Answer::status(if headers.is_empty() { 200 } else { 302 }, headers, "body")
}

struct Mirror {
    proxy: Proxy,
    myapp: Origin,
    other: Origin,
}

fn mirror() -> Option<Mirror> {
    if is_reference() {
        return None;
    }
    let (myapp, other) = (Origin::start(answer), Origin::fixed("other"));
    let proxy = Proxy::start(&configuration(&myapp, &other));
    Some(Mirror { proxy, myapp, other })
}

impl Mirror {
    fn get(&mut self, target: &str) -> lockgate_e2e::Response {
        self.proxy
            .request("fe", &format!("GET {target} HTTP/1.1\r\nHost: dom.com\r\nX-Kept: /mirror/foo/\r\n\r\n"))
    }
}

#[test]
fn proxy_pass_rewrites_the_request_line_and_the_host() {
    let Some(mut mirror) = mirror() else { return };
    assert_eq!(mirror.get("/mirror/foo/index.html?q=%20").text(), "body");
    let request = mirror.myapp.last();
    assert_eq!(request.line(), "GET /index.html?q=%20 HTTP/1.1");
    assert_eq!(request.headers("host"), ["bk.dom.com"]);
    assert_eq!(request.header("x-kept"), Some("/mirror/foo/"));
    let post = "POST /mirror/foo/form HTTP/1.1\r\nHost: dom.com\r\nContent-Length: 4\r\n\r\na=b&";
    assert_eq!(mirror.proxy.request("fe", post).status, 200);
    let request = mirror.myapp.last();
    assert_eq!((request.line(), request.body.as_slice()), ("POST /form HTTP/1.1", &b"a=b&"[..]));
    assert!(mirror.other.requests().is_empty());
}

#[test]
fn other_hosts_and_paths_go_elsewhere_unchanged() {
    let Some(mut mirror) = mirror() else { return };
    assert_eq!(mirror.get("/mirror/bar/").text(), "other");
    let request = "GET /mirror/foo/x HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
    assert_eq!(mirror.proxy.request("fe", request).text(), "other");
    assert_eq!(mirror.other.last().line(), "GET /mirror/foo/x HTTP/1.1");
    assert_eq!(mirror.other.last().header("host"), Some("www.example.org"));
    assert!(mirror.myapp.requests().is_empty());
}

#[test]
fn proxy_pass_reverse_rewrites_location() {
    let Some(mut mirror) = mirror() else { return };
    for (target, location) in [
        ("/mirror/foo/moved", "/mirror/foo/new?x=1"),
        ("/mirror/foo/secure", "/mirror/foo/new"),
        ("/mirror/foo/relative", "/mirror/foo/new"),
        ("/mirror/foo/elsewhere", "http://www.example.org/"),
    ] {
        let response = mirror.get(target);
        assert_eq!((response.status, response.headers("location")), (302, vec![location]), "{target}");
    }
    assert_eq!(mirror.get("/mirror/foo/moved").header("x-other"), Some("Location: /untouched"));
}

#[test]
fn proxy_pass_reverse_cookies_rewrite_domain_and_path() {
    let Some(mut mirror) = mirror() else { return };
    let response = mirror.get("/mirror/foo/cookies");
    assert_eq!(
        response.headers("set-cookie"),
        [
            "a=1; Domain=dom.com; Path=/mirror/foo/",
            "b=2; Path=/mirror/foo/sub; HttpOnly",
            "c=3",
            "d=4; Domain=other.org",
        ]
    );
}

/// Every HAProxy refuses the torn bracket; here it is joined, and the warning shows the line as it should be.
#[test]
fn the_blank_in_the_bracket_is_joined_with_a_warning() {
    let Some(mirror) = mirror() else { return };
    let directory = tempfile::tempdir().unwrap();
    let text = configuration(&mirror.myapp, &mirror.other).replace("\"fd@${fe}\"", "127.0.0.1:8080");
    let line = 1 + text.lines().position(|line| line.contains("reqirep")).unwrap();
    std::fs::write(directory.path().join("a.cfg"), text).unwrap();
    let finished = run(&["-c", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("a.cfg:{line}")), "{}", finished.stderr);
    assert!(finished.stderr.contains(r"reqirep ^([^\ :]*)\ /mirror/foo/(.*) \1\ /\2"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("[ALERT]"), "{}", finished.stderr);
}
