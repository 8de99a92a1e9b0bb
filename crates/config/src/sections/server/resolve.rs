//! Where addresses of names come from (chapters 5.2 and 5.3).

use std::net::IpAddr;

use diag::codes;
use resolve::{Duplicates, Network, Preference};
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
    ServerRow::new("resolvers", resolvers, "the name servers that its address is asked from", usage![]),
    ServerRow::new(
        "resolve-prefer",
        prefer,
        "which addresses it prefers",
        usage!["server s9 127.0.0.1:8081 resolve-prefer ipv4"],
    ),
    ServerRow::new(
        "resolve-net",
        networks,
        "which networks it prefers",
        usage!["server s9 127.0.0.1:8081 resolve-net 10.0.0.0/8"],
    ),
    ServerRow::new(
        "resolve-opts",
        options,
        "how answers of name servers are taken",
        usage!["server s9 127.0.0.1:8081 resolve-opts allow-dup-ip"],
    ),
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

/// More networks than this are refused.
const NETWORKS_MAX: usize = 5;

fn resolvers(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the section's name")?;
    let names = parse.line.cx.names;
    let Some(section) = names.resolvers(&word.text) else {
        let name = word.lossy().to_string();
        let mut problem = problem_of(
            codes::UNKNOWN_SECTION,
            word.span,
            format!("there is no `resolvers` section `{name}`"),
        );
        let known: Vec<String> = names.section_names(Sections::RESOLVERS).collect();
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(problem);
    };
    parse.server.resolvers.section = Some(section);
    Ok(())
}

fn prefer(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let families = [Preference::V4, Preference::V6];
    let which = value::choice(words.need("`ipv4` or `ipv6`")?, &["ipv4", "ipv6"])?;
    parse.server.resolvers.preferences.family = families[which];
    Ok(())
}

fn networks(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a list of networks")?;
    for part in word.text.split(|byte| *byte == b',') {
        let Some(network) = network(part) else {
            let text = format!("`{}` is no network", base::Lossy(part));
            return Err(problem_of(codes::ADDRESS, word.span, text));
        };
        let networks = &mut parse.server.resolvers.preferences.networks;
        if networks.len() == NETWORKS_MAX {
            let text = format!("{NETWORKS_MAX} networks are the limit");
            return Err(problem_of(codes::NUMBER, word.span, text));
        }
        networks.push(network);
    }
    Ok(())
}

/// `ADDRESS` or `ADDRESS/BITS`.
fn network(part: &[u8]) -> Option<Network> {
    let mut halves = part.splitn(2, |byte| *byte == b'/');
    let ip: IpAddr = std::str::from_utf8(halves.next()?).ok()?.parse().ok()?;
    let bits_max = if ip.is_ipv6() { 128 } else { 32 };
    let bits = halves.next().map_or(Some(bits_max.into()), base::bytes::parse_decimal)?;
    let bits = u8::try_from(bits).ok().filter(|bits| *bits <= bits_max)?;
    Some(Network { ip, bits })
}

fn options(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a list of options")?;
    let wanted = &mut parse.server.resolvers;
    for part in word.text.split(|byte| *byte == b',') {
        let part = syntax::Word { text: part.to_vec(), ..word.clone() };
        match value::choice(&part, &["allow-dup-ip", "ignore-weight", "prevent-dup-ip"])? {
            0 => wanted.preferences.duplicates = Duplicates::Allowed,
            1 => wanted.ignores_weight = true,
            _ => wanted.preferences.duplicates = Duplicates::Prevented,
        }
    }
    Ok(())
}
