//! Rules as they are typed, on whole messages.

use std::sync::Arc;

use http::message::Version;
use sample::testing::{TestNames, compiling, txn};
use sample::txn::Presence;
use sample::{Place, Txn};

use crate::acl::AclTable;
use crate::action::{Action, ActionCompile, CaptureSlots, ErrorNames, Kinds, Outcome};
use crate::actions::testing::line;
use crate::bandwidth::BandwidthNames;
use crate::reply::ErrorTable;
use crate::words::Words;

struct Nothing;

impl ErrorNames for Nothing {
    fn http_errors(&self, _: &[u8]) -> Option<Arc<ErrorTable>> {
        None
    }
}

/// Compiles a line; the second value is the words that were left for the condition.
fn try_compile(text: &str) -> Result<(Box<dyn Action>, Vec<String>), String> {
    let line = line(text);
    let mut words = Words::new(&line, 1);
    let keyword = line.words[0].as_str().unwrap();
    let is_response = super::is_response(keyword);
    let place = if is_response { Place::Response } else { Place::Request };
    let kind = if is_response { Kinds::HTTP_RESPONSE } else { Kinds::HTTP_REQUEST };
    let (acls, mut captures) = (AclTable::new(), CaptureSlots::default());
    let (action, _) = compiling(place, &TestNames::default(), |sample| {
        let mut bandwidth = BandwidthNames::default();
        let mut compile = ActionCompile {
            sample,
            kind,
            acls: &acls,
            errors: &Nothing,
            captures: &mut captures,
            bandwidth: &mut bandwidth,
        };
        super::compile(keyword, &mut words, &mut compile)
    });
    let rest = words.rest().iter().map(|word| word.lossy().to_string()).collect();
    action.map(|action| (action, rest)).map_err(|problem| problem.message)
}

fn run(text: &str, txn: &mut Txn) -> Outcome {
    let (action, _) = try_compile(text).unwrap_or_else(|message| panic!("`{text}`: {message}"));
    action.run(txn)
}

fn request(lines: &[&str]) -> Txn {
    let mut txn = txn();
    let mut parts = lines[0].split(' ').map(str::as_bytes);
    let (method, uri, version) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    txn.req.head.start_request(method, uri, Version::of(version).unwrap());
    txn.req.presence = Presence::Here;
    for line in &lines[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        txn.req.head.fields.push(name.as_bytes(), value.as_bytes());
    }
    txn
}

fn response(status: u16, lines: &[&str]) -> Txn {
    let mut txn = request(&["GET / HTTP/1.1", "Host: h"]);
    txn.res.head.start_response(Version::Http11, status, None);
    txn.res.presence = Presence::Here;
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        txn.res.head.fields.push(name.as_bytes(), value.as_bytes());
    }
    txn
}

/// The status of a refusal, 1000 more after a while; 0 for everything else.
fn refusal(outcome: &Outcome) -> u16 {
    if let Outcome::Deny(reply) = outcome {
        return reply.status();
    }
    if let Outcome::Tarpit(reply) = outcome { 1000 + reply.status() } else { 0 }
}

/// The head as it is written, a line each.
fn written(head: &http::Head) -> Vec<String> {
    let mut out = Vec::new();
    head.write_to(&mut out);
    let text = String::from_utf8(out).unwrap();
    text.trim_end_matches("\r\n").split("\r\n").map(str::to_owned).collect()
}

/// What a rule makes of a request's head.
fn rewritten(rule: &str, lines: &[&str]) -> Vec<String> {
    let mut txn = request(lines);
    assert!(matches!(run(rule, &mut txn), Outcome::Continue), "{rule}");
    written(&txn.req.head)
}

/// What a rule makes of a response's head.
fn answered(rule: &str, lines: &[&str]) -> Vec<String> {
    let mut txn = response(200, lines);
    assert!(matches!(run(rule, &mut txn), Outcome::Continue), "{rule}");
    written(&txn.res.head)
}

#[test]
fn proxy_pass() {
    // The blank within the brackets is protected, or was put together again by the reader of the configuration.
    let rule = r"reqirep ^([^\ :]*)\ /mirror/foo/(.*)     \1\ /\2";
    let got = rewritten(rule, &["GET /mirror/foo/a/b?c=d HTTP/1.1", "Host: dom.com", "X: GET /mirror/foo/x"]);
    assert_eq!(got, ["GET /a/b?c=d HTTP/1.1", "Host: dom.com", "X: GET /mirror/foo/x"]);
    assert_eq!(rewritten(rule, &["GET /other HTTP/1.1", "Host: h"]), ["GET /other HTTP/1.1", "Host: h"]);
    assert_eq!(rewritten(rule, &["POST /MIRROR/foo/ HTTP/1.0"]), ["POST / HTTP/1.0"]);
}

