//! Health checks that follow a script, ask a program or an agent, or are somebody else's: `tcp-check`, `http-check`,
//! `healthcheck` sections, `option external-check`, `agent-check`, `track`, `observe` (manual, chapters 4.2, 5.2 and 12).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Syslog, ask};

/// A proxy with these lines behind `global` and `defaults`; all checks are logged.
fn proxy(log: &Syslog, global: &str, lines: &str) -> Proxy {
    let defaults = format!(
        "{HTTP}\n    log {} local0\n    option log-health-checks\n    default-server inter 50ms fall 1 rise 1\n",
        log.address()
    );
    // Without a socket there is nothing to start for.
    let front = "listen front\n    bind \"fd@${front}\"\n";
    Proxy::start(&format!("global\n{global}\n{defaults}{front}{lines}"))
}

/// A server that says `+PONG` to `PING`, and something else while it is `sick`.
fn redis(sick: &Arc<AtomicBool>) -> Origin {
    let sick = Arc::clone(sick);
    Origin::raw(move |mut peer| {
        peer.until("PING\r\n");
        let answer = if sick.load(Ordering::SeqCst) { "-LOADING\r\n" } else { "+PONG\r\n" };
        let _ = peer.try_send(answer);
        peer.rest();
    })
}

#[test]
fn a_script_talks_to_its_server() {
    let (log, sick) = (Syslog::start(), Arc::new(AtomicBool::new(false)));
    let origin = redis(&sick);
    let lines = format!(
        "backend be\n    mode tcp\n    option tcp-check\n    tcp-check set-var(check.word) str(PING)\n    \
         tcp-check connect\n    tcp-check send-lf \"%[var(check.word)]\\r\\n\"\n    \
         tcp-check comment \"the answer\"\n    tcp-check expect string +PONG\n    server s1 {} check\n",
        origin.address()
    );
    let _proxy = proxy(&log, "", &lines);
    let line = log.wait_for("Health check for server be/s1 succeeded");
    assert!(line.contains("Layer7 check passed, code: 0, info: \"(tcp-check)\""), "{line}");
    sick.store(true, Ordering::SeqCst);
    let line = log.wait_for("Health check for server be/s1 failed");
    let told =
        "Layer7 timeout, info: \" at step 5 of tcp-check (expect string '+PONG') comment: 'the answer'\"";
    assert!(line.contains(told), "{line}");
}

#[test]
fn sections_describe_checks_by_name() {
    let (log, sick) = (Syslog::start(), Arc::new(AtomicBool::new(false)));
    let origin = redis(&sick);
    let lines = format!(
        "healthcheck cache\n    type redis-check\nbackend be\n    server s1 {} check healthcheck cache\n",
        origin.address()
    );
    let _proxy = proxy(&log, "", &lines);
    let line = log.wait_for("Health check for server be/s1 succeeded");
    assert!(line.contains("info: \"Redis server is ok\""), "{line}");
    sick.store(true, Ordering::SeqCst);
    log.wait_for("Health check for server be/s1 failed");
}

#[test]
fn one_check_may_make_several_requests() {
    let log = Syslog::start();
    let origin = Origin::start(|request| match request.target.as_str() {
        "/first" => Answer::status(200, &["X-Next: /second"], "all is well"),
        "/second" => Answer::status(204, &[], ""),
        _ => Answer::status(500, &[], ""),
    });
    let lines = format!(
        "backend be\n    option httpchk\n    http-check connect\n    http-check send meth GET uri /first\n    \
         http-check expect string well\n    http-check set-var(check.next) res.hdr(x-next)\n    http-check connect\n    \
         http-check send meth GET uri-lf %[var(check.next)]\n    http-check expect status 204\n    server s1 {} check\n",
        origin.address()
    );
    let _proxy = proxy(&log, "", &lines);
    let line = log.wait_for("Health check for server be/s1 succeeded");
    assert!(line.contains("code: 204"), "{line}");
    let requests = origin.wait_requests(2);
    assert_eq!([requests[0].line(), requests[1].line()], ["GET /first HTTP/1.0", "GET /second HTTP/1.0"]);
}

