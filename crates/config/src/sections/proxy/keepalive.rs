//! TCP keep-alive in detail: `clitcpka-*`, `srvtcpka-*` (chapter 4.2).

use base::units::TimeUnit;
use net::Keepalive;
use rules::Words;
use sample::Problem;

use super::args;
use super::rows::{CLIENT, SERVER, usage};
use crate::context::ProxyParse;
use crate::model::ProxyConfig;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "clitcpka-cnt",
        CLIENT,
        |w, p| count(w, p, client),
        "how many probes a client may leave unanswered",
        usage!["clitcpka-cnt 3"],
    ),
    ProxyRow::new(
        "clitcpka-idle",
        CLIENT,
        |w, p| idle(w, p, client),
        "how long a client is silent before it is probed",
        usage!["clitcpka-idle 60s"],
    ),
    ProxyRow::new(
        "clitcpka-intvl",
        CLIENT,
        |w, p| interval(w, p, client),
        "the time between probes of a client",
        usage!["clitcpka-intvl 10s"],
    ),
    ProxyRow::new(
        "srvtcpka-cnt",
        SERVER,
        |w, p| count(w, p, server),
        "how many probes a server may leave unanswered",
        usage!["srvtcpka-cnt 3"],
    ),
    ProxyRow::new(
        "srvtcpka-idle",
        SERVER,
        |w, p| idle(w, p, server),
        "how long a server is silent before it is probed",
        usage!["srvtcpka-idle 60s"],
    ),
    ProxyRow::new(
        "srvtcpka-intvl",
        SERVER,
        |w, p| interval(w, p, server),
        "the time between probes of a server",
        usage!["srvtcpka-intvl 10s"],
    ),
];

type Side = fn(&mut ProxyConfig) -> &mut Keepalive;

fn client(proxy: &mut ProxyConfig) -> &mut Keepalive {
    &mut proxy.client_keepalive
}

fn server(proxy: &mut ProxyConfig) -> &mut Keepalive {
    &mut proxy.server_keepalive
}

fn count(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, side: Side) -> Result<(), Problem> {
    let count = args::number(words, "the number of probes", 0, parse)?;
    side(parse.proxy).count = (count > 0).then_some(count);
    words.done()
}

fn idle(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, side: Side) -> Result<(), Problem> {
    let time = args::duration(words, "a duration", TimeUnit::Seconds)?;
    side(parse.proxy).idle = (!time.is_zero()).then_some(time);
    words.done()
}

fn interval(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, side: Side) -> Result<(), Problem> {
    let time = args::duration(words, "a duration", TimeUnit::Seconds)?;
    side(parse.proxy).interval = (!time.is_zero()).then_some(time);
    words.done()
}
