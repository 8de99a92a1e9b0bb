//! Offloading and bridging: what a site behind TLS needs at layer 7, and TLS again towards the servers, checked or
//! not. Manual, chapters 5.1 and 5.2 ("ssl", "verify", "sni", "verifyhost").

use std::path::PathBuf;

use lockgate_e2e::pki::{Authority, Subject};
use lockgate_e2e::{
    Answer, Fetched, HTTP, OpensslServer, Origin, Proxy, Response, Syslog, curl, is_reference, program,
};

const LOCATION: &str = "http://app.dom.com:80/a/rather/long/path?with=arguments";

/// Certificates of one authority: `front.pem` for www.dom.com, `app.pem` for app.dom.com.
struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        let authority = Authority::new("Example CA");
        site.write("ca.crt", authority.pem());
        site.write("other.crt", Authority::new("Other CA").pem());
        site.write("front.pem", authority.issue(&Subject::server(&["www.dom.com", "localhost"])).pem());
        site.write("app.pem", authority.issue(&Subject::server(&["app.dom.com", "*.apps.dom.com"])).pem());
        site.write("client.pem", authority.issue(&Subject::client("the proxy")).pem());
        let expired = Subject::server(&["app.dom.com"]).days(-10, -1);
        site.write("expired.pem", authority.issue(&expired).pem());
        site
    }

    fn write(&self, name: &str, text: String) {
        std::fs::write(self.directory.path().join(name), text).expect("the directory can be written");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The proxy under test in front of `server`, the words behind its name.
    fn front(&self, log: &Syslog, lines: &str, server: &str) -> Proxy {
        Proxy::start(&format!(
            "global
    crt-base {directory}
    ca-base {directory}
{HTTP}
    log {} local0
    option httplog
frontend fe
    bind \"fd@${{http}}\"
    bind \"fd@${{https}}\" ssl crt front.pem
    capture response header Location len 32
    capture response header Set-Cookie len 32
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
{lines}
    default_backend be
backend be
    {server}
",
            log.address(),
            directory = self.directory.path().display(),
        ))
    }

    fn fetch(&self, proxy: &Proxy, target: &str, arguments: &[&str]) -> Fetched {
        let words = [&["--cacert", "ca.crt"], arguments].concat();
        curl(proxy.address("https"), "www.dom.com", target, &words, self.directory.path())
    }

    fn get(&self, proxy: &Proxy, target: &str) -> Response {
        self.fetch(proxy, target, &[]).response()
    }

    /// Debian's HAProxy as a server that speaks TLS, in front of `origin`: it tells what it saw in headers.
    fn tls_server(&self, origin: &Origin, certificate: &str, options: &str) -> Proxy {
        let text = format!(
            "{HTTP}
frontend fe
    bind \"fd@${{tls}}\" ssl crt {} ca-file {} {options}
    http-request set-header X-SNI %[ssl_fc_sni]
    http-request set-header X-Resumed %[ssl_fc_is_resumed]
    http-request set-header X-Protocol %[ssl_fc_protocol]
    http-request set-header X-ALPN %[ssl_fc_alpn]
    http-request set-header X-Client %[ssl_c_s_dn(cn)]
    default_backend be
backend be
    server origin {}
",
            self.file(certificate).display(),
            self.file("ca.crt").display(),
            origin.address()
        );
        Proxy::builder(&text).program(program("haproxy")).start()
    }
}

#[test]
fn the_forwarded_protocol_and_location_follow_tls() {
    if is_reference() {
        return;
    }
    let (site, log) = (Site::new(), Syslog::start());
    let location = format!("Location: {LOCATION}");
    let origin = Origin::start(move |_| Answer::status(302, &[&location, "Set-Cookie: id=7; path=/"], ""));
    let rule = r"    rspirep ^Location:\ http://(.*):80(.*)  Location:\ https://\1:443\2 if { ssl_fc }";
    let mut proxy = site.front(&log, rule, &format!("server app {}", origin.address()));

    let response = site.get(&proxy, "/x");
    let secure = "https://app.dom.com:443/a/rather/long/path?with=arguments";
    assert_eq!(response.header("location"), Some(secure));
    assert_eq!(origin.last().headers("x-forwarded-proto"), ["https"]);
    let line = log.http();
    assert_eq!(line.frontend, "fe~");
    assert_eq!(line.rest, format!("{{{}|id=7; path=/}} \"GET /x HTTP/1.1\"", &LOCATION[..32]));

    let response = proxy.get("http", "/y");
    assert_eq!(response.header("location"), Some(LOCATION));
    assert_eq!(origin.last().headers("x-forwarded-proto"), ["http"]);
    assert_eq!(log.http().frontend, "fe");
}

