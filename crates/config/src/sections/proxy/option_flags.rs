//! Options that are on or off (chapter 4.2). `no option x` switches off what was inherited, `default option x` goes
//! back to what HAProxy does by itself, which is off as well.

use keyword::Sections;
use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{ANY, CLIENT, SERVER, usage};
use crate::context::{Polarity, ProxyParse};
use crate::model::{Options, Toggle};
use crate::row::ProxyRow;

/// The row of `option name`, whose words `parse` reads.
macro_rules! option {
    ($name:literal, $sections:expr, $parse:expr, $brief:literal) => {
        ProxyRow::new(concat!("option ", $name), $sections, $parse, $brief, usage![concat!("option ", $name)])
            .negatable()
    };
}

/// `flag!("name", SECTIONS, field, "brief")`: the row of `option name`, which sets `field` of [`Options`].
macro_rules! flag {
    ($name:literal, $sections:expr, $field:ident $(. $part:ident)*, $brief:literal) => {
        option!(
            $name,
            $sections,
            |words, parse| toggle(words, parse, |options| &mut options.$field$(.$part)*),
            $brief
        )
    };
}

/// As `flag!` for an option that proxies may have, and that means something in sections of another kind alone.
macro_rules! elsewhere {
    ($name:literal, $sections:expr, $brief:literal) => {
        option!($name, $sections, |words, _| words.done(), $brief)
    };
}

/// As `flag!` for an option that means nothing any more.
macro_rules! void {
    ($name:literal, $sections:expr, $brief:literal) => {
        option!($name, $sections, |words, _| words.done(), $brief).internal()
    };
}

