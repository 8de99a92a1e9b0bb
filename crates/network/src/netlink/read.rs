//! What the kernel says of its devices, addresses, routes and rules.

use std::net::IpAddr;

use futures_util::TryStreamExt;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage, AddressScope};
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteType,
};
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use rtnetlink::{Error, Handle, IpVersion, RouteMessageBuilder};

use super::link_facts;
use crate::machine::{Address, Hop, Link, Origin, Route, Snapshot};
use crate::prefix::{Family, Prefix};

/// A rule that sends marked packets to a table (`ip rule add fwmark 1 lookup 100`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whose packets.
    pub family: Family,
    /// The mark.
    pub mark: u32,
    /// The table.
    pub table: u32,
}

/// `RTPROT_REDIRECT`, `RTPROT_KERNEL`, `RTPROT_RA` of rtnetlink(7).
const AUTOMATIC_PROTOCOLS: [u8; 3] = [1, 2, 9];

pub(super) async fn snapshot(handle: &Handle) -> Result<Snapshot, Error> {
    let mut links = Vec::new();
    let mut found = handle.link().get().execute();
    while let Some(message) = found.try_next().await? {
        let (name, is_up, mtu) = link_facts(&message);
        links.push(Link { index: message.header.index, name, is_up, mtu, addresses: Vec::new() });
    }
    let mut found = handle.address().get().execute();
    while let Some(message) = found.try_next().await? {
        let index = message.header.index;
        if let (Some(link), Some(address)) =
            (links.iter_mut().find(|link| link.index == index), address(&message))
        {
            link.addresses.push(address);
        }
    }
    let main = u32::from(RouteHeader::RT_TABLE_MAIN);
    let mut routes = Vec::new();
    for message in all_routes(handle).await? {
        routes.extend((table(&message) == main).then(|| route(&message)).flatten());
    }
    Ok(Snapshot { links, routes })
}

pub(super) async fn rules(handle: &Handle) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for (version, family) in [(IpVersion::V4, Family::V4), (IpVersion::V6, Family::V6)] {
        let mut found = handle.rule().get(version).execute();
        while let Some(message) = found.try_next().await? {
            rules.extend(rule(&message).filter(|rule| rule.family == family));
        }
    }
    Ok(rules)
}

pub(super) async fn tables_that_deliver(handle: &Handle) -> Result<Vec<(Family, u32)>, Error> {
    let mut tables = Vec::new();
    for message in all_routes(handle).await? {
        let is_everything = message.header.destination_prefix_length == 0;
        if is_everything && message.header.kind == RouteType::Local {
            tables.extend(family(message.header.address_family).map(|family| (family, table(&message))));
        }
    }
    Ok(tables)
}

async fn all_routes(handle: &Handle) -> Result<Vec<RouteMessage>, Error> {
    let v4 = RouteMessageBuilder::<std::net::Ipv4Addr>::new().build();
    let v6 = RouteMessageBuilder::<std::net::Ipv6Addr>::new().build();
    let mut messages = Vec::new();
    for asked in [v4, v6] {
        let family = asked.header.address_family;
        let mut found = handle.route().get(asked).execute();
        while let Some(message) = found.try_next().await? {
            // A kernel without a family answers with all others.
            messages.extend((message.header.address_family == family).then_some(message));
        }
    }
    Ok(messages)
}

fn family(family: AddressFamily) -> Option<Family> {
    if family == AddressFamily::Inet {
        Some(Family::V4)
    } else if family == AddressFamily::Inet6 {
        Some(Family::V6)
    } else {
        None
    }
}

