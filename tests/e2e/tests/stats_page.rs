//! The statistics page: its forms, who may see it, what an administrator changes from it, what rules and logs make of it
//! (chapter 4.2, `stats ...`).

use std::io::{Read, Write};
use std::net::TcpStream;

use lockgate_e2e::{DEADLINE, HTTP, Origin, Proxy, Syslog};

/// A frontend with a page, and a backend.
fn start(page: &str, more: &str) -> Proxy {
    Proxy::start(&format!(
        "{HTTP}\nfrontend fe\n    bind \"fd@${{fe}}\"\n{page}\n    default_backend be\nbackend be\n    \
         server s1 127.0.0.1:1 cookie c1\n    server s2 127.0.0.1:1\n{more}\n"
    ))
}

/// The first two columns of a CSV text.
fn names(csv: &str) -> Vec<String> {
    csv.lines().skip(1).map(|line| line.split(',').take(2).collect::<Vec<_>>().join("/")).collect()
}

#[test]
fn every_form_of_the_page() {
    let mut proxy = start("    stats uri /s\n    stats refresh 5s\n", "");
    let html = proxy.get("fe", "/s");
    assert_eq!(html.line(), "HTTP/1.1 200 OK");
    assert_eq!(html.header("content-type"), Some("text/html"));
    assert_eq!(html.header("refresh"), Some("5"));
    assert_eq!(html.header("transfer-encoding"), Some("chunked"));
    assert!(html.text().starts_with("<!DOCTYPE html>") && html.text().ends_with("</html>\n"));
    let csv = proxy.get("fe", "/s;csv;norefresh");
    assert_eq!((csv.header("content-type"), csv.header("refresh")), (Some("text/plain"), None));
    assert_eq!(names(&csv.text()), ["fe/FRONTEND", "be/s1", "be/s2", "be/BACKEND"]);
    assert_eq!(names(&proxy.get("fe", "/s?;csv;scope=b").text()), ["be/s1", "be/s2", "be/BACKEND"]);
    assert!(proxy.get("fe", "/s;typed").text().starts_with("F.2.0.0.pxname.1:KNSV:str:fe\n"));
    let json: serde_json::Value =
        serde_json::from_str(&proxy.get("fe", "/s;json").text()).expect("it is JSON");
    assert_eq!(json[1][1]["value"]["value"], "s1");
    // What is not the page goes to a server, and there is none.
    assert_eq!(proxy.get("fe", "/other").line(), "HTTP/1.1 503 Service Unavailable");
}

#[test]
fn old_clients_and_heads_read_to_the_end() {
    let proxy = start("    stats uri /s\n", "");
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(proxy.address("fe")).expect("the proxy listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("the socket stands");
        stream.write_all(request.as_bytes()).expect("the proxy reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the proxy closes");
        answer
    };
    let old = ask("GET /s;csv HTTP/1.0\r\n\r\n");
    assert!(!old.contains("chunked") && old.contains("\r\nConnection: close\r\n"), "{old}");
    assert!(old.contains("\r\n\r\n# pxname,") && old.ends_with(",\n"), "{old}");
    let head = ask("HEAD /s HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn passwords_open_the_page() {
    let mut proxy = start("    stats uri /s\n    stats auth admin:secret\n    stats realm Board\n", "");
    let refused = proxy.get("fe", "/s");
    assert_eq!(refused.line(), "HTTP/1.1 401 Unauthorized");
    assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"Board\""));
    let with = |user: &str| format!("GET /s;csv HTTP/1.1\r\nhost: x\r\nauthorization: Basic {user}\r\n\r\n");
    // admin:wrong, admin:secret
    assert_eq!(proxy.request("fe", &with("YWRtaW46d3Jvbmc=")).line(), "HTTP/1.1 401 Unauthorized");
    assert_eq!(proxy.request("fe", &with("YWRtaW46c2VjcmV0")).line(), "HTTP/1.1 200 OK");
}

#[test]
fn rules_of_the_page_decide() {
    let mut proxy = start("    stats uri /s\n    stats http-request deny if { hdr(x-who) stranger }\n", "");
    assert_eq!(proxy.get("fe", "/s").line(), "HTTP/1.1 200 OK");
    let stranger = "GET /s HTTP/1.1\r\nhost: x\r\nx-who: stranger\r\n\r\n";
    assert_eq!(proxy.request("fe", stranger).line(), "HTTP/1.1 403 Forbidden");
    assert_eq!(proxy.get("fe", "/other").line(), "HTTP/1.1 503 Service Unavailable");
}

