//! Answers that the proxy makes itself. Manual: `errorfile`, `http-errors`, `errorfiles`, `errorloc`,
//! `http-error`, `monitor-uri`, `http-request return`, `redirect`.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, run};

const PAGE: &str = "HTTP/1.0 503 Service Unavailable\r\nX-Page: ours\r\nContent-Length: 6\r\n\r\nsorry\n";

#[test]
fn an_errorfile_is_sent_as_it_is() {
    let mut proxy =
        Proxy::builder(&format!("{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    errorfile 503 503.http\n"))
            .file("503.http", PAGE)
            .start();
    let response = proxy.get("fe", "/");
    assert_eq!(
        (response.status, response.header("x-page"), response.text().as_str()),
        (503, Some("ours"), "sorry\n")
    );
}

#[test]
fn http_errors_sections_hold_pages() {
    let mut proxy = Proxy::builder(&format!(
        "http-errors site
    errorfile 503 503.http
    errorfile 403 403.http
{HTTP}listen fe
    bind \"fd@${{fe}}\"
    errorfiles site 503
    http-request deny errorfiles site if {{ path /denied }}
    http-request deny if {{ path /plain }}
"
    ))
    .file("503.http", PAGE)
    .file("403.http", "HTTP/1.1 403 Forbidden\r\nX-Page: denied\r\nContent-Length: 0\r\n\r\n")
    .start();
    assert_eq!(proxy.get("fe", "/").header("x-page"), Some("ours"));
    assert_eq!(proxy.get("fe", "/denied").header("x-page"), Some("denied"));
    let plain = proxy.get("fe", "/plain");
    assert_eq!((plain.status, plain.header("x-page")), (403, None));
}

#[test]
fn errorloc_sends_the_client_elsewhere() {
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    errorloc 503 http://sorry.test/503\n    errorloc303 403 http://sorry.test/403\n    http-request deny if {{ path /no }}\n"
    ));
    let response = proxy.get("fe", "/");
    assert_eq!((response.status, response.header("location")), (302, Some("http://sorry.test/503")));
    let response = proxy.get("fe", "/no");
    assert_eq!((response.status, response.header("location")), (303, Some("http://sorry.test/403")));
}

/// Told at start, with the file and the line.
#[test]
fn missing_and_malformed_errorfiles_stop_the_start() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("bad.http"), "this is not a response").unwrap();
    for name in ["missing.http", "bad.http"] {
        let text = format!("{HTTP}listen fe\n    bind 127.0.0.1:8080\n    errorfile 503 {name}\n");
        std::fs::write(directory.path().join("a.cfg"), &text).unwrap();
        let finished = run(&["-c", "-f", "a.cfg"], directory.path());
        assert_eq!(finished.status.code(), Some(1), "{name}: {}", finished.stderr);
        let line = text.lines().count();
        assert!(finished.stderr.contains(&format!("a.cfg:{line}")), "{}", finished.stderr);
        assert!(finished.stderr.contains(name), "{}", finished.stderr);
    }
}

#[test]
fn every_status_has_its_page() {
    for (status, reason) in [
        (400, "Bad request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Time-out"),
        (410, "Gone"),
        (429, "Too Many Requests"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Time-out"),
    ] {
        let mut proxy = Proxy::start(&format!(
            "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-request deny deny_status {status}\n"
        ));
        let response = proxy.get("fe", "/");
        assert_eq!(response.line(), format!("HTTP/1.1 {status} {reason}"));
        assert_eq!(response.header("content-type"), Some("text/html"));
        assert!(response.text().contains(&format!("<h1>{status} {reason}</h1>")), "{}", response.text());
    }
}

#[test]
fn monitor_uri_answers_without_a_server() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}frontend fe
    bind \"fd@${{fe}}\"
    monitor-uri /alive
    monitor fail if {{ nbsrv(dead) lt 1 }} {{ always_true }}
    default_backend be
frontend good
    bind \"fd@${{good}}\"
    monitor-uri /alive
    default_backend be
