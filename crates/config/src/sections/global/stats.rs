//! `stats socket` and its relatives: the runtime API (chapter 3.1).

use base::ProxyId;
use base::units::TimeUnit;
use diag::{Diagnostic, codes};
use keyword::Sections;
use rules::Words;
use sample::Problem;
use state::proxy::Sides;

use super::kinds;
use super::rows::usage;
use crate::context::{GlobalParse, Pass};
use crate::model::{Global, ProxyConfig, StatsSocket};
use crate::reader::ProxyReader;
use crate::row::GlobalRow;
use crate::sections::{bind, value};

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("stats socket", socket, "a socket for the runtime API").examples(usage![
        "stats socket /run/lb.sock mode 600 level admin",
        "stats socket 127.0.0.1:9999 level operator"
    ]),
    GlobalRow::new("stats timeout", timeout, "how long its users may be silent")
        .examples(usage!["stats timeout 1m"]),
    GlobalRow::new("stats maxconn", maxconn, "how many users it has at once")
        .examples(usage!["stats maxconn 20"]),
    GlobalRow::new("stats calculate-max-counters", kinds::on_off, "whether maxima are kept").internal(),
    GlobalRow::new("stats bind-process", kinds::some, "the processes it ran in").internal().removed(""),
];

/// The words are those of `bind`, and so are their rows: they fill the line of a proxy made for the purpose.
fn socket(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let level = value_of(words, b"level", bind::limits::LEVELS).unwrap_or("operator");
    let severity_output = value_of(words, b"severity-output", SEVERITIES).unwrap_or("none");
    let exposes_listeners = value_of(words, b"expose-fd", &["listeners"]).is_some();
    let span = words.line().span;
    // Neither prefix nor permissions of `unix-bind` are for this socket.
    let global = Global { unix_bind: Default::default(), ..parse.global.clone() };
    let mut proxy = ProxyConfig::new(ProxyId::from_index(0), "GLOBAL".into(), Sides::Frontend, span);
    let mut reader = ProxyReader::new(Sections::FRONTEND, &mut proxy, &global, parse.cx.reborrow());
    bind::parse_line(words, &mut reader.at(Pass::Own, span))?;
    for bind in proxy.binds {
        if let Some(word) = bind.unsupported.first() {
            let text = format!("`{word}` is accepted, but not carried out yet");
            parse.cx.diags.push(Diagnostic::notice(text).at(bind.span).code(codes::NOT_CARRIED_OUT));
        }
        parse.global.stats_sockets.push(StatsSocket {
            address: bind.address,
            level: level.into(),
            severity_output: severity_output.into(),
            permissions: bind.permissions,
            exposes_listeners,
            span: bind.span,
        });
    }
    Ok(())
}

/// The forms of `severity-output`.
const SEVERITIES: &[&str] = &["none", "number", "string"];

/// What stands behind the word `name`; that it is one of `values` is checked by the word's own row.
fn value_of(words: &Words<'_>, name: &[u8], values: &[&'static str]) -> Option<&'static str> {
    let rest = words.rest();
    let at = rest.iter().skip(1).position(|word| word.text == name);
    let given = at.and_then(|at| rest.get(at + 2)).and_then(|word| word.as_str());
    given.and_then(|given| values.iter().find(|value| **value == given)).copied()
}

fn timeout(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.stats_timeout = Some(value::positive_duration(words.need("a duration")?, TimeUnit::Millis)?);
    words.done()
}

fn maxconn(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of users")?;
    let range = 1..=i64::from(i32::MAX);
    parse.global.stats_maxconn = Some(value::number(word, "the number of users", range, parse.cx.diags)?);
    words.done()
}
