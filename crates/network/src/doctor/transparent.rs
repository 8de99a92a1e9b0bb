//! Transparent binds and sources: the kernel's options, sysctls, the rules that keep packets here, the table that
//! they are routed by, and the privilege.

use super::netfilter::Divert;
use super::{
    Facts, Finding, NET_ADMIN, NET_RAW, Needs, Scope, State, Topic, TransparentKind, TransparentLine, kernel,
    setcap,
};
use crate::prefix::Family;

/// The mark and the table of the usual rules.
const MARK: u32 = 1;
const TABLE: u32 = 100;

pub(super) fn findings(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let families = families(needs);
    if families.is_empty() {
        let why = "nothing of the kernel and the packet filter is needed for that";
        return vec![Finding::ok(Topic::Transparent, "no line of the configuration is transparent", why)];
    }
    let mut findings: Vec<Finding> = needs.transparent.iter().map(line).collect();
    findings.extend(kernel::findings(&families, facts));
    for family in families {
        findings.extend(sysctls(family, facts));
        let (rules, mark) = divert(family, facts);
        findings.extend(rules);
        findings.extend(routing(family, mark, facts));
        findings.extend(leading(family, needs, facts));
    }
    findings.extend(privilege(needs, facts));
    findings
}

fn families(needs: &Needs) -> Vec<Family> {
    if needs.scope == Scope::General {
        return vec![Family::V4];
    }
    let is_used = |family: &Family| needs.transparent.iter().any(|line| line.family == *family);
    [Family::V4, Family::V6].into_iter().filter(is_used).collect()
}

/// The configuration itself.
fn line(line: &TransparentLine) -> Finding {
    let (what, why) = match line.kind {
        TransparentKind::Bind | TransparentKind::BindAll { .. } => {
            ("a `transparent` bind", "it takes connections for addresses that this machine does not have")
        }
        TransparentKind::Source => ("a `source` with `usesrc`", "servers see addresses of others"),
    };
    Finding::ok(Topic::Transparent, format!("{}: {what}", line.place), why)
}

fn sysctls(family: Family, facts: &Facts) -> Vec<Finding> {
    let (forward, nonlocal) = match family {
        Family::V4 => ("net.ipv4.ip_forward", "net.ipv4.ip_nonlocal_bind"),
        Family::V6 => ("net.ipv6.conf.all.forwarding", "net.ipv6.ip_nonlocal_bind"),
    };
    let forward_why =
        "this machine is the way between clients and servers, and passes on what is not for the proxy";
    let nonlocal_why = "programs may use addresses that this machine does not have";
    vec![is_on(forward, forward_why, facts), is_on(nonlocal, nonlocal_why, facts)]
}

fn is_on(name: &str, why: &str, facts: &Facts) -> Finding {
    let (what, is_on) = match facts.sysctl(name) {
        Some(value) => (format!("{name} is {value}"), value == "1"),
        None => (format!("there is no {name}"), false),
    };
    Finding::judged(is_on, Topic::Transparent, &what, why, format!("sysctl -w {name}=1"))
}

/// The rules that keep packets of open connections here, and the mark that they set or will set.
fn divert(family: Family, facts: &Facts) -> (Vec<Finding>, u32) {
    let why = "packets for foreign addresses that belong to open connections must stay here";
    if let Some(mark) = facts.netfilter.nft_mark(family) {
        let what = format!("a rule of nft gives packets of open connections the mark {mark}");
        return (vec![Finding::ok(Topic::Transparent, what, why)], mark);
    }
    let program = match family {
        Family::V4 => "iptables",
        Family::V6 => "ip6tables",
    };
    let found = facts.netfilter.divert(family);
    let trouble =
        facts.netfilter.trouble(family).map_or(String::new(), |why| format!(" (cannot be looked at: {why})"));
    let Divert { chain, .. } = &found;
    let judged = |is_there: bool, what: String, command: String| {
        let there = if is_there { "" } else { "no " };
        let what = format!("{program}: {there}{what}{}", if is_there { "" } else { &trouble });
        Finding::judged(is_there, Topic::Transparent, &what, why, format!("{program} -t mangle {command}"))
    };
    let mark = found.mark.unwrap_or(MARK);
    // Behind an `ACCEPT` a mark would see no packet.
    let set_mark = match found.accepts {
        true => format!("-I {chain} 1 -j MARK --set-mark {mark}"),
        false => format!("-A {chain} -j MARK --set-mark {mark}"),
    };
    let findings = vec![
        judged(found.has_chain, format!("chain {chain} in the mangle table"), format!("-N {chain}")),
        judged(
            found.has_jump,
            format!("rule that sends packets of open connections to {chain}"),
            format!("-A PREROUTING -p tcp -m socket -j {chain}"),
        ),
        judged(found.mark.is_some(), format!("rule in {chain} that marks them with {mark}"), set_mark),
        judged(found.accepts, format!("rule in {chain} that lets them in"), format!("-A {chain} -j ACCEPT")),
    ];
    (findings, mark)
}

