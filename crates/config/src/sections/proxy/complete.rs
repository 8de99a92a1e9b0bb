//! What is done with a proxy when its last line was read.

use diag::codes;
use keyword::Sections;
use rules::{Kinds, Words};
use sample::{Place, logformat};
use state::balance::Algorithm;
use state::proxy::Mode;
use syntax::Line;

use super::{checks, compression, log_format, rule_lines, stats, synthetic};
use crate::context::{Pass, ProxyParse};
use crate::model::{BalanceKey, DefaultServers, FormatChoice};
use crate::reader::ProxyReader;
use crate::sections::bind;

/// Fills in what follows from everything said: the backend of a `listen`, formats that do not fit the mode.
pub(crate) fn complete(reader: &mut ProxyReader<'_>) {
    let ProxyReader { proxy, scratch, section, .. } = reader;
    if *section == Sections::LISTEN && proxy.default_backend.is_none() {
        proxy.default_backend = Some(proxy.id);
    }
    let unnamed = scratch.has_default_server.then(|| Box::new(scratch.default_server.clone()));
    proxy.default_servers = DefaultServers { unnamed, named: scratch.named_servers.clone() };
    let span = proxy.span;
    let mut parse = reader.at(Pass::Own, span);
    bind::complete_proxy(&mut parse);
    stats::complete(&mut parse);
    checks::complete(&mut parse);
    compression::complete(&mut parse);
    fit_log_format(&mut parse);
    let limits = parse.scratch.bandwidth.problems();
    parse.scratch.late.extend(limits);
    if parse.proxy.mode != Mode::Http {
        tell_what_needs_http(&mut parse);
        fit_balance(&mut parse);
    }
    if parse.proxy.mode != Mode::Log {
        fit_balance_without_messages(&mut parse);
    }
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
    parse.warn_of(codes::NEEDS_HTTP, format!("`{by}` needs `mode http`; `option tcplog` is used instead"));
    if let Err(problem) = log_format::choose(logformat::TCP, FormatChoice::Tcp, "option tcplog", parse) {
        parse.cx.report(problem);
    }
}

/// Warns about what only requests could set off.
fn tell_what_needs_http(parse: &mut ProxyParse<'_>) {
    let proxy = &*parse.proxy;
    let (rules, options) = (&proxy.rules, &proxy.options);
    let found = [
        ("cookie", proxy.cookie.is_some()),
        ("stats", proxy.stats.is_some()),
        ("monitor-uri", proxy.monitor_uri.is_some()),
        ("http-request", !rules.http_request.is_empty()),
        ("http-response", !rules.http_response.is_empty()),
        ("http-after-response", !rules.http_after.is_empty()),
        ("redirect", !rules.redirect.is_empty()),
        ("block", !rules.block.is_empty()),
        ("reqrep and its family", !rules.legacy_request.is_empty() || !rules.legacy_response.is_empty()),
        ("option forwardfor", options.forwardfor.is_some()),
        ("option originalto", options.originalto.is_some()),
        ("option forwarded", options.forwarded.is_on()),
    ];
    for (keyword, _) in found.into_iter().filter(|(_, is_there)| *is_there) {
        let name = &parse.proxy.name;
        parse.warn_of(
            codes::NEEDS_HTTP,
            format!("`{keyword}` has no effect in proxy `{name}`: it needs `mode http`"),
        );
    }
}

/// Hashes of what stands in requests cannot be had without them.
fn fit_balance(parse: &mut ProxyParse<'_>) {
    let balance = &mut parse.proxy.balance;
    let needs_request = matches!(
        balance.key,
        Some(BalanceKey::Uri { .. } | BalanceKey::UrlParam { .. } | BalanceKey::Header { .. })
    );
    if needs_request {
        (balance.algorithm, balance.key) = (Algorithm::RoundRobin, None);
        parse.warn_of(
            codes::NEEDS_HTTP,
            "this `balance` needs `mode http`; `balance roundrobin` is used instead",
        );
    }
}

/// Hashes of log messages cannot be had where none are.
fn fit_balance_without_messages(parse: &mut ProxyParse<'_>) {
    let balance = &mut parse.proxy.balance;
    if matches!(balance.key, Some(BalanceKey::Log(_))) {
        (balance.algorithm, balance.key) = (Algorithm::RoundRobin, None);
        let text = "`balance log-hash` needs `mode log`; `balance roundrobin` is used instead";
        parse.warn_of(codes::NO_EFFECT, text);
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
