//! Options that tell servers about clients: `forwardfor`, `originalto`, `forwarded` (chapter 4.2).

use std::net::IpAddr;
use std::sync::Arc;

use diag::codes;
use rules::Words;
use sample::compile::problem_of;
use sample::{Expr, Place, Problem};
use syntax::Word;

use super::args;
use super::rows::{ANY, SERVER, usage};
use crate::context::{Polarity, ProxyParse};
use crate::model::{ForwardFor, Forwarded, ForwardedPart, IfNone, Toggle};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "option forwardfor",
        ANY,
        forwardfor,
        "adds the client's address in `X-Forwarded-For`",
        usage!["option forwardfor", "option forwardfor except 127.0.0.0/8 header X-Client if-none"],
    )
    .negatable(),
    ProxyRow::new(
        "option originalto",
        ANY,
        originalto,
        "adds the address that the client connected to in `X-Original-To`",
        usage!["option originalto", "option originalto header X-Dst"],
    )
    .negatable(),
    ProxyRow::new(
        "option forwarded",
        SERVER,
        forwarded,
        "adds what is known of the client in `Forwarded` (RFC 7239)",
        usage!["option forwarded", "option forwarded proto host by by_port for for_port-expr src_port"],
    )
    .negatable(),
];

fn forwardfor(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let option = header_option(words, b"X-Forwarded-For", &["except", "header", "if-none"])?;
    parse.proxy.options.forwardfor = (parse.polarity == Polarity::Set).then_some(option);
    Ok(())
}

fn originalto(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let option = header_option(words, b"X-Original-To", &["except", "header"])?;
    parse.proxy.options.originalto = (parse.polarity == Polarity::Set).then_some(option);
    Ok(())
}

fn header_option(words: &mut Words<'_>, header: &[u8], known: &[&str]) -> Result<ForwardFor, Problem> {
    let mut option = ForwardFor { header: header.into(), except: None, if_none: IfNone::Always };
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"except" => option.except = Some(network(words.need("an address or a network")?)?),
            b"header" => option.header = words.need("the header's name")?.text.as_slice().into(),
            b"if-none" if known.contains(&"if-none") => option.if_none = IfNone::IfNone,
            _ => return Err(args::unexpected(word, known)),
        }
    }
    Ok(option)
}

/// `address[/mask]`, the mask as a number of bits or, for IPv4, as an address.
pub(super) fn network(word: &Word) -> Result<(IpAddr, u8), Problem> {
    let refused =
        || problem_of(codes::ADDRESS, word.span, format!("`{}` is no address or network", word.lossy()));
    let text = word.as_str().ok_or_else(refused)?;
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    let address: IpAddr = address.parse().map_err(|_| refused())?;
    let bits_max: u8 = if address.is_ipv4() { 32 } else { 128 };
    let bits = match mask {
        None => Some(bits_max),
        Some(mask) => mask.parse().ok().or_else(|| mask_bits(mask).filter(|_| address.is_ipv4())),
    };
    bits.filter(|bits| *bits <= bits_max).map(|bits| (address, bits)).ok_or_else(refused)
}

/// The bits of a mask such as `255.255.0.0`, which are contiguous.
fn mask_bits(mask: &str) -> Option<u8> {
    let mask = u32::from(mask.parse::<std::net::Ipv4Addr>().ok()?);
    let bits = mask.leading_ones();
    (bits == mask.count_ones()).then_some(bits).and_then(|bits| u8::try_from(bits).ok())
}

const PARTS: &[&str] = &[
    "proto",
    "host",
    "host-expr",
    "by",
    "by-expr",
    "by_port",
    "by_port-expr",
    "for",
    "for-expr",
    "for_port",
    "for_port-expr",
];

fn forwarded(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let own = || Some(ForwardedPart::Own);
    let mut parts = Forwarded::default();
    if words.peek().is_none() {
        (parts.has_proto, parts.for_node) = (true, own());
    }
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"proto" => parts.has_proto = true,
            b"host" => parts.host = own(),
            b"by" => parts.by = own(),
            b"by_port" => parts.by_port = own(),
            b"for" => parts.for_node = own(),
            b"for_port" => parts.for_port = own(),
            b"host-expr" => parts.host = part(words, parse)?,
            b"by-expr" => parts.by = part(words, parse)?,
            b"by_port-expr" => parts.by_port = part(words, parse)?,
            b"for-expr" => parts.for_node = part(words, parse)?,
            b"for_port-expr" => parts.for_port = part(words, parse)?,
            _ => return Err(args::unexpected(word, PARTS)),
        }
    }
    drop_lone_ports(&mut parts, parse);
    parse.proxy.options.forwarded = if parse.polarity == Polarity::Set { Toggle::On } else { Toggle::Off };
    parse.proxy.options.forwarded_parts = parts;
    Ok(())
}

fn part(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Option<ForwardedPart>, Problem> {
    let word = words.need("a sample expression")?;
    let expr = parse.compile(Place::BackendRequest, word.span, |c, _| Expr::compile(&word.text, c))?;
    Ok(Some(ForwardedPart::Expr(Arc::new(expr))))
}

/// A port needs the node that it belongs to.
fn drop_lone_ports(parts: &mut Forwarded, parse: &mut ProxyParse<'_>) {
    let has = [
        (parts.by.is_some(), &mut parts.by_port, "by"),
        (parts.for_node.is_some(), &mut parts.for_port, "for"),
    ];
    for (has_node, port, name) in has {
        if !has_node && port.take().is_some() {
            parse.warn(format!("`{name}_port` has no effect without `{name}`"));
        }
    }
}
