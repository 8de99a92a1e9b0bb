//! `lockgate upgrade`: the configuration that it writes does the same as the old one. Both run side by side, get the
//! same requests, and what their servers and their clients received is compared byte by byte.

use std::fs;
use std::path::Path;

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, is_reference, run};

/// The upgraded text, and what was told on the way.
fn upgraded(old: &str) -> (String, String) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("old.cfg"), old).expect("a file");
    let finished = run(&["upgrade", "-f", "old.cfg", "-o", "new.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout, "");
    let new = fs::read_to_string(directory.path().join("new.cfg")).expect("a file");
    (new, finished.stderr)
}

const REQUESTS: &[&str] = &[
    "GET /mirror/foo/a?x=1 HTTP/1.1\r\nHost: www.a.test\r\nCookie: a=b\r\nX-One: 1\r\nX-One: 2\r\n\r\n",
    "GET /Mirror/Foo/a HTTP/1.1\r\nHost: WWW.b.test\r\n\r\n",
    "POST /exact/7 HTTP/1.1\r\nHost: c.test\r\nContent-Length: 2\r\n\r\nhi",
    "GET /exact/7x HTTP/1.1\r\nHost: c.test\r\nReferer: /mirror/foo/\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d.test\r\nUser-Agent: BadBot/1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d.test\r\nCookie: is=evil\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: d.test\r\n\r\n",
    "GET /spa%20ce HTTP/1.0\r\n\r\n",
];

/// What the clients and the server saw of all requests.
fn exchanges(text: &str) -> Vec<String> {
    let headers = [
        "Server: Apache",
        "Set-Cookie: appsession=1",
        "Set-Cookie: other=2",
        "Location: http://in.test:80/a",
        "Via: x",
    ];
    let origin = Origin::start(move |_| Answer::status(200, &headers, "x"));
    let text = text.replace("ORIGIN", &origin.address().to_string());
    let mut proxy = Proxy::start(&text);
    let mut seen = Vec::new();
    for request in REQUESTS {
        let before = origin.requests().len();
        let response = proxy.request("fe", request);
        let head: Vec<&str> = response.head.lines().filter(|line| !line.starts_with("date:")).collect();
        seen.push(format!("{}\n{}", head.join("\n"), response.text()));
        seen.extend(origin.requests().drain(before..).map(|request| request.head));
    }
    seen
}

/// Runs old and new, and compares; every line must have been rewritten.
fn compare(lines: &str) -> Vec<String> {
    let old = format!(
        "{HTTP}    timeout tarpit 50ms\n    redispatch\nfrontend fe \"fd@${{fe}}\"\n{lines}\n    default_backend be\n\
         backend be\n    option forceclose\n    server s1 ORIGIN\n"
    );
    let (new, told) = upgraded(&old);
    assert!(!told.contains(" kept: "), "{told}");
    for word in ["req", "rsp", "block", "redispatch", "forceclose", "fe \"fd@"] {
        let is_left = new.lines().any(|line| {
            let line = line.trim_start();
            line.starts_with(word) && !line.starts_with("req.") || line.starts_with("frontend fe \"")
        });
        assert!(!is_left, "{word} is left in\n{new}");
    }
    let (before, after) = (exchanges(&old), exchanges(&new));
    assert_eq!(before, after, "\n{old}\n{new}");
    before
}

#[test]
fn rules_on_header_lines() {
    if is_reference() {
        return;
    }
    let seen = compare(
        r"    acl blocked hdr(host) blocked.test
    acl plain path_beg /exact
    block if blocked
    reqirep ^([^ :]*)\ /mirror/foo/(.*)     \1\ /\2
    reqrep ^([^\ :]*)\ /exact/([0-9]+)\ (.*) \1\ /n?is=\2\ \3
    reqirep ^Host:\ www\.(.*) Host:\ \1 if !plain
    reqidel ^X-One:
    reqideny ^User-Agent:\ bad
    reqitarpit ^Cookie:.*evil
    reqadd X-Proto:\ 100%\ sure if !plain
    rspidel ^Server:
    rspirep ^Set-Cookie:\ (appsession.*)   Set-Cookie:\ \1;\ HttpOnly
    rspirep ^Location:\ http://(.*):80(.*)  Location:\ https://\1:443\2 unless blocked
    rspadd X-Via:\ proxy",
    );
    let all = seen.join("\n");
    // The rules did something, in both.
    for what in [
        "GET /a?x=1 HTTP/1.1",
        "POST /n?is=7 HTTP/1.1",
        "X-Proto: 100% sure",
        "Host: a.test",
        "403 Forbidden",
        "appsession=1; HttpOnly",
        "https://in.test:443/a",
    ] {
        assert!(all.contains(what), "{what} is missing in\n{all}");
    }
    assert!(!all.contains("Apache") && !all.contains("X-One"), "{all}");
}

#[test]
fn requests_of_health_checks() {
    if is_reference() {
        return;
    }
    let first_check = |text: &str| {
        let origin = Origin::fixed("up");
        let _proxy = Proxy::start(&text.replace("ORIGIN", &origin.address().to_string()));
        origin.wait_requests(1)[0].head.clone()
    };
    let old = format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    \
         option httpchk GET /alive HTTP/1.1\\r\\nHost:\\ www.test\\r\\nX-A:\\ 5%\n    server s1 ORIGIN check inter 100ms\n"
    );
    let (new, told) = upgraded(&old);
    assert!(told.contains("-> option httpchk / http-check send meth GET uri /alive ver HTTP/1.1"), "{told}");
    assert_eq!(first_check(&old), first_check(&new));
}

#[test]
fn every_change_is_told_and_what_stays_with_its_reason() {
    if is_reference() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let old = "defaults\n  clitimeout 10s # of clients\n  appsession A len 5\n";
    fs::write(directory.path().join("a.cfg"), old).expect("a file");
    let finished = run(&["upgrade", "-f", "a.cfg"], directory.path());
    assert_eq!(finished.status.code(), Some(0));
    assert_eq!(finished.stdout, "defaults\n  timeout client 10s # of clients\n  appsession A len 5\n");
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(lines[0], "a.cfg:2: clitimeout 10s -> timeout client 10s");
    assert!(lines[1].starts_with("a.cfg:3: appsession A len 5: kept: "), "{}", lines[1]);
    wrong_usage(&["upgrade"], directory.path(), 2);
    wrong_usage(&["upgrade", "-f"], directory.path(), 2);
    wrong_usage(&["upgrade", "-f", "none.cfg"], directory.path(), 1);
}

fn wrong_usage(arguments: &[&str], directory: &Path, code: i32) {
    assert_eq!(run(arguments, directory).status.code(), Some(code), "{arguments:?}");
}
