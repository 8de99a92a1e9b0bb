//! Plans from made-up machines; no network is needed.

use diag::FileId;

use super::*;
use crate::file::read;
use crate::machine::Address;
use crate::prefix::Family;

/// A machine with `eth0` to `eth3`, up, index 1 to 4; without addresses and routes.
fn machine() -> Snapshot {
    let link = |index: u32| Link {
        index: index + 1,
        name: format!("eth{index}"),
        is_up: true,
        mtu: 1500,
        addresses: Vec::new(),
    };
    Snapshot { links: (0..4).map(link).collect(), routes: Vec::new() }
}

fn address(snapshot: &mut Snapshot, device: usize, text: &str) {
    let prefix = Prefix::parse(text).unwrap();
    snapshot.links[device].addresses.push(Address { prefix, origin: Origin::Set });
}

/// A default route by `ethN`.
fn default(snapshot: &mut Snapshot, device: u32, gateway: &str, metric: u32) -> usize {
    let gateway: std::net::IpAddr = gateway.parse().unwrap();
    snapshot.routes.push(Route {
        destination: Family::of(gateway).everything(),
        metric,
        hop: Hop::One { device: device + 1, gateway: Some(gateway), source: None },
        origin: Origin::Set,
        protocol: Route::PROTOCOL_BOOT,
    });
    snapshot.routes.len() - 1
}

fn file(text: &str) -> NetworkFile {
    let (file, diags) = read(FileId(0), text.as_bytes());
    assert!(diags.is_empty(), "{diags:?}");
    file
}

fn planned(text: &str, now: &Snapshot) -> Vec<String> {
    plan(&file(text), now).unwrap().iter().map(ToString::to_string).collect()
}

fn refused(text: &str, now: &Snapshot) -> Vec<String> {
    let diags = plan(&file(text), now).unwrap_err();
    diags.iter().map(|diag| format!("{}: {}", diag.span.unwrap().line, diag.message)).collect()
}

const TWO: &str = "service network eth0
    ip address 10.0.0.2/24
    ip route default 10.0.0.1
service network eth1
    ip address 10.0.1.2/24
    ip address fd00:1::2/64
    ip route default 10.0.1.1 metric 1
    ip route default fd00:1::1
    mtu 1400
";

#[test]
fn from_nothing() {
    let mut now = machine();
    now.links[1].is_up = false;
    assert_eq!(
        planned(TWO, &now),
        [
            "ip link set dev eth1 mtu 1400",
            "ip link set dev eth1 up",
            "ip address add 10.0.0.2/24 dev eth0",
            "ip address add 10.0.1.2/24 dev eth1",
            "ip -6 address add fd00:1::2/64 dev eth1",
            "ip route add default via 10.0.0.1 dev eth0 metric 0 proto static",
            "ip route add default via 10.0.1.1 dev eth1 metric 1 proto static",
            "ip -6 route add default via fd00:1::1 dev eth1 metric 1024 proto static",
        ]
    );
}

#[test]
fn nothing_to_do() {
    let mut now = machine();
    now.links[1].mtu = 1400;
    for (device, text) in [(0, "10.0.0.2/24"), (1, "10.0.1.2/24"), (1, "fd00:1::2/64")] {
        address(&mut now, device, text);
    }
    default(&mut now, 0, "10.0.0.1", 0);
    default(&mut now, 1, "fd00:1::1", 1024);
    let lease = default(&mut now, 1, "10.0.1.1", 1);
    if let Hop::One { source, .. } = &mut now.routes[lease].hop {
        *source = Some("10.0.1.2".parse().unwrap());
    }
    assert_eq!(planned(TWO, &now), [""; 0]);
}

const ONE: &str = "service network eth1
    ip address 10.0.1.2/24
    ip route default 10.0.1.1 metric 1
";

#[test]
fn a_wrong_metric_is_corrected_and_the_route_never_missing() {
    let mut now = machine();
    address(&mut now, 1, "10.0.1.2/24");
    default(&mut now, 1, "10.0.1.1", 7);
    assert_eq!(
        planned(ONE, &now),
        [
            "ip route add default via 10.0.1.1 dev eth1 metric 1 proto static",
            "ip route del default via 10.0.1.1 dev eth1 metric 7",
        ]
    );
}

#[test]
fn another_gateway_is_replaced() {
    let mut now = machine();
    address(&mut now, 1, "10.0.1.2/24");
    default(&mut now, 1, "10.0.1.254", 1);
    assert_eq!(planned(ONE, &now), ["ip route replace default via 10.0.1.1 dev eth1 metric 1 proto static"]);
}

