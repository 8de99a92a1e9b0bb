//! Health checks (chapters 5.2 and 5.3): whether, how often, where to.

use std::time::Duration;

use ::state::proxy::Mode;
use base::units::TimeUnit;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::rows::usage;
use crate::address;
use crate::context::ServerParse;
use crate::model::{CheckConfig, Observe, ObservedError};
use crate::row::ServerRow;
use crate::sections::value;
use keyword::Sections;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "check",
        |_, parse| {
            parse.server.check = Some(CheckConfig::default());
            Ok(())
        },
        "is checked for health",
        usage!["server s9 127.0.0.1:8081 check inter 1s fall 2"],
    ),
    ServerRow::new(
        "no-check",
        |_, parse| {
            parse.server.check = None;
            Ok(())
        },
        "takes an inherited `check` back",
        usage!["server s9 127.0.0.1:8081 no-check"],
    ),
    ServerRow::new(
        "inter",
        |w, p| time(w, p, |check, time| check.inter = time),
        "the time between two checks",
        usage!["server s9 127.0.0.1:8081 check inter 2s"],
    ),
    ServerRow::new(
        "fastinter",
        |w, p| time(w, p, |check, time| check.fastinter = Some(time)),
        "the time between two while the server's state changes",
        usage!["server s9 127.0.0.1:8081 check fastinter 500ms"],
    ),
    ServerRow::new(
        "downinter",
        |w, p| time(w, p, |check, time| check.downinter = Some(time)),
        "the time between two while it is down",
        usage!["server s9 127.0.0.1:8081 check downinter 10s"],
    ),
    ServerRow::new(
        "rise",
        |w, p| count(w, p, |check| &mut check.rise),
        "how many checks in a row must succeed for it to come up",
        usage!["server s9 127.0.0.1:8081 check rise 3"],
    ),
    ServerRow::new(
        "fall",
        |w, p| count(w, p, |check| &mut check.fall),
        "how many must fail for it to go down",
        usage!["server s9 127.0.0.1:8081 check fall 2"],
    ),
    ServerRow::new("port", port, "the port of checks", usage!["server s9 127.0.0.1:8081 check port 8090"]),
    ServerRow::new(
        "addr",
        addr,
        "the address of checks",
        usage!["server s9 127.0.0.1:8081 check addr 127.0.0.2"],
    ),
    ServerRow::new(
        "check-proto",
        check_proto,
        "the protocol of checks",
        usage!["server s9 127.0.0.1:8081 check check-proto h1"],
    ),
    ServerRow::new(
        "check-send-proxy",
        |_, p| {
            p.server.check_params.sends_proxy = true;
            Ok(())
        },
        "checks begin with a PROXY protocol header",
        usage!["server s9 127.0.0.1:8081 check check-send-proxy"],
    ),
    ServerRow::new(
        "no-check-send-proxy",
        |_, p| {
            p.server.check_params.sends_proxy = false;
            Ok(())
        },
        "checks do not begin with a PROXY protocol header",
        usage!["server s9 127.0.0.1:8081 check no-check-send-proxy"],
    ),
    ServerRow::new(
        "check-via-socks4",
        |_, p| {
            p.server.check_params.via_socks4 = true;
            Ok(())
        },
        "checks go through the SOCKS proxy",
        usage!["server s9 127.0.0.1:8081 check check-via-socks4"],
    ),
    ServerRow::new(
        "check-reuse-pool",
        |_, p| {
            p.server.check_params.reuses_pool = true;
            Ok(())
        },
        "checks of HTTP use idle connections",
        usage!["server s9 127.0.0.1:8081 check check-reuse-pool"],
    ),
    ServerRow::new(
        "no-check-reuse-pool",
        |_, p| {
            p.server.check_params.reuses_pool = false;
            Ok(())
        },
        "checks use connections of their own",
        usage!["server s9 127.0.0.1:8081 check no-check-reuse-pool"],
    ),
    ServerRow::new(
        "check-pool-conn-name",
        pool_conn_name,
        "which idle connections checks use",
        usage!["server s9 127.0.0.1:8081 check check-reuse-pool check-pool-conn-name x"],
    ),
    ServerRow::new("healthcheck", healthcheck, "checks as a `healthcheck` section describes them", usage![]),
    ServerRow::new(
        "observe",
        observe,
        "what traffic tells about its health",
        usage!["server s9 127.0.0.1:8081 check observe layer4"],
    ),
    ServerRow::new(
        "error-limit",
        error_limit,
        "how many errors of traffic in a row count",
        usage!["server s9 127.0.0.1:8081 check error-limit 10"],
    ),
    ServerRow::new(
        "on-error",
        on_error,
        "what they lead to",
        usage!["server s9 127.0.0.1:8081 check on-error mark-down"],
    ),
];

