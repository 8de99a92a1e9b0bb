//! What else stands in `global`: files of states, the HTTP client, permissions, peculiarities of old peers.

use diag::codes;
use keyword::Built;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::{ExternalCheck, Statuses};
use crate::row::GlobalRow;
use crate::sections::{bind, value};

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("default-path", default_path, "what relative paths are relative to")
        .examples(usage!["default-path current"]),
    GlobalRow::new("expose-experimental-directives", kinds::none, "experimental keywords are accepted")
        .examples(usage!["expose-experimental-directives"]),
    GlobalRow::new("expose-deprecated-directives", kinds::none, "deprecated keywords are accepted silently"),
    GlobalRow::new("external-check", external_check, "health checks may run commands"),
    GlobalRow::new("insecure-fork-wanted", kinds::none, "processes may be started").internal().negatable(),
    GlobalRow::new("insecure-setuid-wanted", kinds::none, "processes that are started may change their user")
        .internal()
        .negatable(),
    GlobalRow::new("set-dumpable", kinds::any, "core files may be written").internal().negatable(),
    GlobalRow::new(
        "server-state-base",
        |words, parse| state_path(words, |set| parse.global.server_state_base = set),
        "where files of servers' states are",
    ),
    GlobalRow::new(
        "server-state-file",
        |words, parse| state_path(words, |set| parse.global.server_state_file = set),
        "a file of servers' states to start with",
    ),
    GlobalRow::new(
        "stats-file",
        |words, parse| state_path(words, |set| parse.global.stats_file = set),
        "a file of counters to start with",
    ),
    GlobalRow::new("shm-stats-file", kinds::word, "counters are shared by this file").noted(),
    GlobalRow::new("shm-stats-file-max-objects", kinds::number, "how many it holds").noted(),
    GlobalRow::new("cluster-secret", kinds::word, "a secret that several machines share").internal(),
    GlobalRow::new("anonkey", anon_key, "a key that makes names unreadable in dumps"),
    GlobalRow::new(
        "dns-accept-family",
        families,
        "the families of addresses that name servers are asked for at run time",
    ),
    GlobalRow::new("force-cfg-parser-pause", kinds::time_ms, "waits after reading the configuration")
        .internal(),
    GlobalRow::new("h2-workaround-bogus-websocket-clients", kinds::none, "no WebSocket over HTTP/2")
        .internal()
        .negatable(),
    GlobalRow::new(
        "harden.reject-privileged-ports.quic",
        kinds::on_off,
        "datagrams from low ports are dropped",
    )
    .noted(),
    GlobalRow::new(
        "harden.reject-privileged-ports.tcp",
        reject_tcp,
        "connections from low ports are dropped",
    ),
    GlobalRow::new(
        "http-err-codes",
        |words, parse| statuses(words, &mut parse.global.statuses.errors),
        "statuses that count as clients' errors",
    )
    .examples(usage!["http-err-codes 400-499 -450 +500"]),
    GlobalRow::new(
        "http-fail-codes",
        |words, parse| statuses(words, &mut parse.global.statuses.failures),
        "statuses that count as failures of servers",
    )
    .examples(usage!["http-fail-codes -550-580 +555,599"]),
    GlobalRow::new("httpclient.resolvers.disabled", kinds::on_off, "the own HTTP client asks no name server")
        .internal(),
    GlobalRow::new("httpclient.resolvers.id", kinds::word, "the name servers that it asks").internal(),
    GlobalRow::new("httpclient.resolvers.prefer", prefer, "which addresses it prefers").internal(),
    GlobalRow::new("httpclient.retries", kinds::number, "how often it tries again").internal(),
    GlobalRow::new("httpclient.ssl.ca-file", authority, "the authorities that it trusts").internal(),
    GlobalRow::new("httpclient.ssl.verify", verify, "whether it checks certificates").internal(),
    GlobalRow::new("httpclient.timeout.connect", kinds::time_ms, "how long it tries to connect").internal(),
    GlobalRow::new("pp2-never-send-local", never_local, "PROXY headers of health checks tell addresses")
        .examples(usage!["pp2-never-send-local"]),
    GlobalRow::new("profiling.tasks", profiling, "measures how long tasks run and wait").noted(),
    GlobalRow::new("profiling.memory", kinds::on_off, "measures who takes how much memory").noted(),
    GlobalRow::new("stress-level", kinds::number, "makes rare events frequent, for tests").internal(),
    GlobalRow::new("warn-blocked-traffic-after", kinds::time_ms, "when a task that runs long is told of")
        .internal(),
];