#[test]
fn proxy_pass_reverse() {
    let rule =
        r"rspirep ^Location:\ (https?://bk.dom.com(:[0-9]+)?)?(/.*) Location:\ /mirror/foo\3 if hdr_location";
    let (_, rest) = try_compile(rule).unwrap();
    assert_eq!(rest, ["if", "hdr_location"], "the condition is left");
    for (location, want) in [
        ("location: http://bk.dom.com/a", "Location: /mirror/foo/a"),
        ("Location: https://bk.dom.com:8443/a?b", "Location: /mirror/foo/a?b"),
        ("Location: /a", "Location: /mirror/foo/a"),
        ("Location: http://elsewhere/a", "Location: http://elsewhere/a"),
    ] {
        assert_eq!(answered(rule, &["X: 1", location]), ["HTTP/1.1 200 OK", "X: 1", want]);
    }
}

#[test]
fn proxy_pass_reverse_cookie() {
    let domain =
        r"rspirep ^(Set-Cookie:.*)\ Domain=bk.dom.com(.*) \1\ Domain=dom.com\2 if hdr_set_cookie_dom";
    let got = answered(domain, &["Set-Cookie: a=b; Domain=bk.dom.com; Secure", "Set-Cookie: c=d"]);
    assert_eq!(got[1..], ["Set-Cookie: a=b; Domain=dom.com; Secure", "Set-Cookie: c=d"]);
    let path = r"rspirep ^(Set-Cookie:.*)\ Path=(.*) \1\ Path=/mirror/foo\2 if hdr_set_cookie_path";
    let got = answered(path, &["set-cookie: a=b; path=/x; HttpOnly"]);
    assert_eq!(got[1..], ["set-cookie: a=b; Path=/mirror/foo/x; HttpOnly"]);
}

#[test]
fn http_only_for_one_cookie() {
    let rule = r"rspirep ^Set-Cookie:\ (appsession.*)    Set-Cookie:\ \1;\ HttpOnly";
    let got = answered(
        rule,
        &["Set-Cookie: other=1", "Set-Cookie: appsession=2; Path=/", "set-cookie: Appsession2=3"],
    );
    assert_eq!(
        got[1..],
        [
            "Set-Cookie: other=1",
            "Set-Cookie: appsession=2; Path=/; HttpOnly",
            "Set-Cookie: Appsession2=3; HttpOnly"
        ]
    );
}

#[test]
fn locations_behind_tls_offloading() {
    let rule = r"rspirep ^Location:\ http://(.*):80(.*)  Location:\ https://\1:443\2 if { ssl_fc }";
    let (_, rest) = try_compile(rule).unwrap();
    assert_eq!(rest, ["if", "{", "ssl_fc", "}"]);
    let got = answered(rule, &["Location: http://www.dom.com:80/a?b"]);
    assert_eq!(got[1..], ["Location: https://www.dom.com:443/a?b"]);
}

#[test]
fn the_whole_line_is_replaced() {
    let got = rewritten(r"reqrep www Host:\ new", &["GET / HTTP/1.1", "Host: a.www.b", "X-www: 1", "Y: 2"]);
    assert_eq!(got, ["GET / HTTP/1.1", "Host: new", "Host: new", "Y: 2"]);
    let got = rewritten(r"reqrep ^Host:\ (.*) X-Host:\ \1\x2e\0", &["GET / HTTP/1.1", "Host: h", "host: i"]);
    assert_eq!(got[1..], ["X-Host: h.Host: h", "host: i"], "case counts");
}

#[test]
fn a_start_line_that_matched_spares_the_fields() {
    let got = rewritten(r"reqrep a GET\ /b\ HTTP/1.1", &["GET /a HTTP/1.1", "X: a"]);
    assert_eq!(got, ["GET /b HTTP/1.1", "X: a"]);
}

