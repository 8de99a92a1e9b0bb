//! `lockgate trace` foretells what happens. The same configuration is traced and run; the head that a real server gets, the
//! response that a real client gets, and the line that a real log gets are those that were foretold.

use std::net::SocketAddr;
use std::path::Path;

use lockgate_e2e::{Answer, HttpLog, Origin, Proxy, Syslog, curl, is_reference, run};
use serde_json::Value;

/// What goes to the server and back, whatever rules make of it.
struct Case {
    /// Method and target.
    line: &'static str,
    headers: &'static [&'static str],
    body: &'static str,
    /// Words for the trace alone.
    words: &'static [&'static str],
    /// The server's response.
    response: (u16, &'static [&'static str], &'static str),
}

const PLAIN: Case =
    Case { line: "GET /", headers: &[], body: "", words: &[], response: (200, &["X-Origin: yes"], "hello") };

/// Lines of many kinds: captures, ACLs of files, variables, maps, stick tables, rewriting, old rules, cookies, answers.
const CONFIG: &str = "global
    log LOG local0

defaults
    mode http
    log global
    option httplog
    balance roundrobin
    option forwardfor except 127.0.0.2 if-none
    timeout client 20s
    timeout server 20s
    timeout connect 5s
    timeout tarpit 100ms

frontend fe
    bind BIND
    capture request header User-Agent len 12
    capture response header X-Origin len 10
    capture cookie app len 20
    unique-id-format id-%[src]-%[req.hdr(host)]
    unique-id-header X-Unique
    monitor-uri /alive
    acl bots hdr_sub(user-agent) -i -f bots.txt
    acl local src 127.0.0.0/8
    tcp-request session set-var(sess.from) src
    tcp-request content track-sc0 src table seen
    http-request wait-for-body time 1s at-least 3 if METH_POST
    http-request set-var(txn.form) req.body_param(name),upper if METH_POST
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 50 }
    http-request deny if bots local
    http-request tarpit if { path /tar }
    http-request return status 200 content-type text/plain lf-string \"for %[src] %[path]\" if { path_beg /self }
    http-request redirect prefix https://www.test code 302 if { path_beg /old/ }
    http-request reject if { path /reject }
    http-request set-header X-Form %[var(txn.form)] if { var(txn.form) -m found }
    http-request set-header X-From %[var(sess.from)]
    http-request add-header X-Many b unless { hdr(x-many) -m found }
    http-request add-header X-Many c if { hdr(x-many) -m found }
    http-request replace-header Accept ^text/(.*)$ application/\\1
    http-request del-header X-Secret
    http-request set-log-level warning if { path_beg /warn }
    reqirep ^(X-Legacy:\\ )old \\1new
    reqadd X-Added:\\ yes
    use_backend %[req.hdr(host),lower,map(hosts.map)] if { hdr(host),lower,map(hosts.map) -m found }
    use_backend sticky if { path_beg /sticky } || { query -m beg s= }
    use_backend down if { path_beg /down }
    use_backend nobody if { path_beg /nobody }
    default_backend main
    http-after-response set-header X-After %[status]
    http-response set-header X-Frontend %[res.hdr(x-origin)]

backend seen
    stick-table type ip size 100 expire 1m store http_req_rate(10s)

backend main
    balance roundrobin
    http-request set-path /v1%[path] if { path_beg /api }
    http-response deny if { res.hdr(x-deny) -m found }
    http-response set-status 418 reason Teapot if { status 204 }
    http-response add-header X-Server %s
    rspidel ^X-Powered-By
    server m1 ORIGIN
    server m2 ORIGIN

backend mapped
    balance hdr(x-key)
    http-send-name-header X-Name
    compression algo gzip
    compression offload
    compression type text/
    http-response set-header X-Comp %[res.comp_algo]
    option http-server-close
    server p1 ORIGIN
    server p2 ORIGIN
    server p3 ORIGIN

backend sticky
    cookie SRV prefix
    stick-table type string size 100
    stick on req.cook(sid)
    use-server k3 if { path_end /third }
    server k1 ORIGIN cookie one
    server k2 ORIGIN cookie two
    server k3 ORIGIN cookie three disabled

backend inserted
    cookie WHO insert indirect nocache httponly
    http-request set-header X-Backend %[be_name]
    server i1 ORIGIN cookie one
    server i2 ORIGIN cookie two

backend down
    server d1 ORIGIN disabled

backend nobody
";