fn default_path(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const MODES: &[&str] = &["current", "config", "parent", "origin"];
    let mode = MODES[value::choice(words.need("`current`, `config`, `parent` or `origin`")?, MODES)?];
    match (mode, words.next()) {
        ("current", _) => {}
        ("origin", None) => {
            return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "the directory is missing"));
        }
        _ => parse.cx.tell_built(Built::Noted, "default-path", parse.span),
    }
    words.done()
}

/// `[+-]RANGE[,...] ...`: ranges with neither sign take the place of all that were there.
fn statuses(words: &mut Words<'_>, set: &mut Statuses) -> Result<(), Problem> {
    let mut word = words.need("a range of statuses")?;
    loop {
        let text = word.as_str().unwrap_or_default();
        let is_removed = text.starts_with('-');
        if !is_removed && !text.starts_with('+') {
            *set = Statuses::default();
        }
        for range in text.trim_start_matches(['+', '-']).split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.parse().ok().filter(|status| Statuses::RANGE.contains(status));
            match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last && is_removed => set.remove(first..=last),
                (Some(first), Some(last)) if first <= last => set.add(first..=last),
                _ => {
                    let text = format!("`{range}` is no range of statuses from 100 to 599");
                    return Err(problem(word.span, text));
                }
            }
        }
        match words.next() {
            Some(next) => word = next,
            None => return Ok(()),
        }
    }
}

fn external_check(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.external_check = Some(match words.next() {
        Some(word) => {
            value::choice(word, &["preserve-env"])?;
            ExternalCheck::PreserveEnv
        }
        None => ExternalCheck::FreshEnv,
    });
    words.done()
}

fn authority(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the file")?;
    let files = bind::Files { names: parse.cx.names, ca_base: parse.global.ca_base.as_deref() };
    bind::trusted(word, files)?;
    words.done()
}

fn reject_tcp(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if value::on_off(words.need("`on` or `off`")?)? {
        parse.cx.tell_built(Built::Refused, "harden.reject-privileged-ports.tcp on", parse.span);
    }
    words.done()
}

fn prefer(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::choice(words.need("`ipv4` or `ipv6`")?, &["ipv4", "ipv6"])?;
    words.done()
}

/// `on`, `off` or `auto`, and since 3.3 what is measured.
fn profiling(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const KINDS: &[&str] = &["on", "off", "auto", "lock", "no-lock", "memory", "no-memory"];
    words.clone().need("`on`, `off` or `auto`")?;
    words.take_rest().iter().try_for_each(|word| value::choice(word, KINDS).map(drop))
}

fn verify(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::choice(words.need("`none` or `required`")?, &["none", "required"])?;
    words.done()
}

fn anon_key(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the key")?;
    parse.global.anon_key = value::number(word, "the key", 0..=i64::from(u32::MAX), parse.cx.diags)?;
    words.done()
}

fn never_local(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.global.pp2_never_local = true;
    Ok(())
}

/// `ipv4`, `ipv6` and `auto`, separated by commas.
fn families(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the families")?;
    let (mut v4, mut v6, mut is_auto) = (false, false, false);
    for part in word.text.split(|byte| *byte == b',') {
        let part = syntax::Word { text: part.to_vec(), ..word.clone() };
        match value::choice(&part, &["ipv4", "ipv6", "auto"])? {
            0 => v4 = true,
            1 => v6 = true,
            _ => is_auto = true,
        }
    }
    parse.global.dns_families = match (is_auto, v4, v6) {
        (true, ..) => None,
        (false, true, false) => Some(resolve::Families::V4),
        (false, false, true) => Some(resolve::Families::V6),
        (false, ..) => Some(resolve::Families::Both),
    };
    words.done()
}

/// A path of state files.
fn state_path(words: &mut Words<'_>, set: impl FnOnce(Option<Box<[u8]>>)) -> Result<(), Problem> {
    set(Some(words.need("a path")?.text.clone().into()));
    words.done()
}
