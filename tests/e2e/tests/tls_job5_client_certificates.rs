//! Client certificates in headers and in the log: `verify required` and `optional`, errors that are ignored, revoked
//! and expired certificates, with cookies and a queue beside it. Manual, chapters 5.1 and 7.3.4.

use std::path::Path;

use lockgate_e2e::pki::{Authority, Identity, Subject, one_line};
use lockgate_e2e::{
    Answer, DEADLINE, Fetched, Gate, HTTP, Origin, Proxy, ProxyBuilder, Syslog, curl, is_reference, run,
    s_client,
};

/// The log format as people type it: without quotes.
const LOG_FORMAT: &str = "%ci:%cp [%t] %ft %b/%s %Tq/%Tw/%Tc/%Tr/%Tt %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs {%[ssl_c_verify],%{+Q}[ssl_c_s_dn],%{+Q}[ssl_c_i_dn]} %{+Q}r";

const HEADERS: &str = "
    http-request set-header X-SSL                       %[ssl_fc]
    http-request set-header X-SSL-Client-Verify         %[ssl_c_verify]
    http-request set-header X-SSL-Client-DN             %{+Q}[ssl_c_s_dn]
    http-request set-header X-SSL-Client-CN             %{+Q}[ssl_c_s_dn(cn)]
    http-request set-header X-SSL-Issuer                %{+Q}[ssl_c_i_dn]
    http-request set-header X-SSL-Client-NotBefore      %{+Q}[ssl_c_notbefore]
    http-request set-header X-SSL-Client-NotAfter       %{+Q}[ssl_c_notafter]
";

const CA: &str = "Example CA";

struct Certificates {
    authority: Authority,
    server: Identity,
}

impl Certificates {
    fn new() -> Self {
        let authority = Authority::new(CA);
        let server = authority.issue(&Subject::server(&["localhost"]));
        Self { authority, server }
    }

    /// Puts what proxy and clients read beside the configuration.
    fn write(&self, builder: ProxyBuilder) -> ProxyBuilder {
        let client = |name: &str| self.authority.issue(&Subject::client(name)).pem();
        let expired = Subject::client("expired").days(-30, -1);
        let early = Subject::client("early").days(1, 30);
        let revoked = Subject::client("revoked").serial(7);
        builder
            .file("ca.crt", self.authority.pem())
            .file("server.pem", self.server.pem())
            .file("client1.pem", client("client1"))
            .file("client2.pem", client("client2"))
            .file("expired.pem", self.authority.issue(&expired).pem())
            .file("early.pem", self.authority.issue(&early).pem())
            .file("revoked.pem", self.authority.issue(&revoked).pem())
            .file("crl.pem", self.authority.revocations(&[7]))
    }

    fn start(&self, text: &str) -> Proxy {
        self.write(Proxy::builder(text)).start()
    }
}

/// `option` words behind `ca-file ./ca.crt`, and lines of the frontend.
fn configuration(log: &Syslog, origin: &Origin, options: &str, lines: &str) -> String {
    let format = if is_reference() { quoted(LOG_FORMAT) } else { LOG_FORMAT.to_owned() };
    format!(
        "{HTTP}    log {} local0
frontend ft
    bind \"fd@${{http}}\" name http
    bind \"fd@${{https}}\" name https ssl crt ./server.pem ca-file ./ca.crt {options}
    log-format {format}
{HEADERS}
{lines}
    default_backend bk
backend bk
    cookie SRVID insert nocache
    server server1 {} maxconn 1
",
        log.address(),
        origin.address()
    )
}

fn quoted(format: &str) -> String {
    format!("\"{}\"", format.replace('"', "\\\""))
}

fn fetch(proxy: &Proxy, arguments: &[&str]) -> Fetched {
    curl(proxy.address("https"), "localhost", "/", arguments, proxy.directory())
}

fn fetch_as(proxy: &Proxy, certificate: &str) -> Fetched {
    fetch(proxy, &["--cacert", "ca.crt", "--cert", certificate])
}

