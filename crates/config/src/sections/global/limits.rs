//! How much the process takes on (chapter 3.2).

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use super::kinds::{self, is_repeated};
use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::Global;
use crate::row::GlobalRow;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("maxconn", maxconn, "how many client connections there may be at once")
        .examples(usage!["maxconn 20000"]),
    GlobalRow::new("ulimit-n", ulimit_n, "how many descriptors the process may have")
        .examples(usage!["ulimit-n 65536"]),
    GlobalRow::new("fd-hard-limit", kinds::number, "the most descriptors that are asked for unasked")
        .internal(),
    GlobalRow::new("strict-limits", kinds::none, "does not start when limits cannot be raised")
        .internal()
        .negatable(),
    GlobalRow::new("prealloc-fd", kinds::none, "takes all descriptors at the start").internal(),
    GlobalRow::new(
        "maxconnrate",
        |words, parse| rate(words, parse, |global| &mut global.conn_rate_max),
        "how many connections are accepted in a second",
    )
    .examples(usage!["maxconnrate 1000"]),
    GlobalRow::new(
        "maxsessrate",
        |words, parse| rate(words, parse, |global| &mut global.sess_rate_max),
        "how many sessions begin in a second",
    )
    .examples(usage!["maxsessrate 1000"]),
    GlobalRow::new("maxsslrate", tls_rate, "how many TLS sessions begin in a second"),
    GlobalRow::new("maxsslconn", tls_connections, "how many TLS connections there may be at once"),
    GlobalRow::new("maxpipes", kinds::number, "how many pipes splicing may have").internal(),
    GlobalRow::new("maxcomprate", compression_rate, "how much is compressed in a second, kilobytes")
        .examples(usage!["maxcomprate 10240"]),
    GlobalRow::new(
        "maxcompcpuusage",
        compression_load,
        "the processor's load beyond which less is compressed",
    )
    .examples(usage!["maxcompcpuusage 80"]),
    GlobalRow::new("maxzlibmem", compression_memory, "how much memory compression takes, megabytes")
        .examples(usage!["maxzlibmem 64"]),
    GlobalRow::new("busy-polling", kinds::none, "threads never sleep while they wait for work")
        .internal()
        .negatable(),
    GlobalRow::new("noepoll", kinds::none, "does not wait for sockets with epoll").internal(),
    GlobalRow::new("nosepoll", kinds::none, "did not wait for sockets with speculative epoll")
        .internal()
        .removed("noepoll"),
    GlobalRow::new("nokqueue", kinds::none, "does not wait for sockets with kqueue").internal(),
    GlobalRow::new("noevports", kinds::none, "does not wait for sockets with event ports").internal(),
    GlobalRow::new("nopoll", kinds::none, "does not wait for sockets with poll").internal(),
    GlobalRow::new("noktls", kinds::none, "the kernel does not encrypt").internal(),
    GlobalRow::new("nosplice", nosplice, "bodies never go through the kernel").examples(usage!["nosplice"]),
    GlobalRow::new("noreuseport", noreuseport, "one socket an address").examples(usage!["noreuseport"]),
    GlobalRow::new("nogetaddrinfo", kinds::none, "names are resolved by an older call").internal(),
    GlobalRow::new("no-memory-trimming", kinds::none, "memory is not given back to the system").internal(),
    GlobalRow::new("spread-checks", spread_checks, "how far health checks are spread, in percent")
        .examples(usage!["spread-checks 5"]),
    GlobalRow::new("max-spread-checks", max_spread_checks, "how far they are spread at most")
        .examples(usage!["max-spread-checks 1s"]),
];

fn maxconn(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    let number: u32 = value::number(word, "the number of connections", value::COUNT, parse.cx.diags)?;
    words.done()?;
    if !is_repeated(parse.global.maxconn.is_some(), parse) {
        parse.global.maxconn = (number > 0).then_some(number);
    }
    Ok(())
}

fn ulimit_n(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of descriptors")?;
    let number: u64 = value::number(word, "the number of descriptors", value::COUNT, parse.cx.diags)?;
    words.done()?;
    if !is_repeated(parse.global.ulimit_n.is_some(), parse) {
        parse.global.ulimit_n = (number > 0).then_some(number);
    }
    Ok(())
}

fn rate(
    words: &mut Words<'_>,
    parse: &mut GlobalParse<'_>,
    place: fn(&mut Global) -> &mut u32,
) -> Result<(), Problem> {
    *place(parse.global) = value::number(words.need("a number")?, "the rate", value::COUNT, parse.cx.diags)?;
    words.done()
}

fn tls_rate(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let rate = value::number::<u32>(words.need("a number")?, "the rate", value::COUNT, parse.cx.diags)?;
    parse.global.tls.rate_max = (rate > 0).then_some(rate);
    words.done()
}

fn tls_connections(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let count = value::number::<u32>(words.need("a number")?, "the number", value::COUNT, parse.cx.diags)?;
    parse.global.tls.connections_max = (count > 0).then_some(count);
    words.done()
}

/// Negative numbers, as 0, are no limit.
fn compression_rate(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let kilobytes = any_number(words, "the rate", parse)?;
    parse.global.compression.bytes_per_second_max = u32::try_from(kilobytes * 1024).unwrap_or(u32::MAX);
    words.done()
}

fn compression_load(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a percentage")?;
    parse.global.compression.busy_percent_max = value::number(word, "a percentage", 0..=100, parse.cx.diags)?;
    words.done()
}

fn compression_memory(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.compression.memory_bytes_max = any_number(words, "the memory", parse)? << 20;
    words.done()
}

fn any_number(words: &mut Words<'_>, what: &str, parse: &mut GlobalParse<'_>) -> Result<u64, Problem> {
    let range = i64::from(i32::MIN)..=i64::from(i32::MAX);
    let number: i64 = value::number(words.need("a number")?, what, range, parse.cx.diags)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

fn nosplice(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_nosplice = true;
    words.done()
}

fn noreuseport(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_noreuseport = true;
    words.done()
}

fn spread_checks(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a percentage")?;
    parse.global.spread_checks = value::number(word, "the spread", 0..=50, parse.cx.diags)?;
    words.done()
}

fn max_spread_checks(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    parse.global.max_spread_checks = (!time.is_zero()).then_some(time);
    words.done()
}
