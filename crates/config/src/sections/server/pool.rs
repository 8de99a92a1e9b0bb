//! Idle connections that are kept for later requests (chapter 5.2).

use std::sync::Arc;

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use super::rows::usage;
use super::{expr, not_yet};
use crate::context::ServerParse;
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "pool-max-conn",
        max_conn,
        "how many are kept; -1 for no limit",
        usage!["server s9 127.0.0.1:8081 pool-max-conn 100"],
    ),
    ServerRow::new(
        "pool-low-conn",
        low_conn,
        "how many must be idle before a thread takes another's",
        usage!["server s9 127.0.0.1:8081 pool-low-conn 10"],
    ),
    ServerRow::new(
        "pool-purge-delay",
        purge_delay,
        "after how long half of them are closed",
        usage!["server s9 127.0.0.1:8081 pool-purge-delay 10s"],
    ),
    ServerRow::new(
        "pool-conn-name",
        conn_name,
        "which of them a request may use",
        usage!["server s9 127.0.0.1:8081 pool-conn-name req.hdr(host)"],
    ),
    ServerRow::new(
        "max-reuse",
        max_reuse,
        "how many requests one carries",
        usage!["server s9 127.0.0.1:8081 max-reuse 100"],
    ),
    ServerRow::new(
        "idle-ping",
        idle_ping,
        "how long an HTTP/2 server is silent before it is pinged",
        usage!["server s9 127.0.0.1:8081 idle-ping 30s"],
    )
    .internal(),
];

fn max_conn(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    let range = -1..=i64::from(i32::MAX);
    parse.server.pool_max_conn =
        value::number(word, "the number of connections", range, parse.line.cx.diags)?;
    Ok(())
}

fn low_conn(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    parse.server.pool_low_conn =
        value::number(word, "the number of connections", value::COUNT, parse.line.cx.diags)?;
    Ok(())
}

fn purge_delay(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.pool_purge_delay = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    Ok(())
}

fn conn_name(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let expr = expr::compile(words.need("an expression")?, parse)?;
    parse.server.pool_conn_name = Some(Arc::new(expr));
    Ok(())
}

fn max_reuse(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of requests")?;
    let range = -1..=i64::from(i32::MAX);
    let requests: i32 = value::number(word, "the number of requests", range, parse.line.cx.diags)?;
    if requests >= 0 {
        not_yet(parse, "max-reuse");
    }
    Ok(())
}

fn idle_ping(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::duration(words.need("a duration")?, TimeUnit::Millis).map(drop)
}
