//! Every example of every row is run; what a row's own tests need to make exchanges.

use http::message::Version;

use super::rows;
use crate::compile::Place;
use crate::expr::Expr;
use crate::rows::{Fetched, Walk};
use crate::testing::{self, TestNames};
use crate::txn::{Message, Presence, Txn};

/// Puts a head, and a body behind an empty line, into `message`; `text` has line feeds only.
fn fill(message: &mut Message, text: &str) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.split('\n');
    let start: Vec<&str> = lines.next().unwrap_or_default().splitn(3, ' ').collect();
    if let Some(status) = start[0].starts_with("HTTP/").then(|| start[1].parse().unwrap()) {
        message.head.start_response(Version::of(start[0].as_bytes()).unwrap(), status, None);
    } else {
        let version = start.get(2).map_or(Version::Http11, |text| Version::of(text.as_bytes()).unwrap());
        message.head.start_request(start[0].as_bytes(), start[1].as_bytes(), version);
    }
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        message.head.fields.push(name.as_bytes(), value.trim().as_bytes());
    }
    message.presence = Presence::Here;
    message.body = body.as_bytes().to_vec();
    message.body_is_complete = true;
}

/// An exchange whose request or response, or both with `---` between them, is `text`.
pub(crate) fn exchange(text: &str) -> Txn {
    let mut txn = testing::txn();
    for part in text.split("\n---\n").filter(|part| !part.is_empty()) {
        let message = if part.starts_with("HTTP/") { &mut txn.res } else { &mut txn.req };
        fill(message, part);
    }
    txn
}

/// Compiles and runs an expression among response rules when `txn` has a response, among a backend's request rules
/// otherwise.
pub(crate) fn eval(text: &str, txn: &Txn) -> Option<String> {
    let place = if txn.res.is_here() { Place::Response } else { Place::BackendRequest };
    let (expr, _) = testing::compiling(place, &TestNames::default(), |c| Expr::compile(text.as_bytes(), c));
    let expr = expr.unwrap_or_else(|problem| panic!("`{text}`: {}", problem.message));
    expr.eval(txn).map(testing::shown)
}

#[test]
fn every_example_is_true() {
    for row in rows() {
        for example in
            row.doc.examples.iter().filter(|example| !example.input.is_empty() || !example.output.is_empty())
        {
            let got = eval(example.text, &exchange(example.input));
            assert_eq!(got.as_deref(), Some(example.output), "{} on {}", example.text, example.input);
        }
    }
}

/// Heads that examples are run on beside their own: repeated and empty headers, quotes, several of everything.
const HEADS: &[&str] = &[
    "",
    "OPTIONS * HTTP/1.1\nX: a, \"b,c\"\nY: n\nx:\nx: d,",
    "GET http://host/a?b?c=1;d=2&c=3&C=4 HTTP/1.1\nHost: h\nCookie: a=1; b=; a=2\nCookie: a=3",
    "GET /?c HTTP/1.1\n---\nHTTP/1.1 200 OK\nVary: a,,b\nSet-Cookie: a=1; b=2\nSet-Cookie: c=3\nX: \"",
];

#[test]
fn the_short_way_to_texts_leads_to_the_same_texts() {
    let mut compared = 0;
    for row in rows().filter(|row| row.texts.is_some()) {
        let texts = row.doc.examples.iter().map(|example| example.text);
        let extra = if row.params.is_empty() { "".to_owned() } else { format!("{}(x,1)", row.name) };
        for text in texts.chain([extra.as_str()]).filter(|text| !text.is_empty()) {
            for head in HEADS.iter().copied().chain(row.doc.examples.iter().map(|example| example.input)) {
                let txn = exchange(head);
                let place = if txn.res.is_here() { Place::Response } else { Place::BackendRequest };
                let names = TestNames::default();
                let (expr, _) = testing::compiling(place, &names, |c| Expr::compile(text.as_bytes(), c));
                // The third argument of one row means the case, not a number.
                let Ok(expr) = expr else { continue };
                let Some(short) = expr.texts() else { continue };
                let mut found = Vec::new();
                let answer = short.any(&txn, expr.args(), |text| {
                    found.push(text.to_vec());
                    false
                });
                assert_eq!((found, answer), walked(&expr, &txn), "{text} on {head}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// What [`Expr::fetch_walk`] gives, and what the short way is to say when nothing is accepted.
fn walked(expr: &Expr, txn: &Txn) -> (Vec<Vec<u8>>, Option<bool>) {
    let (mut walk, mut all) = (Walk::each(), Vec::new());
    loop {
        walk.more = false;
        match expr.fetch_walk(txn, &mut walk) {
            Fetched::Value(value) => all.push(value.text().to_vec()),
            Fetched::Absent => return (all, Some(false)),
            Fetched::NotYet => return (all, None),
        }
        if !walk.more {
            return (all, Some(false));
        }
    }
}

#[test]
fn names_are_found_with_and_without_their_side() {
    let name = |text: &str, place| super::lookup(text.as_bytes(), place).map(|row| row.name);
    assert_eq!(name("hdr", Place::Request), Some("req.hdr"));
    assert_eq!(name("hdr", Place::Response), Some("res.hdr"));
    assert_eq!(name("cookie", Place::Request), Some("req.cook"));
    assert_eq!(name("cookie", Place::Response), Some("res.cook"));
    assert_eq!(name("hdr_cnt", Place::Response), Some("req.hdr_cnt"));
    assert_eq!(name("body", Place::Request), None);
    assert_eq!(name("shdr_cnt", Place::Response), Some("res.hdr_cnt"));
    assert_eq!(name("nonsense", Place::Request), None);
}

#[test]
fn every_row_is_documented() {
    for row in rows() {
        assert!(!row.doc.brief.is_empty() && !row.doc.brief.ends_with('.'), "{}", row.name);
    }
}
