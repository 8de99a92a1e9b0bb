//! What a proxy is: `mode`, `id`, `guid`, `description`, `disabled`, `enabled` (chapter 4.2).

use rules::Words;
use sample::Problem;
use sample::compile::problem;
use state::proxy::Mode;

use super::args::{self, text_of};
use super::rows::{ANY, usage};
use crate::context::{Pass, ProxyParse};
use crate::row::ProxyRow;
use keyword::Sections;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "mode",
        ANY,
        mode,
        "what the proxy carries: `tcp`, `http`, `log` or `spop`",
        usage!["mode http", "mode tcp"],
    ),
    ProxyRow::new("id", Sections::PROXIES, id, "the proxy's number in statistics", usage!["id 12"]),
    ProxyRow::new(
        "guid",
        Sections::PROXIES,
        guid,
        "a name that is unique in the whole configuration and lasts",
        usage!["guid shop-front"],
    ),
    ProxyRow::new(
        "description",
        Sections::PROXIES,
        description,
        "a text for the statistics page",
        usage!["description the shop"],
    ),
    ProxyRow::new("disabled", ANY, disabled, "the proxy is not started", usage!["disabled"]),
    ProxyRow::new("enabled", ANY, enabled, "takes an inherited `disabled` back", usage!["enabled"]),
    ProxyRow::new(
        "bind-process",
        ANY,
        bind_process,
        "the processes that the proxy ran in, when there were several",
        usage!["bind-process 1"],
    )
    .removed("bind ... thread N"),
];

const MODES: &[&str] = &["tcp", "http", "log", "spop", "health"];

fn mode(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`tcp`, `http`, `log` or `spop`")?;
    words.done()?;
    let mode = match word.text.as_slice() {
        b"tcp" => Mode::Tcp,
        b"http" => Mode::Http,
        b"log" => Mode::Log,
        b"spop" => Mode::Spop,
        b"health" => Mode::Http,
        _ => return Err(args::unexpected(word, MODES)),
    };
    let needs_servers = matches!(mode, Mode::Log | Mode::Spop);
    if needs_servers && !parse.proxy.sides.has_backend() {
        return Err(problem(word.span, format!("`mode {}` needs a backend side", word.lossy())));
    }
    parse.scratch.is_health = word.text == b"health";
    if parse.scratch.is_health && parse.pass != Pass::Inherited {
        parse.warn("`mode health` is not known to HAProxy any more; here every request is answered with 200");
    }
    parse.proxy.mode = mode;
    Ok(())
}

fn id(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.uuid = args::number(words, "the proxy's id", 1, parse)?;
    words.done()
}

fn guid(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the name")?;
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    const BYTES_MAX: usize = 127;
    if word.text.len() > BYTES_MAX || !word.text.iter().all(is_allowed) {
        let text = "a guid has 127 characters at most: letters, digits, `-`, `_`, `.` and `:`";
        return Err(problem(word.span, text));
    }
    parse.proxy.guid = Some(text_of(word));
    words.done()
}

fn description(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.clone().need("the text")?;
    let text = args::joined(words.take_rest());
    parse.proxy.description = Some(String::from_utf8_lossy(&text).into());
    Ok(())
}

fn disabled(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.is_disabled = true;
    words.done()
}

fn enabled(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.is_disabled = false;
    words.done()
}

fn bind_process(words: &mut Words<'_>, _: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.take_rest();
    Ok(())
}