fn config(origin: SocketAddr, log: SocketAddr, bind: &str) -> String {
    CONFIG.replace("ORIGIN", &origin.to_string()).replace("LOG", &log.to_string()).replace("BIND", bind)
}

impl Case {
    /// The bytes that a client sends, and the words that ask a trace for the same.
    fn request(&self) -> (String, Vec<String>) {
        let (method, target) = self.line.split_once(' ').expect("a method and a target");
        let has_host = self.headers.iter().any(|header| header.starts_with("Host:"));
        let mut bytes = format!("{method} {target} HTTP/1.1\r\n");
        if !has_host {
            bytes.push_str("Host: other.test\r\n");
        }
        let mut words = vec![format!("{method} http://other.test{target}")];
        for header in self.headers {
            bytes.push_str(header);
            bytes.push_str("\r\n");
            words.extend(["-H".to_owned(), (*header).to_owned()]);
        }
        if !self.body.is_empty() {
            bytes.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
            words.extend(["--body".to_owned(), self.body.to_owned()]);
        }
        bytes.push_str("\r\n");
        bytes.push_str(self.body);
        let (status, headers, body) = self.response;
        words.extend(["--response".to_owned(), format!("HTTP/1.1 {status} Scripted")]);
        for header in headers {
            words.extend(["--response-header".to_owned(), (*header).to_owned()]);
        }
        if !body.is_empty() {
            words.extend(["--response-body".to_owned(), body.to_owned()]);
        }
        words.extend(self.words.iter().map(|word| (*word).to_owned()));
        (bytes, words)
    }
}

