//! `http-request use-service prometheus-exporter`: every line is of the exposition format, figures grow, and the query string
//! chooses among them.

use std::collections::{BTreeMap, BTreeSet};

use lockgate_e2e::{HTTP, Origin, Proxy, Syslog};

/// A page of metrics, read strictly (Prometheus's text format, version 0.0.4).
#[derive(Default)]
struct Page {
    /// By name: `gauge` or `counter`.
    types: BTreeMap<String, String>,
    /// By name and labels, as written.
    samples: BTreeMap<String, f64>,
}

impl Page {
    /// Reads all lines; whatever is not exactly as it must be is an error.
    fn read(text: &str) -> Page {
        let mut page = Page::default();
        let mut current = String::new();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line has its end");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, meaning) = help.split_once(' ').unwrap_or_else(|| panic!("{line}"));
                let kind = lines
                    .next()
                    .and_then(|line| line.strip_prefix(&format!("# TYPE {name} ")).map(str::to_owned));
                let kind = kind.unwrap_or_else(|| panic!("a type behind {line}"));
                assert!(is_name(name) && !meaning.is_empty(), "{line}");
                assert!(matches!(kind.as_str(), "gauge" | "counter"), "{name}: {kind}");
                assert!(page.types.insert(name.to_owned(), kind).is_none(), "{name} stands in one group");
                current = name.to_owned();
                continue;
            }
            assert!(!line.starts_with('#'), "{line}");
            page.sample(line, &current);
        }
        page
    }

    fn sample(&mut self, line: &str, current: &str) {
        let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(&line[..end], current, "a sample stands below its heading");
        let mut rest = &line[end..];
        if rest.starts_with('{') {
            rest = labels(line, &rest[1..]);
        }
        let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
        let number: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(value == "NaN" || number.is_finite(), "{line}");
        let key = line[..line.len() - value.len() - 1].to_owned();
        assert!(self.samples.insert(key, number).is_none(), "twice: {line}");
    }

    fn get(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("{sample}"))
    }

    /// The scopes that have samples.
    fn scopes(&self) -> BTreeSet<&str> {
        self.types.keys().filter_map(|name| name.split('_').nth(1)).collect()
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Passes over labels and the brace behind them.
fn labels<'l>(line: &str, mut rest: &'l str) -> &'l str {
    let mut names = BTreeSet::new();
    loop {
        let (name, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        assert!(is_name(name) && names.insert(name), "{line}");
        let mut escaped = false;
        let end = behind.char_indices().find_map(|(at, letter)| {
            let is_end = !escaped && letter == '"';
            assert!(!escaped || matches!(letter, '\\' | '"' | 'n'), "{line}");
            escaped = !escaped && letter == '\\';
            is_end.then_some(at)
        });
        rest = &behind[end.unwrap_or_else(|| panic!("{line}")) + 1..];
        match rest.as_bytes().first() {
            Some(b',') => rest = &rest[1..],
            Some(b'}') => return &rest[1..],
            _ => panic!("{line}"),
        }
    }
}

fn start(origin: &Origin, more: &str) -> Proxy {
    let origin = origin.address();
    Proxy::start(&format!(
        "global\n    description \"one \\\"box\\\"\"\n{HTTP}\n    option socket-stats\n{more}\n\
         frontend stats\n    bind \"fd@${{stats}}\"\n    http-request use-service prometheus-exporter if {{ path /metrics }}\n\
         frontend fe\n    description \"the \\\"front\\\" \\\\ door\"\n    bind \"fd@${{fe}}\" name door\n    default_backend be\n\
         backend be\n    stick-table type ip size 10 store gpc0\n    server s1 {origin}\n    \
         server s2 127.0.0.1:1 disabled maxqueue 3\n"
    ))
}

fn scrape(proxy: &mut Proxy, query: &str) -> Page {
    let response = proxy.get("stats", &format!("/metrics{query}"));
    assert_eq!(response.line(), "HTTP/1.1 200 OK");
    assert_eq!(response.header("content-type"), Some("text/plain; version=0.0.4"));
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    Page::read(&response.text())
}

