//! What is done with a proxy when its last line was read.

use keyword::Sections;
use rules::{Kinds, Words};
use sample::{Place, logformat};
use state::proxy::Mode;
use syntax::Line;

use super::{log_format, rule_lines, synthetic};
use crate::context::{Context, Pass, Polarity, ProxyParse, ProxyScratch};
use crate::model::{FormatChoice, Global, ProxyConfig};

/// Fills in what follows from everything said: the backend of a `listen`, formats that do not fit the mode.
pub(crate) fn complete(
    proxy: &mut ProxyConfig,
    scratch: &mut ProxyScratch,
    global: &Global,
    section: Sections,
    cx: Context<'_>,
) {
    if section == Sections::LISTEN && proxy.default_backend.is_none() {
        proxy.default_backend = Some(proxy.id);
    }
    let span = proxy.span;
    let mut parse =
        ProxyParse { proxy, scratch, global, cx, section, pass: Pass::Own, polarity: Polarity::Set, span };
    fit_log_format(&mut parse);
    if parse.scratch.is_health {
        answer_everything(&mut parse);
    }
}

/// HTTP's log formats say nothing about connections of other kinds.
fn fit_log_format(parse: &mut ProxyParse<'_>) {
    let is_http_format = matches!(parse.proxy.log_format, FormatChoice::Http(_) | FormatChoice::Clf(_));
    if parse.proxy.mode == Mode::Http || !is_http_format || !parse.proxy.sides.has_frontend() {
        return;
    }
    let by = parse.scratch.log_format_by.unwrap_or("option httplog");
    parse.warn(format!("`{by}` needs `mode http`; `option tcplog` is used instead"));
    if let Err(problem) = log_format::choose(logformat::TCP, FormatChoice::Tcp, "option tcplog", parse) {
        parse.cx.report(problem);
    }
}

/// `mode health`: every request is answered with 200, before any rule.
fn answer_everything(parse: &mut ProxyParse<'_>) {
    let nothing = Line { words: vec![synthetic::word(b"mode", parse.span)], span: parse.span };
    let line = synthetic::line(&nothing, &["return", "status", "200"], &[]);
    match rule_lines::compile(&mut Words::new(&line, 0), parse, Kinds::HTTP_REQUEST, Place::Request) {
        Ok(rule) => parse.proxy.rules.block.rules.insert(0, rule),
        Err(problem) => parse.cx.report(problem),
    }
}
