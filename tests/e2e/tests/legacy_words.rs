//! Words that HAProxy took out between 1.4 and 3.5, apart from the rules on header lines (`legacy_rules.rs`): they work as
//! they did. Manuals of 1.3 to 2.0, chapter 4.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, RefusedPort, is_reference};

/// A proxy in front of two servers, `one` and `two`, which answer with their names; `None` for HAProxy itself, which knows
/// none of this.
fn two_servers(text: impl FnOnce(&str, &str) -> String) -> Option<(Proxy, Origin, Origin)> {
    if is_reference() {
        return None;
    }
    let (one, two) = (Origin::fixed("one"), Origin::fixed("two"));
    let text = text(&one.address().to_string(), &two.address().to_string());
    Some((Proxy::start(&format!("{HTTP}{text}")), one, two))
}

/// A proxy may have its address behind its name.
#[test]
fn an_address_behind_the_name() {
    let started = two_servers(|one, two| {
        format!(
            "listen a \"fd@${{a}}\"\n    server s {one}\nfrontend b \"fd@${{b}}\"\n    default_backend b\nbackend b\n    server s {two}\n"
        )
    });
    let Some((mut proxy, _one, _two)) = started else { return };
    assert_eq!(proxy.get("a", "/").text(), "one");
    assert_eq!(proxy.get("b", "/").text(), "two");
}

/// A frontend and a backend of one name are two proxies, each found by its side.
#[test]
fn a_frontend_and_a_backend_of_one_name() {
    let started = two_servers(|one, two| {
        format!(
            "frontend a\n    bind \"fd@${{a}}\"\n    use_backend b if {{ path /b }}\n    default_backend a\n\
             backend a\n    server s {one}\nfrontend b\n    bind \"fd@${{b}}\"\n    default_backend a\nbackend b\n    server s {two}\n"
        )
    });
    let Some((mut proxy, _one, _two)) = started else { return };
    assert_eq!(proxy.get("a", "/").text(), "one");
    assert_eq!(proxy.get("a", "/b").text(), "two");
    assert_eq!(proxy.get("b", "/b").text(), "one");
}

#[test]
fn dispatch_connects_where_it_says() {
    let started = two_servers(|one, _| format!("listen a\n    bind \"fd@${{a}}\"\n    dispatch {one}\n"));
    let Some((mut proxy, _one, _two)) = started else { return };
    assert_eq!(proxy.get("a", "/").text(), "one");
}

#[test]
fn health_checkers_are_answered_from_here() {
    let started = two_servers(|one, _| {
        format!(
            "listen net\n    bind \"fd@${{net}}\"\n    monitor-net 127.0.0.0/8\n    server s {one}\n\
             listen health\n    bind \"fd@${{health}}\"\n    mode health\n"
        )
    });
    let Some((mut proxy, one, _two)) = started else { return };
    assert_eq!(proxy.get("net", "/").status, 200);
    assert_eq!(proxy.get("health", "/").status, 200);
    assert_eq!(one.connections(), 0);
}

#[test]
fn a_server_that_redirects() {
    let started = two_servers(|one, _| {
        format!("listen a\n    bind \"fd@${{a}}\"\n    server s {one} redir http://img.example.com\n")
    });
    let Some((mut proxy, one, _two)) = started else { return };
    let response = proxy.get("a", "/x.png");
    assert_eq!((response.status, response.header("location")), (302, Some("http://img.example.com/x.png")));
    let posted = proxy.request("a", "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!((posted.text().as_str(), one.requests().len()), ("one", 1));
}

#[test]
fn errorloc_sends_clients_elsewhere() {
    if is_reference() {
        return;
    }
    let refused = RefusedPort::new();
    let text = format!(
        "{HTTP}listen a\n    bind \"fd@${{a}}\"\n    errorloc 503 http://www.example.com/sorry\n    server s {}\n",
        refused.address()
    );
    let response = Proxy::start(&text).get("a", "/");
    assert_eq!((response.status, response.header("location")), (302, Some("http://www.example.com/sorry")));
}

/// The session's cookie is the application's: who brings one that a server gave comes back to that server.
#[test]
fn appsession_sticks_to_the_server_that_gave_the_cookie() {
    if is_reference() {
        return;
    }
    let giving = |name: &'static str| {
        let cookie = format!("Set-Cookie: JSESSIONID={name}; Path=/");
        Origin::start(move |_| Answer::status(200, &[&cookie], name))
    };
    let (one, two) = (giving("one"), giving("two"));
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen a\n    bind \"fd@${{a}}\"\n    balance roundrobin\n    appsession JSESSIONID len 52 timeout 3h\n    server s1 {}\n    server s2 {}\n",
        one.address(),
        two.address()
    ));
    let first = proxy.get("a", "/").text();
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: JSESSIONID={first}\r\n\r\n");
    for _ in 0..4 {
        assert_eq!(proxy.request("a", &request).text(), first);
    }
}

/// `postonly`: only answers to POST bring the cookie.
#[test]
fn cookies_for_posts_alone() {
    let started = two_servers(|one, _| {
        format!(
            "listen a\n    bind \"fd@${{a}}\"\n    cookie SRV insert postonly\n    server s {one} cookie s\n"
        )
    });
    let Some((mut proxy, _one, _two)) = started else { return };
    assert_eq!(proxy.get("a", "/").header("set-cookie"), None);
    let posted = proxy.request("a", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(posted.header("set-cookie"), Some("SRV=s; path=/"));
}

/// What took out connections' modes: a closing one closes, a tunnel keeps both sides.
#[test]
fn modes_of_connections() {
    let started = two_servers(|one, _| {
        format!(
            "listen close\n    bind \"fd@${{close}}\"\n    option forceclose\n    server s {one}\n\
             listen tunnel\n    bind \"fd@${{tunnel}}\"\n    option http-tunnel\n    server s {one}\n"
        )
    });
    let Some((mut proxy, _one, _two)) = started else { return };
    let mut client = proxy.connect("close");
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().header("connection"), Some("close"));
    client.expect_close();
    let mut client = proxy.connect("tunnel");
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.response().text(), "one");
    }
}

/// Old settings of the process: all of them at once, and the process serves.
#[test]
fn settings_of_the_process() {
    if is_reference() {
        return;
    }
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "global\n    nbproc 2\n    debug\n    quiet\n    master-worker\n    maxconn 100\n    maxconn 200\n    tune.chksize 16384\n    cpu-map 1 0\n\
         {HTTP}listen a\n    bind \"fd@${{a}}\"\n    server s {}",
        origin.address()
    ));
    assert_eq!(proxy.get("a", "/").text(), "x");
}
