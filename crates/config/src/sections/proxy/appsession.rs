//! `appsession`, known to HAProxy up to 1.5: persistence by an application's own cookie, learnt from responses. It is
//! carried out as the stick table and the `stick` rules that replaced it.

use base::units::TimeUnit;
use keyword::Sections;
use rules::Words;
use sample::Problem;
use state::table::{KeyType, TableSpec};

use super::rows::usage;
use super::{args, stick, synthetic};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

/// Sessions remembered at most; `appsession` had no limit.
const SESSIONS_MAX: usize = 1 << 20;

pub(super) static ROWS: &[ProxyRow] = &[ProxyRow::new(
    "appsession",
    Sections::SERVER_SIDE,
    appsession,
    "clients go to the server that gave them this cookie",
    usage!["appsession JSESSIONID len 52 timeout 3h"],
)
.removed("stick-table with stick on req.cook(NAME) and stick store-response res.cook(NAME)")];

fn appsession(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let cookie = words.need("the cookie's name")?;
    let (mut len, mut timeout, mut learns) = (0usize, None, false);
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"len" => len = args::number(words, "the length", 1, parse)?,
            b"timeout" => timeout = Some(args::duration(words, "a duration", TimeUnit::Millis)?),
            b"request-learn" => learns = true,
            b"prefix" => {}
            b"mode" => drop(words.need("the mode")?),
            _ => return Err(args::unexpected(word, &["len", "timeout", "request-learn", "prefix", "mode"])),
        }
    }
    if parse.proxy.table.is_none() {
        let len = if len == 0 { 32 } else { len };
        let mut table = TableSpec::new(&parse.proxy.name, KeyType::String { len }, SESSIONS_MAX);
        table.expire = timeout;
        parse.proxy.table = Some(table);
    }
    let name = String::from_utf8_lossy(&cookie.text).into_owned();
    let request = if learns { "on" } else { "match" };
    for (kind, fetch) in
        [(request, format!("req.cook({name})")), ("store-response", format!("res.cook({name})"))]
    {
        let line = synthetic::line(
            words.line(),
            &["stick", kind],
            &[synthetic::word(fetch.as_bytes(), cookie.span)],
        );
        stick::parse_kind(kind, &mut Words::new(&line, 2), parse)?;
    }
    Ok(())
}
