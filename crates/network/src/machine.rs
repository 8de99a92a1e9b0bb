//! The network of a machine at one moment, as plain data: devices, addresses, routes of the main table.

use std::net::IpAddr;

use crate::prefix::{Family, Prefix};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The devices.
    pub links: Vec<Link>,
    /// The routes of the main table that lead to one network each.
    pub routes: Vec<Route>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kernel's number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Whether it is set up by its administrator, with a carrier or without.
    pub is_up: bool,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// Its addresses.
    pub addresses: Vec<Address>,
}

/// An address of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// It, and its network.
    pub prefix: Prefix,
    /// Who set it.
    pub origin: Origin,
}

/// Who set an address or a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An administrator or a program, for good.
    Set,
    /// The kernel by itself, or a router's advertisement, or it ends with a lease: nobody's to correct.
    Automatic,
}

/// A route of the main table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The network it leads to.
    pub destination: Prefix,
    /// The lower wins.
    pub metric: u32,
    /// Where packets go.
    pub hop: Hop,
    /// Who set it.
    pub origin: Origin,
    /// The kernel's number for who set it (`RTPROT_*`), given back when the route is set again.
    pub protocol: u8,
}

/// Where a route's packets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// Out of one device.
    One {
        /// The device's index.
        device: u32,
        /// The next machine; `None` where the network is the device's own.
        gateway: Option<IpAddr>,
        /// The address that packets leave with, where the route says one.
        source: Option<IpAddr>,
    },
    /// Several gateways, or options that are not known here: it can be seen and not be changed. Names its devices.
    Special(Vec<u32>),
}

/// What makes two routes the same one: the kernel has one route for a key, unless it was told to append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteKey {
    /// The network.
    pub destination: Prefix,
    /// The metric as the kernel keeps it.
    pub metric: u32,
}

impl Snapshot {
    /// The device of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// The name of a device.
    #[must_use]
    pub fn name(&self, index: u32) -> &str {
        self.links.iter().find(|link| link.index == index).map_or("?", |link| &link.name)
    }

    /// Whether the machine has this address.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        self.links.iter().flat_map(|link| &link.addresses).any(|own| own.prefix.address() == address)
    }
}

impl Route {
    /// What IPv6 routes get that are set without a metric.
    pub const METRIC_V6: u32 = 1024;
    /// `RTPROT_BOOT`: what `ip route add` sets unless it is told another.
    pub const PROTOCOL_BOOT: u8 = 3;
    /// `RTPROT_STATIC`: set by an administrator.
    pub const PROTOCOL_STATIC: u8 = 4;

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> RouteKey {
        RouteKey { destination: self.destination, metric: self.metric }
    }

    /// Whether packets may leave by this device.
    #[must_use]
    pub fn uses(&self, index: u32) -> bool {
        match &self.hop {
            Hop::One { device, .. } => *device == index,
            Hop::Special(devices) => devices.contains(&index),
        }
    }

    /// Whether this is what `wanted` asks for. Who set it does not count, nor a source that was not asked for.
    #[must_use]
    pub fn fits(&self, wanted: &Self) -> bool {
        let way = |route: &Self| match route.hop {
            Hop::One { device, gateway, source } => Some((device, gateway, source)),
            Hop::Special(_) => None,
        };
        match (way(self), way(wanted)) {
            (Some((device, gateway, source)), Some(wanted_way)) => {
                let source = wanted_way.2.and(source);
                self.key() == wanted.key() && (device, gateway, source) == wanted_way
            }
            _ => false,
        }
    }

    /// Its family.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.destination.family()
    }
}
