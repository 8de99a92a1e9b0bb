//! Persistence by cookies: every mode of `cookie`, `appsession`, `ignore-persist`, `force-persist` and what the log
//! says of the client's and the server's cookie.

use lockgate_e2e::{Answer, HTTP, Origin, Proxy, Response, Syslog};

struct Farm {
    proxy: Proxy,
    log: Syslog,
    first: Origin,
    second: Origin,
}

/// Two servers, `s1` with the cookie `one` and `s2` with `two`. The servers' answers carry `headers`.
fn farm(lines: &str, headers: &'static [&'static str]) -> Farm {
    let start = |body: &'static str| Origin::start(move |_| Answer::status(200, headers, body));
    let (first, second, log) = (start("s1"), start("s2"), Syslog::start());
    let proxy = Proxy::start(&format!(
        "{HTTP}
    log {} local0
    option httplog
listen fe
    bind \"fd@${{fe}}\"
    balance roundrobin
{lines}
    server s1 {} cookie one
    server s2 {} cookie two
",
        log.address(),
        first.address(),
        second.address()
    ));
    Farm { proxy, log, first, second }
}

impl Farm {
    fn get(&mut self, cookie: Option<&str>) -> Response {
        let cookie = cookie.map(|value| format!("Cookie: {value}\r\n")).unwrap_or_default();
        self.proxy.request("fe", &format!("GET / HTTP/1.1\r\nHost: a\r\n{cookie}\r\n"))
    }

    /// The two characters about cookies.
    fn flags(&self) -> String {
        self.log.http().ending[2..].to_owned()
    }
}

#[test]
fn insert_sets_the_cookie_and_follows_it() {
    let mut farm = farm("    cookie SRV insert", &[]);
    let response = farm.get(None);
    let wanted = if response.text() == "s1" { "SRV=one; path=/" } else { "SRV=two; path=/" };
    assert_eq!(response.headers("set-cookie"), [wanted]);
    assert_eq!(farm.flags(), "NI");
    for _ in 0..3 {
        let response = farm.get(Some("a=b; SRV=two; c=d"));
        assert_eq!((response.text().as_str(), response.header("set-cookie")), ("s2", None));
        assert_eq!(farm.flags(), "VN");
    }
    assert_eq!(farm.second.last().header("cookie"), Some("a=b; SRV=two; c=d"));
    let response = farm.get(Some("SRV=unknown"));
    assert!(response.header("set-cookie").is_some());
    assert_eq!(farm.flags(), "II");
}

#[test]
fn insert_indirect_hides_the_cookie_from_the_server() {
    let mut farm = farm("    cookie SRV insert indirect", &[]);
    assert_eq!(farm.get(Some("a=b; SRV=one; c=d")).text(), "s1");
    assert_eq!(farm.first.last().header("cookie"), Some("a=b; c=d"));
    assert_eq!(farm.get(Some("SRV=one")).text(), "s1");
    assert_eq!(farm.first.last().header("cookie"), None);
}

#[test]
fn insert_nocache_protects_what_could_be_cached() {
    let mut farm = farm("    cookie SRV insert indirect nocache", &["ETag: \"1\""]);
    let response = farm.get(None);
    assert!(response.header("set-cookie").is_some());
    assert_eq!(response.headers("cache-control"), ["private"]);
    assert_eq!(farm.get(Some("SRV=one")).header("cache-control"), None);
    // Without a validator or a date nobody may keep the answer.
    let mut farm = self::farm("    cookie SRV insert indirect nocache", &[]);
    assert_eq!(farm.get(None).header("cache-control"), None);
}

#[test]
fn insert_postonly_waits_for_a_post() {
    let mut farm = farm("    cookie SRV insert postonly", &[]);
    assert_eq!(farm.get(None).header("set-cookie"), None);
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    assert!(farm.proxy.request("fe", post).header("set-cookie").is_some());
}

#[test]
fn insert_has_the_attributes_that_are_asked_for() {
    let lines = "    cookie SRV insert domain .a.test httponly secure attr \"SameSite=None\"";
    let mut farm = farm(lines, &[]);
    let response = farm.get(None);
    let value = response.header("set-cookie").unwrap();
    assert!(value.starts_with("SRV=") && value.contains("; path=/"), "{value}");
    for attribute in ["; domain=.a.test", "; HttpOnly", "; Secure", "; SameSite=None"] {
        assert!(value.contains(attribute), "{attribute} in {value}");
    }
}

#[test]
fn preserve_leaves_the_servers_cookie() {
    let mut farm = farm("    cookie SRV insert preserve", &["Set-Cookie: SRV=mine; path=/x"]);
    assert_eq!(farm.get(None).headers("set-cookie"), ["SRV=mine; path=/x"]);
    assert_eq!(farm.flags(), "NP");
}