/// The policy rule, and the table behind it.
fn routing(family: Family, mark: u32, facts: &Facts) -> Vec<Finding> {
    let (ip, everything) = match family {
        Family::V4 => ("ip", "0.0.0.0/0"),
        Family::V6 => ("ip -6", "::/0"),
    };
    let rules = || facts.rules.iter().filter(|rule| rule.family == family && rule.mark == mark);
    let delivers = |table: u32| facts.tables.contains(&(family, table));
    let best = rules().find(|rule| delivers(rule.table)).or_else(|| rules().next());
    let table = best.map_or(TABLE, |rule| rule.table);
    let lo_is_up = facts.network.link("lo").is_some_and(|lo| lo.is_up);
    let state = |is_there: bool| if is_there { "" } else { "no " };
    vec![
        Finding::judged(
            best.is_some(),
            Topic::Transparent,
            &format!("{ip}: {}rule that looks marked packets up in table {table}", state(best.is_some())),
            "by the main table they would leave the machine",
            format!("{ip} rule add fwmark {mark} lookup {table}"),
        ),
        Finding::judged(
            lo_is_up,
            Topic::Transparent,
            if lo_is_up { "lo is up" } else { "lo is down" },
            "the route of that table leads to it",
            "ip link set dev lo up",
        ),
        Finding::judged(
            delivers(table),
            Topic::Transparent,
            &format!("{ip}: {}route in table {table} that delivers everything here", state(delivers(table))),
            "packets for foreign addresses must reach the proxy",
            format!("{ip} route add local {everything} dev lo table {table}"),
        ),
    ]
}

/// Binds on all addresses: connections for others must be led to their port.
fn leading(family: Family, needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let program = match family {
        Family::V4 => "iptables",
        Family::V6 => "ip6tables",
    };
    let ports =
        needs.transparent.iter().filter(|line| line.family == family).filter_map(|line| match line.kind {
            TransparentKind::BindAll { port } => Some((line, port)),
            TransparentKind::Bind | TransparentKind::Source => None,
        });
    ports
        .map(|(line, port)| {
            let is_led = facts.netfilter.leads_to(family, port);
            let there = if is_led { "" } else { "no " };
            Finding::judged(
                is_led,
                Topic::Transparent,
                &format!("{program}: {there}rule that leads connections to port {port}, for {}", line.place),
                "that bind takes connections for any address, which are not for this machine without it",
                format!(
                    "{program} -t mangle -A PREROUTING -p tcp --dport {port} -j TPROXY --on-port {port} \
                     --tproxy-mark 0x1/0x1"
                ),
            )
        })
        .collect()
}

