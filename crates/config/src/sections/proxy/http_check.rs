//! `http-check ...`: what HTTP checks send and expect (chapters 4.2 and 5.2). What goes beyond one request and a test
//! of the status is understood, but not carried out yet.

use diag::codes;
use rules::Words;
use sample::compile::problem_of;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::{CheckKind, HttpCheck};
use crate::row::ProxyRow;

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
        expect,
        "what a healthy server answers",
        usage!["http-check expect status 200,204,300-399", "http-check expect ! string error"],
    ),
    ProxyRow::new(
        "http-check disable-on-404",
        SERVER,
        disable_on_404,
        "404 takes a server out of the balancing, but leaves it to those who stick to it",
        usage!["http-check disable-on-404"],
    ),
    ProxyRow::new(
        "http-check send-state",
        SERVER,
        send_state,
        "servers are told what they are taken for",
        usage!["http-check send-state"],
    ),
    ProxyRow::new(
        "http-check comment",
        SERVER,
        |words, _| {
            words.take_rest();
            Ok(())
        },
        "a text for the messages of the step that follows",
        usage!["http-check comment first"],
    ),
    ProxyRow::new(
        "http-check connect",
        SERVER,
        |w, p| later(w, p, "http-check connect"),
        "an HTTP check opens another connection, with its own port and options",
        usage!["http-check connect port 8080"],
    )
    .noted(),
    ProxyRow::new(
        "http-check set-var",
        SERVER,
        |w, p| later(w, p, "http-check set-var"),
        "a variable for the steps that follow",
        usage!["http-check set-var(check.a) int(1)"],
    )
    .noted(),
    ProxyRow::new(
        "http-check set-var-fmt",
        SERVER,
        |w, p| later(w, p, "http-check set-var-fmt"),
        "sets a variable of an HTTP check from a format",
        usage!["http-check set-var-fmt(check.a) x"],
    )
    .noted(),
    ProxyRow::new(
        "http-check unset-var",
        SERVER,
        |w, p| later(w, p, "http-check unset-var"),
        "forgets a variable",
        usage!["http-check unset-var(check.a)"],
    )
    .noted(),
];

/// Makes the proxy check its servers over HTTP, as told so far.
pub(super) fn select(parse: &mut ProxyParse<'_>) {
    parse.proxy.check = match parse.scratch.http_check_later {
        Some(rule) => CheckKind::Later(rule),
        None => CheckKind::Http(Box::new(parse.scratch.http_check.clone())),
    };
}

/// Brings an HTTP check that was selected already up to date.
fn changed(parse: &mut ProxyParse<'_>) {
    let is_http = match &parse.proxy.check {
        CheckKind::Http(_) => true,
        CheckKind::Later(rule) => rule.starts_with("http-check"),
        CheckKind::Tcp | CheckKind::SslHello => false,
    };
    if is_http {
        select(parse);
    }
}

fn later(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, rule: &'static str) -> Result<(), Problem> {
    words.take_rest();
    parse.scratch.http_check_later.get_or_insert(rule);
    changed(parse);
    Ok(())
}

fn disable_on_404(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.scratch.http_check.disable_on_404 = true;
    changed(parse);
    words.done()
}

fn send_state(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.scratch.http_check.send_state = true;
    changed(parse);
    words.done()
}

const SEND: &[&str] = &["meth", "uri", "uri-lf", "ver", "hdr", "body", "body-lf", "comment"];

fn send(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut check = parse.scratch.http_check.clone();
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"meth" => check.method = words.need("the method")?.text.clone().into(),
            b"uri" => check.uri = words.need("the URI")?.text.clone().into(),
            b"ver" => check.version = words.need("the version")?.text.clone().into(),
            b"body" => check.body = words.need("the body")?.text.clone().into(),
            b"comment" => drop(words.need("the text")?),
            b"hdr" => header(words, parse, &mut check)?,
            b"uri-lf" => check.uri = rendered(words.need("the format")?, parse, "http-check send uri-lf")?,
            b"body-lf" => check.body = rendered(words.need("the format")?, parse, "http-check send body-lf")?,
            _ => return Err(args::unexpected(word, SEND)),
        }
    }
    parse.scratch.http_check = check;
    changed(parse);
    Ok(())
}

