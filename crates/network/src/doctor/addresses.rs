//! Interfaces, addresses and ports that the configuration names.

use std::net::{IpAddr, SocketAddr};

use super::{BindNeed, Facts, Finding, Listening, NET_BIND_SERVICE, Needs, Topic, setcap};
use crate::machine::Link;
use crate::prefix::{Family, Prefix};

pub(super) fn findings(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut push = |finding: Finding| {
        if !findings.iter().any(|known| known.what == finding.what) {
            findings.push(finding);
        }
    };
    for (place, name) in &needs.interfaces {
        interface(place, name, facts).into_iter().for_each(&mut push);
    }
    for bind in &needs.binds {
        address(bind, facts).into_iter().for_each(&mut push);
    }
    for (place, source) in &needs.sources {
        push(present(place, *source, None, "connections are made from it", facts));
    }
    low_ports(needs, facts).into_iter().for_each(&mut push);
    for bind in &needs.binds {
        port(bind, facts).into_iter().for_each(&mut push);
    }
    findings
}

fn interface(place: &str, name: &str, facts: &Facts) -> Vec<Finding> {
    let why = format!("{place} names it");
    let Some(link) = facts.network.link(name) else {
        let known: Vec<&str> = facts.network.links.iter().map(|link| link.name.as_str()).collect();
        let help = format!("# no command makes a device: there are {}", known.join(", "));
        return vec![Finding::missing(Topic::Addresses, format!("there is no interface {name}"), why, help)];
    };
    let state = if link.is_up { "up" } else { "down" };
    let up = Finding::judged(
        link.is_up,
        Topic::Addresses,
        &format!("the interface {name} is {state}"),
        &why,
        format!("ip link set dev {name} up"),
    );
    vec![up, reverse_path(name, facts)]
}

/// The kernel drops what comes in by an interface that it would not answer by, where it is told to be strict
/// (RFC 3704; the greater of the two settings counts).
fn reverse_path(name: &str, facts: &Facts) -> Finding {
    let setting =
        |device: &str| facts.sysctl_number(&format!("net.ipv4.conf.{device}.rp_filter")).unwrap_or(0);
    let strictness = setting("all").max(setting(name));
    let what = match strictness {
        1 => format!("the reverse path filter of {name} is strict"),
        _ => format!("the reverse path filter of {name} is not strict"),
    };
    // Names of devices may have dots, which sysctl(8) takes for slashes.
    let key = format!("net/ipv4/conf/{name}/rp_filter");
    let key = if name.contains('.') { key } else { key.replace('/', ".") };
    Finding::judged(
        strictness != 1,
        Topic::Addresses,
        &what,
        "clients behind a gateway that is not the best one would be dropped",
        format!("sysctl -w {key}=2"),
    )
}

fn address(bind: &BindNeed, facts: &Facts) -> Option<Finding> {
    let ip = bind.address.ip();
    if ip.is_unspecified() || bind.is_foreign {
        return None;
    }
    Some(present(&bind.place, ip, bind.interface.as_deref(), "connections are taken on it", facts))
}

fn present(place: &str, ip: IpAddr, interface: Option<&str>, why: &str, facts: &Facts) -> Finding {
    let nonlocal = match Family::of(ip) {
        Family::V4 => "net.ipv4.ip_nonlocal_bind",
        Family::V6 => "net.ipv6.ip_nonlocal_bind",
    };
    let is_loopback = ip.is_loopback() && facts.network.link("lo").is_some_and(|lo| lo.is_up);
    let is_there = is_loopback || facts.network.has_address(ip);
    let is_foreseen = facts.sysctl(nonlocal) == Some("1");
    let what = match (is_there, is_foreseen) {
        (true, _) => format!("this machine has {ip}"),
        (false, true) => format!("this machine does not have {ip}, which {nonlocal} allows"),
        (false, false) => format!("this machine does not have {ip}"),
    };
    let why = format!("{why} ({place})");
    let (length, device) = place_for(ip, interface, &facts.network.links);
    let command = format!("ip address add {ip}/{length} dev {device}");
    Finding::judged(is_there || is_foreseen, Topic::Addresses, &what, &why, command)
}

/// The network and the device that an address belongs to: those that have its neighbours, or the one that the line
/// names, or the loopback.
fn place_for<'a>(ip: IpAddr, interface: Option<&'a str>, links: &'a [Link]) -> (u8, &'a str) {
    let neighbours =
        links.iter().filter(|link| interface.is_none_or(|name| name == link.name)).find_map(|link| {
            let mut networks = link.addresses.iter().map(|own| own.prefix);
            let network = networks.find(|own| own.contains(ip) && own.length() < own.family().bits())?;
            Some((network.length(), link.name.as_str()))
        });
    neighbours.unwrap_or((Prefix::host(ip).length(), interface.unwrap_or("lo")))
}

/// Ports that only the privileged may take.
fn low_ports(needs: &Needs, facts: &Facts) -> Option<Finding> {
    let first = facts.sysctl_number("net.ipv4.ip_unprivileged_port_start").unwrap_or(1024);
    let low = needs.binds.iter().find(|bind| u64::from(bind.address.port()) < first)?;
    let has = facts.has_capability(NET_BIND_SERVICE);
    let what = format!("this process has {}{}", if has { "" } else { "no " }, NET_BIND_SERVICE.name);
    let why = format!("{} takes port {}, and ports below {first} are kept", low.place, low.address.port());
    Some(Finding::judged(has, Topic::Addresses, &what, &why, setcap(facts)))
}

