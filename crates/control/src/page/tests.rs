//! Pages of processes in memory.

use http::message::Version;
use sample::testing;
use sample::txn::Presence;

use super::*;
use crate::testing::Lab;

const CONFIG: &str = "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n\
    frontend f\n stats uri /s\n stats refresh 5s\n stats scope .\n stats scope b1\n default_backend b1\n\
    backend b1\n server s1 127.0.0.1:81\n server s2 127.0.0.1:82\nbackend other\n server x 127.0.0.1:83\n";

/// Asks the page of the first proxy.
fn ask(lab: &Arc<Process>, request: &str, body: &str, rights: Rights) -> Response {
    let mut txn = testing::txn();
    let (method, uri) = request.split_once(' ').unwrap();
    txn.req.head.start_request(method.as_bytes(), uri.as_bytes(), Version::Http11);
    txn.req.head.fields.push(b"host", b"lb");
    txn.req.presence = Presence::Here;
    txn.req.body = body.as_bytes().to_vec();
    txn.req.body_is_complete = true;
    let proxy = lab.shared.runtime.proxies[0].id;
    let page = lab.shared.config.proxy(proxy).stats.as_ref().unwrap();
    Statistics::of(lab).respond(&Request { txn: &txn, proxy, page, rights })
}

fn body(response: Response) -> (String, usize) {
    let mut body: Box<dyn Body> = response.body.unwrap();
    let (mut out, mut longest) = (Vec::new(), 0);
    loop {
        let before = out.len();
        let left = body.fill(&mut out);
        longest = longest.max(out.len() - before);
        if left == Left::Nothing {
            return (String::from_utf8(out).unwrap(), longest);
        }
    }
}

fn get(lab: &Arc<Process>, uri: &str) -> String {
    body(ask(lab, &format!("GET {uri}"), "", Rights::Read)).0
}

#[test]
fn what_is_in_scope_is_shown() {
    let lab = Arc::new(Lab::new(CONFIG).process);
    let csv = get(&lab, "/s;csv");
    let names: Vec<_> =
        csv.lines().skip(1).map(|l| l.split(',').take(2).collect::<Vec<_>>().join("/")).collect();
    assert_eq!(names, ["f/FRONTEND", "b1/s1", "b1/s2", "b1/BACKEND"]);
    assert_eq!(get(&lab, "/s?;csv;scope=B").lines().count(), 4);
    let html = get(&lab, "/s");
    assert!(html.contains("id=\"b1\"") && !html.contains("id=\"other\""), "{html}");
    assert!(!html.contains("<form method=\"post\""));
    assert!(get(&lab, "/s;typed").starts_with("F.2.0.0.pxname.1:KNSV:str:f\n"));
    for path in ["/s;json", "/s;json-schema"] {
        serde_json::from_str::<serde_json::Value>(&get(&lab, path)).unwrap();
    }
}

#[test]
fn heads() {
    let lab = Arc::new(Lab::new(CONFIG).process);
    let head = ask(&lab, "GET /s", "", Rights::Read).head;
    assert_eq!((head.status(), head.fields.get(b"refresh")), (200, Some(&b"5"[..])));
    let head = ask(&lab, "GET /s;csv;norefresh", "", Rights::Read).head;
    assert_eq!(head.fields.get(b"refresh"), None);
    assert_eq!(head.fields.get(b"content-type"), Some(&b"text/plain"[..]));
}

#[test]
fn an_administrator_changes_servers() {
    let lab = Arc::new(Lab::new(CONFIG).process);
    let post = |body: &str, rights| {
        let head = ask(&lab, "POST /s;up", body, rights).head;
        assert_eq!(head.status(), 303);
        String::from_utf8(head.fields.get(b"location").unwrap().to_vec()).unwrap()
    };
    assert_eq!(post("s=s1&action=maint&b=%233", Rights::Read), "/s;st=DENY;up");
    let server = &lab.shared.runtime.proxies[1].servers.at(base::ServerId(0));
    assert_eq!(server.admin(), 0);
    assert_eq!(post("s=s1&action=maint&b=%233", Rights::Admin), "/s;st=DONE;up");
    assert_ne!(server.admin(), 0);
    assert_eq!(post("s=s1&s=zz&action=ready&b=%233", Rights::Admin), "/s;st=PART;up");
    assert_eq!(post("action=ready&b=%233", Rights::Admin), "/s;st=NONE;up");
    assert_eq!(post("s=s1&action=foo&b=%233", Rights::Admin), "/s;st=ERRP;up");
    assert_eq!(post("s=x&action=maint&b=other", Rights::Admin), "/s;st=DENY;up", "out of scope");
}

#[test]
fn parts_stay_small() {
    let mut text = "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n\
        frontend f\n stats enable\n default_backend b0\n"
        .to_owned();
    for at in 0..40 {
        text.push_str(&format!("backend b{at}\n server a 127.0.0.1:1\n server b 127.0.0.1:2\n"));
    }
    let lab = Arc::new(Lab::new(&text).process);
    for uri in ["/haproxy?stats", "/haproxy?stats;csv", "/haproxy?stats;json"] {
        let response = ask(&lab, &format!("GET {uri}"), "", Rights::Read);
        let (text, longest) = body(response);
        assert!(longest < 64 * 1024 && text.len() > longest, "{uri}: {longest} of {}", text.len());
    }
}