/// Decrypted, looked at, and encrypted again: cookies choose the server.
#[test]
fn bridging_without_checking_the_server() {
    let (site, log) = (Site::new(), Syslog::start());
    let (one, two) = (Origin::fixed("one"), Origin::fixed("two"));
    let (first, second) = (site.tls_server(&one, "app.pem", ""), site.tls_server(&two, "expired.pem", ""));
    let servers = format!(
        "cookie SRV insert indirect nocache
    server app1 {} ssl verify none cookie a
    server app2 {} ssl verify none cookie b",
        first.address("tls"),
        second.address("tls")
    );
    let proxy = site.front(&log, "", &servers);
    for (cookie, body) in [("SRV=a", "one"), ("SRV=b", "two"), ("SRV=a", "one")] {
        assert_eq!(site.fetch(&proxy, "/", &["-b", cookie]).response().text(), body);
    }
    assert_eq!(two.last().header("x-protocol"), Some("TLSv1.3"));
    assert_eq!(two.last().header("x-forwarded-proto"), Some("https"));
    assert_eq!(log.http().server, "be/app1");
}

#[test]
fn a_large_body_goes_both_ways() {
    let (site, log) = (Site::new(), Syslog::start());
    let big: &'static str = Box::leak("0123456789abcdef".repeat(1 << 17).into_boxed_str());
    let origin = Origin::start(move |request| {
        assert_eq!(request.body.len(), if request.method == "POST" { big.len() } else { 0 });
        Answer::ok(big)
    });
    let server = site.tls_server(&origin, "app.pem", "");
    let proxy = site.front(&log, "", &format!("server app {} ssl verify none", server.address("tls")));
    site.write("body", big.to_owned());
    assert!(site.get(&proxy, "/").text() == big);
    let posted = site.fetch(&proxy, "/", &["--data-binary", "@body", "-H", "Expect:"]).response();
    assert!(posted.status == 200 && posted.text() == big);
}

#[test]
fn a_checked_server_has_the_name_that_is_asked_for() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    let server = site.tls_server(&origin, "app.pem", "");
    let address = server.address("tls");
    for (words, status) in [
        ("verify required ca-file ca.crt sni str(app.dom.com)", 200),
        ("verify required ca-file ca.crt sni str(x.apps.dom.com)", 200),
        ("verify required ca-file ca.crt sni str(x.y.apps.dom.com)", 503),
        ("verify required ca-file ca.crt sni str(wrong.dom.com)", 503),
        ("verify required ca-file other.crt sni str(app.dom.com)", 503),
        ("verify required ca-file ca.crt no-sni-auto verifyhost app.dom.com", 200),
        ("verify required ca-file ca.crt no-sni-auto verifyhost wrong.dom.com", 503),
        ("verify required ca-file ca.crt no-sni-auto", 200),
        // Where a name is sent, that one counts.
        ("verify required ca-file ca.crt sni str(app.dom.com) verifyhost wrong.dom.com", 200),
        ("verify required ca-file ca.crt sni req.hdr(X-Name)", 200),
    ] {
        let proxy = site.front(&log, "", &format!("server app {address} ssl {words}"));
        let response = site.fetch(&proxy, "/", &["-H", "X-Name: app.dom.com"]).response();
        assert_eq!(response.status, status, "{words}: {}", log.line());
        if status == 200 {
            let sni = origin.last().header("x-sni").unwrap_or_default().to_owned();
            assert_eq!(sni.is_empty(), words.contains("no-sni-auto"), "{words}: {sni}");
            assert_eq!(log.http().ending, "----");
        } else {
            let line = log.http();
            assert_eq!((line.server.as_str(), line.ending.as_str()), ("be/app", "SC--"), "{words}");
        }
    }
}

/// The name that is sent is the request's host, unless something else is said.
#[test]
fn the_hosts_name_is_sent_by_default() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    let server = site.tls_server(&origin, "app.pem", "");
    for (words, sni) in [
        ("", "www.dom.com"),
        ("no-sni-auto", ""),
        ("sni str(other.dom.com)", "other.dom.com"),
        ("sni req.hdr(X-None)", ""),
    ] {
        let line = format!("server app {} ssl verify none {words}", server.address("tls"));
        let proxy = site.front(&log, "", &line);
        assert_eq!(site.get(&proxy, "/").status, 200);
        assert_eq!(origin.last().header("x-sni"), Some(sni), "{words}");
    }
}

