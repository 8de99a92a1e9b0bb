//! Where addresses of names come from (chapters 5.2 and 5.3).

use std::net::IpAddr;

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use super::rows::usage;
use crate::context::ServerParse;
use crate::model::InitAddr;
use crate::row::ServerRow;
use crate::sections::value;
use keyword::Sections;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "init-addr",
        init_addr,
        "where its address comes from at the start, in this order",
        usage!["server s9 127.0.0.1:8081 init-addr last,libc,none"],
    ),
    ServerRow::new("resolvers", resolvers, "the name servers that its address is asked from", usage![])
        .noted(),
    ServerRow::new(
        "resolve-prefer",
        prefer,
        "which addresses it prefers",
        usage!["server s9 127.0.0.1:8081 resolve-prefer ipv4"],
    )
    .noted(),
    ServerRow::new(
        "resolve-net",
        networks,
        "which networks it prefers",
        usage!["server s9 127.0.0.1:8081 resolve-net 10.0.0.0/8"],
    )
    .noted(),
    ServerRow::new(
        "resolve-opts",
        options,
        "how answers of name servers are taken",
        usage!["server s9 127.0.0.1:8081 resolve-opts allow-dup-ip"],
    )
    .noted(),
];

fn init_addr(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a list of methods")?;
    let mut methods = Vec::new();
    for part in word.text.split(|byte| *byte == b',').filter(|part| !part.is_empty()) {
        let method = match part {
            b"last" => InitAddr::Last,
            b"libc" => InitAddr::Libc,
            b"none" => InitAddr::None,
            _ => {
                let ip = std::str::from_utf8(part).ok().and_then(|text| text.parse::<IpAddr>().ok());
                let Some(ip) = ip else {
                    let part = syntax::Word { text: part.to_vec(), ..word.clone() };
                    return Err(value::unexpected(&part, &["last", "libc", "none", "an IP address"]));
                };
                if methods.iter().any(|method| matches!(method, InitAddr::Ip(_))) {
                    return Err(problem_of(codes::CONFLICT, word.span, "one fixed address is enough"));
                }
                InitAddr::Ip(ip)
            }
        };
        methods.push(method);
    }
    parse.server.init_addr = methods;
    Ok(())
}

/// A section that HAProxy makes from `/etc/resolv.conf` when there is none.
const DEFAULT: &[u8] = b"default";

fn resolvers(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the section's name")?;
    let names = parse.line.cx.names;
    if word.text != DEFAULT && !names.has_section(Sections::RESOLVERS, &word.text) {
        let name = word.lossy().to_string();
        let mut problem = problem_of(
            codes::UNKNOWN_SECTION,
            word.span,
            format!("there is no `resolvers` section `{name}`"),
        );
        let known: Vec<String> = names.section_names(Sections::RESOLVERS).collect();
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(problem);
    }
    Ok(())
}

fn prefer(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("`ipv4` or `ipv6`")?, &["ipv4", "ipv6"]).map(drop)
}

fn networks(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a list of networks")?;
    let is_network = |part: &[u8]| {
        let mut halves = part.splitn(2, |byte| *byte == b'/');
        let ip = halves.next().and_then(|ip| std::str::from_utf8(ip).ok()?.parse::<IpAddr>().ok());
        let bits_max = if ip.is_some_and(|ip| ip.is_ipv6()) { 128 } else { 32 };
        let is_length = |text: &[u8]| base::bytes::parse_decimal(text).is_some_and(|bits| bits <= bits_max);
        ip.is_some() && halves.next().is_none_or(is_length)
    };
    match word.text.split(|byte| *byte == b',').find(|part| !is_network(part)) {
        None => Ok(()),
        Some(bad) => {
            Err(problem_of(codes::ADDRESS, word.span, format!("`{}` is no network", base::Lossy(bad))))
        }
    }
}

fn options(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a list of options")?;
    for part in word.text.split(|byte| *byte == b',') {
        let part = syntax::Word { text: part.to_vec(), ..word.clone() };
        value::choice(&part, &["allow-dup-ip", "ignore-weight", "prevent-dup-ip"])?;
    }
    Ok(())
}
