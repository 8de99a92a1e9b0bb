//! `option tcp-check` and `tcp-check ...`: the steps of a scripted check (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::check_draft::Family;
use super::check_steps::{self, digits, format, trailing_comment};
use super::rows::{SERVER, usage};
use super::{check_expect, check_steps as steps};
use crate::context::ProxyParse;
use crate::model::{CheckAction, CheckSend};
use crate::row::ProxyRow;
use crate::sections::value;

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
        |w, p| steps::connect(w, p, Family::Tcp),
        "opens a connection",
        usage!["tcp-check connect port 6379", "tcp-check connect port 443 ssl sni www.example.com"],
    ),
    ProxyRow::new(
        "tcp-check send",
        SERVER,
        |w, p| send(w, p, |word, _| Ok(CheckSend::Bytes(value::bytes(word)))),
        "a TCP check sends text",
        usage!["tcp-check send PING\\r\\n", "tcp-check send QUIT comment bye"],
    ),
    ProxyRow::new(
        "tcp-check send-lf",
        SERVER,
        |w, p| send(w, p, |word, parse| format(word, parse).map(CheckSend::Format)),
        "sends what a format says",
        usage!["tcp-check send-lf HELO\\ %[srv_name]\\r\\n"],
    ),
    ProxyRow::new(
        "tcp-check send-binary",
        SERVER,
        |w, p| send(w, p, |word, _| digits(word).map(CheckSend::Bytes)),
        "sends bytes written as hexadecimal digits",
        usage!["tcp-check send-binary 50494e470d0a"],
    ),
    ProxyRow::new(
        "tcp-check send-binary-lf",
        SERVER,
        |w, p| send(w, p, |word, parse| format(word, parse).map(CheckSend::HexFormat)),
        "sends bytes whose hexadecimal digits a format makes",
        usage!["tcp-check send-binary-lf %[str(PING),hex]0d0a"],
    ),
    ProxyRow::new(
        "tcp-check expect",
        SERVER,
        |w, p| check_expect::expect(w, p, Family::Tcp),
        "waits for what a healthy server sends",
        usage!["tcp-check expect string +PONG", "tcp-check expect ! rstring ^-ERR"],
    ),
    ProxyRow::new(
        "tcp-check comment",
        SERVER,
        |w, p| steps::comment(w, p, Family::Tcp),
        "a text for the messages of the step that follows",
        usage!["tcp-check comment PING\\ phase"],
    ),
    ProxyRow::new(
        "tcp-check set-var",
        SERVER,
        |w, p| steps::variable(w, p, Family::Tcp),
        "a variable for the steps that follow",
        usage!["tcp-check set-var(check.a) int(1)"],
    )
    .also(&["tcp-check set-var-fmt"]),
    ProxyRow::new(
        "tcp-check unset-var",
        SERVER,
        |w, p| steps::variable(w, p, Family::Tcp),
        "forgets a variable",
        usage!["tcp-check unset-var(check.a)"],
    ),
];

fn option(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.scratch.checks.choose_tcp(parse.pass);
    Ok(())
}

fn send(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    read: fn(&syntax::Word, &mut ProxyParse<'_>) -> Result<CheckSend, Problem>,
) -> Result<(), Problem> {
    let what = read(words.need("what is sent")?, parse)?;
    let comment = trailing_comment(words)?;
    check_steps::add(parse, Family::Tcp, comment, CheckAction::Send(what))
}

/// The words of its rules, for tests of the reference.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [steps::CONNECT, check_expect::TCP_PATTERNS, check_expect::SETTINGS].concat().into_iter()
}