/// What openssl says of a certificate's dates, as HAProxy writes them: `130613144555Z`.
fn dates(directory: &Path, file: &str) -> [String; 2] {
    let words = ["x509", "-in", file, "-noout", "-dates", "-dateopt", "iso_8601"];
    let told = lockgate_e2e::run_program("openssl", &words, "", directory).stdout;
    let date = |key: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(key)).expect("both dates");
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        format!("{}Z", &digits[2..])
    };
    [date("notBefore="), date("notAfter=")]
}

#[test]
fn headers_tell_the_server_who_asks() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let mut proxy = certificates.start(&configuration(&log, &origin, "verify required", ""));
    let response = fetch_as(&proxy, "client1.pem").response();
    assert_eq!((response.status, response.text().as_str()), (200, "hello"));
    let request = origin.last();
    let (client1, ca) = (one_line("client1"), one_line(CA));
    let [not_before, not_after] = dates(proxy.directory(), "client1.pem");
    for (name, value) in [
        ("x-ssl", "1"),
        ("x-ssl-client-verify", "0"),
        ("x-ssl-client-dn", client1.as_str()),
        ("x-ssl-client-cn", "client1"),
        ("x-ssl-issuer", ca.as_str()),
        ("x-ssl-client-notbefore", not_before.as_str()),
        ("x-ssl-client-notafter", not_after.as_str()),
    ] {
        assert_eq!(request.headers(name), [value], "{name}");
    }
    fetch_as(&proxy, "client2.pem").response();
    assert_eq!(origin.last().header("x-ssl-client-cn"), Some("client2"));

    // Without TLS the same rules set what is known: nothing.
    proxy.get("http", "/plain");
    let request = origin.last();
    assert_eq!((request.header("x-ssl"), request.header("x-ssl-client-cn")), (Some("0"), Some("")));
}

#[test]
fn the_log_line_is_as_typed() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let lines =
        "    capture request header User-Agent len 8\n    capture response header Content-Length len 8";
    let mut proxy = certificates.start(&configuration(&log, &origin, "verify required", lines));
    fetch(&proxy, &["--cacert", "ca.crt", "--cert", "client1.pem", "-A", "somebody else"]).response();
    let datagram = log.datagram();
    // <134>Jun 13 18:09:49 localhost haproxy[32385]: , the host in the format of RFC 3164 by default left out.
    let (header, line) = datagram.split_once("]: ").expect("a header");
    assert!(header.starts_with("<134>") && header.contains(&format!(" haproxy[{}", proxy.pid())), "{header}");
    let fields: Vec<&str> = line.trim_end().splitn(4, ' ').collect();
    assert!(fields[0].starts_with("127.0.0.1:"), "{line}");
    assert!(fields[1].starts_with('[') && fields[1].ends_with(']'), "{line}");
    assert_eq!(fields[2], "ft~", "{line}");
    let rest: Vec<&str> = fields[3].split(' ').collect();
    assert_eq!(rest[0], "bk/server1");
    assert_eq!(rest[1].split('/').count(), 5, "{line}");
    assert_eq!(rest[2], "200");
    let who = format!("{{0,\"{}\",\"{}\"}} \"GET / HTTP/1.1\"", one_line("client1"), one_line(CA));
    assert!(line.contains(&format!(" - - --NI 1/1/0/0/0 0/0 {{somebody}} {{5}} {who}")), "{line}");

    proxy.get("http", "/plain");
    let line = log.line();
    assert!(line.contains(" ft bk/server1 "), "{line}");
    assert!(line.ends_with("{-,\"\",\"\"} \"GET /plain HTTP/1.1\""), "{line}");
}

