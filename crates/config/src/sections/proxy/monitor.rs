//! `monitor-uri`, `monitor fail` and, from before 2.2, `monitor-net`: requests that are answered here (chapter 4.2).

use keyword::Sections;
use rules::{Kinds, Words};
use sample::{Place, Problem};
use state::proxy::Mode;

use super::order::{self, Step};
use super::rows::{CLIENT, usage};
use super::{args, rule_lines, synthetic};
use crate::context::ProxyParse;
use crate::model::MonitorFail;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "monitor-uri",
        CLIENT,
        uri,
        "a path that is answered with 200 as long as the proxy is well",
        usage!["monitor-uri /alive"],
    ),
    ProxyRow::new(
        "monitor fail",
        Sections::CLIENT_SIDE,
        fail,
        "when `monitor-uri` is answered with 503",
        usage!["monitor fail if { nbsrv(be) lt 1 }"],
    ),
    ProxyRow::new(
        "monitor-net",
        CLIENT,
        net,
        "a network whose connections are answered and forgotten",
        usage!["monitor-net 192.168.0.252/31"],
    )
    .removed("http-request return status 200 if { src NETWORK }"),
];

fn uri(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.monitor_uri = Some(words.need("the path")?.text.clone().into());
    words.done()
}

fn fail(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let condition = args::need_condition(words, Place::Request, parse)?;
    order::note_rule(Step::Monitor, "monitor fail", parse);
    parse.proxy.monitor_fail.push(MonitorFail { condition, place: parse.span.into() });
    Ok(())
}

fn net(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let network = words.need("the network")?;
    words.done()?;
    let is_http = parse.proxy.mode == Mode::Http;
    let action: &[&str] = if is_http { &["return", "status", "200"] } else { &["reject"] };
    let before: Vec<&str> = action.iter().copied().chain(["if", "{", "src"]).collect();
    let rest = [network.clone(), synthetic::word(b"}", network.span)];
    let line = synthetic::line(words.line(), &before, &rest);
    let mut words = Words::new(&line, 0);
    if is_http {
        let rule = rule_lines::compile(&mut words, parse, Kinds::HTTP_REQUEST, parse.request_place())?;
        parse.proxy.rules.block.rules.push(rule);
    } else {
        let rule = rule_lines::compile(&mut words, parse, Kinds::TCP_CONNECTION, Place::TcpConnection)?;
        parse.proxy.rules.tcp_connection.rules.push(rule);
    }
    Ok(())
}
