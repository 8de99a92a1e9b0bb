//! `log` and `log-tag` of a proxy (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{ANY, usage};
use crate::context::{Polarity, ProxyParse};
use crate::row::ProxyRow;
use crate::sections::log_line;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "log",
        ANY,
        log,
        "where the proxy's log lines go; `global` stands for the lines of the global section",
        usage!["log global", "log 127.0.0.1:514 local0 info", "log stdout format raw daemon"],
    )
    .negatable()
    .long("`no log` forgets all lines so far, inherited ones included."),
    ProxyRow::new("log-tag", ANY, log_tag, "the program's name in log lines", usage!["log-tag shop"]),
];

fn log(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if parse.polarity == Polarity::No {
        parse.proxy.logs.clear();
        return words.done();
    }
    if words.rest().len() == 1 && words.eat("global") {
        for line in &parse.global.logs {
            if !parse.proxy.logs.iter().any(|known| known.span == line.span) {
                parse.proxy.logs.push(line.clone());
            }
        }
        return Ok(());
    }
    let line = log_line::parse(words, &mut parse.cx)?;
    parse.proxy.logs.push(line);
    Ok(())
}

fn log_tag(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.log_tag = Some(words.need("the tag")?.text.clone().into());
    args::ignore_rest(words, parse);
    Ok(())
}