/// Whether somebody listens there already. Which interface a socket is bound to is not known here, so a bind with one
/// of its own is left out.
fn port(bind: &BindNeed, facts: &Facts) -> Option<Finding> {
    if bind.interface.is_some() {
        return None;
    }
    let own = facts.program.rsplit('/').next();
    let others = || facts.listening.iter().filter(|other| meets(bind.address, other.address));
    let is_own = |other: &&Listening| other.program.is_some() && other.program.as_deref() == own;
    let taken = others().find(|other| !is_own(other));
    let address = bind.address;
    let why = format!("{} listens there", bind.place);
    Some(match taken {
        None if others().next().is_some() => {
            Finding::ok(Topic::Addresses, format!("{address} is taken by this program itself"), why)
        }
        None => Finding::ok(Topic::Addresses, format!("{address} is free"), why),
        Some(other) => {
            let who = other.program.as_deref().unwrap_or("another program");
            let what = format!("{address} is taken: {who} listens on {}", other.address);
            let help = format!("# to see who: ss -ltnp 'sport = :{}'; then stop it", address.port());
            Finding::missing(Topic::Addresses, what, why, help)
        }
    })
}

/// Whether two sockets cannot listen beside each other. An IPv6 socket on all addresses usually takes IPv4 as well.
fn meets(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    let covers = |wide: IpAddr, narrow: IpAddr| match wide {
        IpAddr::V4(wide) => wide.is_unspecified() && narrow.is_ipv4(),
        IpAddr::V6(wide) => wide.is_unspecified(),
    };
    one.port() == other.port() && (a == b || covers(a, b) || covers(b, a))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{facts, missing};
    use super::*;

    fn bind(address: &str, interface: Option<&str>) -> BindNeed {
        BindNeed {
            place: "a.cfg:3".to_owned(),
            address: address.parse().unwrap(),
            interface: interface.map(str::to_owned),
            is_foreign: false,
            backlog: 1024,
        }
    }

    fn needs(binds: Vec<BindNeed>) -> Needs {
        let interfaces =
            binds.iter().filter_map(|bind| Some((bind.place.clone(), bind.interface.clone()?))).collect();
        Needs { binds, interfaces, ..Needs::default() }
    }

    #[test]
    fn addresses() {
        let binds = vec![
            bind("10.0.0.2:80", None),
            bind("0.0.0.0:81", None),
            bind("127.0.0.5:82", None),
            bind("10.0.0.3:83", None),
            bind("192.0.2.1:84", None),
            bind("[fd00::1]:85", Some("eth0")),
        ];
        let mut facts = facts();
        assert_eq!(
            missing(&findings(&needs(binds.clone()), &facts)),
            [
                "ip address add 10.0.0.3/24 dev eth0",
                "ip address add 192.0.2.1/32 dev lo",
                "ip address add fd00::1/128 dev eth0"
            ]
        );
        facts.sysctls.insert("net.ipv4.ip_nonlocal_bind".to_owned(), "1".to_owned());
        assert_eq!(missing(&findings(&needs(binds), &facts)), ["ip address add fd00::1/128 dev eth0"]);
        let foreign = BindNeed { is_foreign: true, ..bind("1.1.1.1:80", None) };
        assert_eq!(missing(&findings(&needs(vec![foreign]), &facts)), [""; 0]);
    }

    #[test]
    fn sources_are_addresses_too() {
        let needs =
            Needs { sources: vec![("a.cfg:9".to_owned(), "10.0.0.77".parse().unwrap())], ..Needs::default() };
        assert_eq!(missing(&findings(&needs, &facts())), ["ip address add 10.0.0.77/24 dev eth0"]);
    }

    #[test]
    fn interfaces() {
        let mut facts = facts();
        facts.network.links[1].is_up = false;
        facts.sysctls.insert("net.ipv4.conf.all.rp_filter".to_owned(), "1".to_owned());
        let binds = vec![bind("10.0.0.2:80", Some("eth0")), bind("10.0.0.2:81", Some("eth9"))];
        assert_eq!(
            missing(&findings(&needs(binds.clone()), &facts)),
            [
                "ip link set dev eth0 up",
                "sysctl -w net.ipv4.conf.eth0.rp_filter=2",
                "# no command makes a device: there are lo, eth0"
            ]
        );
        facts.sysctls.insert("net.ipv4.conf.eth0.rp_filter".to_owned(), "2".to_owned());
        assert_eq!(missing(&findings(&needs(binds), &facts)).len(), 2);
    }

    #[test]
    fn ports() {
        let mut facts = facts();
        let listening = |address: &str, program: Option<&str>| Listening {
            address: address.parse().unwrap(),
            program: program.map(str::to_owned),
        };
        facts.listening = vec![
            listening("0.0.0.0:80", Some("nginx")),
            listening("[::]:81", None),
            listening("10.0.0.9:82", Some("nginx")),
            listening("10.0.0.2:83", Some("lockgate")),
        ];
        let all = (80..84).map(|port| bind(&format!("10.0.0.2:{port}"), None)).collect();
        assert_eq!(
            missing(&findings(&needs(all), &facts)),
            [
                "# to see who: ss -ltnp 'sport = :80'; then stop it",
                "# to see who: ss -ltnp 'sport = :81'; then stop it"
            ]
        );
        facts.listening.clear();
        facts.capabilities = 0;
        let low = needs(vec![bind("10.0.0.2:80", None)]);
        assert!(missing(&findings(&low, &facts))[0].starts_with("setcap "));
        facts.sysctls.insert("net.ipv4.ip_unprivileged_port_start".to_owned(), "80".to_owned());
        assert_eq!(missing(&findings(&low, &facts)), [""; 0]);
    }
}