/// The capability, and whether it is kept.
fn privilege(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    let held: Vec<&str> = [NET_ADMIN, NET_RAW]
        .into_iter()
        .filter(|one| facts.has_capability(*one))
        .map(|one| one.name)
        .collect();
    let what = match held.first() {
        Some(name) => format!("this process has {name}"),
        None => "this process has neither CAP_NET_ADMIN nor CAP_NET_RAW".to_owned(),
    };
    let why = "the kernel asks for one of them before it lets sockets have foreign addresses";
    let mut findings = vec![Finding::judged(!held.is_empty(), Topic::Transparent, &what, why, setcap(facts))];
    if let Some(uid) = needs.user {
        let runtime = needs.transparent.iter().find(|line| line.kind == TransparentKind::Source);
        let state = if runtime.is_some() { State::Missing } else { State::Ok };
        findings.push(match (state, runtime) {
            (State::Missing, Some(line)) => Finding::missing(
                Topic::Transparent,
                format!("`user` {uid} in `global` has no such capability any more"),
                format!("the `usesrc` of {} needs it for each connection", line.place),
                "# in `global`: setcap cap_net_raw",
            ),
            _ => Finding::ok(
                Topic::Transparent,
                format!("`user` {uid} in `global` needs no capability"),
                "transparent binds are made before the change of user",
            ),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{complete, facts, missing};
    use super::*;
    use crate::netlink::Rule;

    fn source(family: Family) -> Needs {
        Needs {
            scope: Scope::Configuration,
            transparent: vec![TransparentLine {
                place: "a.cfg:7".to_owned(),
                family,
                kind: TransparentKind::Source,
            }],
            ..Needs::default()
        }
    }

    #[test]
    fn the_whole_list_on_a_bare_machine() {
        assert_eq!(
            missing(&findings(&Needs::default(), &facts())),
            [
                "sysctl -w net.ipv4.ip_forward=1",
                "sysctl -w net.ipv4.ip_nonlocal_bind=1",
                "iptables -t mangle -N DIVERT",
                "iptables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT",
                "iptables -t mangle -A DIVERT -j MARK --set-mark 1",
                "iptables -t mangle -A DIVERT -j ACCEPT",
                "ip rule add fwmark 1 lookup 100",
                "ip route add local 0.0.0.0/0 dev lo table 100",
            ]
        );
    }

    #[test]
    fn nothing_is_missing_afterwards() {
        assert_eq!(missing(&findings(&Needs::default(), &complete())), [""; 0]);
    }

    #[test]
    fn ipv6_alone() {
        assert_eq!(
            missing(&findings(&source(Family::V6), &complete())),
            [
                "sysctl -w net.ipv6.conf.all.forwarding=1",
                "sysctl -w net.ipv6.ip_nonlocal_bind=1",
                "ip6tables -t mangle -N DIVERT",
                "ip6tables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT",
                "ip6tables -t mangle -A DIVERT -j MARK --set-mark 1",
                "ip6tables -t mangle -A DIVERT -j ACCEPT",
                "ip -6 rule add fwmark 1 lookup 100",
                "ip -6 route add local ::/0 dev lo table 100",
            ]
        );
    }

    #[test]
    fn a_configuration_without_transparency_needs_nothing() {
        let needs = Needs { scope: Scope::Configuration, ..Needs::default() };
        let found = findings(&needs, &facts());
        assert_eq!((found.len(), found[0].state), (1, State::Ok));
    }

    #[test]
    fn marks_and_tables_of_others() {
        let mut facts = complete();
        for text in facts.netfilter.v4.iter_mut().flatten() {
            *text = text.replace("0x1/", "0x7/");
        }
        assert_eq!(missing(&findings(&Needs::default(), &facts)), ["ip rule add fwmark 7 lookup 100"]);
        facts.rules.push(Rule { family: Family::V4, mark: 7, table: 3 });
        assert_eq!(
            missing(&findings(&Needs::default(), &facts)),
            ["ip route add local 0.0.0.0/0 dev lo table 3"]
        );
        facts.rules.push(Rule { family: Family::V4, mark: 7, table: 100 });
        assert_eq!(missing(&findings(&Needs::default(), &facts)), [""; 0]);
    }

    #[test]
    fn a_mark_goes_in_front_of_what_ends_the_chain() {
        let mut facts = complete();
        facts.netfilter.v4 = vec![Ok(
            ":DIVERT - [0:0]\n-A PREROUTING -p tcp -m socket -j DIVERT\n-A DIVERT -j ACCEPT\n".to_owned(),
        )];
        assert_eq!(
            missing(&findings(&Needs::default(), &facts)),
            ["iptables -t mangle -I DIVERT 1 -j MARK --set-mark 1"]
        );
    }

    #[test]
    fn a_user_cannot_use_foreign_addresses() {
        let mut needs = source(Family::V4);
        needs.user = Some(33);
        assert_eq!(missing(&findings(&needs, &complete())), ["# in `global`: setcap cap_net_raw"]);
        needs.transparent[0].kind = TransparentKind::Bind;
        assert_eq!(missing(&findings(&needs, &complete())), [""; 0]);
        let mut facts = complete();
        facts.capabilities = 0;
        assert_eq!(
            missing(&findings(&needs, &facts)),
            ["setcap cap_net_admin,cap_net_raw,cap_net_bind_service=ep /usr/sbin/lockgate"]
        );
    }

    #[test]
    fn binds_on_all_addresses_are_led_to() {
        let mut needs = source(Family::V4);
        needs.transparent[0].kind = TransparentKind::BindAll { port: 80 };
        assert_eq!(
            missing(&findings(&needs, &complete())),
            [
                "iptables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 80 --tproxy-mark 0x1/0x1"
            ]
        );
    }
}
