//! Steps that `tcp-check` and `http-check` lines share: `connect`, `comment`, and those about variables (chapter 4.2).

use base::bytes::parse_decimal;
use keyword::Built;
use rules::{Kinds, Words};
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::{Expr, Place, Problem};
use syntax::Word;

use super::args;
use super::check_draft::Family;
use crate::address;
use crate::context::ProxyParse;
use crate::model::{CheckAction, CheckConnect, CheckPort};
use crate::sections::{bind, value};

/// Adds a step that was read completely.
pub(super) fn add(
    parse: &mut ProxyParse<'_>,
    family: Family,
    comment: Option<Box<[u8]>>,
    action: CheckAction,
) -> Result<(), Problem> {
    let (pass, span) = (parse.pass, parse.span);
    parse.scratch.checks.add(family, comment, action, (pass, span))
}

/// A `comment` line.
pub(super) fn comment(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    family: Family,
) -> Result<(), Problem> {
    let text = value::bytes(words.need("the comment")?);
    words.done()?;
    parse.scratch.checks.comment(family, text, parse.pass);
    Ok(())
}

pub(super) const CONNECT: &[&str] = &[
    "port",
    "addr",
    "default",
    "send-proxy",
    "via-socks4",
    "ssl",
    "sni",
    "alpn",
    "linger",
    "proto",
    "comment",
];

/// A `connect` line.
pub(super) fn connect(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    family: Family,
) -> Result<(), Problem> {
    let mut connect = CheckConnect::default();
    let mut comment = None;
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"default" => connect.is_default = true,
            b"send-proxy" => connect.sends_proxy = true,
            b"via-socks4" => connect.via_socks4 = true,
            b"ssl" => connect.uses_tls = true,
            b"linger" => connect.lingers = true,
            b"port" => connect.port = Some(port(words.need("the port")?, parse)?),
            b"addr" => connect.addr = Some(address::fixed(words.need("the address")?)?),
            b"sni" => connect.sni = Some(value::text(words.need("the name")?)),
            b"alpn" => connect.alpn = Some(bind::protocols(words.need("a list of protocols")?)?),
            b"proto" => proto(words.need("the protocol")?, parse, family)?,
            b"comment" => comment = Some(value::bytes(words.need("the comment")?)),
            // Up to 1.9 the port could follow at once.
            text if parse_decimal(text).is_some() => connect.port = Some(port(word, parse)?),
            _ => return Err(args::unexpected(word, CONNECT)),
        }
    }
    add(parse, family, comment, CheckAction::Connect(connect))
}

/// A number, or an expression.
fn port(word: &Word, parse: &mut ProxyParse<'_>) -> Result<CheckPort, Problem> {
    if word.text.iter().all(u8::is_ascii_digit) {
        let port: u16 = value::number(word, "a port", 1..=65_535, parse.cx.diags)?;
        return Ok(CheckPort::Fixed(port));
    }
    expr(word, parse).map(CheckPort::Computed)
}

/// The protocol of the connection, which here is always HTTP/1 or bytes.
fn proto(word: &Word, parse: &mut ProxyParse<'_>, family: Family) -> Result<(), Problem> {
    let known: &[&str] = match family {
        Family::Tcp => &["none"],
        Family::Http => &["h1", "h2", "fcgi"],
    };
    if value::choice(word, known)? > 0 {
        parse.tell_built_at(word.span, Built::Refused, &format!("http-check connect proto {}", word.lossy()));
    }
    Ok(())
}

/// An expression in one word.
pub(super) fn expr(word: &Word, parse: &mut ProxyParse<'_>) -> Result<Expr, Problem> {
    parse.compile(Place::Check, word.span, |compile, _| Expr::compile(&word.text, compile))
}

/// An expression that is not a word of the line itself.
pub(super) fn expr_of(text: &[u8], span: diag::Span, parse: &mut ProxyParse<'_>) -> Result<Expr, Problem> {
    parse.compile(Place::Check, span, |compile, _| Expr::compile(text, compile))
}

/// A format.
pub(super) fn format(word: &Word, parse: &mut ProxyParse<'_>) -> Result<LogFormat, Problem> {
    format_of(&word.text, word.span, parse)
}

/// A format whose text is not a word of the line itself.
pub(super) fn format_of(
    text: &[u8],
    span: diag::Span,
    parse: &mut ProxyParse<'_>,
) -> Result<LogFormat, Problem> {
    parse.compile(Place::Check, span, |compile, _| LogFormat::compile(text, Style::Text, compile))
}

/// `comment TEXT` at the end of a line.
pub(super) fn trailing_comment(words: &mut Words<'_>) -> Result<Option<Box<[u8]>>, Problem> {
    let mut comment = None;
    while words.eat("comment") {
        comment = Some(value::bytes(words.need("the comment")?));
    }
    words.done()?;
    Ok(comment)
}

/// Bytes written as hexadecimal digits.
pub(super) fn digits(word: &Word) -> Result<Box<[u8]>, Problem> {
    match from_hex(&word.text) {
        Some(bytes) => Ok(bytes.into()),
        None => Err(problem(word.span, "bytes are written as an even number of hexadecimal digits")),
    }
}

fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// `set-var`, `set-var-fmt` and `unset-var`: as in other rules, and without a condition.
pub(super) fn variable(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    family: Family,
) -> Result<(), Problem> {
    // The word is part of the keyword and stands before the cursor, where the action looks for it.
    let name = &words.line().words[words.position() - 1];
    let kind = Kinds::TCP_RESPONSE;
    let row = rules::actions::find(name, kind)?;
    let action =
        parse.compile_action(Place::Check, kind, name.span, |compile| (row.compile)(words, compile))?;
    if let Some(extra) = words.peek() {
        return Err(args::unexpected(extra, &[]));
    }
    add(parse, family, None, CheckAction::Act(action))
}
