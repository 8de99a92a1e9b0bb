//! How much a server gets (chapter 5.2): weight, limits, queue.

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;

use super::rows::usage;
use crate::context::ServerParse;
use crate::model::{HashKeyFrom, ServerConfig};
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "weight",
        weight,
        "its share of requests compared with other servers, 0 to 256",
        usage!["server s9 127.0.0.1:8081 weight 10"],
    ),
    ServerRow::new(
        "maxconn",
        |w, p| count(w, p, |server| &mut server.maxconn),
        "how many requests it gets at once",
        usage!["server s9 127.0.0.1:8081 maxconn 100"],
    ),
    ServerRow::new(
        "minconn",
        |w, p| count(w, p, |server| &mut server.minconn),
        "how many at little load; `maxconn` is reached at `fullconn`",
        usage!["server s9 127.0.0.1:8081 minconn 10 maxconn 100"],
    ),
    ServerRow::new(
        "maxqueue",
        |w, p| count(w, p, |server| &mut server.maxqueue),
        "how many requests may wait for it",
        usage!["server s9 127.0.0.1:8081 maxqueue 50"],
    ),
    ServerRow::new(
        "slowstart",
        slowstart,
        "how long its share grows after it came up",
        usage!["server s9 127.0.0.1:8081 slowstart 30s"],
    ),
    ServerRow::new(
        "strict-maxconn",
        |_, parse| {
            parse.server.is_maxconn_strict = true;
            Ok(())
        },
        "`maxconn` limits connections, idle ones too",
        usage!["server s9 127.0.0.1:8081 maxconn 10 strict-maxconn"],
    ),
    ServerRow::new(
        "hash-key",
        hash_key,
        "what its place in a consistent hash comes from",
        usage!["server s9 127.0.0.1:8081 hash-key addr"],
    ),
];

fn weight(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the weight")?;
    parse.server.weight = value::number(word, "a weight", 0..=256, parse.line.cx.diags)?;
    Ok(())
}

fn count(
    words: &mut Words<'_>,
    parse: &mut ServerParse<'_, '_>,
    field: fn(&mut ServerConfig) -> &mut u32,
) -> Result<(), Problem> {
    let word = words.need("a number")?;
    let range = i64::from(i32::MIN)..=i64::from(i32::MAX);
    let number: i64 = value::number(word, "the number", range, parse.line.cx.diags)?;
    if number < 0 {
        parse.line.cx.warn(word.span, "a negative number is none: there is no limit");
    }
    *field(parse.server) = u32::try_from(number).unwrap_or(0);
    Ok(())
}

/// Whole seconds, as in HAProxy.
fn slowstart(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    let seconds = time.as_millis().div_ceil(1_000);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    parse.server.slowstart = (seconds > 0).then(|| std::time::Duration::from_secs(seconds));
    Ok(())
}

fn hash_key(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const KEYS: &[(&str, HashKeyFrom)] = &[
        ("id", HashKeyFrom::Id),
        ("id32", HashKeyFrom::Id32),
        ("guid", HashKeyFrom::Guid),
        ("addr", HashKeyFrom::Addr),
        ("addr-port", HashKeyFrom::AddrPort),
    ];
    let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    let at = value::choice(words.need("what it comes from")?, &names)?;
    parse.server.hash_key = KEYS[at].1;
    Ok(())
}
