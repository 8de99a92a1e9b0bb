//! `timeout ...`, the names it had before 1.3.14, and `grace` (chapter 4.2).

use std::time::Duration;

use base::units::TimeUnit;
use diag::codes;
use rules::Words;
use sample::Problem;
use state::proxy::Timeouts;

use super::args;
use super::rows::{ANY, CLIENT, SERVER, usage};
use crate::context::{Pass, ProxyParse};
use crate::row::ProxyRow;

/// A number below this without a unit was probably not meant in milliseconds.
const SUSPICIOUS_MS: u128 = 100;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "timeout client",
        CLIENT,
        |w, p| set(w, p, |t| &mut t.client),
        "how long a client may be silent when it is its turn",
        usage!["timeout client 30s"],
    ),
    ProxyRow::new(
        "timeout client-fin",
        CLIENT,
        |w, p| set(w, p, |t| &mut t.client_fin),
        "how long a client may be silent once one direction is closed",
        usage!["timeout client-fin 10s"],
    ),
    ProxyRow::new(
        "timeout client-hs",
        CLIENT,
        |w, p| set(w, p, |t| &mut t.client_hs),
        "how long the client's TLS handshake may take",
        usage!["timeout client-hs 5s"],
    ),
    ProxyRow::new(
        "timeout connect",
        SERVER,
        |w, p| set(w, p, |t| &mut t.connect),
        "how long an attempt to connect to a server may take",
        usage!["timeout connect 5s"],
    ),
    ProxyRow::new(
        "timeout server",
        SERVER,
        |w, p| set(w, p, |t| &mut t.server),
        "how long a server may be silent when it is its turn",
        usage!["timeout server 30s"],
    ),
    ProxyRow::new(
        "timeout server-fin",
        SERVER,
        |w, p| set(w, p, |t| &mut t.server_fin),
        "how long a server may be silent once one direction is closed",
        usage!["timeout server-fin 10s"],
    ),
    ProxyRow::new(
        "timeout http-request",
        ANY,
        |w, p| set(w, p, |t| &mut t.http_request),
        "how long a whole request head may take to arrive",
        usage!["timeout http-request 10s"],
    ),
    ProxyRow::new(
        "timeout http-keep-alive",
        ANY,
        |w, p| set(w, p, |t| &mut t.http_keep_alive),
        "how long a connection is kept for the next request",
        usage!["timeout http-keep-alive 10s"],
    ),
    ProxyRow::new(
        "timeout queue",
        SERVER,
        |w, p| set(w, p, |t| &mut t.queue),
        "how long a request may wait for a free server",
        usage!["timeout queue 30s"],
    ),
    ProxyRow::new(
        "timeout tarpit",
        ANY,
        |w, p| set(w, p, |t| &mut t.tarpit),
        "how long a tarpitted client waits for its refusal",
        usage!["timeout tarpit 15s"],
    ),
    ProxyRow::new(
        "timeout tunnel",
        SERVER,
        |w, p| set(w, p, |t| &mut t.tunnel),
        "how long both sides may be silent once there is a tunnel",
        usage!["timeout tunnel 1h"],
    ),
    ProxyRow::new(
        "timeout check",
        SERVER,
        |w, p| set(w, p, |t| &mut t.check),
        "how long a server may take to answer a check once connected",
        usage!["timeout check 2s"],
    ),
    ProxyRow::new(
        "clitimeout",
        CLIENT,
        |w, p| set(w, p, |t| &mut t.client),
        "how long a client may be silent, as `timeout client`",
        usage!["clitimeout 30000"],
    )
    .also(&["timeout clitimeout"])
    .removed("timeout client"),
    ProxyRow::new(
        "contimeout",
        SERVER,
        |w, p| set(w, p, |t| &mut t.connect),
        "how long connecting to a server may take, as `timeout connect`",
        usage!["contimeout 5000"],
    )
    .also(&["timeout contimeout"])
    .removed("timeout connect"),
    ProxyRow::new(
        "srvtimeout",
        SERVER,
        |w, p| set(w, p, |t| &mut t.server),
        "how long a server may be silent, as `timeout server`",
        usage!["srvtimeout 30000"],
    )
    .also(&["timeout srvtimeout"])
    .removed("timeout server"),
    ProxyRow::new(
        "grace",
        ANY,
        grace,
        "how long a proxy accepted connections after a soft stop",
        usage!["grace 2s"],
    )
    .removed("grace (in the global section)"),
];

fn set(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    field: fn(&mut Timeouts) -> &mut Option<Duration>,
) -> Result<(), Problem> {
    let word = words.need("a duration")?;
    let time = args::duration_of(word, TimeUnit::Millis)?;
    words.done()?;
    args::warn_about_unit(word, parse);
    let has_unit = word.text.iter().any(|byte| !byte.is_ascii_digit());
    if !has_unit && !time.is_zero() && time.as_millis() < SUSPICIOUS_MS && parse.pass != Pass::Inherited {
        let text = format!(
            "{} milliseconds are very short; a unit makes clear that they are meant",
            time.as_millis()
        );
        parse.cx.warn_of(codes::TIME_UNIT, word.span, text);
    }
    *field(&mut parse.proxy.timeouts) = (!time.is_zero()).then_some(time);
    Ok(())
}

fn grace(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.grace = Some(args::duration(words, "a duration", TimeUnit::Millis)?);
    words.done()
}
