//! `stick-table` (chapter 11.1 of the manual).

use base::units::{TimeUnit, parse_size};
use diag::codes;
use keyword::Sections;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use state::table::{KeyType, ServerKeyType, TableSpec};
use syntax::Word;

use super::args;
use super::rows::usage;
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[ProxyRow::new(
    "stick-table",
    Sections::PROXIES,
    stick_table,
    "a table of keys with counters, and of the servers that they stick to",
    usage![
        "stick-table type ip size 200k expire 30m store gpc0,conn_rate(3s)",
        "stick-table type string len 52 size 1m nopurge",
    ],
)];

const WORDS: &[&str] = &[
    "type",
    "size",
    "expire",
    "nopurge",
    "store",
    "peers",
    "srvkey",
    "recv-only",
    "write-to",
    "brates-factor",
];
const TYPES: &[&str] = &["ip", "ipv6", "integer", "string", "binary"];

fn stick_table(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    if parse.proxy.table.is_some() {
        return Err(problem_of(codes::CONFLICT, parse.span, "a proxy has one stick table only"));
    }
    let name = parse.proxy.name.clone();
    // The type and the size have no defaults, and come in any order.
    let mut table = TableSpec::new(&name, KeyType::Ip, 0);
    let mut has_type = false;
    while let Some(word) = words.next() {
        if *word == "type" {
            table.key = key_type(words)?;
            has_type = true;
        } else {
            setting(word, words, &mut table, parse)?;
        }
    }
    if !has_type {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            parse.span,
            "a stick table needs `type` and the type of its keys",
        ));
    }
    if table.size == 0 {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            parse.span,
            "a stick table needs `size` and how many keys it holds",
        ));
    }
    parse.proxy.table = Some(table);
    Ok(())
}

fn setting(
    word: &Word,
    words: &mut Words<'_>,
    table: &mut TableSpec,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    match word.text.as_slice() {
        b"size" => table.size = size(words.need("the size")?)?,
        b"expire" => {
            let time = args::duration(words, "a duration", TimeUnit::Millis)?;
            table.expire = (!time.is_zero()).then_some(time);
        }
        b"nopurge" => table.nopurge = true,
        b"recv-only" => table.recv_only = true,
        b"store" => store(words.need("what to store")?, table)?,
        b"peers" => {
            table.peers = Some(args::text_of(words.need("the peers section")?));
            args::not_yet(parse, "stick-table ... peers");
        }
        b"write-to" => table.write_to = Some(args::text_of(words.need("the table's name")?)),
        b"brates-factor" => table.brates_factor = factor(words.need("the factor")?)?,
        b"srvkey" => {
            let kind = words.need("`name` or `addr`")?;
            table.srvkey = match kind.text.as_slice() {
                b"name" => ServerKeyType::Name,
                b"addr" => ServerKeyType::Addr,
                _ => return Err(args::unexpected(kind, &["name", "addr"])),
            };
        }
        _ => return Err(args::unexpected(word, WORDS)),
    }
    Ok(())
}

fn key_type(words: &mut Words<'_>) -> Result<KeyType, Problem> {
    let word = words.need("the type of the keys")?;
    let Some(key) = word.as_str().and_then(KeyType::parse) else { return Err(args::unexpected(word, TYPES)) };
    let takes_len = matches!(key, KeyType::String { .. } | KeyType::Binary { .. });
    if !takes_len || !words.eat("len") {
        return Ok(key);
    }
    let len = words.need("the length")?;
    let number = base::bytes::parse_decimal(&len.text).and_then(|number| usize::try_from(number).ok());
    let with_len = number.filter(|number| *number > 0).and_then(|number| key.with_len(number));
    with_len.ok_or_else(|| {
        problem_of(codes::NUMBER, len.span, format!("`{}` is no length in bytes", len.lossy()))
    })
}

fn size(word: &Word) -> Result<usize, Problem> {
    let size = parse_size(&word.text).ok().filter(|size| u32::try_from(*size).is_ok());
    size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| {
        problem_of(
            codes::SIZE,
            word.span,
            format!("`{}` is no size: a number and perhaps k, m or g", word.lossy()),
        )
    })
}

fn factor(word: &Word) -> Result<u32, Problem> {
    const FACTOR_MAX: u32 = 1024;
    let factor = parse_size(&word.text).ok().and_then(|factor| u32::try_from(factor).ok());
    factor
        .filter(|factor| (1..=FACTOR_MAX).contains(factor))
        .ok_or_else(|| problem_of(codes::NUMBER, word.span, "the factor lies between 1 and 1024"))
}

fn store(word: &Word, table: &mut TableSpec) -> Result<(), Problem> {
    let list = String::from_utf8_lossy(&word.text);
    table.store(&list).map_err(|error| problem(word.span, error.to_string()))
}
