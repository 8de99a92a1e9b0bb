//! Files and what is said about them.

use diag::FileId;

use super::*;

const GOOD: &str = "
# the appliance's own form
service network eth0
    auto on
    ip   address 10.0.0.2/24
    ip   route   default 10.0.0.1
service network eth1
    ip   address 10.0.1.2/24
    ip   address fd00:1::2/64
    ip   route   default 10.0.1.1 metric 1
    ip   route   default fe80::1 metric 5
    ip   route   192.168.0.0/16 10.0.1.254
    mtu 1400
service network eth2
    auto off
";

fn problems(text: &str) -> Vec<String> {
    let (_, diags) = read(FileId(0), text.as_bytes());
    diags
        .iter()
        .map(|diag| {
            let span = diag.span.expect("every problem has a place");
            let guess = diag.suggestion.as_deref().map_or(String::new(), |guess| format!(" ({guess})"));
            format!("{}:{}: {}{guess}", span.line, span.column, diag.message)
        })
        .collect()
}

/// The one problem of a section with these lines.
fn problem(lines: &str) -> String {
    let found = problems(&format!("service network eth1\nip address 10.0.1.2/24\n{lines}"));
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap_or_default()
}

#[test]
fn a_good_file() {
    let (file, diags) = read(FileId(0), GOOD.as_bytes());
    assert!(diags.is_empty(), "{diags:?}");
    let [eth0, eth1, eth2] = &file.devices[..] else { panic!("{file:?}") };
    assert_eq!((eth0.auto, eth1.auto, eth2.auto), (Auto::On, Auto::On, Auto::Off));
    assert_eq!((eth0.mtu, eth1.mtu), (None, Some(1400)));
    assert_eq!(eth1.addresses[1].value.to_string(), "fd00:1::2/64");
    assert_eq!(eth0.routes[0].value.metric, None);
    assert_eq!(eth1.routes[0].value.metric, Some(1));
    assert_eq!(eth1.routes[1].value.destination, Family::V6.everything());
    assert_eq!(eth1.routes[2].value.destination.to_string(), "192.168.0.0/16");
    assert_eq!(eth1.routes[0].span.line, 10);
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(read(FileId(0), b"# nothing\n").0, NetworkFile::default());
    assert!(problems("").is_empty());
}

#[test]
fn unknown_words() {
    assert_eq!(problem("auot on"), "3:1: unknown word `auot` (auto)");
    assert_eq!(problem("ip adress 10.0.1.3/24"), "3:4: unknown word `adress` behind `ip` (address)");
    assert_eq!(
        problem("ip route default 10.0.1.1 metrik 3"),
        "3:27: unknown word `metrik` behind a route (metric)"
    );
    assert_eq!(problem("gateway"), "3:1: unknown word `gateway`");
    assert_eq!(problem("mtu 1500 now"), "3:10: unexpected word `now`");
    assert_eq!(problem("mtu 1500 \u{e9}"), "3:10: unexpected word `\u{e9}`");
}

#[test]
fn words_that_are_missing() {
    assert_eq!(problem("auto"), "3:1: `auto` needs `on` or `off` behind it");
    assert_eq!(problem("ip"), "3:1: `ip` needs `address` or `route` behind it");
    assert_eq!(problem("ip address"), "3:4: `ip address` needs an address with its prefix length behind it");
    assert!(problem("ip route default").starts_with("3:4: `ip route` needs"));
    assert!(problem("ip route default 10.0.1.1 metric").starts_with("3:27: `metric` needs"));
    assert_eq!(problems("service"), ["1:1: `service` needs `network` and the name of a device behind it"]);
    assert_eq!(problems("service network"), ["1:9: the name of a device is missing behind `network`"]);
}

#[test]
fn sections() {
    assert_eq!(
        problems("auto on\nservice netwrok eth1\nauto maybe\n"),
        [
            "1:1: a `service network DEVICE` line must come before any other",
            "2:9: `netwrok` is another service: only `service network DEVICE` belongs here (network)"
        ]
    );
    assert_eq!(
        problems("service network averylongdevicename"),
        ["1:17: `averylongdevicename` cannot be the name of a device"]
    );
    assert_eq!(problem("service network eth1"), "3:17: `eth1` has a section already, in line 1");
}

