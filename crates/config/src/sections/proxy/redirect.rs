//! `redirect` and, from before 2.1, `block`: short forms of `http-request redirect` and `http-request deny`.

use keyword::Sections;
use rules::{Kinds, Words};
use sample::Problem;

use super::order::{self, Step};
use super::rows::usage;
use super::{rule_lines, synthetic};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "redirect",
        Sections::PROXIES,
        redirect,
        "answers with a redirection",
        usage!["redirect scheme https code 301 if { dst_port 80 }", "redirect prefix http://www.example.com"],
    ),
    ProxyRow::new(
        "block",
        Sections::PROXIES,
        block,
        "refuses requests",
        usage!["block if { path_beg /private }"],
    )
    .removed("http-request deny"),
];

fn redirect(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let line = synthetic::line(words.line(), &["redirect"], words.take_rest());
    let place = parse.request_place();
    let rule = rule_lines::compile(&mut Words::new(&line, 0), parse, Kinds::HTTP_REQUEST, place)?;
    order::note_rule(Step::Redirect, "redirect", parse);
    parse.proxy.rules.redirect.rules.push(rule);
    Ok(())
}

fn block(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let line = synthetic::line(words.line(), &["deny"], words.take_rest());
    let place = parse.request_place();
    let rule = rule_lines::compile(&mut Words::new(&line, 0), parse, Kinds::HTTP_REQUEST, place)?;
    order::note_rule(Step::Block, "block", parse);
    parse.proxy.rules.block.rules.push(rule);
    Ok(())
}
