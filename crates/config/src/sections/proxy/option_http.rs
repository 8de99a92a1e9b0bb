//! Options about connections after an exchange, about retries elsewhere and about header names (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{ANY, SERVER, usage};
use crate::context::{Polarity, ProxyParse};
use crate::model::{HttpConnection, RestrictNames};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option http-keep-alive",
        ANY,
        |w, p| connection(w, p, HttpConnection::KeepAlive),
        "connections of both sides are kept for the next request, which is the default",
        usage!["option http-keep-alive"],
    )
    .negatable(),
    ProxyRow::new(
        "option http-server-close",
        ANY,
        |w, p| connection(w, p, HttpConnection::ServerClose),
        "the server's connection is closed after each response",
        usage!["option http-server-close"],
    )
    .negatable(),
    ProxyRow::new(
        "option httpclose",
        ANY,
        |w, p| connection(w, p, HttpConnection::Close),
        "both connections are closed after each response",
        usage!["option httpclose"],
    )
    .negatable(),
    ProxyRow::new(
        "option forceclose",
        ANY,
        |w, p| connection(w, p, HttpConnection::Close),
        "closes both sides after a response, as `option httpclose`",
        usage!["option forceclose"],
    )
    .negatable()
    .removed("option httpclose"),
    ProxyRow::new(
        "option http-tunnel",
        ANY,
        |w, p| connection(w, p, HttpConnection::KeepAlive),
        "only the first request of a connection was looked at; here all are",
        usage!["option http-tunnel"],
    )
    .negatable()
    .removed("option http-keep-alive"),
    ProxyRow::new(
        "option redispatch",
        SERVER,
        redispatch,
        "an attempt that is repeated may go to another server",
        usage!["option redispatch", "option redispatch 1", "option redispatch -1"],
    )
    .negatable(),
    ProxyRow::new(
        "redispatch",
        SERVER,
        redispatch,
        "lets a client whose server is down go to another one, as `option redispatch`",
        usage!["redispatch"],
    )
    .also(&["redisp"])
    .removed("option redispatch"),
    ProxyRow::new(
        "option http-restrict-req-hdr-names",
        ANY,
        restrict_names,
        "what happens to headers whose names have other characters than letters, digits and `-`",
        usage!["option http-restrict-req-hdr-names delete"],
    ),
];

fn connection(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    mode: HttpConnection,
) -> Result<(), Problem> {
    words.done()?;
    let current = &mut parse.proxy.options.connection;
    match parse.polarity {
        Polarity::Set => *current = mode,
        // Only takes itself back.
        Polarity::No | Polarity::Default if *current == mode => *current = HttpConnection::default(),
        Polarity::No | Polarity::Default => {}
    }
    Ok(())
}

fn redispatch(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const LAST_ATTEMPT: i32 = -1;
    let after = match words.peek() {
        Some(_) => args::number(words, "the number of the attempt", i64::from(i32::MIN), parse)?,
        None => LAST_ATTEMPT,
    };
    parse.proxy.options.redispatch = if parse.polarity == Polarity::Set { after } else { 0 };
    args::ignore_rest(words, parse);
    Ok(())
}

fn restrict_names(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`preserve`, `delete` or `reject`")?;
    parse.proxy.options.restrict_req_hdr_names = match word.text.as_slice() {
        b"preserve" => RestrictNames::Preserve,
        b"delete" => RestrictNames::Delete,
        b"reject" => RestrictNames::Reject,
        _ => return Err(args::unexpected(word, &["preserve", "delete", "reject"])),
    };
    words.done()
}
