//! Machines for the tests of the lists.

use super::{Facts, Finding, Netfilter, State};
use crate::machine::{Address, Link, Origin, Snapshot};
use crate::netlink::Rule;
use crate::prefix::{Family, Prefix};

/// A machine as it is delivered, with `lo` and `eth0` (10.0.0.2/24), examined by root.
pub(super) fn facts() -> Facts {
    let link = |index, name: &str, address: &str| Link {
        index,
        name: name.to_owned(),
        is_up: true,
        mtu: 1500,
        addresses: vec![Address { prefix: Prefix::parse(address).unwrap(), origin: Origin::Set }],
    };
    let sysctls = [
        ("net.ipv4.ip_forward", "0"),
        ("net.ipv4.ip_nonlocal_bind", "0"),
        ("net.ipv6.conf.all.forwarding", "0"),
        ("net.ipv6.ip_nonlocal_bind", "0"),
        ("net.ipv4.ip_unprivileged_port_start", "1024"),
        ("net.ipv4.ip_local_port_range", "32768\t60999"),
        ("net.core.somaxconn", "4096"),
        ("fs.nr_open", "1048576"),
        ("fs.file-max", "9223372036854775807"),
        ("net.ipv4.conf.all.rp_filter", "0"),
    ];
    let options = [
        "CONFIG_NETFILTER_XT_MATCH_SOCKET",
        "CONFIG_NETFILTER_XT_TARGET_TPROXY",
        "CONFIG_IP_MULTIPLE_TABLES",
        "CONFIG_IPV6_MULTIPLE_TABLES",
    ];
    let empty = || vec![Ok("*mangle\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n".to_owned())];
    Facts {
        sysctls: sysctls.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        capabilities: u64::MAX,
        kernel_options: Some(options.map(str::to_owned).into()),
        netfilter: Netfilter { v4: empty(), v6: empty(), nft: None },
        network: Snapshot {
            links: vec![link(1, "lo", "127.0.0.1/8"), link(2, "eth0", "10.0.0.2/24")],
            routes: Vec::new(),
        },
        files: (1024, 1_048_576),
        now: 1_700_000_000,
        program: "/usr/sbin/lockgate".to_owned(),
        ..Facts::default()
    }
}

/// The same when all commands for IPv4 transparency were run.
pub(super) fn complete() -> Facts {
    let mut facts = facts();
    for name in ["net.ipv4.ip_forward", "net.ipv4.ip_nonlocal_bind"] {
        facts.sysctls.insert(name.to_owned(), "1".to_owned());
    }
    facts.netfilter.v4 = vec![Ok("*mangle\n:PREROUTING ACCEPT [0:0]\n:DIVERT - [0:0]\n\
        -A PREROUTING -p tcp -m socket -j DIVERT\n-A DIVERT -j MARK --set-xmark 0x1/0xffffffff\n\
        -A DIVERT -j ACCEPT\nCOMMIT\n"
        .to_owned())];
    facts.rules = vec![Rule { family: Family::V4, mark: 1, table: 100 }];
    facts.tables = vec![(Family::V4, 100)];
    facts
}

/// The commands of all that is missing.
pub(super) fn missing(findings: &[Finding]) -> Vec<&str> {
    let lacks = findings.iter().filter(|finding| finding.state == State::Missing);
    assert!(lacks.clone().all(|finding| !finding.commands.is_empty()), "{findings:#?}");
    lacks.flat_map(|finding| finding.commands.iter().map(String::as_str)).collect()
}