fn time(
    words: &mut Words<'_>,
    parse: &mut ServerParse<'_, '_>,
    set: fn(&mut CheckConfig, Duration),
) -> Result<(), Problem> {
    /// A number below this without a unit was probably not meant in milliseconds.
    const SUSPICIOUS_MS: u128 = 100;
    let word = words.need("a duration")?;
    let time = value::positive_duration(word, TimeUnit::Millis)?;
    if word.text.iter().all(u8::is_ascii_digit) && time.as_millis() < SUSPICIOUS_MS {
        let text = format!(
            "{} milliseconds are very short; a unit makes clear that they are meant",
            time.as_millis()
        );
        parse.line.cx.warn_of(codes::TIME_UNIT, word.span, text);
    }
    set(&mut parse.server.check_params, time);
    Ok(())
}

fn count(
    words: &mut Words<'_>,
    parse: &mut ServerParse<'_, '_>,
    field: fn(&mut CheckConfig) -> &mut u32,
) -> Result<(), Problem> {
    let word = words.need("the number of checks")?;
    let range = 1..=i64::from(i32::MAX);
    *field(&mut parse.server.check_params) =
        value::number(word, "the number of checks", range, parse.line.cx.diags)?;
    Ok(())
}

fn port(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the port")?;
    let port: u16 = value::number(word, "a port", 0..=65_535, parse.line.cx.diags)?;
    parse.server.check_params.port = (port > 0).then_some(port);
    Ok(())
}

fn addr(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.check_params.addr = Some(address::fixed(words.need("the address")?)?);
    Ok(())
}

/// Checks speak HTTP/1 or bytes.
fn check_proto(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let at = value::choice(words.need("the protocol")?, super::connect::PROTOS)?;
    if at >= super::connect::PROTOS_NOW {
        parse.server.unsupported.push(format!("check-proto {}", super::connect::PROTOS[at]).into());
    }
    Ok(())
}

fn pool_conn_name(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the name")?;
    if word.text.is_empty() {
        return Err(problem_of(codes::MISSING_ARGUMENT, word.span, "the name is empty"));
    }
    parse.server.check_params.pool_conn_name = Some(value::bytes(word));
    Ok(())
}

fn healthcheck(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the section's name")?;
    let names = parse.line.cx.names;
    let script = names.healthcheck(&word.text);
    if script.is_none() && !names.has_section(Sections::HEALTHCHECK, &word.text) {
        let name = word.lossy().to_string();
        let mut problem = problem_of(
            codes::UNKNOWN_SECTION,
            word.span,
            format!("there is no `healthcheck` section `{name}`"),
        );
        let known: Vec<String> = names.section_names(Sections::HEALTHCHECK).collect();
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(problem);
    }
    parse.server.check_params.script = script;
    Ok(())
}

fn observe(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const WHAT: [Option<Observe>; 3] = [None, Some(Observe::Layer4), Some(Observe::Layer7)];
    let word = words.need("`none`, `layer4` or `layer7`")?;
    let observe = WHAT[value::choice(word, &["none", "layer4", "layer7"])?];
    if observe == Some(Observe::Layer7) && parse.line.proxy.mode != Mode::Http {
        return Err(problem_of(codes::CONFLICT, word.span, "`layer7` needs `mode http`"));
    }
    parse.server.check_params.observe = observe;
    Ok(())
}

fn error_limit(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the number of errors")?;
    parse.server.check_params.error_limit =
        value::number(word, "the number of errors", 1..=i64::from(i32::MAX), parse.line.cx.diags)?;
    Ok(())
}

fn on_error(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const WORDS: &[&str] = &["fastinter", "fail-check", "sudden-death", "mark-down"];
    const REACTIONS: [ObservedError; 4] = [
        ObservedError::Fastinter,
        ObservedError::FailCheck,
        ObservedError::SuddenDeath,
        ObservedError::MarkDown,
    ];
    parse.server.check_params.on_error = REACTIONS[value::choice(words.need("the reaction")?, WORDS)?];
    Ok(())
}

/// A word that nothing is done with.
pub(super) fn word(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    words.need("a value").map(drop)
}