#[test]
fn an_expired_server_is_refused() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    let server = site.tls_server(&origin, "expired.pem", "");
    let words = "ssl verify required ca-file ca.crt sni str(app.dom.com)";
    let proxy = site.front(&log, "", &format!("server app {} {words}", server.address("tls")));
    assert_eq!(site.get(&proxy, "/").status, 503);
    assert_eq!(log.http().ending, "SC--");
    assert!(origin.requests().is_empty());
}

#[test]
fn the_proxy_shows_its_own_certificate() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    let server = site.tls_server(&origin, "app.pem", "verify required");
    for (words, status) in [("crt client.pem", 200), ("", 502)] {
        let line = format!("server app {} ssl verify none {words}", server.address("tls"));
        let proxy = site.front(&log, "", &line);
        let response = site.get(&proxy, "/");
        if status == 200 {
            assert_eq!((response.status, origin.last().header("x-client")), (200, Some("the proxy")));
        } else {
            assert!(matches!(response.status, 502 | 503), "{}", response.status);
        }
    }
}

/// A second connection to the same server resumes the first one's session, unless that is forbidden.
#[test]
fn sessions_with_servers_are_resumed() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    for versions in ["ssl-max-ver TLSv1.2", "ssl-min-ver TLSv1.3"] {
        let server = site.tls_server(&origin, "app.pem", versions);
        for (words, resumed) in [("", "1"), ("no-ssl-reuse", "0")] {
            let line = format!("server app {} ssl verify none {words}", server.address("tls"));
            let proxy = site.front(&log, "    option http-server-close", &line);
            let first = site.get(&proxy, "/").status;
            assert_eq!((first, origin.last().header("x-resumed")), (200, Some("0")));
            for _ in 0..3 {
                site.get(&proxy, "/");
            }
            assert_eq!(origin.last().header("x-resumed"), Some(resumed), "{versions} {words}");
        }
    }
}

#[test]
fn versions_towards_servers() {
    let (site, log) = (Site::new(), Syslog::start());
    let origin = Origin::fixed("hello");
    let server = site.tls_server(&origin, "app.pem", "");
    for (words, version) in [
        ("ssl-max-ver TLSv1.2", "TLSv1.2"),
        ("force-tlsv12", "TLSv1.2"),
        ("no-tlsv13", "TLSv1.2"),
        ("ssl-min-ver TLSv1.3", "TLSv1.3"),
        ("force-tlsv13", "TLSv1.3"),
    ] {
        let line = format!("server app {} ssl verify none {words}", server.address("tls"));
        let proxy = site.front(&log, "", &line);
        assert_eq!(site.get(&proxy, "/").status, 200, "{words}");
        assert_eq!(origin.last().header("x-protocol"), Some(version), "{words}");
    }
}

/// A server that does not speak TLS, one that ends in the handshake, one that never says a word.
#[test]
fn servers_that_fail_in_the_handshake() {
    let (site, log) = (Site::new(), Syslog::start());
    let plain = Origin::raw(|mut peer| {
        peer.send("HTTP/1.0 200 OK\r\n\r\nhello");
        let _ = peer.rest();
    });
    let closing = Origin::raw(drop);
    let silent = Origin::raw(|mut peer| {
        peer.rest();
    });
    for (origin, status, ending) in [(&plain, 503, "SC--"), (&closing, 503, "SC--"), (&silent, 503, "sC--")] {
        let line = format!(
            "retries 0\n    timeout connect 500ms\n    server app {} ssl verify none",
            origin.address()
        );
        let proxy = site.front(&log, "", &line);
        assert_eq!(site.get(&proxy, "/").status, status);
        assert_eq!(log.http().ending, ending);
    }
}

/// openssl's own server: what it says about the connection is the page.
#[test]
fn openssl_is_the_server() {
    let (site, log) = (Site::new(), Syslog::start());
    for (version, protocol) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let arguments = ["-cert", "app.pem", "-key", "app.pem", "-www", version];
        let server = OpensslServer::start(&arguments, site.directory.path());
        let words = "ssl verify required ca-file ca.crt sni str(app.dom.com)";
        let proxy = site.front(&log, "", &format!("server app {} {words}", server.address()));
        let response = site.get(&proxy, "/");
        assert_eq!(response.status, 200);
        assert!(response.text().contains(protocol), "{}", response.text());
    }
}