#[test]
fn rewrite_puts_the_value_into_the_servers_cookie() {
    let mut farm = farm("    cookie SRV rewrite", &["Set-Cookie: SRV=x; path=/app", "Set-Cookie: other=1"]);
    let response = farm.get(None);
    let wanted = if response.text() == "s1" { "SRV=one; path=/app" } else { "SRV=two; path=/app" };
    assert_eq!(response.headers("set-cookie"), [wanted, "other=1"]);
    assert_eq!(farm.flags(), "NR");
    assert_eq!(farm.get(Some("SRV=two")).text(), "s2");
}

#[test]
fn prefix_shares_the_applications_cookie() {
    let mut farm = farm("    cookie JSESSIONID prefix", &["Set-Cookie: JSESSIONID=abc; path=/"]);
    let response = farm.get(None);
    let wanted =
        if response.text() == "s1" { "JSESSIONID=one~abc; path=/" } else { "JSESSIONID=two~abc; path=/" };
    assert_eq!(response.headers("set-cookie"), [wanted]);
    assert_eq!(farm.get(Some("x=y; JSESSIONID=two~abc")).text(), "s2");
    assert_eq!(farm.second.last().header("cookie"), Some("x=y; JSESSIONID=abc"));
}

#[test]
fn a_dynamic_cookie_is_a_digest_of_the_servers_address() {
    let (first, second) = (Origin::fixed("s1"), Origin::fixed("s2"));
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    cookie SRV insert dynamic\n    dynamic-cookie-key secret\n    server \
         s1 {}\n    server s2 {}\n",
        first.address(),
        second.address()
    ));
    let response = proxy.get("fe", "/");
    let cookie = response.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(cookie.len(), "SRV=".len() + 16, "{cookie}");
    for _ in 0..3 {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n");
        assert_eq!(proxy.request("fe", &request).text(), response.text());
    }
}

/// A server without a `cookie` value: the client's cookie is expired.
#[test]
fn a_server_without_a_value_takes_the_cookie_away() {
    let origin = Origin::fixed("x");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}listen fe\n    bind \"fd@${{fe}}\"\n    cookie SRVID insert nocache\n    server server1 {}\n",
        origin.address()
    ));
    let response = proxy.request("fe", "GET / HTTP/1.1\r\nHost: a\r\nCookie: SRVID=old\r\n\r\n");
    let wanted = "SRVID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/";
    assert_eq!(response.headers("set-cookie"), [wanted]);
    assert_eq!(proxy.get("fe", "/").headers("set-cookie"), [wanted]);
}

#[test]
fn ignore_persist_turns_persistence_off_for_some_requests() {
    let mut farm = farm("    cookie SRV insert\n    ignore-persist if { hdr(x-free) -m found }", &[]);
    let request = "GET / HTTP/1.1\r\nHost: a\r\nX-Free: 1\r\nCookie: SRV=one\r\n\r\n";
    let mut bodies: Vec<String> = (0..2).map(|_| farm.proxy.request("fe", request).text()).collect();
    bodies.sort();
    assert_eq!(bodies, ["s1", "s2"]);
    assert_eq!(farm.get(Some("SRV=one")).text(), "s1");
}

/// With `maxidle` the value carries a date; one that is too old is not followed.
#[test]
fn maxidle_dates_the_cookie() {
    let mut farm = farm("    cookie SRV insert indirect maxidle 30m maxlife 8h", &[]);
    let response = farm.get(None);
    let value = response.header("set-cookie").unwrap();
    assert!(value.contains('|'), "{value}");
    assert_eq!(farm.flags(), "NI");
    let pair = value.split(';').next().unwrap().to_owned();
    assert_eq!(farm.get(Some(&pair)).text(), response.text());
    assert!(farm.flags().starts_with('V'));
    farm.get(Some("SRV=one|BAAAA|BAAAA"));
    assert_eq!(farm.flags(), "OI", "older than maxlife");
    farm.get(Some("SRV=one|BAAAA"));
    assert_eq!(farm.flags(), "EI", "idle for longer than maxidle");
}

#[test]
fn a_captured_cookie_stands_in_the_log() {
    let mut farm = farm("    capture cookie ASP len 8", &["Set-Cookie: ASPSESSION=0123456789; path=/"]);
    farm.get(Some("x=1; ASPX=abcdefghijk"));
    assert_eq!(farm.log.http().cookies, ("ASPX=abc".to_owned(), "ASPSESSI".to_owned()));
}