/// An address that leads to a network; those with a peer at the other end name the peer's network.
fn address(message: &AddressMessage) -> Option<Address> {
    let (mut local, mut peer) = (None, None);
    for attribute in &message.attributes {
        if let AddressAttribute::Local(found) = attribute {
            local = Some(*found);
        } else if let AddressAttribute::Address(found) = attribute {
            peer = Some(*found);
        }
    }
    let prefix = Prefix::new(local.or(peer)?, message.header.prefix_len)?;
    let is_permanent = message.header.flags.contains(AddressHeaderFlags::Permanent);
    let is_own_network = peer.is_none() || local.is_none() || peer == local;
    let is_link_local = message.header.scope == AddressScope::Link;
    let is_set = is_permanent && is_own_network && !is_link_local;
    Some(Address { prefix, origin: if is_set { Origin::Set } else { Origin::Automatic } })
}

fn table(message: &RouteMessage) -> u32 {
    let long = message
        .attributes
        .iter()
        .find_map(|attribute| if let RouteAttribute::Table(table) = attribute { Some(*table) } else { None });
    long.unwrap_or(u32::from(message.header.table))
}

/// What a message says of a route, as far as it is collected.
#[derive(Default)]
struct Found {
    destination: Option<IpAddr>,
    gateway: Option<IpAddr>,
    source: Option<IpAddr>,
    device: Option<u32>,
    devices: Vec<u32>,
    metric: u32,
    has_more: bool,
}

/// `None` for what leads nowhere, such as blackholes, and for what is not of the Internet.
fn route(message: &RouteMessage) -> Option<Route> {
    let header = &message.header;
    if header.kind != RouteType::Unicast || header.flags.contains(RouteFlags::Cloned) {
        return None;
    }
    let family = family(header.address_family)?;
    let mut found = Found {
        has_more: header.tos != 0
            || header.source_prefix_length != 0
            || header.flags.contains(RouteFlags::Onlink),
        ..Found::default()
    };
    for attribute in &message.attributes {
        collect(attribute, &mut found);
    }
    let network = found.destination.unwrap_or(family.everything().address());
    let destination = Prefix::new(network, header.destination_prefix_length)?;
    let hop = match found.device {
        Some(device) if !found.has_more => Hop::One { device, gateway: found.gateway, source: found.source },
        device => Hop::Special(found.devices.into_iter().chain(device).collect()),
    };
    let protocol = u8::from(header.protocol);
    let origin = if AUTOMATIC_PROTOCOLS.contains(&protocol) { Origin::Automatic } else { Origin::Set };
    Some(Route { destination, metric: found.metric, hop, origin, protocol })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the crate may add attributes; unknown ones make a route special"
)]
fn collect(attribute: &RouteAttribute, found: &mut Found) {
    match attribute {
        RouteAttribute::Destination(address) => found.destination = ip(address),
        RouteAttribute::Gateway(address) => found.gateway = ip(address),
        RouteAttribute::PrefSource(address) => found.source = ip(address),
        RouteAttribute::Oif(index) => found.device = Some(*index),
        RouteAttribute::Priority(metric) => found.metric = *metric,
        RouteAttribute::MultiPath(hops) => {
            found.has_more = true;
            found.devices.extend(hops.iter().map(|hop| hop.interface_index));
        }
        // Said of every route: its table, its age, how routers prefer it.
        RouteAttribute::Table(_) | RouteAttribute::CacheInfo(_) | RouteAttribute::Preference(_) => {}
        _ => found.has_more = true,
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    if let RouteAddress::Inet(address) = address {
        Some(IpAddr::V4(*address))
    } else if let RouteAddress::Inet6(address) = address {
        Some(IpAddr::V6(*address))
    } else {
        None
    }
}

fn rule(message: &RuleMessage) -> Option<Rule> {
    let family = family(message.header.family)?;
    if message.header.action != RuleAction::ToTable {
        return None;
    }
    let (mut mark, mut table) = (None, u32::from(message.header.table));
    for attribute in &message.attributes {
        if let RuleAttribute::FwMark(found) = attribute {
            mark = Some(*found);
        } else if let RuleAttribute::Table(found) = attribute {
            table = *found;
        }
    }
    Some(Rule { family, mark: mark?, table })
}
