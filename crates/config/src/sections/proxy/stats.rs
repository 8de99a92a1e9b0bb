//! `stats ...` of a proxy: the statistics page (chapter 4.2). The lines are checked and kept; the page itself is served by
//! the part of the program that answers for statistics.

use base::units::TimeUnit;
use keyword::Sections;
use rules::{Kinds, Words};
use sample::compile::problem;
use sample::{Place, Problem};

use super::rows::{ANY, usage};
use super::{args, rule_lines};
use crate::context::ProxyParse;
use crate::model::StatsLine;
use crate::row::ProxyRow;

/// `stats!("keyword", SECTIONS, check, "brief", "example")`: one row.
macro_rules! stats {
    ($keyword:literal, $sections:expr, $check:expr, $brief:literal, $example:literal) => {
        ProxyRow::new(
            concat!("stats ", $keyword),
            $sections,
            |words, parse| keep($keyword, words, parse, $check),
            $brief,
            usage![$example],
        )
    };
}

pub(super) static ROWS: &[ProxyRow] = &[
    stats!("enable", ANY, nothing, "there is a statistics page", "stats enable"),
    stats!("uri", ANY, one, "the page's path", "stats uri /stats"),
    stats!("realm", ANY, one, "what the browser asks for a password for", "stats realm Statistics"),
    stats!("auth", ANY, one, "a user and password that open the page", "stats auth admin:secret"),
    stats!("scope", ANY, one, "a proxy that the page shows; `.` is this one", "stats scope ."),
    stats!("refresh", ANY, refresh, "how often the page is loaded again", "stats refresh 10s"),
    stats!("hide-version", ANY, nothing, "the page does not tell the version", "stats hide-version"),
    stats!("show-version", ANY, nothing, "the page tells the version", "stats show-version"),
    stats!("show-legends", ANY, nothing, "the page explains its numbers", "stats show-legends"),
    stats!("show-modules", ANY, nothing, "the page has statistics of modules", "stats show-modules"),
    stats!("show-node", ANY, any, "the page tells the node's name", "stats show-node proxy1"),
    stats!("show-desc", ANY, any, "the page tells a description", "stats show-desc the shop"),
    stats!(
        "admin",
        Sections::PROXIES,
        admin,
        "when the page may change servers",
        "stats admin if { src 127.0.0.1 }"
    ),
    stats!(
        "http-request",
        Sections::PROXIES,
        http_request,
        "who may see the page",
        "stats http-request deny unless { src 127.0.0.1 }"
    ),
];

type Check = fn(&mut Words<'_>, &mut ProxyParse<'_>) -> Result<(), Problem>;

fn keep(
    keyword: &str,
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    check: Check,
) -> Result<(), Problem> {
    let given = words.rest().iter().map(|word| word.text.clone().into()).collect();
    check(words, parse)?;
    if parse.proxy.stats.is_empty() {
        args::not_yet(parse, "stats");
    }
    parse.proxy.stats.push(StatsLine { keyword: keyword.into(), words: given, span: parse.span });
    Ok(())
}

fn nothing(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::ignore_rest(words, parse);
    Ok(())
}

fn any(words: &mut Words<'_>, _: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.take_rest();
    Ok(())
}

fn one(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.need("the value")?;
    args::ignore_rest(words, parse);
    Ok(())
}

fn refresh(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::duration(words, "a duration", TimeUnit::Seconds)?;
    args::ignore_rest(words, parse);
    Ok(())
}

fn admin(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::need_condition(words, Place::BackendRequest, parse).map(drop)
}

fn http_request(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const ACTIONS: &[&str] = &["allow", "deny", "auth"];
    let known = words.peek().is_some_and(|word| word.as_str().is_some_and(|text| ACTIONS.contains(&text)));
    if !known {
        let word = words.need("`allow`, `deny` or `auth`")?;
        return Err(problem(word.span, "the page's rules are `allow`, `deny` and `auth`"));
    }
    rule_lines::compile(words, parse, Kinds::HTTP_REQUEST, Place::BackendRequest).map(drop)
}