#[test]
fn vlans_and_bonding_are_named() {
    assert_eq!(problem("vlan 12"), "3:1: `vlan`: VLANs are not supported");
    assert_eq!(problem("bonding mode active-backup"), "3:1: `bonding`: bonding is not supported");
    assert_eq!(problem("slaves eth2 eth3"), "3:1: `slaves`: bonding is not supported");
}

#[test]
fn values() {
    assert_eq!(problem("auto yes"), "3:6: `auto` is `on` or `off`, not `yes`");
    assert_eq!(problem("mtu 12"), "3:5: `mtu` is a number of bytes from 68 to 65535, not `12`");
    assert_eq!(problem("ip address 10.0.300.2/24"), "3:12: `10.0.300.2/24` is no address");
    assert_eq!(problem("ip address 10.0.2.2"), "3:12: `10.0.2.2` has no prefix length (10.0.2.2/24)");
    assert_eq!(
        problem("ip address 10.0.2.2/33"),
        "3:12: `10.0.2.2/33` has a bad prefix length: a number from 0 to 32 is expected"
    );
    assert_eq!(
        problem("ip route default 10.0.1.1 metric -1"),
        "3:34: `metric` is a number from 0 to 4294967295, not `-1`"
    );
    assert_eq!(problem("ip route default gw"), "3:18: `gw` is no address of a gateway");
}

#[test]
fn addresses_that_nobody_can_have() {
    assert!(problem("ip address 10.0.2.0/24").ends_with("that is the network itself"));
    assert!(problem("ip address 10.0.2.255/24").ends_with("that is the network's broadcast address"));
    assert!(problem("ip address 224.0.0.1/24").ends_with("no machine can have it"));
    assert!(problems("service network eth1\nip address 10.0.2.0/31\nip address fd00::/64").is_empty());
}

#[test]
fn gateways() {
    assert_eq!(problem("ip route default 10.0.9.1"), "3:10: the gateway 10.0.9.1 is on no network of `eth1`");
    assert_eq!(
        problem("ip route default 10.0.1.2"),
        "3:10: the gateway 10.0.1.2 is an address of `eth1` itself"
    );
    assert_eq!(problem("ip route fd00::/64 10.0.1.1"), "3:10: fd00::/64 cannot be reached through 10.0.1.1");
    assert_eq!(
        problem("ip route 10.7.0.9/16 10.0.1.1"),
        "3:10: 10.7.0.9/16 is no network: did you mean 10.7.0.0/16"
    );
    assert_eq!(problem("ip route 10.0.1.0/24 10.0.1.1"), "3:10: 10.0.1.0/24 is the network of `eth1` itself");
}

#[test]
fn doubles() {
    assert_eq!(problem("ip address 10.0.1.2/25"), "3:12: 10.0.1.2 is set twice: see `eth1`, line 2");
    let text = "ip route default 10.0.1.1 metric 1
        service network eth2
        ip address 10.0.2.2/24
        ip route default 10.0.2.1 metric 1";
    assert_eq!(problem(text), "6:18: two default routes of metric 1: the other one is `eth1`'s, line 3");
    assert_eq!(
        problem("ip route 10.7.0.0/16 10.0.1.1\nip route 10.7.0.0/16 10.0.1.3 metric 0"),
        "4:10: two routes to 10.7.0.0/16 of metric 0: the other one is `eth1`'s, line 3"
    );
    // Without a metric, the kernel gives an IPv6 route 1024.
    assert_eq!(
        problem("ip route default fe80::1\nip route default fe80::2 metric 1024"),
        "4:10: two default routes of metric 1024: the other one is `eth1`'s, line 3"
    );
}

#[test]
fn ipv6_needs_room() {
    assert_eq!(
        problem("ip address fd00::2/64\nmtu 1000"),
        "3:12: IPv6 needs an `mtu` of at least 1280; that of `eth1` is 1000"
    );
}

#[test]
fn nothing_panics() {
    for text in
        [&b"\xff"[..], b"service network \xff\nip \xff", b"service network e\nip address \xff/\xff\nmtu"]
    {
        let _ = read(FileId(0), text);
    }
}
