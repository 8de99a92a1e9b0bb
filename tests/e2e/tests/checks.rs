//! Health checks: servers go down and come up again, and the traffic follows. Manual: `check`, `option httpchk`,
//! `inter`, `rise`, `fall`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, RefusedPort, Syslog, listener};

fn proxy(log: &Syslog, lines: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}
    log {} local0
    option httplog
    default-server inter 50ms fall 2 rise 2
listen fe
    bind \"fd@${{fe}}\"
    balance roundrobin
{lines}
",
        log.address()
    ))
}

#[test]
fn a_refused_server_goes_down() {
    let (log, refused, origin) = (Syslog::start(), RefusedPort::new(), Origin::fixed("x"));
    let lines =
        format!("    server bad {} check\n    server good {} check", refused.address(), origin.address());
    let mut proxy = proxy(&log, &lines);
    let line = log.wait_for("Server fe/bad is DOWN");
    assert!(line.contains("Layer4 connection problem"), "{line}");
    for _ in 0..4 {
        assert_eq!(proxy.get("fe", "/").text(), "x");
    }
}

/// Down, and up again once somebody listens.
#[test]
fn a_server_that_comes_back_is_used() {
    let log = Syslog::start();
    let socket = listener();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let mut proxy = proxy(&log, &format!("    server s1 {address} check"));
    log.wait_for("Server fe/s1 is DOWN");
    assert_eq!(proxy.get("fe", "/").status, 503);
    let socket = std::net::TcpListener::bind(address).unwrap();
    let _origin = Origin::on(socket, |_| Answer::ok("x"));
    log.wait_for("Server fe/s1 is UP");
    assert_eq!(proxy.get("fe", "/").text(), "x");
}

#[test]
fn httpchk_looks_at_the_status() {
    let log = Syslog::start();
    let status = Arc::new(AtomicU16::new(200));
    let shown = Arc::clone(&status);
    let origin = Origin::start(move |request| match request.target.as_str() {
        "/health" => Answer::status(shown.load(Ordering::SeqCst), &[], ""),
        _ => Answer::ok("x"),
    });
    let lines = format!(
        "    option httpchk GET /health HTTP/1.1\n    http-check send hdr Host check.test\n    server s1 {} check",
        origin.address()
    );
    let mut proxy = proxy(&log, &lines);
    let checks = origin.wait_requests(1);
    assert_eq!(checks[0].line(), "GET /health HTTP/1.1");
    assert_eq!(checks[0].header("host"), Some("check.test"));
    assert_eq!(proxy.get("fe", "/").text(), "x");
    status.store(500, Ordering::SeqCst);
    let line = log.wait_for("Server fe/s1 is DOWN");
    assert!(line.contains("code: 500"), "{line}");
    assert_eq!(proxy.get("fe", "/").status, 503);
    status.store(204, Ordering::SeqCst);
    log.wait_for("Server fe/s1 is UP");
    assert_eq!(proxy.get("fe", "/").text(), "x");
}

/// The old form, as in 1.3: `option httpchk` alone sends OPTIONS / HTTP/1.0.
#[test]
fn httpchk_alone_asks_for_options() {
    let log = Syslog::start();
    let origin = Origin::fixed("");
    let _proxy = proxy(&log, &format!("    option httpchk\n    server s1 {} check", origin.address()));
    assert_eq!(origin.wait_requests(1)[0].line(), "OPTIONS / HTTP/1.0");
}

/// With every server down, backups take over.
#[test]
fn a_backup_takes_over() {
    let (log, refused, origin) = (Syslog::start(), RefusedPort::new(), Origin::fixed("backup"));
    let lines =
        format!("    server s1 {} check\n    server b {} backup", refused.address(), origin.address());
    let mut proxy = proxy(&log, &lines);
    log.wait_for("Server fe/s1 is DOWN");
    assert_eq!(proxy.get("fe", "/").text(), "backup");
}