backend be
    server s1 {}
backend dead
",
        origin.address()
    ));
    assert_eq!(proxy.get("good", "/alive").status, 200);
    assert_eq!(proxy.get("fe", "/alive").status, 503);
    assert_eq!(proxy.get("fe", "/other").text(), "x");
    assert_eq!(origin.requests().len(), 1);
}

#[test]
fn return_makes_answers() {
    let mut proxy = Proxy::builder(&format!(
        "{HTTP}listen fe
    bind \"fd@${{fe}}\"
    http-request return status 200 content-type text/plain string hello hdr X-One %[path] if {{ path /string }}
    http-request return status 200 content-type text/plain lf-string \"%[src] %[path]\" if {{ path /format }}
    http-request return status 404 content-type text/css file a.css if {{ path /file }}
    http-request return status 204
"
    ))
    .file("a.css", "body {}")
    .start();
    let response = proxy.get("fe", "/string");
    assert_eq!((response.text().as_str(), response.header("x-one")), ("hello", Some("/string")));
    assert_eq!(proxy.get("fe", "/format").text(), "127.0.0.1 /format");
    let response = proxy.get("fe", "/file");
    assert_eq!((response.status, response.header("content-type")), (404, Some("text/css")));
    assert_eq!(response.text(), "body {}");
    assert_eq!(proxy.get("fe", "/").status, 204);
}

#[test]
fn redirects() {
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe
    bind \"fd@${{fe}}\"
    http-request redirect scheme https if {{ path /scheme }}
    http-request redirect prefix http://b.test code 301 if {{ path /prefix }}
    http-request redirect prefix / drop-query append-slash set-cookie SEEN=1 if {{ path /slash }}
    redirect location /old code 307 if {{ path /location }}
"
    ));
    for (target, status, location) in [
        ("/scheme?a=b", 302, "https://example.test/scheme?a=b"),
        ("/prefix?a=b", 301, "http://b.test/prefix?a=b"),
        ("/slash?a=b", 302, "/slash/"),
        ("/location", 307, "/old"),
    ] {
        let response = proxy.get("fe", target);
        assert_eq!((response.status, response.header("location")), (status, Some(location)), "{target}");
    }
    assert!(proxy.get("fe", "/slash").header("set-cookie").is_some_and(|value| value.starts_with("SEEN=1;")));
}

/// Rules behind every answer, the proxy's own included.
#[test]
fn after_response_rules_see_own_answers() {
    let origin = Origin::start(|_| Answer::ok("x"));
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-request deny if {{ path /no }}\n    http-after-response set-header X-After %[status]\n    server s1 {}\n",
        origin.address()
    ));
    assert_eq!(proxy.get("fe", "/no").header("x-after"), Some("403"));
    assert_eq!(proxy.get("fe", "/").header("x-after"), Some("200"));
}

#[test]
fn basic_authentication() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "userlist people\n    user ann insecure-password secret\n{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    http-request auth realm Here unless {{ http_auth(people) }}\n    server s1 {}\n",
        origin.address()
    ));
    let response = proxy.get("fe", "/");
    assert_eq!((response.status, response.header("www-authenticate")), (401, Some("Basic realm=\"Here\"")));
    let request = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YW5uOnNlY3JldA==\r\n\r\n";
    assert_eq!(proxy.request("fe", request).text(), "x");
    let request = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YW5uOndyb25n\r\n\r\n";
    assert_eq!(proxy.request("fe", request).status, 401);
}

/// What cannot be read as a request is answered below the rules.
#[test]
fn rules_on_responses_do_not_see_the_answer_to_nonsense() {
    let mut proxy = Proxy::start(&format!(
        "{HTTP}frontend fe\n    bind \"fd@${{fe}}\"\n    http-after-response set-header X-After yes\n    \
         http-request return status 200\n"
    ));
    assert_eq!(proxy.get("fe", "/").header("x-after"), Some("yes"));
    let response = proxy.request("fe", "\x02 / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!((response.status, response.header("x-after")), (400, None));
}
