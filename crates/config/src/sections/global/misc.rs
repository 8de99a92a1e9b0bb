//! What else stands in `global`: files of states, the HTTP client, permissions, peculiarities of old peers.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::row::GlobalRow;
use crate::sections::{bind, value};

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("default-path", default_path, "what relative paths are relative to")
        .examples(usage!["default-path current"]),
    GlobalRow::new("expose-experimental-directives", kinds::none, "experimental keywords are accepted")
        .examples(usage!["expose-experimental-directives"]),
    GlobalRow::new("expose-deprecated-directives", kinds::none, "deprecated keywords are accepted silently"),
    GlobalRow::new("external-check", external_check, "health checks may run commands"),
    GlobalRow::new("insecure-fork-wanted", kinds::none, "processes may be started").negatable(),
    GlobalRow::new("insecure-setuid-wanted", kinds::none, "they may change their user").negatable(),
    GlobalRow::new("set-dumpable", kinds::any, "core files may be written").negatable(),
    GlobalRow::new("server-state-base", kinds::word, "where files of servers' states are"),
    GlobalRow::new("server-state-file", state_file, "a file of servers' states to start with"),
    GlobalRow::new("stats-file", stats_file, "a file of counters to start with"),
    GlobalRow::new("shm-stats-file", kinds::word, "counters are shared by this file"),
    GlobalRow::new("shm-stats-file-max-objects", kinds::number, "how many it holds"),
    GlobalRow::new("cluster-secret", kinds::word, "a secret that several machines share"),
    GlobalRow::new("anonkey", kinds::number, "a key that makes names unreadable in dumps"),
    GlobalRow::new("dns-accept-family", kinds::word, "which families of addresses names resolve to"),
    GlobalRow::new("force-cfg-parser-pause", kinds::time_ms, "waits after reading the configuration"),
    GlobalRow::new(
        "h1-accept-payload-with-any-method",
        kinds::none,
        "GET, HEAD and DELETE of HTTP/1.0 may have a body",
    ),
    GlobalRow::new(
        "h1-do-not-close-on-insecure-transfer-encoding",
        kinds::none,
        "an odd encoding keeps its connection",
    ),
    GlobalRow::new("h1-case-adjust", case_adjust, "how a header is spelt for old peers")
        .examples(usage!["h1-case-adjust content-length Content-Length"]),
    GlobalRow::new("h1-case-adjust-file", case_adjust_file, "a file of such spellings"),
    GlobalRow::new("h2-workaround-bogus-websocket-clients", kinds::none, "no WebSocket over HTTP/2")
        .negatable(),
    GlobalRow::new(
        "harden.reject-privileged-ports.quic",
        kinds::on_off,
        "datagrams from low ports are dropped",
    ),
    GlobalRow::new(
        "harden.reject-privileged-ports.tcp",
        kinds::on_off,
        "connections from low ports are dropped",
    ),
    GlobalRow::new("http-err-codes", kinds::some, "statuses that count as clients' errors"),
    GlobalRow::new("http-fail-codes", kinds::some, "statuses that count as failures of servers"),
    GlobalRow::new("httpclient.resolvers.disabled", kinds::on_off, "the own HTTP client asks no name server"),
    GlobalRow::new("httpclient.resolvers.id", kinds::word, "the name servers that it asks"),
    GlobalRow::new("httpclient.resolvers.prefer", prefer, "which addresses it prefers"),
    GlobalRow::new("httpclient.retries", kinds::number, "how often it tries again"),
    GlobalRow::new("httpclient.ssl.ca-file", authority, "the authorities that it trusts"),
    GlobalRow::new("httpclient.ssl.verify", verify, "whether it checks certificates"),
    GlobalRow::new("httpclient.timeout.connect", kinds::time_ms, "how long it tries to connect"),
    GlobalRow::new("pp2-never-send-local", kinds::none, "health checks send no LOCAL PROXY header")
        .negatable(),
    GlobalRow::new("profiling.tasks", profiling, "measures tasks"),
    GlobalRow::new("profiling.memory", kinds::on_off, "measures memory"),
    GlobalRow::new("stress-level", kinds::number, "makes rare events frequent, for tests"),
    GlobalRow::new("warn-blocked-traffic-after", kinds::time_ms, "when a task that runs long is told of"),
];

fn default_path(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const MODES: &[&str] = &["current", "config", "parent", "origin"];
    let mode = MODES[value::choice(words.need("`current`, `config`, `parent` or `origin`")?, MODES)?];
    match (mode, words.next()) {
        ("current", _) => {}
        ("origin", None) => {
            return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "the directory is missing"));
        }
        _ => kinds::not_yet(parse, "default-path"),
    }
    words.done()
}

fn external_check(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if let Some(word) = words.next() {
        value::choice(word, &["preserve-env"])?;
    }
    words.done()
}

fn state_file(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    kinds::word(words, parse)?;
    kinds::not_yet(parse, "server-state-file");
    Ok(())
}

fn stats_file(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    kinds::word(words, parse)?;
    kinds::not_yet(parse, "stats-file");
    Ok(())
}

fn case_adjust(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let from = words.need("the header's name in lower case")?;
    let to = words.need("the header's name as it shall be")?;
    words.done()?;
    if !from.text.eq_ignore_ascii_case(&to.text) {
        let text = format!("`{}` and `{}` differ in more than their case", from.lossy(), to.lossy());
        return Err(problem(to.span, text));
    }
    kinds::not_yet(parse, "h1-case-adjust");
    Ok(())
}

fn case_adjust_file(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    kinds::file(words, parse)?;
    kinds::not_yet(parse, "h1-case-adjust-file");
    Ok(())
}

fn authority(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the file")?;
    let files = bind::Files { names: parse.cx.names, ca_base: parse.global.ca_base.as_deref() };
    bind::trusted(word, files)?;
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