#[test]
fn metrics_change_places() {
    let mut now = machine();
    for (device, text) in [(1, "10.0.1.2/24"), (2, "10.0.2.2/24")] {
        address(&mut now, device, text);
    }
    default(&mut now, 1, "10.0.1.1", 2);
    default(&mut now, 2, "10.0.2.1", 1);
    let text =
        format!("{ONE}service network eth2\nip address 10.0.2.2/24\nip route default 10.0.2.1 metric 2");
    assert_eq!(
        planned(&text, &now),
        [
            "ip route replace default via 10.0.1.1 dev eth1 metric 1 proto static",
            "ip route replace default via 10.0.2.1 dev eth2 metric 2 proto static",
        ]
    );
}

#[test]
fn what_others_have_stays() {
    let mut now = machine();
    address(&mut now, 1, "10.0.1.2/24");
    address(&mut now, 1, "10.0.1.77/24");
    address(&mut now, 3, "10.0.3.2/24");
    default(&mut now, 3, "10.0.3.1", 9);
    default(&mut now, 1, "10.0.1.1", 1);
    default(&mut now, 1, "fe80::1", 1024);
    assert_eq!(planned(ONE, &now), [""; 0]);
}

#[test]
fn routes_in_the_way() {
    let mut now = machine();
    let other = default(&mut now, 3, "10.0.3.1", 1);
    assert_eq!(
        refused(ONE, &now),
        ["3: there is a default route of metric 1 already, by `eth3`, which the file does not name"]
    );
    now.routes[other].hop = Hop::Special(vec![2, 4]);
    assert_eq!(
        refused(ONE, &now),
        [
            "3: there is a default route of metric 1 already, by eth1, eth3 with options that are not changed here"
        ]
    );
}

#[test]
fn a_device_that_is_not_there() {
    let text = "service network eth9\nservice network eth1\nmtu 1300\nservice network wan";
    assert_eq!(
        refused(text, &machine()),
        ["1: there is no device `eth9` on this machine", "4: there is no device `wan` on this machine"]
    );
}

#[test]
fn another_prefix_length() {
    let mut now = machine();
    address(&mut now, 1, "10.0.1.2/16");
    address(&mut now, 1, "10.0.7.7/16");
    address(&mut now, 1, "fd00::2/48");
    let text = "service network eth1\nip address 10.0.1.2/24\nip address fd00::2/64";
    assert_eq!(
        planned(text, &now),
        [
            // The kernel has an IPv6 address once only ...
            "ip -6 address del fd00::2/48 dev eth1",
            "ip address add 10.0.1.2/24 dev eth1",
            "ip -6 address add fd00::2/64 dev eth1",
            "ip address del 10.0.1.2/16 dev eth1",
            // ... and may take this one away with the one before.
            "ip address replace 10.0.7.7/16 dev eth1",
        ]
    );
}

#[test]
fn an_address_that_moves() {
    let mut now = machine();
    address(&mut now, 0, "10.0.1.2/24");
    let text = "service network eth0\nservice network eth1\nip address 10.0.1.2/24";
    assert_eq!(
        planned(text, &now),
        ["ip address add 10.0.1.2/24 dev eth1", "ip address del 10.0.1.2/24 dev eth0"]
    );
}

#[test]
fn off_is_down_and_comes_last() {
    let mut now = machine();
    address(&mut now, 2, "10.0.2.2/24");
    default(&mut now, 2, "10.0.2.1", 1);
    let off = "service network eth2\nauto off\nip address 10.0.2.9/24\n";
    assert_eq!(planned(off, &now), ["ip link set dev eth2 down"]);
    assert_eq!(
        planned(&format!("{off}{ONE}"), &now),
        [
            "ip address add 10.0.1.2/24 dev eth1",
            "ip route replace default via 10.0.1.1 dev eth1 metric 1 proto static",
            "ip link set dev eth2 down",
        ]
    );
    now.links[2].is_up = false;
    assert_eq!(planned(off, &now), [""; 0]);
}

#[test]
fn the_way_back() {
    let mut before = machine();
    before.links[0].is_up = false;
    address(&mut before, 1, "10.0.1.9/24");
    default(&mut before, 1, "10.0.1.1", 7);
    default(&mut before, 3, "10.0.3.1", 9);
    let mut now = before.clone();
    now.links[0].is_up = true;
    now.links[1].mtu = 1400;
    address(&mut now, 1, "10.0.1.2/24");
    now.routes.remove(0);
    default(&mut now, 1, "10.0.1.1", 1);
    let steps: Vec<String> = plan_back(&file(TWO), &before, &now).iter().map(ToString::to_string).collect();
    assert_eq!(
        steps,
        [
            "ip link set dev eth1 mtu 1500",
            "ip route add default via 10.0.1.1 dev eth1 metric 7 proto boot",
            "ip route del default via 10.0.1.1 dev eth1 metric 1",
            "ip address del 10.0.1.2/24 dev eth1",
            "ip address replace 10.0.1.9/24 dev eth1",
            "ip link set dev eth0 down",
        ]
    );
    assert_eq!(plan_back(&file(TWO), &before, &before), []);
}