#[test]
fn request_lines() {
    let got =
        rewritten(r"reqrep ^POST\ (.*)\ .* PUT\ http://h\1\ HTTP/1.0", &["POST /a HTTP/1.1", "Host: x"]);
    assert_eq!(got, ["PUT http://h/a HTTP/1.0", "Host: x"]);
    let got = rewritten(r"reqrep ^GET.* GET\ /short", &["GET /a HTTP/1.1"]);
    assert_eq!(got, ["GET /short HTTP/1.1"], "the version stays");
    for bad in [r"reqrep ^GET.* GET\ /a\ b\ HTTP/1.1", r"reqrep ^GET.* GET", r"reqrep ^GET.* GET\ /\ HTTP/x"]
    {
        let mut txn = request(&["GET /a HTTP/1.1"]);
        assert_eq!(refusal(&run(bad, &mut txn)), 400, "{bad}");
        assert_eq!(txn.req.head.uri(), b"/a", "{bad}");
    }
}

#[test]
fn requests_of_http_2_show_their_path() {
    let mut txn = txn();
    txn.req.head.start_request(b"GET", b"https://h/mirror/foo/x", Version::Http2);
    txn.req.head.fields.push(b"host", b"h");
    run(r"reqirep ^([^\ :]*)\ /mirror/foo/(.*) \1\ /\2", &mut txn);
    assert_eq!((txn.req.head.uri(), txn.req.head.version()), (&b"https://h/x"[..], Version::Http2));
    run(r"reqirep ^Host:.* Host:\ new", &mut txn);
    assert_eq!(txn.req.head.uri(), b"https://new/x");
}

#[test]
fn status_lines() {
    let got = answered(r"rsprep ^(HTTP/1.1)\ 200(.*) \1\ 404\ Gone\ Fishing", &["Server: x"]);
    assert_eq!(got, ["HTTP/1.1 404 Gone Fishing", "Server: x"]);
    let got = answered(r"rspirep ^http/1.1\ 200\ (.*) HTTP/1.0\ 201\ \1", &[]);
    assert_eq!(got, ["HTTP/1.0 201 OK"]);
    for bad in [r"rsprep ^HTTP.* HTTP/1.1\ 20\ OK", r"rsprep ^HTTP.* 200\ OK"] {
        assert_eq!(refusal(&run(bad, &mut response(200, &[]))), 502, "{bad}");
    }
}

#[test]
fn line_ends_make_more_fields() {
    let rule = r"reqrep ^(Host:\ .*) \1\r\nX-A:\ 1\nX-B:\ 2";
    let got = rewritten(rule, &["GET / HTTP/1.1", "A: 0", "Host: h", "Z: 9"]);
    assert_eq!(got[1..], ["A: 0", "Host: h", "X-A: 1", "X-B: 2", "Z: 9"]);
    let got = rewritten(r"reqrep ^(GET.*) \1\r\nX:\ 1", &["GET / HTTP/1.1", "A: 0"]);
    assert_eq!(got, ["GET / HTTP/1.1", "X: 1", "A: 0"]);
}

#[test]
fn what_is_no_field_is_left_out_and_counted() {
    let mut txn = request(&["GET / HTTP/1.1", "Secret: s", "X: 1"]);
    run(r"reqrep ^Secret:.* nothing", &mut txn);
    assert_eq!(written(&txn.req.head)[1..], ["X: 1"]);
    assert_eq!(txn.frontend.frontend.sum(|c| &c.failed_rewrites), 1);
    run(r"reqrep ^X:(.*) \9", &mut txn);
    assert_eq!(written(&txn.req.head).len(), 1, "an empty line is removed");
}

#[test]
fn lines_do_not_grow_beyond_the_buffer() {
    let mut txn = request(&["GET / HTTP/1.1", "X: 0123456789"]);
    let mut runtime = sample::testing::runtime();
    runtime.process.buffer_bytes = 300;
    txn.runtime = Arc::new(runtime);
    for _ in 0..20 {
        run(r"reqrep ^X:\ (.*) X:\ \1\1", &mut txn);
    }
    assert!(txn.req.head.fields.value(0).len() < 300);
    assert!(txn.frontend.frontend.sum(|c| &c.failed_rewrites) > 0);
    let long = format!("reqadd Y:\\ {}", "y".repeat(300));
    assert!(matches!(run(&long, &mut txn), Outcome::Deny(reply) if reply.status() == 400));
}

#[test]
fn fields_are_removed() {
    let got = rewritten("reqidel ^x-", &["GET /x- HTTP/1.1", "X-A: 1", "x-b: 2", "Y: x-", "X-C: 3"]);
    assert_eq!(got, ["GET /x- HTTP/1.1", "Y: x-"]);
    assert_eq!(rewritten("reqdel GET", &["GET / HTTP/1.1", "A: GET"]), ["GET / HTTP/1.1"]);
    assert_eq!(answered("rspdel ^Server:.*", &["Server: s", "server: t"])[1..], ["server: t"]);
    assert_eq!(answered("rspidel ^Server:.*", &["Server: s", "server: t"]).len(), 1);
}

