//! Options that choose a ready-made log format: `httplog`, `httpslog`, `tcplog` (chapters 4.2 and 8.2).

use rules::Words;
use sample::Problem;
use sample::logformat;

use super::args;
use super::log_format;
use super::rows::{ANY, usage};
use crate::context::ProxyParse;
use crate::model::FormatChoice;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option httplog",
        ANY,
        httplog,
        "logs requests with all times, counters and captures",
        usage!["option httplog", "option httplog clf"],
    ),
    ProxyRow::new(
        "option httpslog",
        ANY,
        httpslog,
        "logs requests as `option httplog` does, with what is known of TLS",
        usage!["option httpslog"],
    ),
    ProxyRow::new(
        "option tcplog",
        ANY,
        tcplog,
        "logs connections with all times and counters",
        usage!["option tcplog", "option tcplog clf"],
    ),
];

fn httplog(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if is_clf(words)? {
        log_format::choose(logformat::HTTP_CLF, FormatChoice::Clf, "option httplog clf", parse)
    } else {
        log_format::choose(logformat::HTTP, FormatChoice::Http, "option httplog", parse)
    }
}

fn tcplog(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if is_clf(words)? {
        log_format::choose(logformat::TCP_CLF, FormatChoice::Tcp, "option tcplog clf", parse)
    } else {
        log_format::choose(logformat::TCP, FormatChoice::Tcp, "option tcplog", parse)
    }
}

fn httpslog(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    args::ignore_rest(words, parse);
    if log_format::choose(logformat::HTTPS, FormatChoice::Http, "option httpslog", parse).is_err() {
        // The part about TLS needs fetches that came later than this option.
        args::not_yet(parse, "the TLS part of option httpslog");
        log_format::choose(logformat::HTTP, FormatChoice::Http, "option httplog", parse)?;
    }
    Ok(())
}

fn is_clf(words: &mut Words<'_>) -> Result<bool, Problem> {
    let is_clf = words.eat("clf");
    match words.peek() {
        Some(other) if !is_clf => Err(args::unexpected(other, &["clf"])),
        _ => words.done().map(|()| is_clf),
    }
}
