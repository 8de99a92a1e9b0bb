//! `option tcp-check` and `tcp-check ...`: the steps of a scripted check (chapters 4.2 and 5.2). Steps beyond a plain
//! connection are read for their form alone: such a check is not carried out yet.

use rules::Words;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::model::CheckKind;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option tcp-check",
        SERVER,
        option,
        "servers are checked by `tcp-check` steps, without any by a connection",
        usage!["option tcp-check"],
    ),
    ProxyRow::new(
        "tcp-check connect",
        SERVER,
        connect,
        "opens a connection",
        usage!["tcp-check connect port 6379"],
    ),
    ProxyRow::new(
        "tcp-check send",
        SERVER,
        text,
        "a TCP check sends text",
        usage!["tcp-check send PING\\r\\n", "tcp-check send QUIT comment bye"],
    )
    .noted()
    .also(&["tcp-check send-lf", "tcp-check send-binary-lf"]),
    ProxyRow::new(
        "tcp-check send-binary",
        SERVER,
        binary,
        "sends bytes written as hexadecimal digits",
        usage!["tcp-check send-binary 50494e470d0a"],
    )
    .noted(),
    ProxyRow::new(
        "tcp-check expect",
        SERVER,
        expect,
        "waits for what a healthy server sends",
        usage!["tcp-check expect string +PONG", "tcp-check expect ! rstring ^-ERR"],
    )
    .noted(),
    ProxyRow::new(
        "tcp-check comment",
        SERVER,
        |words, _| {
            words.take_rest();
            Ok(())
        },
        "a text for the messages of the step that follows",
        usage!["tcp-check comment PING\\ phase"],
    ),
    ProxyRow::new(
        "tcp-check set-var",
        SERVER,
        rest,
        "a variable for the steps that follow",
        usage!["tcp-check set-var(check.a) int(1)"],
    )
    .noted()
    .also(&["tcp-check set-var-fmt"]),
    ProxyRow::new(
        "tcp-check unset-var",
        SERVER,
        rest,
        "forgets a variable",
        usage!["tcp-check unset-var(check.a)"],
    )
    .noted(),
];

/// What `option tcp-check` stands for as long as its steps go beyond a connection.
const LATER: &str = "option tcp-check";

fn option(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.proxy.check = CheckKind::Tcp;
    parse.scratch.is_tcp_check = true;
    fit(parse);
    Ok(())
}

/// A check with steps is another than a connection, in whatever order the lines stand.
fn fit(parse: &mut ProxyParse<'_>) {
    let is_selected = matches!(parse.proxy.check, CheckKind::Tcp | CheckKind::Later(LATER));
    if parse.scratch.is_tcp_check && parse.scratch.has_tcp_steps && is_selected {
        parse.proxy.check = CheckKind::Later(LATER);
    }
}

/// A step that is not carried out yet.
fn step(parse: &mut ProxyParse<'_>) {
    parse.scratch.has_tcp_steps = true;
    fit(parse);
}

const CONNECT: &[&str] = &[
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

fn connect(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let is_plain = words.rest().iter().all(|word| *word == "default");
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"default" | b"send-proxy" | b"via-socks4" | b"ssl" | b"linger" => {}
            b"port" | b"addr" | b"sni" | b"alpn" | b"proto" | b"comment" => drop(words.need("the value")?),
            // Up to 1.9 the port could follow at once.
            text if base::bytes::parse_decimal(text).is_some() => {}
            _ => return Err(args::unexpected(word, CONNECT)),
        }
    }
    if !is_plain {
        args::not_yet(parse, "tcp-check connect");
        step(parse);
    }
    Ok(())
}

fn text(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.need("the text")?;
    comment(words)?;
    step(parse);
    Ok(())
}

fn comment(words: &mut Words<'_>) -> Result<(), Problem> {
    if words.eat("comment") {
        words.need("the comment")?;
    }
    words.done()
}

fn binary(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    digits(words.need("the bytes")?)?;
    comment(words)?;
    step(parse);
    Ok(())
}

fn digits(word: &Word) -> Result<(), Problem> {
    if word.text.len() % 2 == 1 || !word.text.iter().all(u8::is_ascii_hexdigit) {
        return Err(problem(word.span, "bytes are written as an even number of hexadecimal digits"));
    }
    Ok(())
}

const PATTERNS: &[&str] = &["string", "rstring", "string-lf", "binary", "rbinary", "binary-lf", "custom"];
/// Words of `expect` that take one argument.
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
    words.clone().need("what is expected, as in `string +PONG`")?;
    while let Some(word) = words.next() {
        let marks = word.text.iter().take_while(|byte| **byte == b'!').count();
        match &word.text[marks..] {
            b"" | b"custom" => {}
            b"binary" => digits(words.need("the pattern")?)?,
            name if PATTERNS.iter().chain(SETTINGS).any(|known| known.as_bytes() == name) => {
                words.need("the value")?;
            }
            _ => return Err(args::unexpected(word, &[PATTERNS, SETTINGS].concat())),
        }
    }
    step(parse);
    Ok(())
}

fn rest(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.take_rest();
    step(parse);
    Ok(())
}

/// The words of its rules, for tests of the reference.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [CONNECT, PATTERNS, SETTINGS].concat().into_iter()
}