/// The header with the host's name, as `log-send-hostname` asks for it.
#[test]
fn the_syslog_header_names_the_host() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let text = configuration(&log, &origin, "verify required", "");
    let proxy = certificates.start(&format!("global\n    log-send-hostname localhost\n{text}"));
    fetch_as(&proxy, "client1.pem").response();
    let datagram = log.datagram();
    let (header, _) = datagram.split_once("]: ").expect("a header");
    let words: Vec<&str> = header.split_whitespace().collect();
    assert_eq!(words.len(), 5, "{header}");
    assert_eq!((words[3], words[4]), ("localhost", format!("haproxy[{}", proxy.pid()).as_str()));
    assert_eq!(words[2].split(':').count(), 3, "{header}");
}

/// The line is taken although its blanks are not escaped, with a warning that shows how to write it.
#[test]
fn the_unquoted_format_is_warned_about() {
    if is_reference() {
        return;
    }
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed(""), Certificates::new());
    let text = configuration(&log, &origin, "verify required", "").replace("\"fd@${", "\"127.0.0.1:80");
    let text = text.replace("80http}", "8080").replace("80https}", "8081");
    let line = 1 + text.lines().position(|line| line.contains("log-format")).unwrap();
    let builder = certificates.write(Proxy::builder(""));
    std::fs::write(builder.directory().join("a.cfg"), text).unwrap();
    let finished = run(&["-c", "-f", "a.cfg"], &builder.directory());
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("a.cfg:{line}")), "{}", finished.stderr);
    assert!(finished.stderr.contains("WARNING"), "{}", finished.stderr);
}

#[test]
fn required_means_that_without_a_good_one_there_is_no_connection() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let text = configuration(&log, &origin, "crl-file ./crl.pem verify required", "");
    let proxy = certificates.start(&text);
    fetch(&proxy, &["--cacert", "ca.crt"]).expect_failure();
    for (certificate, told) in
        [("expired.pem", "expired"), ("revoked.pem", "revoked"), ("early.pem", "alert")]
    {
        let fetched = fetch_as(&proxy, certificate);
        fetched.expect_failure();
        assert!(fetched.errors.contains(told), "{certificate}: {}", fetched.errors);
    }
    // Someone else's authority.
    let foreign = Authority::new("Other CA").issue(&Subject::client("client1"));
    std::fs::write(proxy.directory().join("foreign.pem"), foreign.pem()).unwrap();
    let fetched = fetch_as(&proxy, "foreign.pem");
    fetched.expect_failure();
    assert!(fetched.errors.contains("unknown ca"), "{}", fetched.errors);
    // A certificate for servers does not make a client.
    std::fs::write(proxy.directory().join("purpose.pem"), certificates.server.pem()).unwrap();
    fetch_as(&proxy, "purpose.pem").expect_failure();
    assert!(origin.requests().is_empty());
    assert_eq!(fetch_as(&proxy, "client2.pem").response().status, 200);
}

/// The same in TLS 1.2, where the certificate comes before the handshake's end.
#[test]
fn required_in_tls_1_2() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let text = configuration(&log, &origin, "crl-file ./crl.pem verify required ssl-max-ver TLSv1.2", "");
    let proxy = certificates.start(&text);
    fetch(&proxy, &["--cacert", "ca.crt"]).expect_failure();
    for (certificate, told) in [("expired.pem", "expired"), ("revoked.pem", "revoked")] {
        fetch_as(&proxy, certificate).expect_failure();
        let words = ["-cert", certificate, "-key", certificate];
        let finished = s_client(proxy.address("https"), &words, "", proxy.directory());
        assert!(finished.stderr.contains(&format!("alert certificate {told}")), "{}", finished.stderr);
    }
    assert_eq!(fetch_as(&proxy, "client1.pem").response().status, 200);
    assert_eq!(origin.last().header("x-ssl-client-cn"), Some("client1"));
}

const OPTIONAL: &str = "    http-request set-header X-Used %[ssl_c_used]
    http-request set-header X-Err %[ssl_c_err]
    http-request set-header X-CA-Err %[ssl_c_ca_err],%[ssl_c_ca_err_depth]
    http-request deny deny_status 403 if { ssl_c_used } !{ ssl_c_verify 0 } { path /strict }";

