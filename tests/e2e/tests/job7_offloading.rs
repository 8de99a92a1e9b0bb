//! What a site behind TLS offloading needs at layer 7, seen without TLS: captures of the server's headers in the
//! log, X-Forwarded-Proto, and Location with its scheme and port changed.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Syslog, is_reference};

const LOCATION: &str = "http://app.dom.com:80/a/rather/long/path?with=arguments";

fn origin() -> Origin {
    let location = format!("Location: {LOCATION}");
    Origin::start(move |_| Answer::status(302, &[&location, "Set-Cookie: id=7; path=/"], ""))
}

fn proxy(origin: &Origin, log: &Syslog, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}
    log {} local0
    option httplog
frontend fe
    bind \"fd@${{fe}}\"
    capture response header Location len 32
    capture response header Set-Cookie len 32
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
{lines}
    default_backend be
backend be
    server app {}
",
        log.address(),
        origin.address()
    ))
}

#[test]
fn captures_stand_in_braces_cut_at_their_length() {
    let (origin, log) = (origin(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "");
    assert_eq!(proxy.get("fe", "/x").header("location"), Some(LOCATION));
    let line = log.http();
    let wanted = format!("{{{}|id=7; path=/}} \"GET /x HTTP/1.1\"", &LOCATION[..32]);
    assert_eq!(line.rest, wanted);
}

#[test]
fn the_forwarded_protocol_is_set_whatever_the_client_says() {
    let (origin, log) = (origin(), Syslog::start());
    let mut proxy = proxy(&origin, &log, "");
    proxy.request(
        "fe",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nx-forwarded-proto: b\r\n\r\n",
    );
    assert_eq!(origin.last().headers("x-forwarded-proto"), ["http"]);
}

/// The value in the log is the server's, the client gets the rewritten one.
#[test]
fn location_is_rewritten_and_the_log_has_the_servers() {
    if is_reference() {
        return;
    }
    let (origin, log) = (origin(), Syslog::start());
    let line = r"    rspirep ^Location:\ http://(.*):80(.*)  Location:\ https://\1:443\2 if !{ ssl_fc }";
    let mut proxy = proxy(&origin, &log, line);
    let response = proxy.get("fe", "/x");
    assert_eq!(
        response.header("location"),
        Some("https://app.dom.com:443/a/rather/long/path?with=arguments")
    );
    assert!(log.http().rest.starts_with(&format!("{{{}|", &LOCATION[..32])));
}

#[test]
fn without_tls_the_rule_for_tls_does_nothing() {
    if is_reference() {
        return;
    }
    let (origin, log) = (origin(), Syslog::start());
    let line = r"    rspirep ^Location:\ http://(.*):80(.*)  Location:\ https://\1:443\2 if { ssl_fc }";
    let mut proxy = proxy(&origin, &log, line);
    assert_eq!(proxy.get("fe", "/x").header("location"), Some(LOCATION));
}