#[test]
fn agents_decide_about_servers() {
    let log = Syslog::start();
    let origin = Origin::fixed("x");
    let agent = Origin::raw(|mut peer| {
        let text = peer.until("\n");
        assert_eq!(text, "who\n");
        let _ = peer.try_send("50% maxconn:7 drain up\n");
        peer.rest();
    });
    let agent_port = agent.address().port();
    let lines = format!(
        "backend be\n    server s1 {} weight 100 agent-check agent-port {agent_port} agent-inter 50ms agent-send \"who\\n\"\n",
        origin.address()
    );
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("stats");
    let _proxy = proxy(&log, &format!("    stats socket {} level admin\n", socket.display()), &lines);
    let line = log.wait_for("Server be/s1 enters drain state");
    assert!(line.contains("Server be/s1 enters drain state"), "{line}");
    let line = log.wait_for("Agent check for server be/s1 succeeded");
    assert!(line.contains("Layer7 check passed, code: 0, info: \"via agent : up\""), "{line}");
    let stat = ask(&socket, "show stat be -1 -1\n");
    let server = stat.lines().find(|line| line.starts_with("be,s1,")).unwrap();
    let fields: Vec<&str> = server.split(',').collect();
    assert_eq!((fields[6], fields[17]), ("7", "DRAIN (agent)"), "{server}");
    assert_eq!(ask(&socket, "get weight be/s1\n").trim(), "50 (initial 100)");
}

#[test]
fn programs_say_how_servers_are() {
    let log = Syslog::start();
    let origin = Origin::fixed("x");
    let lines = format!(
        "backend be\n    option external-check\n    external-check path /usr/bin:/bin\n    \
         external-check command /bin/true\n    server s1 {0} check\nbackend ill\n    option external-check\n    \
         external-check command /bin/false\n    server s1 {0} check\n",
        origin.address()
    );
    let _proxy = proxy(&log, "    external-check\n    insecure-fork-wanted\n", &lines);
    let (first, second) = (log.wait_for("Health check for server"), log.wait_for("Health check for server"));
    let both = format!("{first}\n{second}");
    assert!(both.contains("be/s1 succeeded, reason: External check passed, code: 0"), "{both}");
    assert!(both.contains("ill/s1 failed, reason: External check error, code: 1"), "{both}");
}

#[test]
fn trackers_follow_and_traffic_is_observed() {
    let log = Syslog::start();
    let origin = Origin::start(|request| match request.target.as_str() {
        "/bad" => Answer::status(503, &[], ""),
        _ => Answer::ok("x"),
    });
    let lines = format!(
        "listen fe\n    bind \"fd@${{fe}}\"\n    server s1 {0} check inter 60s observe layer7 error-limit 2 on-error mark-down\n\
         listen other\n    bind \"fd@${{other}}\"\n    server t1 {0} track fe/s1\n",
        origin.address()
    );
    let mut proxy = proxy(&log, "", &lines);
    log.wait_for("Health check for server fe/s1 succeeded");
    assert_eq!(proxy.get("other", "/").text(), "x");
    assert_eq!(proxy.get("fe", "/bad").status, 503);
    assert_eq!(proxy.get("fe", "/").text(), "x");
    assert_eq!(proxy.get("fe", "/bad").status, 503);
    assert_eq!(proxy.get("fe", "/bad").status, 503);
    let line = log.wait_for("Health check for server fe/s1 failed");
    assert!(line.contains("Detected 2 consecutive errors, last one was: Wrong http response"), "{line}");
    log.wait_for("Server other/t1 is DOWN via fe/s1");
    assert_eq!(proxy.get("other", "/").status, 503);
}