#[test]
fn fields_are_added() {
    let got = rewritten(r"reqadd X-Proto:\ SSL\ on\r\nY:\ 1 if { always_true }", &["GET / HTTP/1.1", "A: 1"]);
    assert_eq!(got[1..], ["A: 1", "X-Proto: SSL on", "Y: 1"]);
    assert_eq!(answered(r"rspadd X:\ 1", &[])[1..], ["X: 1"]);
    let mut interim = response(100, &[]);
    run(r"rspadd X:\ 1", &mut interim);
    assert!(interim.res.head.fields.is_empty());
}

#[test]
fn refusals() {
    let status =
        |rule: &str, line: &str| refusal(&run(rule, &mut request(&[line, "Host: www.private.local"])));
    assert_eq!(status(r"reqdeny ^Host:.*\.local$", "GET / HTTP/1.1"), 403);
    assert_eq!(status(r"reqdeny ^host:", "GET / HTTP/1.1"), 0);
    assert_eq!(status(r"reqideny ^host:", "GET / HTTP/1.1"), 403);
    assert_eq!(status(r"reqideny ^[a-z]+\ /admin", "GET /Admin HTTP/1.1"), 403);
    assert_eq!(status(r"reqtarpit ^GET", "GET / HTTP/1.1"), 1500);
    assert_eq!(status(r"reqitarpit ^get", "GET / HTTP/1.1"), 1500);
    assert!(
        matches!(run("rspdeny ^HTTP/1.1\\ 5", &mut response(503, &[])), Outcome::Deny(r) if r.status() == 502)
    );
    assert!(matches!(run("rspideny ^server", &mut response(200, &["X: 1"])), Outcome::Continue));
}

#[test]
fn allowed_requests_are_still_rewritten() {
    let mut txn = request(&["GET / HTTP/1.1", "Host: www.x", "X: 1"]);
    assert!(matches!(run(r"reqallow ^Host:\ www\.", &mut txn), Outcome::Continue));
    assert!(matches!(run("reqdeny .", &mut txn), Outcome::Continue));
    assert!(matches!(run("reqtarpit .", &mut txn), Outcome::Continue));
    run("reqdel ^X:", &mut txn);
    assert_eq!(written(&txn.req.head).len(), 2);
    txn.reset();
    assert!(!txn.legacy.is_allowed);
}

#[test]
fn passed_lines_are_left_alone() {
    let mut txn = request(&["GET / HTTP/1.1", "Host: www.private.local", "X: a.local"]);
    run(r"reqipass ^host:\ www\.private\.local", &mut txn);
    assert!(matches!(run(r"reqideny ^host:\ .*\.local", &mut txn), Outcome::Continue));
    run(r"reqrep .*local Y:\ 1", &mut txn);
    assert_eq!(written(&txn.req.head)[1..], ["Host: www.private.local", "Y: 1"]);
    assert!(matches!(run("reqdeny ^Y", &mut txn), Outcome::Deny(_)));
}

#[test]
fn every_name_compiles_or_says_why_not() {
    for name in super::names() {
        let words = match name {
            "reqadd" | "rspadd" => "X:\\ 1",
            _ if name.ends_with("rep") || name.ends_with("exp") => "a b",
            _ => "a",
        };
        let done = try_compile(&format!("{name} {words}"));
        assert_eq!(done.is_ok(), !name.ends_with("setbe"), "{name}");
        assert_eq!(
            super::is_response(name),
            name.starts_with('r') && &name[1..3] == "sp" || name == "srvexp"
        );
        assert!(try_compile(name).is_err(), "{name} without words");
        assert!(try_compile(&format!("{name} if TRUE")).is_err(), "{name} with a condition only");
    }
}

#[test]
fn mistakes() {
    for (text, part) in [
        ("reqrep (a b", "unclosed group"),
        (r"reqrep a b\\", "invalid replacement string"),
        ("reqrep a", "the replacement is missing"),
        ("reqadd X", "no header line"),
        (r"rspadd X\ Y:\ 1", "no header line"),
        ("reqfoo a", "no rule on header lines"),
    ] {
        let message = try_compile(text).map(|_| ()).unwrap_err();
        assert!(message.contains(part), "`{text}`: {message}");
    }
}