#[test]
fn figures_grow_between_two_scrapes() {
    let origin = Origin::fixed("hello");
    let mut proxy = start(&origin, "");
    let before = scrape(&mut proxy, "");
    for _ in 0..3 {
        assert_eq!(proxy.get("fe", "/").text(), "hello");
    }
    let after = scrape(&mut proxy, "?extra-counters");
    let ok = "haproxy_frontend_http_responses_total{proxy=\"fe\",code=\"2xx\"}";
    assert_eq!((before.get(ok), after.get(ok)), (0.0, 3.0));
    for grown in [
        "haproxy_process_requests_total",
        "haproxy_frontend_bytes_out_total{proxy=\"fe\"}",
        "haproxy_listener_sessions_total{proxy=\"fe\",listener=\"door\"}",
        "haproxy_backend_http_requests_total{proxy=\"be\"}",
        "haproxy_server_bytes_in_total{proxy=\"be\",server=\"s1\"}",
        "haproxy_frontend_intercepted_requests_total{proxy=\"stats\"}",
    ] {
        assert!(after.get(grown) > before.get(grown), "{grown}: {}, {}", before.get(grown), after.get(grown));
    }
    for (sample, kind) in &after.types {
        let falls = after.samples.keys().find(|key| {
            let is_of_it = key
                .strip_prefix(sample.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
            is_of_it && before.samples.get(*key).is_some_and(|was| after.samples[*key] < *was)
        });
        assert!(kind == "gauge" || falls.is_none(), "{falls:?}");
    }
    assert_eq!(after.get("haproxy_server_status{proxy=\"be\",server=\"s2\",state=\"MAINT\"}"), 1.0);
    assert_eq!(after.get("haproxy_sticktable_size{name=\"be\",type=\"ip\"}"), 10.0);
    assert!(after.get("haproxy_server_limit_sessions{proxy=\"be\",server=\"s1\"}").is_nan());
    assert!(after.types.keys().any(|name| name == "haproxy_frontend_h1_bytes_in"));
    assert!(!before.types.contains_key("haproxy_frontend_h1_bytes_in"));
}

#[test]
fn the_query_string_chooses() {
    let origin = Origin::fixed("hello");
    let mut proxy = start(&origin, "");
    assert_eq!(scrape(&mut proxy, "?scope=").samples.len(), 0);
    assert_eq!(Vec::from_iter(scrape(&mut proxy, "?scope=server").scopes()), ["server"]);
    let two = scrape(&mut proxy, "?scope=frontend&scope=sticktable");
    assert_eq!(Vec::from_iter(two.scopes()), ["frontend", "sticktable"]);
    let one = scrape(&mut proxy, "?metrics=haproxy_backend_status");
    assert_eq!(Vec::from_iter(one.types.keys()), ["haproxy_backend_status"]);
    let without = scrape(&mut proxy, "?scope=server&no-maint");
    assert!(!without.samples.keys().any(|sample| sample.contains("s2")));
    let described = scrape(&mut proxy, "?desc-labels");
    described.get("haproxy_frontend_current_sessions{proxy=\"fe\",desc=\"the \\\"front\\\" \\\\ door\"}");
    described.get("haproxy_process_jobs{desc=\"one \\\"box\\\"\"}");
    for bad in ["?scope", "?scope=nothing", "?%"] {
        let refused = proxy.get("stats", &format!("/metrics{bad}"));
        assert_eq!(refused.line(), "HTTP/1.1 400 Bad request", "{bad}");
    }
    assert_eq!(proxy.get("stats", "/other").line(), "HTTP/1.1 503 Service Unavailable");
}

#[test]
fn old_clients_heads_and_bodies() {
    let origin = Origin::fixed("hello");
    let log = Syslog::start();
    let mut proxy = start(&origin, &format!("    log {} local0\n    option httplog", log.address()));
    let mut peer = proxy.connect("stats");
    peer.send("HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    let head = peer.response_head();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/plain; version=0.0.4")));
    let line = log.http();
    assert_eq!((line.server.as_str(), line.ending.as_str(), line.status), ("stats/<PROMEX>", "LR--", 200));
    // The connection goes on behind a body that nobody asked for.
    peer.send("POST /metrics?scope= HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab");
    assert_eq!(peer.response().text(), "");
    peer.send("cde");
    peer.send("GET /metrics?scope=global HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(Vec::from_iter(Page::read(&peer.response().text()).scopes()), ["process"]);
    let old = proxy.request("stats", "GET /metrics?scope=backend HTTP/1.0\r\n\r\n");
    assert_eq!((old.header("transfer-encoding"), old.header("connection")), (None, Some("close")));
    assert_eq!(Vec::from_iter(Page::read(&old.text()).scopes()), ["backend"]);
}