#[test]
fn optional_lets_those_in_who_show_none() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let text = configuration(&log, &origin, "crl-file ./crl.pem verify optional", OPTIONAL);
    let proxy = certificates.start(&text);
    assert_eq!(fetch(&proxy, &["--cacert", "ca.crt"]).response().status, 200);
    let request = origin.last();
    assert_eq!((request.header("x-used"), request.header("x-ssl-client-dn")), (Some("0"), Some("")));
    assert_eq!(request.header("x-ssl-client-verify"), Some("0"));
    fetch_as(&proxy, "client1.pem").response();
    let request = origin.last();
    assert_eq!((request.header("x-used"), request.header("x-err")), (Some("1"), Some("0")));
    // Who shows one shows a good one.
    fetch_as(&proxy, "expired.pem").expect_failure();
    fetch_as(&proxy, "revoked.pem").expect_failure();
}

#[test]
fn ignored_errors_are_left_to_the_rules() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    for ignored in ["all", "X509_V_ERR_CERT_HAS_EXPIRED,X509_V_ERR_CERT_REVOKED", "10,23"] {
        let options = format!("crl-file ./crl.pem verify optional crt-ignore-err {ignored}");
        let proxy = certificates.start(&configuration(&log, &origin, &options, OPTIONAL));
        for (certificate, code, name) in [
            ("expired.pem", "10", "expired"),
            ("revoked.pem", "23", "revoked"),
            ("client1.pem", "0", "client1"),
        ] {
            assert_eq!(fetch_as(&proxy, certificate).response().status, 200, "{ignored} {certificate}");
            let request = origin.last();
            assert_eq!(request.header("x-ssl-client-verify"), Some(code), "{ignored} {certificate}");
            assert_eq!(request.header("x-err"), Some(code), "{ignored} {certificate}");
            assert_eq!(request.header("x-ssl-client-cn"), Some(name), "{ignored} {certificate}");
            assert_eq!(request.header("x-ca-err"), Some("0,0"), "{ignored} {certificate}");
            assert!(log.line().contains(&format!("{{{code},\"/C=FR/")), "{ignored} {certificate}");
        }
        let strict = |certificate| {
            let words = ["--cacert", "ca.crt", "--cert", certificate];
            curl(proxy.address("https"), "localhost", "/strict", &words, proxy.directory()).response().status
        };
        assert_eq!((strict("expired.pem"), strict("client1.pem")), (403, 200));
        log.line();
        log.line();
    }
    // Only what is named is ignored.
    let options = "crl-file ./crl.pem verify optional crt-ignore-err 10";
    let proxy = certificates.start(&configuration(&log, &origin, options, OPTIONAL));
    fetch_as(&proxy, "revoked.pem").expect_failure();
    assert_eq!(fetch_as(&proxy, "expired.pem").response().status, 200);
}

/// A client of somebody else's authority that shows its whole chain: 19, a self-signed certificate in it, at depth 1.
#[test]
fn a_foreign_chain_is_an_error_of_the_authority() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let foreign = Authority::new("Other CA");
    let client = foreign.issue(&Subject::client("stranger"));
    let options = "verify optional ca-ignore-err all";
    let builder = certificates.write(Proxy::builder(&configuration(&log, &origin, options, OPTIONAL)));
    let proxy = builder.file("foreign.pem", client.pem() + &foreign.pem()).start();
    assert_eq!(fetch_as(&proxy, "foreign.pem").response().status, 200);
    let request = origin.last();
    assert_eq!(request.header("x-ca-err"), Some("19,1"));
    assert_eq!(request.header("x-ssl-client-cn"), Some("stranger"));
    assert_eq!(request.header("x-ssl-client-verify"), Some("19"));
    assert_eq!(request.header("x-err"), Some("0"));
}