#[test]
fn an_administrator_changes_servers() {
    let page = "    stats uri /s\n    stats admin if { hdr(x-admin) yes }\n";
    let mut proxy = start(page, "");
    let form = |head: &str, body: &str| {
        format!("POST /s;up HTTP/1.1\r\nhost: lb\r\n{head}content-length: {}\r\n\r\n{body}", body.len())
    };
    let admin = "x-admin: yes\r\n";
    let mut send = |head: &str, body: &str| {
        let answer = proxy.request("fe", &form(head, body));
        assert_eq!(answer.line(), "HTTP/1.1 303 See Other");
        answer.header("location").expect("it leads back").to_owned()
    };
    assert_eq!(send("", "s=s1&action=maint&b=be"), "/s;st=DENY;up", "not an administrator");
    assert_eq!(send("x-admin: yes\r\norigin: http://evil\r\n", "s=s1&action=maint&b=be"), "/s;st=DENY;up");
    assert_eq!(send(admin, "s=s1&s=s2&action=maint&b=be"), "/s;st=DONE;up");
    assert_eq!(send(admin, "s=s2&s=nobody&action=drain&b=%233"), "/s;st=PART;up");
    assert_eq!(send(admin, "s=s2&action=dance&b=be"), "/s;st=ERRP;up");
    let text = proxy.get("fe", "/s;csv").text();
    let status = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect("the server is there");
        line.split(',').nth(17).expect("it has a state").to_owned()
    };
    assert_eq!((status("be,s1"), status("be,s2")), ("MAINT".into(), "DRAIN".into()));
}

#[test]
fn rules_on_responses_and_logs_see_the_page() {
    let log = Syslog::start();
    let mut proxy = Proxy::start(&format!(
        "{HTTP}\n    log {} local0\n    option httplog\nfrontend fe\n    bind \"fd@${{fe}}\"\n    default_backend be\n\
         backend be\n    stats uri /s\n    http-after-response set-header x-seen \"%[status]\"\n    server s1 127.0.0.1:1\n",
        log.address()
    ));
    let answer = proxy.get("fe", "/s;csv");
    assert_eq!((answer.line(), answer.header("x-seen")), ("HTTP/1.1 200 OK", Some("200")));
    let line = log.line();
    assert!(
        line.contains(" fe be/<STATS> 0/0/0/0/") && line.contains(" 200 ") && line.contains(" LR-- "),
        "{line}"
    );
}

#[test]
fn a_page_of_many_servers_comes_in_parts() {
    let mut more = String::new();
    for at in 0..500 {
        more.push_str(&format!("backend b{at}\n    server a 127.0.0.1:1\n    server b 127.0.0.1:1\n"));
    }
    let mut proxy = start("    stats uri /s\n", &more);
    assert_eq!(names(&proxy.get("fe", "/s;csv").text()).len(), 4 + 3 * 500);
    assert_eq!(proxy.get("fe", "/s").text().matches("<tr class=").count(), 4 + 3 * 500);
    // The connection stays in step.
    assert_eq!(proxy.get("fe", "/s;csv").line(), "HTTP/1.1 200 OK");
}

#[test]
fn times_of_servers_are_told() {
    let origin = Origin::fixed("ok");
    let mut proxy = Proxy::start(&format!(
        "{HTTP}\nlisten fe\n    bind \"fd@${{fe}}\"\n    stats uri /s\n    server s1 {}\n",
        origin.address()
    ));
    assert_eq!(proxy.get("fe", "/x").text(), "ok");
    let text = proxy.get("fe", "/s;csv").text();
    let line = text.lines().find(|line| line.starts_with("fe,s1,")).expect("the server is there");
    let column = |name: &str| {
        let header = text.lines().next().expect("there is a header").trim_start_matches("# ");
        let at = header.split(',').position(|column| column == name).expect("there is such a column");
        line.split(',').nth(at).expect("the line is whole").parse::<u64>().expect("it is a number")
    };
    assert!(column("ttime") <= column("ttime_max") && column("rtime_max") < 10_000);
    assert!(column("reqbout") > 0 && column("resbin") > 0, "{line}");
}

#[test]
fn a_refused_change_leaves_the_connection_as_it_is() {
    let proxy = start("    stats uri /s\n", "");
    let mut peer = lockgate_e2e::Peer::connect(proxy.address("fe"));
    peer.send("POST /s HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\ns=s1&");
    let refused = peer.response();
    assert_eq!((refused.status, refused.header("location")), (303, Some("/s;st=DENY")));
    peer.send("b=be");
    peer.send("GET /s;csv HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(peer.response().status, 200);
}
