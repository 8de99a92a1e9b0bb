//! Who may come in: mod_authz_core, mod_authz_host, and mod_access_compat's `Order`, `Allow` and `Deny`.
//!
//! What cannot be carried over denies: a proxy that lets everybody in where Apache asked for a password would be worse
//! than one that lets nobody in.

use super::{Here, Row, row};
use crate::apache::model::{Access, AccessRule};
use crate::apache::reader::{Directive, Item, Source};

/// Read by [`collect`], all of a section at once.
pub(super) const ROWS: &[Row] = &[
    row("require", |_, _| Ok(())),
    row("order", |_, _| Ok(())),
    row("allow", |_, _| Ok(())),
    row("deny", |_, _| Ok(())),
    row("satisfy", |_, it| match it.words.first() {
        Some(word) if word.eq_ignore_ascii_case("all") => Ok(()),
        _ => Err("is not carried over: both the address and the user count".to_owned()),
    }),
    row("authtype", |_, _| Ok(())),
    row("authname", |_, _| Ok(())),
    row("authuserfile", |_, _| Ok(())),
    row("authgroupfile", |_, _| Ok(())),
    row("authbasicprovider", |_, _| Ok(())),
    row("authmerging", |_, it| match it.words.first() {
        Some(word) if word.eq_ignore_ascii_case("off") => Ok(()),
        _ => Err("is not carried over: the last section that speaks about access decides".to_owned()),
    }),
];

/// The access rules among the items of a section.
pub(super) fn collect(here: &mut Here<'_>, items: &[Item]) {
    // Outside of sections about URLs, such rules are about files.
    let sources: Vec<&Source> = items.iter().filter_map(source).collect();
    let Some(&first) = sources.first() else { return };
    let mut rules = requirements(here, items);
    if let Some(compat) = compat(here, items) {
        rules = vec![AccessRule::All(if rules.is_empty() {
            vec![compat]
        } else {
            vec![compat, AccessRule::Any(rules)]
        })];
    }
    here.scope().access = Some(Access { source: first.clone(), rule: AccessRule::Any(rules) });
}

fn source(item: &Item) -> Option<&Source> {
    match item {
        Item::Directive(it) => {
            matches!(it.key.as_str(), "require" | "order" | "allow" | "deny").then_some(&it.source)
        }
        Item::Section(it, _) => it.key.starts_with("require").then_some(&it.source),
    }
}

fn requirements(here: &mut Here<'_>, items: &[Item]) -> Vec<AccessRule> {
    let mut rules = Vec::new();
    for item in items {
        match item {
            Item::Directive(it) if it.key == "require" => rules.push(require(here, it)),
            Item::Section(it, inner) => match it.key.as_str() {
                "requireany" => rules.push(AccessRule::Any(requirements(here, inner))),
                "requireall" => rules.push(AccessRule::All(requirements(here, inner))),
                "requirenone" => rules.push(AccessRule::None(requirements(here, inner))),
                _ => {}
            },
            Item::Directive(_) => {}
        }
    }
    rules
}

fn require(here: &mut Here<'_>, it: &Directive) -> AccessRule {
    let words: Vec<&str> = it.words.iter().map(String::as_str).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    if lower.first() == Some(&"not") {
        let inner = Directive { words: it.words[1..].to_vec(), ..it.clone() };
        return AccessRule::None(vec![require(here, &inner)]);
    }
    let found = match lower.as_slice() {
        ["all", "granted"] => Some(AccessRule::Granted),
        ["all", "denied"] => Some(AccessRule::Denied),
        ["local"] => Some(AccessRule::Networks(vec!["127.0.0.0/8".to_owned(), "::1".to_owned()])),
        ["ip", addresses @ ..] => {
            addresses.iter().map(|text| network(text)).collect::<Option<_>>().map(AccessRule::Networks)
        }
        ["method", ..] => Some(AccessRule::Methods(it.words[1..].to_vec())),
        ["env", ..] => words.get(1).map(|name| AccessRule::Env((*name).to_owned())),
        ["expr", ..] => Some(AccessRule::Expression(it.words[1..].join(" "), it.source.clone())),
        _ => None,
    };
    found.unwrap_or_else(|| {
        here.problem(
            &it.source,
            format!("Require {}: is not carried over: nobody fulfils it", words.join(" ")),
        );
        AccessRule::Denied
    })
}

/// `Order`, `Allow`, `Deny`.
fn compat(here: &mut Here<'_>, items: &[Item]) -> Option<AccessRule> {
    let (mut order, mut allowed, mut denied) = (None, Vec::new(), Vec::new());
    for item in items {
        let Item::Directive(it) = item else { continue };
        match it.key.as_str() {
            "order" => order = Some(it.words.join("").to_lowercase()),
            "allow" => allowed.extend(from(here, it, AccessRule::Denied)),
            "deny" => denied.extend(from(here, it, AccessRule::Granted)),
            _ => {}
        }
    }
    if order.is_none() && allowed.is_empty() && denied.is_empty() {
        return None;
    }
    let (allowed, denied) = (AccessRule::Any(allowed), AccessRule::None(denied));
    // The second one decides where both match, and where none does.
    Some(match order.as_deref() {
        Some("allow,deny" | "mutual-failure") => AccessRule::All(vec![allowed, denied]),
        _ => AccessRule::Any(vec![allowed, denied]),
    })
}

/// `from all`, `from ADDRESS...`, `from env=NAME`; `otherwise` is what stands for hosts, which are not looked up.
fn from(here: &mut Here<'_>, it: &Directive, otherwise: AccessRule) -> Vec<AccessRule> {
    let mut rules = Vec::new();
    for word in it.words.iter().skip(1) {
        if word.eq_ignore_ascii_case("all") {
            rules.push(AccessRule::Granted);
        } else if let Some(name) = word.strip_prefix("env=") {
            rules.push(AccessRule::Env(name.to_owned()));
        } else if let Some(network) = network(word) {
            rules.push(AccessRule::Networks(vec![network]));
        } else {
            here.problem(
                &it.source,
                format!("'{word}': hosts are not looked up by name: nobody comes in by it"),
            );
            rules.push(otherwise.clone());
        }
    }
    rules
}

/// `10.1.2.3`, `10.1`, `10.1.0.0/16`, `10.1.0.0/255.255.0.0`, `2001:db8::/32`.
fn network(text: &str) -> Option<String> {
    let (address, mask) = text.split_once('/').map_or((text, None), |(address, mask)| (address, Some(mask)));
    if address.parse::<std::net::IpAddr>().is_ok() {
        return match mask {
            None => Some(address.to_owned()),
            Some(mask) if mask.parse::<u8>().is_ok() || mask.parse::<std::net::Ipv4Addr>().is_ok() => {
                Some(text.to_owned())
            }
            Some(_) => None,
        };
    }
    let parts: Vec<&str> = address.trim_end_matches('.').split('.').collect();
    if mask.is_some() || parts.len() > 3 || !parts.iter().all(|part| part.parse::<u8>().is_ok()) {
        return None;
    }
    let filled: Vec<&str> = parts.iter().copied().chain(["0", "0", "0"]).take(4).collect();
    Some(format!("{}/{}", filled.join("."), parts.len() * 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_as_apache_writes_them() {
        assert_eq!(network("10.1").as_deref(), Some("10.1.0.0/16"));
        assert_eq!(network("192.168.1.").as_deref(), Some("192.168.1.0/24"));
        assert_eq!(network("10.0.0.0/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(network("2001:db8::/32").as_deref(), Some("2001:db8::/32"));
        assert_eq!(network("example.com"), None);
    }
}