/// Without the chain the leaf itself cannot be verified: errors at depth 0, which are `crt-ignore-err`'s.
#[test]
fn a_foreign_certificate_alone_is_an_error_of_the_certificate() {
    let (log, origin, certificates) = (Syslog::start(), Origin::fixed("hello"), Certificates::new());
    let client = Authority::new("Other CA").issue(&Subject::client("stranger"));
    for (options, is_taken) in
        [("verify optional ca-ignore-err all", false), ("verify optional crt-ignore-err all", true)]
    {
        let builder = certificates.write(Proxy::builder(&configuration(&log, &origin, options, OPTIONAL)));
        let proxy = builder.file("foreign.pem", client.pem()).start();
        let fetched = fetch_as(&proxy, "foreign.pem");
        if !is_taken {
            fetched.expect_failure();
            continue;
        }
        assert_eq!(fetched.response().status, 200);
        let request = origin.last();
        assert_eq!(request.header("x-err"), Some("20"));
        assert_eq!(request.header("x-ssl-client-verify"), Some("21"));
        assert_eq!(request.header("x-ca-err"), Some("0,0"));
    }
}

/// The server has no cookie's value: nobody is sent to it by cookie, and a cookie that a client has is ended. `private`
/// is said only where a cache would have kept the answer.
#[test]
fn a_cookie_without_values_is_ended() {
    let (log, certificates) = (Syslog::start(), Certificates::new());
    let origin = Origin::start(|request| {
        let lines: &[&str] = if request.target == "/kept" { &["ETag: \"1\""] } else { &[] };
        Answer::status(200, lines, "hello")
    });
    let proxy = certificates.start(&configuration(&log, &origin, "verify required", ""));
    let ended = "SRVID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/";
    for (target, cookie, private) in
        [("/", "none=1", None), ("/", "SRVID=old", None), ("/kept", "SRVID=old", Some("private"))]
    {
        let words = ["--cacert", "ca.crt", "--cert", "client1.pem", "-b", cookie];
        let fetched = curl(proxy.address("https"), "localhost", target, &words, proxy.directory());
        let response = fetched.response();
        assert_eq!(response.headers("set-cookie"), [ended], "{target} {cookie}");
        assert_eq!(response.header("cache-control"), private, "{target} {cookie}");
    }
}

/// `maxconn 1`: the second client waits until the first one's answer is there, and its log line tells its place.
#[test]
fn a_queue_holds_the_rest() {
    let (log, certificates, gate) = (Syslog::start(), Certificates::new(), Gate::new());
    let held = gate.clone();
    let origin = Origin::start(move |request| match request.target.as_str() {
        "/slow" => Answer::after(&held).then(Answer::ok("slow")),
        _ => Answer::ok("fast"),
    });
    let text = configuration(&log, &origin, "verify required", "");
    let mut proxy = certificates.start(&format!("{text}{QUEUE}"));
    let (address, directory) = (proxy.address("https"), proxy.directory().to_owned());
    let mut first = proxy.connect("http");
    first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    origin.wait_requests(1);
    let second = std::thread::spawn(move || {
        let tls = ["--cacert", "ca.crt", "--cert", "client1.pem"];
        curl(address, "localhost", "/", &tls, &directory).response()
    });
    let started = std::time::Instant::now();
    while proxy.get("queue", "/").text() != "1" {
        assert!(started.elapsed() < DEADLINE, "nobody waits");
    }
    gate.open();
    assert_eq!(
        (first.response().text(), second.join().unwrap().text()),
        ("slow".to_owned(), "fast".to_owned())
    );
    // They end at the same time, so their lines come in any order; those of `queue` have no certificate either.
    let (mut line, mut waited) = (String::new(), String::new());
    while line.is_empty() || waited.is_empty() {
        let next = log.line();
        if next.contains("/slow ") {
            line = next;
        } else if next.contains("{0,\"") {
            waited = next;
        }
    }
    assert!(line.contains(" 0/0 "), "{line}");
    assert!(waited.contains(" 0/1 "), "{waited}");
}

/// Tells how many wait for the server.
const QUEUE: &str = "
frontend queue
    bind \"fd@${queue}\"
    http-request return status 200 content-type text/plain lf-string %[queue(bk)]
";
