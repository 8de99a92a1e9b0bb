//! `tcp-check ...`: the steps of a scripted check (chapters 4.2 and 5.2). They are read for their form alone: the check
//! itself is not carried out yet.

use rules::Words;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
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
        |w, p| text(w, p, "tcp-check send"),
        "sends text",
        usage!["tcp-check send PING\\r\\n", "tcp-check send QUIT comment bye"],
    )
    .also(&["tcp-check send-lf", "tcp-check send-binary-lf"]),
    ProxyRow::new(
        "tcp-check send-binary",
        SERVER,
        binary,
        "sends bytes written as hexadecimal digits",
        usage!["tcp-check send-binary 50494e470d0a"],
    ),
    ProxyRow::new(
        "tcp-check expect",
        SERVER,
        expect,
        "waits for what a healthy server sends",
        usage!["tcp-check expect string +PONG", "tcp-check expect ! rstring ^-ERR"],
    ),
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
    .also(&["tcp-check set-var-fmt"]),
    ProxyRow::new(
        "tcp-check unset-var",
        SERVER,
        rest,
        "forgets a variable",
        usage!["tcp-check unset-var(check.a)"],
    ),
];

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
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"default" | b"send-proxy" | b"via-socks4" | b"ssl" | b"linger" => {}
            b"port" | b"addr" | b"sni" | b"alpn" | b"proto" | b"comment" => drop(words.need("the value")?),
            // Up to 1.9 the port could follow at once.
            text if base::bytes::parse_decimal(text).is_some() => {}
            _ => return Err(args::unexpected(word, CONNECT)),
        }
    }
    args::not_yet(parse, "tcp-check connect");
    Ok(())
}

fn text(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, what: &str) -> Result<(), Problem> {
    words.need("the text")?;
    comment(words)?;
    args::not_yet(parse, what);
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
    args::not_yet(parse, "tcp-check send-binary");
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
    args::not_yet(parse, "tcp-check expect");
    Ok(())
}

fn rest(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.take_rest();
    args::not_yet(parse, "tcp-check variables");
    Ok(())
}