/// Asks for a trace of the configuration in `directory`.
fn trace(directory: &Path, words: &[String]) -> Value {
    let mut all = vec!["trace", "-f", "trace.cfg", "--format", "json"];
    all.extend(words.iter().map(String::as_str));
    let finished = run(&all, directory);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

fn text(value: &Value) -> &str {
    value["text"].as_str().unwrap_or_default()
}

/// A log line without what only a clock tells.
fn timeless(line: &str) -> HttpLog {
    let mut log = HttpLog::parse(line);
    log.line.clear();
    for time in &mut log.timers {
        *time = if *time < 0 { -1 } else { 0 };
    }
    log
}

/// Runs a case and its trace on a proxy of its own, and compares.
fn same(case: &Case) {
    let (status, headers, body) = case.response;
    let origin = Origin::start(move |_| Answer::status(status, headers, body));
    let log = Syslog::start();
    let mut proxy = Proxy::builder(&config(origin.address(), log.address(), "fd@${fe}"))
        .file("bots.txt", "badbot\nscraper\n")
        .file("hosts.map", "mapped.test mapped\ninserted.test inserted\nnowhere.test nowhere\n")
        .start();
    let bind = proxy.address("fe").to_string();
    let traced = config(origin.address(), log.address(), &bind);
    std::fs::write(proxy.directory().join("trace.cfg"), traced).expect("the directory can be written");
    let (bytes, mut words) = case.request();

    let mut client = proxy.connect("fe");
    words.extend(["--src".to_owned(), client.local_address().to_string()]);
    words.extend(["--dst".to_owned(), bind]);
    client.send(&bytes);
    let told = trace(proxy.directory(), &words);
    let title = format!("{} {:?}\n{told:#}", case.line, case.headers);

    if told["ending"] == "closed" {
        client.expect_end();
    } else {
        // What the server's body is like is not the trace's affair.
        let is_served = told["ending"] == "served";
        let response = if is_served { client.response_head() } else { client.response() };
        assert_eq!(u64::from(response.status), told["status"].as_u64().expect("a status"), "{title}");
        match told["ending"].as_str() {
            Some("answered") => {
                let sent = [response.head.as_bytes(), &response.body].concat();
                assert_eq!(String::from_utf8_lossy(&sent), text(&told["to_client"]), "{title}");
            }
            _ => assert_eq!(response.head, text(&told["to_client"]), "{title}"),
        }
    }
    drop(client);
    let line = log.line();
    assert_eq!(
        timeless(&line),
        timeless(told["log"]["message"].as_str().expect("a line")),
        "{line}\n{title}"
    );
    let requests = origin.requests();
    assert_eq!(
        requests.first().map(|request| request.head.as_str()),
        told["to_server"]["text"].as_str(),
        "{title}"
    );
    // The server that the log names is the one of the trace.
    let server = timeless(&line).server;
    let named = told["server"]["name"].as_str().unwrap_or("<NOSRV>");
    assert!(server.ends_with(&format!("/{named}")), "{server}: {title}");
}

#[test]
fn requests_reach_the_servers_that_were_foretold() {
    if is_reference() {
        return;
    }
    for case in [
        PLAIN,
        Case { line: "GET /api/x?y=1", headers: &["X-Secret: 1", "Accept: text/html"], ..PLAIN },
        Case {
            line: "HEAD /h",
            headers: &["X-Legacy: old", "X-Many: a", "User-Agent: long user agent"],
            response: (200, &["X-Origin: yes"], ""),
            ..PLAIN
        },
        Case { line: "POST /form", body: "name=bob&x=1", ..PLAIN },
        Case { headers: &["Host: Mapped.TEST", "X-Key: abc"], ..PLAIN },
        Case { headers: &["Host: mapped.test", "X-Key: abcd", "Connection: close"], ..PLAIN },
        Case { headers: &["Host: nowhere.test"], ..PLAIN },
        Case { line: "GET /warn", headers: &["Connection: keep-alive", "Keep-Alive: 5"], ..PLAIN },
        Case { line: "GET /up", headers: &["Connection: Upgrade, X-Hop", "Upgrade: x", "X-Hop: 1"], ..PLAIN },
    ] {
        same(&case);
    }
}

#[test]
fn cookies_and_stickiness_are_foretold() {
    if is_reference() {
        return;
    }
    let set: (u16, &[&str], &str) = (200, &["Set-Cookie: SRV=app; path=/", "Set-Cookie: app=1"], "hello");
    for case in [
        Case { line: "GET /sticky", headers: &["Cookie: SRV=two~app; app=2"], response: set, ..PLAIN },
        Case { line: "GET /sticky", headers: &["Cookie: SRV=three~x; sid=7"], response: set, ..PLAIN },
        Case { line: "GET /x?s=1", headers: &["Cookie: SRV=nobody"], ..PLAIN },
        Case { line: "GET /sticky/third", headers: &["Cookie: sid=9"], ..PLAIN },
        Case { headers: &["Host: inserted.test"], response: set, ..PLAIN },
        Case { headers: &["Host: inserted.test", "Cookie: WHO=two; a=b"], ..PLAIN },
        Case { headers: &["Host: inserted.test", "Cookie: a=b", "X-Forwarded-For: 1.1.1.1"], ..PLAIN },
    ] {
        same(&case);
    }
}

#[test]
fn answers_of_the_proxy_are_foretold() {
    if is_reference() {
        return;
    }
    for case in [
        Case { headers: &["User-Agent: my BadBot 1.0"], ..PLAIN },
        Case { line: "GET /tar", ..PLAIN },
        Case { line: "GET /self/x", ..PLAIN },
        Case { line: "POST /self/x", body: "longer than asked for", ..PLAIN },
        Case { line: "GET /old/x?y", headers: &["Connection: close"], ..PLAIN },
        Case { line: "GET /reject", ..PLAIN },
        Case { line: "GET /down", ..PLAIN },
        Case { line: "GET /nobody", ..PLAIN },
        Case { line: "GET /alive", ..PLAIN },
        Case { headers: &["Bad Name: x"], ..PLAIN },
    ] {
        same(&case);
    }
}

#[test]
fn rules_on_responses_are_foretold() {
    if is_reference() {
        return;
    }
    for case in [
        Case { response: (200, &["X-Deny: 1"], "no"), ..PLAIN },
        Case { response: (204, &["X-Powered-By: me", "X-Kept: 1"], ""), ..PLAIN },
        Case { response: (404, &["X-Origin: a longer value", "Connection: close"], "gone"), ..PLAIN },
        Case { line: "HEAD /", response: (200, &["ETag: \"x\""], ""), ..PLAIN },
        Case {
            headers: &["Host: mapped.test", "Accept-Encoding: gzip"],
            response: (
                200,
                &["Content-Type: text/plain", "ETag: \"x\"", "Vary: A"],
                "hello hello hello hello",
            ),
            ..PLAIN
        },
    ] {
        same(&case);
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_tcp_stream_is_foretold() {
    if is_reference() {
        return;
    }
    let origin = Origin::raw(|mut peer| {
        assert!(peer.until("\r\n").starts_with("PROXY TCP4 "));
        peer.expect("EHLO x\r\n");
        peer.send("220 hello\r\n");
        peer.rest();
    });
    let log = Syslog::start();
    let config = |bind: &str| {
        format!(
            "defaults
    mode tcp
    log {} local0
    option tcplog
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend fe
    bind {bind}
    tcp-request inspect-delay 5s
    tcp-request content set-var(txn.greeting) req.payload(0,4) if {{ req.len ge 4 }}
    tcp-request content reject if {{ req.payload(0,4) -m str HELO }}
    tcp-request content accept if {{ req.payload(0,4) -m str EHLO }}
    tcp-request content reject
    use_backend mail if {{ var(txn.greeting) -m beg EH }}
backend mail
    balance first
    tcp-response content reject if {{ res.payload(0,3) -m str 554 }}
    server s1 {} send-proxy
",
            log.address(),
            origin.address()
        )
    };
    let mut proxy = Proxy::start(&config("fd@${fe}"));
    let bind = proxy.address("fe");
    std::fs::write(proxy.directory().join("trace.cfg"), config(&bind.to_string())).unwrap();
    let mut client = proxy.connect("fe");
    let src = client.local_address().to_string();
    client.send("EHLO x\r\n");
    client.expect("220 hello\r\n");
    drop(client);
    let line = log.line();
    let url = format!("tcp://{bind}");
    let told = trace(
        proxy.directory(),
        &strings(&[&url, "--body", "EHLO x\r\n", "--src", &src, "--response", "220 hello\r\n"]),
    );
    let masked = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        // All but the date and the times.
        [&words[..1], &words[2..4], &words[5..]].concat()
    };
    assert_eq!(masked(&line), masked(told["log"]["message"].as_str().unwrap()), "{told:#}");
    assert_eq!(
        text(&told["preamble"]),
        format!("PROXY TCP4 127.0.0.1 127.0.0.1 {} {}\r\n", port(&src), bind.port())
    );
    assert_eq!((text(&told["to_server"]), text(&told["to_client"])), ("EHLO x\r\n", "220 hello\r\n"));
    let refused = trace(proxy.directory(), &strings(&[&url, "--body", "HELO x\r\n"]));
    assert_eq!((refused["ending"].as_str(), refused["termination"].as_str()), (Some("closed"), Some("PR--")));
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or_default()
}

const UNDER_TLS: &str = "defaults
    mode http
    log LOG local0
    option httplog
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend fe
    bind BIND ssl crt certs/server.pem
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-request set-header X-Tls \"%[ssl_fc_protocol] %[ssl_fc_sni] %[ssl_fc_has_sni] %sslv\"
    http-request redirect scheme https unless { ssl_fc }
    use_backend named if { ssl_fc_sni -i www.test }
backend named
    server s1 ORIGIN
";

#[test]
fn what_comes_under_tls_is_foretold() {
    if is_reference() {
        return;
    }
    let (origin, log) =
        (Origin::start(|_| Answer::status(200, &["X-Origin: yes"], "hello")), Syslog::start());
    let config =
        UNDER_TLS.replace("LOG", &log.address().to_string()).replace("ORIGIN", &origin.address().to_string());
    let builder = Proxy::builder(&config.replace("BIND", "\"fd@${fe}\""));
    let directory = builder.directory();
    assert_eq!(run(&["certs", "demo", "certs"], &directory).status.code(), Some(0));
    let proxy = builder.start();
    let bind = proxy.address("fe");
    std::fs::write(directory.join("trace.cfg"), config.replace("BIND", &bind.to_string())).unwrap();
    let words = ["-k", "-H", "User-Agent: u", "-H", "Accept: a"];
    let response = curl(bind, "www.test", "/x", &words, &directory).response();
    let line = log.http();
    let url = format!("https://www.test:{}/x", bind.port());
    let told = trace(
        &directory,
        &strings(&[
            &url,
            "-H",
            "User-Agent: u",
            "-H",
            "Accept: a",
            "--src",
            &line.client,
            "--response",
            "HTTP/1.1 200 Scripted",
            "--response-header",
            "X-Origin: yes",
            "--response-body",
            "hello",
        ]),
    );
    assert_eq!(told["notes"], Value::Array(Vec::new()));
    assert_eq!(text(&told["to_server"]), origin.last().head);
    assert!(origin.last().head.contains("X-Tls: TLSv1.3 www.test 1 TLSv1.3"), "{}", origin.last().head);
    assert_eq!(text(&told["to_client"]), response.head);
    assert_eq!(timeless(told["log"]["message"].as_str().unwrap()), timeless(&line.line));
}
