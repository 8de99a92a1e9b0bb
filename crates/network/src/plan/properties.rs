//! Plans carried out by a kernel of our own, which is as strict as Linux and drops what Linux drops: whatever the file
//! and the machine are, a plan can be carried out, leaves nothing to do, never leaves a network without a route that
//! has one before and after, and can be undone after any step.

use std::collections::BTreeSet;

use diag::FileId;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::file::read;
use crate::machine::Address;
use crate::prefix::Family;

const DEVICES: [&str; 3] = ["eth0", "eth1", "eth2"];
const ADDRESSES: [&str; 8] = [
    "10.0.1.2/24",
    "10.0.1.2/16",
    "10.0.1.3/24",
    "10.0.7.7/16",
    "10.0.2.2/24",
    "fd00:1::2/64",
    "fd00:1::2/48",
    "fd00:2::2/64",
];
const GATEWAYS: [&str; 5] = ["10.0.1.1", "10.0.1.254", "10.0.2.1", "fd00:1::1", "fd00:2::1"];
const NETWORKS: [&str; 4] = ["default", "10.9.0.0/16", "fd09::/32", "10.0.0.0/8"];

fn lines() -> impl Strategy<Value = Vec<String>> {
    let address = select(&ADDRESSES[..]).prop_map(|address| format!("ip address {address}"));
    let route =
        (select(&NETWORKS[..]), select(&GATEWAYS[..]), option::of(0..3u32)).prop_map(|(to, by, metric)| {
            let metric = metric.map_or(String::new(), |metric| format!(" metric {metric}"));
            format!("ip route {to} {by}{metric}")
        });
    let other = select(&["auto off", "mtu 1400", "auto on"][..]).prop_map(str::to_owned);
    vec(prop_oneof![3 => address, 3 => route, 1 => other], 0..6)
}

/// A file without errors: lines that are wrong are left out one by one.
fn files() -> impl Strategy<Value = NetworkFile> {
    (subsequence(&DEVICES[..], 0..=3), vec(lines(), 3)).prop_map(|(devices, sections)| {
        let mut text = String::new();
        for (device, lines) in devices.iter().zip(sections) {
            text.push_str(&format!("service network {device}\n"));
            for line in lines {
                let longer = format!("{text}{line}\n");
                if read(FileId(0), longer.as_bytes()).1.is_empty() {
                    text = longer;
                }
            }
        }
        read(FileId(0), text.as_bytes()).0
    })
}

/// A machine as the kernel would have it: routes leave by devices that are up, to gateways that these can reach.
fn machines() -> impl Strategy<Value = Snapshot> {
    let device = (any::<bool>(), subsequence(&ADDRESSES[..], 0..4));
    let route = (0..3u32, select(&NETWORKS[..]), select(&GATEWAYS[..]), 0..3u32);
    (vec(device, 3), vec(route, 0..6)).prop_map(|(devices, routes)| {
        let mut machine = Snapshot::default();
        for ((is_up, addresses), (index, name)) in devices.into_iter().zip((0..).zip(DEVICES)) {
            let link = Link { index, name: name.to_owned(), is_up, mtu: 1500, addresses: Vec::new() };
            machine.links.push(link);
            for address in addresses {
                let prefix = Prefix::parse(address).unwrap();
                let has_room = is_up || prefix.family() == Family::V4;
                if has_room && can_have(&machine, index, prefix) {
                    let address = Address { prefix, origin: Origin::Set };
                    machine.links.last_mut().unwrap().addresses.push(address);
                }
            }
        }
        for (device, to, by, metric) in routes {
            let gateway: std::net::IpAddr = by.parse().unwrap();
            let family = Family::of(gateway);
            let to = if to == "default" { family.everything() } else { Prefix::parse(to).unwrap() };
            let hop = Hop::One { device, gateway: Some(gateway), source: None };
            let metric = if family == Family::V6 && metric == 0 { Route::METRIC_V6 } else { metric };
            let route =
                Route { destination: to, metric, hop, origin: Origin::Set, protocol: Route::PROTOCOL_BOOT };
            if to.family() == family
                && can_route(&machine, &route)
                && !machine.routes.iter().any(|own| own.key() == route.key())
            {
                machine.routes.push(route);
            }
        }
        machine
    })
}

fn link(machine: &mut Snapshot, index: u32) -> &mut Link {
    machine.links.iter_mut().find(|link| link.index == index).unwrap()
}

fn can_have(machine: &Snapshot, index: u32, prefix: Prefix) -> bool {
    let own = &machine.links.iter().find(|link| link.index == index).unwrap().addresses;
    !own.iter().any(|own| {
        own.prefix == prefix || (prefix.family() == Family::V6 && own.prefix.address() == prefix.address())
    })
}

fn can_route(machine: &Snapshot, route: &Route) -> bool {
    let Hop::One { device, gateway: Some(gateway), .. } = route.hop else { return false };
    let link = machine.links.iter().find(|link| link.index == device).unwrap();
    link.is_up && link.addresses.iter().any(|own| own.prefix.contains(gateway))
}

