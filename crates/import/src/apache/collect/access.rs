//! Who may come in: mod_authz_core, mod_authz_host, and mod_access_compat's `Order`, `Allow` and `Deny`.
//!
//! What cannot be carried over denies: a proxy that lets everybody in where Apache asked for a password would be worse
//! than one that lets nobody in.

use super::{Here, Row, row};
use crate::apache::expr;
use crate::apache::model::{Access, AccessRule};
use crate::apache::reader::{Directive, Item, Source};
use crate::apache::value::Phase;

/// Read by [`collect`], all of a section at once.
pub(super) const ROWS: &[Row] = &[
    row("require", |_, _| Ok(())),
    row("order", |_, _| Ok(())),
    row("allow", |_, _| Ok(())),
    row("deny", |_, _| Ok(())),
    row("sslrequire", |_, _| Err("is not carried over: nobody fulfils it".to_owned())),
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
    for item in items {
        if let Some(access) = additional(here, item) {
            here.scope().closed.push(access);
        }
    }
    if let Some(access) = access(here, items) {
        here.scope().access = Some(access);
    }
}

/// What `Require`, `Order` and their like say together.
pub(super) fn access(here: &mut Here<'_>, items: &[Item]) -> Option<Access> {
    let source = items.iter().find_map(source)?.clone();
    let mut rules = requirements(here, items);
    if rules.is_empty() && !items.iter().any(is_compat) {
        return None;
    }
    if let Some(compat) = compat(here, items) {
        let all = if rules.is_empty() { vec![compat] } else { vec![compat, AccessRule::Any(rules)] };
        rules = vec![AccessRule::All(all)];
    }
    Some(Access { source, rule: AccessRule::Any(rules) })
}

/// What has to hold beside that: rules for some methods, under a condition, and about clients' certificates.
fn additional(here: &mut Here<'_>, item: &Item) -> Option<Access> {
    let (it, inner) = match item {
        Item::Directive(it) => (it, &[][..]),
        Item::Section(it, inner) => (it, &inner[..]),
    };
    let rule = match it.key.as_str() {
        "sslrequire" => AccessRule::Denied,
        "sslverifyclient"
            if here.location.is_some()
                && it.words.iter().any(|word| word.eq_ignore_ascii_case("require")) =>
        {
            AccessRule::Expression("%{SSL_CLIENT_VERIFY} == 'SUCCESS'".to_owned(), it.source.clone())
        }
        "limit" | "limitexcept" => {
            AccessRule::Any(vec![AccessRule::None(vec![methods(it)]), compat(here, inner)?])
        }
        "if" => {
            let expression = it.rest.trim_matches('"').to_owned();
            let rule = access(here, inner)?.rule;
            let is_known = expr::parse(&expression).is_ok_and(|test| test.phase != Phase::Response);
            if is_known {
                let otherwise = AccessRule::Expression(expression, it.source.clone());
                AccessRule::Any(vec![AccessRule::None(vec![otherwise]), rule])
            } else {
                here.problem(&it.source, "the condition is not carried over: nobody comes in");
                AccessRule::Denied
            }
        }
        _ => return None,
    };
    Some(Access { source: it.source.clone(), rule })
}

/// Whether a section has nothing but what is read here.
pub(super) fn is_all(items: &[Item]) -> bool {
    items.iter().all(is_read)
}

/// Whether an item is about access.
pub(super) fn is_read(item: &Item) -> bool {
    source(item).is_some()
}

fn source(item: &Item) -> Option<&Source> {
    match item {
        Item::Directive(it) => {
            matches!(it.key.as_str(), "require" | "order" | "allow" | "deny").then_some(&it.source)
        }
        Item::Section(it, inner) if it.key.starts_with("limit") => inner.iter().find_map(source),
        Item::Section(it, _) => it.key.starts_with("require").then_some(&it.source),
    }
}

/// The methods that `<Limit>` and `<LimitExcept>` are about.
fn methods(it: &Directive) -> AccessRule {
    let mut methods = it.words.clone();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".to_owned());
    }
    let listed = AccessRule::Methods(methods);
    if it.key == "limit" { listed } else { AccessRule::None(vec![listed]) }
}

fn is_compat(item: &Item) -> bool {
    matches!(item, Item::Directive(it) if matches!(it.key.as_str(), "order" | "allow" | "deny"))
}

/// `Require`s, one of which is enough; those for some methods count for these alone.
fn requirements(here: &mut Here<'_>, items: &[Item]) -> Vec<AccessRule> {
    let mut rules = Vec::new();
    let (mut limited, mut named) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Directive(it) if it.key == "require" => rules.push(require(here, it)),
            Item::Section(it, inner) => match it.key.as_str() {
                "requireany" => rules.push(AccessRule::Any(requirements(here, inner))),
                "requireall" => rules.push(AccessRule::All(requirements(here, inner))),
                "requirenone" => rules.push(AccessRule::None(requirements(here, inner))),
                "limit" | "limitexcept" => {
                    let own = requirements(here, inner);
                    if !own.is_empty() {
                        limited.push(AccessRule::All(vec![methods(it), AccessRule::Any(own)]));
                        named.push(methods(it));
                    }
                }
                _ => {}
            },
            Item::Directive(_) => {}
        }
    }
    if rules.is_empty() && !limited.is_empty() {
        limited.push(AccessRule::None(named));
    }
    rules.extend(limited);
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
