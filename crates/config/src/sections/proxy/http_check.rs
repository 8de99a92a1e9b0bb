//! `http-check ...`: what HTTP checks send and expect (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::args;
use super::check_draft::Family;
use super::check_expect;
use super::check_steps::{self as steps, format};
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::{CheckAction, CheckSend, CheckText, HttpCheckRequest};
use crate::row::ProxyRow;
use crate::sections::value;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "http-check send",
        SERVER,
        send,
        "what an HTTP check sends: method, URI, headers, body",
        usage!["http-check send meth GET uri /alive ver HTTP/1.1 hdr Host www.example.com"],
    ),
    ProxyRow::new(
        "http-check expect",
        SERVER,
        |w, p| check_expect::expect(w, p, Family::Http),
        "what a healthy server answers",
        usage!["http-check expect status 200,204,300-399", "http-check expect ! string error"],
    ),
    ProxyRow::new(
        "http-check disable-on-404",
        SERVER,
        |words, parse| {
            words.done()?;
            parse.scratch.checks.disable_on_404(parse.pass);
            Ok(())
        },
        "404 takes a server out of the balancing, but leaves it to those who stick to it",
        usage!["http-check disable-on-404"],
    ),
    ProxyRow::new(
        "http-check send-state",
        SERVER,
        |words, parse| {
            words.done()?;
            parse.scratch.checks.send_state(parse.pass);
            Ok(())
        },
        "servers are told what they are taken for",
        usage!["http-check send-state"],
    ),
    ProxyRow::new(
        "http-check comment",
        SERVER,
        |w, p| steps::comment(w, p, Family::Http),
        "a text for the messages of the step that follows",
        usage!["http-check comment first"],
    ),
    ProxyRow::new(
        "http-check connect",
        SERVER,
        |w, p| steps::connect(w, p, Family::Http),
        "an HTTP check opens another connection, with its own port and options",
        usage!["http-check connect port 8080"],
    ),
    ProxyRow::new(
        "http-check set-var",
        SERVER,
        |w, p| steps::variable(w, p, Family::Http),
        "a variable for the steps that follow",
        usage!["http-check set-var(check.a) int(1)"],
    ),
    ProxyRow::new(
        "http-check set-var-fmt",
        SERVER,
        |w, p| steps::variable(w, p, Family::Http),
        "sets a variable of an HTTP check from a format",
        usage!["http-check set-var-fmt(check.a) x"],
    ),
    ProxyRow::new(
        "http-check unset-var",
        SERVER,
        |w, p| steps::variable(w, p, Family::Http),
        "forgets a variable",
        usage!["http-check unset-var(check.a)"],
    ),
];

const SEND: &[&str] = &["meth", "uri", "uri-lf", "ver", "hdr", "body", "body-lf", "comment"];

fn send(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut request = HttpCheckRequest::default();
    let mut comment = None;
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"meth" => request.method = Some(value::bytes(words.need("the method")?)),
            b"uri" => request.uri = Some(CheckText::Fixed(value::bytes(words.need("the URI")?))),
            b"ver" => request.version = Some(value::bytes(words.need("the version")?)),
            b"body" => request.body = Some(CheckText::Fixed(value::bytes(words.need("the body")?))),
            b"comment" => comment = Some(value::bytes(words.need("the text")?)),
            b"hdr" => header(words, parse, &mut request)?,
            b"uri-lf" => request.uri = Some(CheckText::of(format(words.need("the format")?, parse)?)),
            b"body-lf" => request.body = Some(CheckText::of(format(words.need("the format")?, parse)?)),
            _ => return Err(args::unexpected(word, SEND)),
        }
    }
    steps::add(parse, Family::Http, comment, CheckAction::Send(CheckSend::Http(Box::new(request))))
}

fn header(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    request: &mut HttpCheckRequest,
) -> Result<(), Problem> {
    let name = words.need("the header's name")?;
    let value = CheckText::of(format(words.need("the header's value")?, parse)?);
    // What frames the message is computed.
    let is_framing = |known: &[u8]| name.text.eq_ignore_ascii_case(known);
    if is_framing(b"content-length") || is_framing(b"transfer-encoding") {
        return Ok(());
    }
    if is_framing(b"host") {
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(b"host"));
    }
    request.headers.push((name.text.clone().into(), value));
    Ok(())
}

/// The words of its rules, for tests of the reference.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [SEND, steps::CONNECT, check_expect::HTTP_PATTERNS, check_expect::SETTINGS].concat().into_iter()
}