fn header(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, check: &mut HttpCheck) -> Result<(), Problem> {
    let name = words.need("the header's name")?;
    let value = words.need("the header's value")?;
    let value = rendered(value, parse, "http-check send hdr")?;
    // What frames the message is computed.
    let is_framing = |known: &[u8]| name.text.eq_ignore_ascii_case(known);
    if is_framing(b"content-length") || is_framing(b"transfer-encoding") {
        return Ok(());
    }
    if is_framing(b"host") {
        check.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(b"host"));
    }
    check.headers.push((name.text.clone().into(), value));
    Ok(())
}

/// The text of a format that is the same for each check; another one makes the check one for later.
fn rendered(word: &Word, parse: &mut ProxyParse<'_>, what: &'static str) -> Result<Box<[u8]>, Problem> {
    if !word.text.contains(&b'%') {
        return Ok(word.text.clone().into());
    }
    let format =
        parse.compile(Place::Check, word.span, |c, _| LogFormat::compile(&word.text, Style::Header, c))?;
    if let Some(text) = format.is_constant() {
        return Ok(text.into());
    }
    args::not_yet(parse, what);
    parse.scratch.http_check_later.get_or_insert(what);
    Ok(word.text.clone().into())
}

const PATTERNS: &[&str] = &["status", "rstatus", "string", "string-lf", "rstring", "hdr", "fhdr"];
/// Words of `expect` that take one argument and only concern messages and the outcome's name.
const SETTINGS: &[&str] = &[
    "min-recv",
    "comment",
    "ok-status",
    "error-status",
    "tout-status",
    "on-success",
    "on-error",
    "status-code",
];

fn expect(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let (mut is_negated, mut has_pattern) = (false, false);
    words.clone().need("what is expected, as in `status 200`")?;
    while let Some(word) = words.next() {
        let marks = word.text.iter().take_while(|byte| **byte == b'!').count();
        is_negated ^= marks % 2 == 1;
        let name = &word.text[marks..];
        match name {
            b"" => {}
            b"status" => {
                statuses(words.need("the statuses")?, is_negated, parse)?;
                has_pattern = true;
            }
            b"rstatus" | b"string" | b"string-lf" | b"rstring" | b"hdr" | b"fhdr" => {
                words.need("the pattern")?;
                if name.ends_with(b"hdr") {
                    words.take_rest();
                }
                has_pattern = true;
                later_expect(parse);
            }
            _ if SETTINGS.iter().any(|known| known.as_bytes() == name) => drop(words.need("the value")?),
            _ => return Err(args::unexpected(word, &[PATTERNS, SETTINGS].concat())),
        }
    }
    if !has_pattern {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            words.span(),
            "a pattern is missing, as in `status 200`",
        ));
    }
    changed(parse);
    Ok(())
}

fn later_expect(parse: &mut ProxyParse<'_>) {
    const RULE: &str = "http-check expect with another pattern than status";
    args::not_yet(parse, RULE);
    parse.scratch.http_check_later.get_or_insert(RULE);
}

fn statuses(word: &Word, is_negated: bool, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let refused = |part: &[u8]| {
        let part = base::Lossy(part);
        problem_of(
            codes::NUMBER,
            word.span,
            format!("`{part}` is no status: numbers and ranges are, as in `200,300-399`"),
        )
    };
    let number = |text: &[u8]| base::bytes::parse_decimal(text).and_then(|number| u16::try_from(number).ok());
    let mut ranges = Vec::new();
    for part in word.text.split(|byte| *byte == b',') {
        let mut ends = part.splitn(2, |byte| *byte == b'-').map(number);
        match (ends.next().flatten(), ends.next()) {
            (Some(only), None) => ranges.push((only, only)),
            (Some(low), Some(Some(high))) if low <= high => ranges.push((low, high)),
            _ => return Err(refused(part)),
        }
    }
    let check = &mut parse.scratch.http_check;
    (check.expect_status, check.is_negated) = (ranges, is_negated);
    Ok(())
}

/// The words of its rules, for tests of the reference.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [SEND, PATTERNS, SETTINGS].concat().into_iter()
}
