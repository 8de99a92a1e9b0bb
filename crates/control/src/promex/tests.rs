//! The figures as Prometheus reads them: names, types, labels and scopes.

use std::collections::BTreeSet;

use engine::service::Left;

use super::dump::Dump;
use super::selection::Selection;
use super::{METRICS, Scope, entries};
use crate::command::Producer;
use crate::testing::Lab;

/// Tests that run at once must not listen on the same.
fn lab(of: &str) -> Lab {
    let socket = format!("abns@lockgate-promex-{of}-{}", std::process::id());
    Lab::new(&format!(
        "global\n  description a \"b\"\ndefaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  \
         timeout connect 1s\n  option socket-stats\n\
         frontend f\n  bind {socket}-1\n  bind {socket}-2 name door\n  default_backend b\n\
         frontend t\n  no option socket-stats\n  mode tcp\n  bind {socket}-3\n\
         backend b\n  description x\\y\n  stick-table type ip size 7\n  server s1 127.0.0.1:81 weight 3\n  \
         server s2 127.0.0.1:82 disabled\n  server s3 127.0.0.1:83 check maxconn 5\n",
    ))
}

fn page(lab: &Lab, uri: &str) -> String {
    let mut dump = Dump::new(Selection::parse(uri.as_bytes()).unwrap());
    let mut out = Vec::new();
    while dump.fill(&lab.process, &mut out) == Left::More {}
    String::from_utf8(out).unwrap()
}

#[test]
fn samples_have_their_labels() {
    let text = page(&lab("labels"), "/metrics");
    for line in [
        "haproxy_process_build_info{version=\"3.5-test\"} 1",
        "haproxy_process_description{desc=\"a b\"} 1",
        "haproxy_frontend_status{proxy=\"f\",state=\"UP\"} 1",
        "haproxy_frontend_http_responses_total{proxy=\"f\",code=\"4xx\"} 0",
        "haproxy_listener_status{proxy=\"f\",listener=\"sock-1\",state=\"OPEN\"} 1",
        "haproxy_listener_max_sessions{proxy=\"f\",listener=\"door\"} 0",
        "haproxy_server_weight{proxy=\"b\",server=\"s1\"} 3",
        "haproxy_server_status{proxy=\"b\",server=\"s2\",state=\"MAINT\"} 1",
        "haproxy_server_check_failures_total{proxy=\"b\",server=\"s1\"} NaN",
        "haproxy_server_limit_sessions{proxy=\"b\",server=\"s3\"} 5",
        "haproxy_backend_agg_server_status{proxy=\"b\",state=\"MAINT\"} 1",
        "haproxy_backend_queue_time_average_seconds{proxy=\"b\"} 0.000000",
        "haproxy_sticktable_size{name=\"b\",type=\"ip\"} 7",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}");
    }
    assert!(!text.contains("http_responses_total{proxy=\"t\""), "mode tcp has no responses");
    assert!(!text.contains("listener=\"sock-1\",proxy=\"t\""));
    assert_eq!(text.matches("# TYPE haproxy_frontend_http_responses_total counter\n").count(), 1);
}

#[test]
fn the_query_changes_what_is_told() {
    let lab = lab("query");
    let text = page(&lab, "/?scope=server&no-maint&desc-labels&extra-counters");
    assert!(!text.contains("server=\"s2\"") && !text.contains("haproxy_backend"));
    assert!(text.contains("haproxy_server_weight{proxy=\"b\",desc=\"x\\\\y\",server=\"s1\"} 3\n"), "{text}");
    assert!(
        text.contains("haproxy_server_ssl_sess{proxy=\"b\",desc=\"x\\\\y\",server=\"s1\",mod=\"ssl\"} 0\n")
    );
    assert_eq!(page(&lab, "/?scope="), "");
}

#[test]
fn parts_are_bounded_and_lose_nothing() {
    let mut config = String::from("defaults\n  mode http\nbackend b\n");
    for at in 0..600 {
        config.push_str(&format!("  server s{at} 127.0.0.1:81\n"));
    }
    let lab = Lab::new(&config);
    let mut dump = Dump::new(Selection::parse(b"/?scope=server&metrics=haproxy_server_status").unwrap());
    let (mut all, mut part, mut parts) = (String::new(), Vec::new(), 0);
    loop {
        part.clear();
        let left = dump.fill(&lab.process, &mut part);
        assert!(part.len() < 20_000, "{}", part.len());
        all.push_str(std::str::from_utf8(&part).unwrap());
        parts += 1;
        if left == Left::Nothing {
            break;
        }
    }
    assert!(parts > 5, "{parts}");
    let samples: BTreeSet<&str> = all.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(samples.len(), 600 * 5);
    assert_eq!(all.lines().count(), 600 * 5 + 2);
}

#[test]
fn every_metric_is_one_row_with_a_meaning() {
    let names: Vec<String> = entries().map(|entry| entry.name).collect();
    let unique: BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
    let absent = METRICS.iter().filter(|metric| metric.brief.contains("zlib"));
    let absent: Vec<&str> = absent.map(|metric| metric.name.as_str()).collect();
    assert_eq!(absent, ["haproxy_process_current_zlib_memory", "haproxy_process_max_zlib_memory"]);
    assert!(METRICS.iter().any(|metric| metric.scope == Scope::Resolver));
}
