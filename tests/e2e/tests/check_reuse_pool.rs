//! Checks over connections that requests use. Manual: `check-reuse-pool`, `check-pool-conn-name`, `http-reuse`.

use std::time::{Duration, Instant};

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, pki};

/// Checks of HTTP that leave the connection open, as fast as they may come.
const KEPT: &str = "    option httpchk
    http-check send meth GET uri /check ver HTTP/1.1 hdr Host check hdr Connection keep-alive";

fn proxy(backend: &str, server: &str) -> Proxy {
    Proxy::start(&format!(
        "global
    nbthread 2
{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    timeout check 5s
{backend}
    server s1 {server} check inter 20ms
"
    ))
}

fn origin() -> Origin {
    Origin::start(|_| Answer::ok("x"))
}

#[test]
fn checks_share_one_connection_with_requests() {
    let origin = origin();
    let lines = format!("{KEPT}\n    http-reuse always");
    let mut proxy = proxy(&lines, &format!("{} check-reuse-pool", origin.address()));
    origin.wait_requests(10);
    for _ in 0..5 {
        assert_eq!(proxy.get("fe", "/").text(), "x");
    }
    let requests = origin.wait_requests(30);
    let checks = requests.iter().filter(|request| request.target == "/check").count();
    assert!(checks >= 20, "{checks} checks");
    // A request that comes while a check is under way makes one of its own.
    assert!(origin.connections() <= 6, "{} connections", origin.connections());
}

#[test]
fn each_check_has_its_own_where_the_policy_lends_none() {
    let without = (format!("{KEPT}\n    http-reuse always"), "");
    let safe = (format!("{KEPT}\n    http-reuse safe"), "check-reuse-pool");
    let elsewhere = (format!("{KEPT}\n    http-reuse always"), "check-reuse-pool check-via-socks4");
    let last = (format!("{KEPT}\n    http-reuse always"), "check-reuse-pool no-check-reuse-pool");
    for (backend, words) in [without, safe, elsewhere, last] {
        let origin = origin();
        let _proxy = proxy(&backend, &format!("{} {words}", origin.address()));
        origin.wait_requests(6);
        assert!(origin.connections() >= 6, "{words}");
    }
}

/// As the usual request of a check asks for.
#[test]
fn a_connection_that_is_to_be_closed_is() {
    let origin = origin();
    let lines = "    option httpchk GET /check HTTP/1.1\n    http-reuse always";
    let _proxy = proxy(lines, &format!("{} check-reuse-pool", origin.address()));
    let requests = origin.wait_requests(5);
    assert!(origin.connections() >= 5);
    assert!(requests.iter().all(|request| request.header("connection") == Some("close")));
}

/// How many connections to the server are idle.
fn idle(proxy: &mut Proxy) -> u32 {
    let mut operator = proxy.connect("cli");
    operator.send("show servers conn fe\n");
    let told = String::from_utf8(operator.rest().0).expect("answers are text");
    let line = told.lines().find(|line| line.starts_with("fe/s1 ")).expect("the server's line");
    line.split(' ').nth(14).and_then(|count| count.parse().ok()).expect("a count")
}

/// Whether a request under the name `a` goes over the connection that a check left which has this one.
fn shares(name: &str) -> bool {
    let origin = origin();
    let mut proxy = Proxy::start(&format!(
        "global
    stats socket \"fd@${{cli}}\" level admin
{HTTP}
listen fe
    bind \"fd@${{fe}}\"
    http-reuse always
{KEPT}
    server s1 {} check inter 5s check-reuse-pool check-pool-conn-name {name} pool-conn-name req.hdr(x-name)
",
        origin.address()
    ));
    origin.wait_requests(1);
    let deadline = Instant::now() + Duration::from_secs(4);
    while idle(&mut proxy) == 0 {
        assert!(Instant::now() < deadline, "the check's connection is kept");
    }
    assert_eq!(proxy.request("fe", "GET / HTTP/1.1\r\nHost: x\r\nX-Name: a\r\n\r\n").text(), "x");
    origin.connections() == 1
}

#[test]
fn a_name_chooses_the_connections() {
    assert!(shares("a"));
    assert!(!shares("b"));
}

#[test]
fn under_tls_as_well() {
    let origin = origin();
    let pair = pki::Authority::new("test").issue(&pki::Subject::server(&["localhost"])).pem();
    let text = format!(
        "{HTTP}
frontend inner
    bind \"fd@${{inner}}\" ssl crt pair.pem
    default_backend plain
backend plain
    http-reuse never
    server o {}
",
        origin.address()
    );
    let inner = Proxy::builder(&text).file("pair.pem", &pair).start();
    let address = inner.address("inner");
    let outer = format!(
        "{HTTP}\nlisten fe\n    bind \"fd@${{fe}}\"\n    http-reuse always\n    timeout check 5s\n{KEPT}\n    server s1 {address} ssl verify none \
         check inter 20ms check-reuse-pool\n"
    );
    let _outer = Proxy::start(&outer);
    // One connection to the first one is one to the origin.
    origin.wait_requests(20);
    assert!(origin.connections() <= 6, "{} connections", origin.connections());
}