/// What the kernel does.
fn carry_out(machine: &mut Snapshot, step: &Step) {
    match step {
        Step::Mtu(device, mtu) => link(machine, device.index).mtu = *mtu,
        Step::Link(device, LinkState::Up) => link(machine, device.index).is_up = true,
        Step::Link(device, LinkState::Down) => {
            let link = link(machine, device.index);
            link.is_up = false;
            link.addresses.retain(|own| own.prefix.family() == Family::V4);
            machine.routes.retain(|route| !route.uses(device.index));
        }
        Step::AddAddress(device, prefix) => {
            assert!(can_have(machine, device.index, *prefix), "{step} of what is there");
            let address = Address { prefix: *prefix, origin: Origin::Set };
            link(machine, device.index).addresses.push(address);
        }
        Step::RestoreAddress(device, prefix) => {
            if can_have(machine, device.index, *prefix) {
                let address = Address { prefix: *prefix, origin: Origin::Set };
                link(machine, device.index).addresses.push(address);
            }
        }
        Step::RemoveAddress(device, prefix) => remove_address(link(machine, device.index), *prefix),
        Step::AddRoute(_, route) => {
            assert!(!machine.routes.iter().any(|own| own.key() == route.key()), "{step} of what is there");
            assert!(can_route(machine, route), "{step} through what cannot be reached");
            machine.routes.push(route.clone());
        }
        Step::ReplaceRoute(_, route) => {
            assert!(can_route(machine, route), "{step} through what cannot be reached");
            let old = machine.routes.iter_mut().find(|own| own.key() == route.key());
            *old.unwrap_or_else(|| panic!("{step} of nothing")) = route.clone();
        }
        Step::RemoveRoute(_, route) => {
            let at = machine.routes.iter().position(|own| own == route);
            machine.routes.remove(at.unwrap_or_else(|| panic!("{step} of nothing")));
        }
    }
}

/// Without `promote_secondaries`: the first address of an IPv4 network takes the others along.
fn remove_address(link: &mut Link, prefix: Prefix) {
    let is_mate = |own: &Address| {
        own.prefix.family() == Family::V4
            && own.prefix.length() == prefix.length()
            && own.prefix.network() == prefix.network()
    };
    let is_first = link.addresses.iter().find(|own| is_mate(own)).is_some_and(|first| first.prefix == prefix);
    let before = link.addresses.len();
    link.addresses.retain(|own| own.prefix != prefix && !(is_first && is_mate(own)));
    assert!(link.addresses.len() < before, "{prefix} is not there to be removed");
}

/// A machine without the order of things, which does not count.
fn shape(machine: &Snapshot) -> BTreeSet<String> {
    let links = machine.links.iter().flat_map(|link| {
        let addresses = link.addresses.iter().map(|own| format!("{} {}", link.name, own.prefix));
        addresses.chain([format!("{} {} {}", link.name, link.is_up, link.mtu)])
    });
    links.chain(machine.routes.iter().map(|route| format!("{route:?}"))).collect()
}

fn routed(machine: &Snapshot) -> BTreeSet<Prefix> {
    machine.routes.iter().map(|route| route.destination).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_plan_leads_there_without_a_gap((file, before) in (files(), machines())) {
        let Ok(steps) = plan(&file, &before) else { return Ok(()) };
        let mut states = vec![before.clone()];
        for step in &steps {
            let mut next = states[states.len() - 1].clone();
            carry_out(&mut next, step);
            states.push(next);
        }
        let after = &states[states.len() - 1];
        prop_assert_eq!(plan(&file, after).unwrap(), vec![]);
        let kept: BTreeSet<Prefix> = routed(&before).intersection(&routed(after)).copied().collect();
        for (state, step) in states.iter().skip(1).zip(&steps) {
            prop_assert!(routed(state).is_superset(&kept), "a gap after {}", step);
        }
    }

    #[test]
    fn every_step_can_be_undone((file, before) in (files(), machines())) {
        let Ok(steps) = plan(&file, &before) else { return Ok(()) };
        let mut now = before.clone();
        for step in &steps {
            carry_out(&mut now, step);
            let mut undone = now.clone();
            for back in plan_back(&file, &before, &now) {
                carry_out(&mut undone, &back);
            }
            prop_assert_eq!(shape(&undone), shape(&before), "after {}", step);
        }
    }

    #[test]
    fn other_devices_are_left_alone((file, before) in (files(), machines())) {
        let Ok(steps) = plan(&file, &before) else { return Ok(()) };
        let named: Vec<&str> = file.devices.iter().map(|device| device.name.value.as_str()).collect();
        let mut after = before.clone();
        steps.iter().for_each(|step| carry_out(&mut after, step));
        for link in before.links.iter().filter(|link| !named.contains(&link.name.as_str())) {
            prop_assert_eq!(Some(link), after.link(&link.name));
            let own = |machine: &Snapshot| {
                let routes = machine.routes.iter().filter(|route| route.uses(link.index));
                routes.cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(own(&before), own(&after));
        }
    }

    #[test]
    fn no_bytes_upset_the_reader(bytes in vec(any::<u8>(), 0..200), words in vec(select(WORDS), 0..30)) {
        let text = words.join(" ").replace(" ; ", "\n").into_bytes();
        for text in [bytes, text] {
            let (_, diags) = read(FileId(0), &text);
            let count = text.split(|byte| *byte == b'\n').count();
            for diag in &diags {
                let span = diag.span.unwrap();
                let line = text.split(|byte| *byte == b'\n').nth(usize::try_from(span.line).unwrap() - 1);
                prop_assert!(usize::try_from(span.line).unwrap() <= count);
                prop_assert!(usize::try_from(span.column + span.len).unwrap() <= line.unwrap().len() + 1);
            }
        }
    }
}

const WORDS: &[&str] = &[
    ";",
    ";",
    ";",
    "service",
    "network",
    "eth0",
    "auto",
    "on",
    "off",
    "ip",
    "address",
    "route",
    "default",
    "metric",
    "mtu",
    "10.0.1.2/24",
    "10.0.1.1",
    "fd00::1",
    "fd00::2/64",
    "::/0",
    "0",
    "4294967295",
    "1400",
    "#",
    "vlan",
    "/",
    "x",
];
