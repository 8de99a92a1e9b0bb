//! `tune.ssl.*` (chapter 3.2): what sessions depend on. The size of Diffie-Hellman parameters is checked alone: rustls has
//! no use for it.

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use super::kinds::{alone, number, word};
use super::ocsp;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::row::GlobalRow;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("tune.ssl.cachesize", cache_size, "how many sessions are kept for resumption"),
    GlobalRow::new("tune.ssl.capture-buffer-size", capture, "how much of a client hello is kept"),
    GlobalRow::new(
        "tune.ssl.capture-cipherlist-size",
        capture,
        "how much of a client's list of ciphers is kept",
    ),
    GlobalRow::new("tune.ssl.certificate-compression", word, "whether certificates are compressed")
        .internal(),
    GlobalRow::new("tune.ssl.default-dh-param", number, "the size of Diffie-Hellman parameters, bits")
        .internal(),
    GlobalRow::new("tune.ssl.force-private-cache", alone, "each process keeps its own sessions").internal(),
    GlobalRow::new(
        "tune.ssl.hard-maxrecord",
        |w, p| {
            p.global.tls.settings.records.bytes_max = count(w, p)?;
            Ok(())
        },
        "the largest record that is ever sent, bytes",
    )
    .examples(usage!["tune.ssl.hard-maxrecord 4096"]),
    GlobalRow::new("tune.ssl.keylog", keylog, "secrets of sessions can be logged"),
    GlobalRow::new("tune.ssl.keyupdate-rate-limit", number, "how many key updates a client may ask for")
        .internal(),
    GlobalRow::new("tune.ssl.lifetime", lifetime, "how long a session can be resumed"),
    GlobalRow::new(
        "tune.ssl.maxrecord",
        |w, p| {
            p.global.tls.settings.records.first_bytes_max = count(w, p)?;
            Ok(())
        },
        "the largest record at the start of a transfer, bytes",
    )
    .examples(usage!["tune.ssl.maxrecord 1419"]),
    GlobalRow::new(
        "tune.ssl.ocsp-update.maxdelay",
        ocsp::max_delay,
        "the longest time between two fetches of OCSP answers, seconds",
    ),
    GlobalRow::new(
        "tune.ssl.ocsp-update.mindelay",
        ocsp::min_delay,
        "the shortest time between two fetches of OCSP answers, seconds",
    ),
    GlobalRow::new("tune.ssl.ssl-ctx-cache-size", generated, "how many made certificates are kept")
        .internal(),
];

fn count(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<usize, Problem> {
    let count = value::number(words.need("a number")?, "the number", value::COUNT, parse.cx.diags)?;
    words.done().map(|()| count)
}

fn cache_size(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.settings.cache_size = count(words, parse)?;
    Ok(())
}

fn generated(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.settings.generated_max = count(words, parse)?;
    Ok(())
}

fn capture(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let bytes = value::size(words.need("a size")?)?;
    parse.global.tls.capture_bytes_max = usize::try_from(bytes).unwrap_or(usize::MAX);
    words.done()
}

fn keylog(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.settings.logs_secrets = value::on_off(words.need("`on` or `off`")?)?;
    words.done()
}

fn lifetime(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Seconds)?;
    parse.global.tls.settings.lifetime_s = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    words.done()
}
