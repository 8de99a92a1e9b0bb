//! `ocsp-update.*` (chapter 3.1): whose OCSP answers are fetched, through whom, and how often.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use tls::load::OcspUpdate;

use super::rows::usage;
use crate::address::{Address, Host, Ports, Target};
use crate::context::GlobalParse;
use crate::row::GlobalRow;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("ocsp-update.mode", mode, "whether OCSP answers are fetched")
        .examples(usage!["ocsp-update.mode on"]),
    GlobalRow::new("ocsp-update.disable", disable, "whether none are fetched at all")
        .examples(usage!["ocsp-update.disable on"]),
    GlobalRow::new("ocsp-update.httpproxy", http_proxy, "the proxy that they are fetched through")
        .examples(usage!["ocsp-update.httpproxy 192.0.2.1:3128"]),
    GlobalRow::new("ocsp-update.maxdelay", max_delay, "the longest time between two fetches, seconds")
        .examples(usage!["ocsp-update.maxdelay 7200"]),
    GlobalRow::new("ocsp-update.mindelay", min_delay, "the shortest time between two fetches, seconds")
        .examples(usage!["ocsp-update.mindelay 60"]),
];

/// The port of a proxy that names none.
const HTTP_PORT: u16 = 80;

fn mode(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let is_on = value::on_off(words.need("`on` or `off`")?)?;
    parse.global.tls.load.ocsp_update = if is_on { OcspUpdate::On } else { OcspUpdate::Off };
    words.done()
}

fn disable(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.ocsp.is_disabled = value::on_off(words.need("`on` or `off`")?)?;
    words.done()
}

fn http_proxy(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the proxy's address")?;
    let wrong = |text: String| problem_of(codes::ADDRESS, word.span, text);
    let Target::Inet { host, ports, .. } = Address::parse(word)?.target else {
        return Err(wrong("the proxy is reached over TCP".to_owned()));
    };
    let port = match ports {
        Ports::None => HTTP_PORT,
        Ports::Range(first, last) if first == last && first > 0 => first,
        Ports::Range(..) | Ports::Offset(_) => return Err(wrong("one port is needed".to_owned())),
    };
    let host = match host {
        Host::Ip(ip) => ip.to_string().into(),
        Host::Name(name) => name,
    };
    parse.global.tls.ocsp.http_proxy = Some((host, port));
    words.done()
}

pub(super) fn max_delay(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let seconds = delay(words, parse)?;
    parse.global.tls.ocsp.delays.max_s = seconds;
    in_order(words, parse)
}

pub(super) fn min_delay(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let seconds = delay(words, parse)?;
    parse.global.tls.ocsp.delays.min_s = seconds;
    in_order(words, parse)
}

fn delay(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<u32, Problem> {
    let word = words.need("a number of seconds")?;
    value::number(word, "the number of seconds", 0..=i64::from(i32::MAX), parse.cx.diags)
}

/// The shortest time is no longer than the longest, at every line.
fn in_order(words: &Words<'_>, parse: &GlobalParse<'_>) -> Result<(), Problem> {
    let delays = &parse.global.tls.ocsp.delays;
    if delays.min_s > delays.max_s {
        let text = format!(
            "`ocsp-update.mindelay` ({}) is longer than `ocsp-update.maxdelay` ({})",
            delays.min_s, delays.max_s
        );
        return Err(problem_of(codes::CONFLICT, words.span(), text));
    }
    words.done()
}