const BACK: Sections = Sections::BACKEND.union(Sections::DEFAULTS).union(Sections::LISTEN);

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option abortonclose",
        ANY,
        abortonclose,
        "requests are dropped when their client has gone; on by itself in HTTP mode",
        usage!["option abortonclose"],
    )
    .negatable(),
    flag!("dontlognull", CLIENT, dontlognull, "connections that bring nothing are not logged"),
    flag!("dontlog-normal", CLIENT, dontlog_normal, "only what went wrong is logged"),
    flag!("log-separate-errors", CLIENT, log_separate_errors, "what went wrong is logged one level higher"),
    flag!("logasap", CLIENT, logasap, "the log line is written when the response's head is there"),
    flag!("log-health-checks", SERVER, log_health_checks, "changes of a server's health are logged"),
    flag!(
        "http-ignore-probes",
        CLIENT,
        http_ignore_probes,
        "idle connections are closed without a 408 or a log line"
    ),
    flag!("http-no-delay", ANY, http_no_delay, "parts of a message go out at once, as they always do here"),
    flag!("http-buffer-request", ANY, http_buffer_request, "rules wait for the request's body"),
    flag!(
        "http-use-proxy-header",
        CLIENT,
        http_use_proxy_header,
        "proxied requests authenticate to the proxy, with 407 and its headers"
    ),
    flag!(
        "http-pretend-keepalive",
        SERVER,
        http_pretend_keepalive,
        "servers are not told that the connection closes"
    ),
    flag!(
        "accept-unsafe-violations-in-http-request",
        CLIENT,
        accept_unsafe_request,
        "requests that break HTTP's rules in certain ways pass"
    ),
    flag!(
        "accept-unsafe-violations-in-http-response",
        SERVER,
        accept_unsafe_response,
        "responses that break HTTP's rules in certain ways pass"
    ),
    flag!(
        "accept-invalid-http-request",
        CLIENT,
        accept_unsafe_request,
        "requests that break HTTP's rules in certain ways pass, by its old name"
    )
    .removed("option accept-unsafe-violations-in-http-request"),
    flag!(
        "accept-invalid-http-response",
        SERVER,
        accept_unsafe_response,
        "responses that break HTTP's rules in certain ways pass, by its old name"
    )
    .removed("option accept-unsafe-violations-in-http-response"),
    flag!(
        "idle-close-on-response",
        CLIENT,
        idle_close_on_response,
        "a soft stop closes idle connections after one more response"
    ),
    flag!("nolinger", ANY, nolinger, "connections are reset instead of closed"),
    flag!("clitcpka", CLIENT, clitcpka, "silent clients are probed by the kernel"),
    flag!("srvtcpka", SERVER, srvtcpka, "silent servers are probed by the kernel"),
    ProxyRow::new(
        "option tcp-smart-accept",
        CLIENT,
        smart_accept,
        "the kernel acknowledges a request together with its answer; on by itself in HTTP mode and with TLS",
        usage!["option tcp-smart-accept"],
    )
    .negatable(),
    flag!(
        "tcp-smart-connect",
        SERVER,
        tcp_smart_connect,
        "the kernel acknowledges a server together with the request"
    ),
    flag!("splice-request", ANY, splice.request, "requests go through the kernel where possible"),
    flag!("splice-response", ANY, splice.response, "responses go through the kernel where possible"),
    flag!("splice-auto", ANY, splice.auto, "bodies go through the kernel where that pays"),
    flag!("tcpsplice", ANY, splice.auto, "the name of `option splice-auto` before 1.4")
        .removed("option splice-auto"),
    flag!(
        "allbackups",
        SERVER,
        allbackups,
        "all backup servers work when no other does, not the first alone"
    ),
    flag!("persist", SERVER, persist, "a cookie leads to its server even when that is down"),
    flag!(
        "prefer-last-server",
        SERVER,
        prefer_last_server,
        "a client's connection keeps its server where possible"
    ),
    flag!("checkcache", SERVER, checkcache, "responses that are cacheable and set a cookie are blocked"),
    flag!(
        "independent-streams",
        ANY,
        independent_streams,
        "sending does not prolong a side's timeout for reading"
    ),
    flag!(
        "independant-streams",
        ANY,
        independent_streams,
        "sending does not prolong a side's timeout for reading, by its old spelling"
    )
    .removed("option independent-streams"),
    flag!("contstats", CLIENT, contstats, "statistics count bytes while they pass"),
    flag!("socket-stats", CLIENT, socket_stats, "statistics for each address"),
    flag!("transparent", SERVER, transparent, "connects to where the client wanted to go")
        .removed("server NAME 0.0.0.0"),
    flag!("http_proxy", ANY, http_proxy, "connects to the address in the request's URI")
        .removed("http-request set-dst with http-request do-resolve"),
    flag!("disable-h2-upgrade", CLIENT, disable_h2_upgrade, "HTTP/2 is not recognized by its preface")
        .internal(),
    flag!(
        "http-drop-request-trailers",
        BACK,
        http_drop_request_trailers,
        "trailers of requests are not passed on"
    ),
    flag!(
        "http-drop-response-trailers",
        CLIENT,
        http_drop_response_trailers,
        "trailers of responses are not passed on"
    ),
    flag!(
        "h1-case-adjust-bogus-client",
        CLIENT,
        h1_case_adjust_client,
        "header names are spelt as `h1-case-adjust` says for clients"
    ),
    flag!(
        "h1-case-adjust-bogus-server",
        SERVER,
        h1_case_adjust_server,
        "header names are spelt as `h1-case-adjust` says for servers"
    ),
    elsewhere!(
        "assume-rfc6587-ntf",
        CLIENT,
        "in `log-forward` alone: messages on streams end with a line feed"
    ),
    elsewhere!("dont-parse-log", CLIENT, "in `log-forward` alone: messages are passed on as they are"),
    void!("http-use-htx", ANY, "chose the internal form of messages").removed(""),
    ProxyRow::new(
        "option use-small-buffers",
        SERVER,
        small_buffers,
        "waiting requests are kept in small buffers, as they always are here",
        usage!["option use-small-buffers queue"],
    )
    .internal()
    .negatable(),
    ProxyRow::new(
        "option tcpka",
        ANY,
        tcpka,
        "both sides are probed by the kernel when they are silent",
        usage!["option tcpka"],
    )
    .negatable(),
];

/// What the line's `no` or `default` says.
pub(super) fn wanted(parse: &ProxyParse<'_>) -> Toggle {
    match parse.polarity {
        Polarity::Set => Toggle::On,
        Polarity::No | Polarity::Default => Toggle::Off,
    }
}

fn toggle(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    field: fn(&mut Options) -> &mut Toggle,
) -> Result<(), Problem> {
    words.done()?;
    *field(&mut parse.proxy.options) = wanted(parse);
    Ok(())
}

fn abortonclose(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.proxy.options.abortonclose = (parse.polarity != Polarity::Default).then(|| wanted(parse));
    Ok(())
}

fn smart_accept(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.proxy.options.tcp_smart_accept = (parse.polarity != Polarity::Default).then(|| wanted(parse));
    Ok(())
}

fn small_buffers(words: &mut Words<'_>, _: &mut ProxyParse<'_>) -> Result<(), Problem> {
    const USES: &[&str] = &["queue", "l7-retries", "check"];
    while let Some(word) = words.next() {
        if !word.as_str().is_some_and(|text| USES.contains(&text)) {
            return Err(args::unexpected(word, USES));
        }
    }
    Ok(())
}

fn tcpka(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    words.done()?;
    let wanted = wanted(parse);
    if parse.proxy.sides.has_frontend() {
        parse.proxy.options.clitcpka = wanted;
    }
    if parse.proxy.sides.has_backend() {
        parse.proxy.options.srvtcpka = wanted;
    }
    Ok(())
}
