//! Every example of every row is run; what a row's own tests need to make exchanges.

use http::message::Version;

use super::rows;
use crate::compile::Place;
use crate::expr::Expr;
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
