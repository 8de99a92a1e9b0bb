//! What a listening socket is called, how many it accepts, and what its clients speak (chapter 5.1).

use base::units::TimeUnit;
use rules::Words;
use sample::Problem;
use sample::compile::problem;

use super::rows::usage;
use crate::context::BindParse;
use crate::row::BindRow;
use crate::sections::value;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new("name", name, "a name for statistics and logs", usage!["bind :8080 name web"]),
    BindRow::new("id", id, "the socket's number in statistics", usage!["bind :8080 id 100"]),
    // HAProxy shows it nowhere either.
    BindRow::new("label", ignored_word, "a label, for people", usage!["bind :8080 label public"]),
    BindRow::new(
        "guid-prefix",
        guid_prefix,
        "how the lasting names of the sockets begin",
        usage!["bind :8080 guid-prefix web"],
    ),
    BindRow::new(
        "maxconn",
        maxconn,
        "how many connections it has at once",
        usage!["bind :8080 maxconn 1000"],
    ),
    BindRow::new(
        "backlog",
        backlog,
        "how many connections may wait to be accepted",
        usage!["bind :8080 backlog 10000"],
    ),
    BindRow::new(
        "accept-proxy",
        |_, parse| {
            parse.bind.accepts_proxy = true;
            Ok(())
        },
        "each connection begins with a PROXY protocol header, version 1 or 2",
        usage!["bind :8080 accept-proxy"],
    ),
    BindRow::new(
        "accept-netscaler-cip",
        netscaler,
        "each connection begins with NetScaler's client IP header, of this magic number",
        usage!["bind :8080 accept-netscaler-cip 0x1a2b3c4d"],
    ),
    BindRow::new(
        "proto",
        proto,
        "the protocol that is spoken without negotiation",
        usage!["bind :8080 proto h1"],
    ),
    BindRow::new(
        "idle-ping",
        idle_ping,
        "how long an idle HTTP/2 client is silent before it is pinged",
        usage!["bind :8080 idle-ping 30s"],
    )
    .internal(),
    BindRow::new(
        "nbconn",
        nbconn,
        "how many connections `rhttp@` keeps open",
        usage!["bind rhttp@be/srv nbconn 2"],
    )
    .noted(),
    BindRow::new(
        "level",
        level,
        "what may be done over a runtime API socket",
        usage!["bind :8080 level operator"],
    ),
    BindRow::new(
        "severity-output",
        severity,
        "how the runtime API writes severities",
        usage!["bind :8080 severity-output number"],
    ),
    BindRow::new(
        "expose-fd",
        expose_fd,
        "whether the runtime API hands sockets over",
        usage!["bind :8080 expose-fd listeners"],
    ),
];

fn name(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.name = Some(value::text(words.need("the name")?));
    Ok(())
}

fn guid_prefix(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.bind.guid_prefix = Some(value::text(words.need("the beginning of the name")?));
    Ok(())
}

fn id(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number")?;
    value::whole(word)?;
    parse.bind.id = value::number(word, "the id of a socket", 1..=i64::from(i32::MAX), parse.line.cx.diags)?;
    Ok(())
}

/// A word whose value has no effect on how connections are served.
pub(super) fn ignored_word(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    words.need("a value").map(drop)
}

fn maxconn(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    parse.bind.maxconn = value::number(word, "the number of connections", value::COUNT, parse.line.cx.diags)?;
    Ok(())
}

fn backlog(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    let backlog: u32 = value::number(word, "the backlog", value::COUNT, parse.line.cx.diags)?;
    parse.bind.backlog = (backlog > 0).then_some(backlog);
    Ok(())
}

fn netscaler(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the magic number")?;
    let Some(magic) = word.as_str().and_then(magic) else {
        let text = format!("`{}` is no number of 32 bits, as in `0x1a2b3c4d`", word.lossy());
        return Err(problem(word.span, text));
    };
    parse.bind.netscaler_magic = Some(magic);
    Ok(())
}

/// In decimal, as HAProxy takes it, or in hexadecimal behind `0x`; not 0.
fn magic(text: &str) -> Option<u32> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    number.filter(|magic| *magic > 0)
}
/// Protocols that a client can speak; those below [`PROTOS_NOW`] are for later.
const PROTOS: &[&str] = &["h1", "none", "h2", "quic", "qmux"];
const PROTOS_NOW: usize = 2;

fn proto(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the protocol")?;
    let at = value::choice(word, PROTOS)?;
    if at >= PROTOS_NOW {
        parse.bind.unsupported.push(format!("proto {}", PROTOS[at]).into());
    }
    Ok(())
}

fn idle_ping(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::duration(words.need("a duration")?, TimeUnit::Millis).map(drop)
}

fn nbconn(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of connections")?;
    value::number::<u32>(word, "the number of connections", 1..=i64::from(i32::MAX), parse.line.cx.diags)
        .map(drop)
}

fn level(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("the level")?, LEVELS).map(drop)
}

/// What users of the runtime API may do, the least first.
pub(crate) const LEVELS: &[&str] = &["user", "operator", "admin"];

fn severity(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("the format")?, &["none", "number", "string"]).map(drop)
}

fn expose_fd(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("`listeners`")?;
    if word.text != b"listeners" {
        return Err(problem(word.span, "only `listeners` can be exposed"));
    }
    Ok(())
}
