//! Log profiles, steps at which lines are written, and lines that rules want (`log-profile`, `log ... profile`, `log-steps`,
//! `do-log`).

use lockgate_e2e::{HTTP, Origin, Proxy, Syslog};

/// What the next line says, behind its header.
fn next(log: &Syslog) -> String {
    let line = log.line();
    line.rsplit("]: ").next().unwrap_or_default().trim_end().to_owned()
}

const PROFILES: &str = "log-profile steps\n    on any format \"%OG %ST\"\n    on tcp-req-conn format \"from %ci %OG\"\n    \
                        on http-req drop\n\
                        log-profile tagged\n    log-tag other\n    on close format \"closed %ST\" sd \"[x y=\\\"%ci\\\"]\"\n    \
                        on error format \"failed %OG\"\n    on any drop\n";

#[test]
fn each_target_gets_the_line_of_its_profile() {
    let (plain, tagged) = (Syslog::start(), Syslog::start());
    let origin = Origin::fixed("hello");
    let mut proxy = Proxy::start(&format!(
        "{PROFILES}{HTTP}\n    log-tag usual\nlisten fe\n    bind \"fd@${{fe}}\"\n    log-format \"base %ST %OG\"\n    \
         log {} local0\n    log {} format rfc5424 profile tagged local0\n    server s {}\n",
        plain.address(),
        tagged.address(),
        origin.address()
    ));
    assert_eq!(proxy.get("fe", "/").text(), "hello");
    assert_eq!(next(&plain), "base 200 txn_close");
    let line = tagged.datagram();
    assert!(line.contains(" other ") && line.contains("[x y=\"127.0.0.1\"] closed 200"), "{line}");
    // What was no request is an error.
    proxy.connect("fe").send("nonsense\r\n\r\n");
    assert_eq!(next(&plain), "base 400 sess_error");
    assert!(tagged.datagram().contains("failed sess_error"));
}

#[test]
fn lines_come_at_the_steps_that_are_wanted() {
    let log = Syslog::start();
    let origin = Origin::fixed("hello");
    let start = |steps: &str| {
        Proxy::start(&format!(
            "{PROFILES}{HTTP}\nlisten fe\n    bind \"fd@${{fe}}\"\n    log-format unused\n    {steps}\n    \
             log {} profile steps local0\n    server s {}\n",
            log.address(),
            origin.address()
        ))
    };
    let mut proxy = start("log-steps all");
    proxy.get("fe", "/");
    let lines: Vec<String> = (0..5).map(|_| next(&log)).collect();
    let all = ["txn_accept -1", "txn_request -1", "txn_connect -1", "txn_response 200", "txn_close 200"];
    assert_eq!(lines, all);
    let mut proxy = start("log-steps connect,close");
    proxy.get("fe", "/");
    assert_eq!([next(&log), next(&log)], ["txn_connect -1", "txn_close 200"]);
    let mut proxy = start("option logasap");
    proxy.get("fe", "/");
    assert_eq!(next(&log), "txn_response 200");
    // Nothing comes behind it: the next line is that of the next exchange.
    proxy.get("fe", "/");
    assert_eq!(next(&log), "txn_response 200");
}

#[test]
fn rules_write_lines_and_go_on() {
    let log = Syslog::start();
    let origin = Origin::fixed("hello");
    let mut proxy = Proxy::start(&format!(
        "{PROFILES}{HTTP}\nfrontend fe\n    bind \"fd@${{fe}}\"\n    log-format \"base %OG\"\n    log {} profile steps local0\n    \
         tcp-request connection do-log\n    tcp-request connection set-var(sess.behind) int(1)\n    \
         tcp-request session do-log\n    tcp-request content do-log\n    http-request do-log\n    \
         http-request do-log profile tagged\n    http-request set-header x-behind %[var(sess.behind)]\n    \
         http-response do-log\n    http-after-response do-log\n    http-after-response set-header x-after yes\n    \
         http-request return status 204 if {{ path /here }}\n    default_backend be\n\
         backend be\n    server s {}\n",
        log.address(),
        origin.address()
    ));
    let response = proxy.get("fe", "/");
    assert_eq!(response.header("x-after"), Some("yes"));
    assert_eq!(origin.last().header("x-behind"), Some("1"));
    // The rules on requests are dropped by both profiles.
    let lines: Vec<String> = (0..6).map(|_| next(&log)).collect();
    let wanted = [
        "from 127.0.0.1 tcp-req-conn",
        "tcp-req-sess -1",
        "tcp-req-cont -1",
        "http-res 200",
        "http-after-res 200",
        "txn_close 200",
    ];
    assert_eq!(lines, wanted);
    // Answers made here go through the last rules as well.
    assert_eq!(proxy.get("fe", "/here").header("x-after"), Some("yes"));
    let lines: Vec<String> = (0..5).map(|_| next(&log)).collect();
    assert_eq!(lines[3..], ["http-after-res 204", "txn_close 204"]);
}
