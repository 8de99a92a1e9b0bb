//! How a server is connected to (chapter 5.2).

use base::units::TimeUnit;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::rows::usage;
use crate::address;
use crate::context::ServerParse;
use crate::model::ServerNamespace;
use crate::row::ServerRow;
use crate::sections::{proxy, value};

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "source",
        source,
        "the address that the server sees as its client's",
        usage![
            "server s9 127.0.0.1:8081 source 127.0.0.1",
            "server s9 127.0.0.1:8081 source 0.0.0.0 usesrc clientip"
        ],
    ),
    ServerRow::new("usesrc", usesrc_alone, "the client's address as the source, behind `source`", usage![]),
    ServerRow::new(
        "tcp-ut",
        user_timeout,
        "how long data may stay unacknowledged",
        usage!["server s9 127.0.0.1:8081 tcp-ut 30s"],
    ),
    ServerRow::new(
        "cc",
        congestion,
        "the congestion control algorithm",
        usage!["server s9 127.0.0.1:8081 cc cubic"],
    ),
    ServerRow::new(
        "tcp-md5sig",
        md5sig,
        "signs segments with this password (RFC 2385)",
        usage!["server s9 127.0.0.1:8081 tcp-md5sig secret"],
    ),
    ServerRow::new(
        "tfo",
        |_, p| {
            p.server.connect.fast_open = true;
            Ok(())
        },
        "data goes with the first packet (TCP fast open)",
        usage!["server s9 127.0.0.1:8081 tfo"],
    ),
    ServerRow::new(
        "no-tfo",
        |_, p| {
            p.server.connect.fast_open = false;
            Ok(())
        },
        "takes an inherited `tfo` back",
        usage!["server s9 127.0.0.1:8081 no-tfo"],
    ),
    ServerRow::new(
        "namespace",
        namespace,
        "connects from a network namespace",
        usage!["server s9 127.0.0.1:8081 namespace blue", "server s9 127.0.0.1:8081 namespace *"],
    ),
    ServerRow::new(
        "socks4",
        socks4,
        "connects through a SOCKS 4 proxy",
        usage!["server s9 127.0.0.1:8081 socks4 127.0.0.1:1080"],
    ),
    ServerRow::new(
        "proto",
        proto,
        "the protocol that is spoken without negotiation",
        usage!["server s9 127.0.0.1:8081 proto h1"],
    ),
    ServerRow::new("ws", websocket, "the protocol for WebSocket", usage!["server s9 127.0.0.1:8081 ws h1"])
        .internal(),
    ServerRow::new(
        "quic-cc-algo",
        super::checks::word,
        "the congestion control of QUIC",
        usage!["server s9 127.0.0.1:8081 quic-cc-algo cubic"],
    )
    .internal(),
];

fn source(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the address")?;
    let (source, ports) = address::source(word)?;
    parse.server.source_ports = ports;
    let connect = &mut parse.server.connect;
    connect.source = Some(source);
    parse.server.usesrc = None;
    loop {
        if words.eat("usesrc") {
            let usesrc =
                proxy::use_source(words.need("an address, `client`, `clientip` or `hdr_ip(name)`")?)?;
            parse.server.usesrc = Some(usesrc);
        } else if words.eat("interface") {
            connect.interface = Some(value::text(words.need("the interface's name")?).into());
        } else {
            return Ok(());
        }
    }
}

fn usesrc_alone(_: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    Err(problem_of(codes::CONFLICT, parse.span, "`usesrc` stands behind `source` and its address"))
}

fn user_timeout(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    parse.server.connect.user_timeout = (!time.is_zero()).then_some(time);
    Ok(())
}

fn congestion(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.connect.congestion = Some(value::text(words.need("the algorithm")?).into());
    Ok(())
}

fn md5sig(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let key = crate::sections::bind::signature_key(words.need("the password")?)?;
    parse.server.connect.md5sig = Some(key);
    Ok(())
}

fn namespace(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the namespace")?;
    parse.server.namespace = Some(match word.text.as_slice() {
        b"*" => ServerNamespace::FromProxy,
        _ => ServerNamespace::Named(value::text(word)),
    });
    Ok(())
}

fn socks4(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the proxy's address")?;
    let endpoint = address::fixed(word)?;
    match endpoint.inet().filter(|address| address.port() > 0) {
        Some(address) => parse.server.socks4 = Some(address),
        None => return Err(problem_of(codes::VALUE, word.span, "an IP address and a port are needed")),
    }
    Ok(())
}

/// Protocols that a server can speak; those from [`PROTOS_NOW`] on are for later.
pub(super) const PROTOS: &[&str] = &["h1", "none", "h2", "fcgi", "spop", "quic", "qmux"];
/// How many of them are spoken now.
pub(super) const PROTOS_NOW: usize = 2;

fn proto(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let at = value::choice(words.need("the protocol")?, PROTOS)?;
    if at >= PROTOS_NOW {
        parse.server.unsupported.push(format!("proto {}", PROTOS[at]).into());
    }
    Ok(())
}

fn websocket(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("`auto`, `h1` or `h2`")?, &["auto", "h1", "h2"]).map(drop)
}
