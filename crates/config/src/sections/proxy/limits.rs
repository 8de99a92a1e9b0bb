//! How much at once: `maxconn`, `fullconn`, `backlog`, `rate-limit sessions` and their like (chapter 4.2).

use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{CLIENT, SERVER, usage};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "maxconn",
        CLIENT,
        maxconn,
        "how many client connections there may be at once",
        usage!["maxconn 2000"],
    ),
    ProxyRow::new(
        "fullconn",
        SERVER,
        fullconn,
        "the load of the backend at which `minconn` servers take their full `maxconn`",
        usage!["fullconn 10000"],
    ),
    ProxyRow::new(
        "backlog",
        CLIENT,
        backlog,
        "how many connections may wait in the kernel to be accepted",
        usage!["backlog 1024"],
    ),
    ProxyRow::new(
        "rate-limit sessions",
        CLIENT,
        rate_limit,
        "how many new sessions a second are accepted",
        usage!["rate-limit sessions 100"],
    ),
    ProxyRow::new(
        "max-keep-alive-queue",
        SERVER,
        max_keep_alive_queue,
        "from how many waiting requests on a client no longer sticks to the server of its connection",
        usage!["max-keep-alive-queue 10", "max-keep-alive-queue -1"],
    ),
    ProxyRow::new(
        "max-session-srv-conns",
        CLIENT,
        max_session_srv_conns,
        "how many server connections a session may keep for itself",
        usage!["max-session-srv-conns 5"],
    ),
];

fn maxconn(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.maxconn = args::number(words, "the number of connections", 0, parse)?;
    words.done()
}

fn fullconn(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.fullconn = args::number(words, "the number of sessions", 0, parse)?;
    words.done()
}

fn backlog(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.backlog = Some(args::number(words, "the length of the queue", 0, parse)?);
    words.done()
}

fn rate_limit(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.session_rate_max = args::number(words, "the number of sessions a second", 0, parse)?;
    words.done()
}

fn max_keep_alive_queue(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let number: i64 = args::number(words, "the length of the queue", -1, parse)?;
    parse.proxy.max_keep_alive_queue = u32::try_from(number).ok();
    args::ignore_rest(words, parse);
    Ok(())
}

fn max_session_srv_conns(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.max_session_srv_conns = Some(args::number(words, "the number of connections", 0, parse)?);
    args::ignore_rest(words, parse);
    Ok(())
}
