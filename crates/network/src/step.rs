//! One change of a machine's network. Shown, it is the `ip` command that does the same (iproute2's ip(8)).

use std::fmt;

use crate::machine::{Hop, Route};
use crate::prefix::{Family, Prefix};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sets the largest packet of a device.
    Mtu(Device, u32),
    /// Sets a device up or down.
    Link(Device, LinkState),
    /// Gives a device an address.
    AddAddress(Device, Prefix),
    /// Gives a device an address that it may have lost with another one.
    RestoreAddress(Device, Prefix),
    /// Takes an address from a device.
    RemoveAddress(Device, Prefix),
    /// Sets a route where there is none of its key.
    AddRoute(Device, Route),
    /// Puts a route in the place of another of the same key, with nothing missing in between.
    ReplaceRoute(Device, Route),
    /// Takes a route away.
    RemoveRoute(Device, Route),
}

/// A device under both its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The kernel's number.
    pub index: u32,
    /// For people.
    pub name: String,
}

/// What an administrator sets a device to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// In use.
    Up,
    /// Not in use.
    Down,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mtu(device, mtu) => write!(f, "ip link set dev {} mtu {mtu}", device.name),
            Self::Link(device, LinkState::Up) => write!(f, "ip link set dev {} up", device.name),
            Self::Link(device, LinkState::Down) => write!(f, "ip link set dev {} down", device.name),
            Self::AddAddress(device, prefix) => {
                write!(f, "{} address add {prefix} dev {}", ip(prefix.family()), device.name)
            }
            Self::RestoreAddress(device, prefix) => {
                write!(f, "{} address replace {prefix} dev {}", ip(prefix.family()), device.name)
            }
            Self::RemoveAddress(device, prefix) => {
                write!(f, "{} address del {prefix} dev {}", ip(prefix.family()), device.name)
            }
            Self::AddRoute(device, route) => write_route(f, "add", device, route),
            Self::ReplaceRoute(device, route) => write_route(f, "replace", device, route),
            Self::RemoveRoute(device, route) => write_route(f, "del", device, route),
        }
    }
}

const fn ip(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip -6",
    }
}

fn write_route(f: &mut fmt::Formatter<'_>, verb: &str, device: &Device, route: &Route) -> fmt::Result {
    write!(f, "{} route {verb} ", ip(route.family()))?;
    if route.destination.is_default() {
        f.write_str("default")?
    } else {
        write!(f, "{}", route.destination)?
    }
    if let Hop::One { gateway: Some(gateway), .. } = route.hop {
        write!(f, " via {gateway}")?;
    }
    write!(f, " dev {}", device.name)?;
    if let Hop::One { source: Some(source), .. } = route.hop {
        write!(f, " src {source}")?;
    }
    write!(f, " metric {}", route.metric)?;
    match route.protocol {
        _ if verb == "del" => Ok(()),
        Route::PROTOCOL_BOOT => f.write_str(" proto boot"),
        Route::PROTOCOL_STATIC => f.write_str(" proto static"),
        number => write!(f, " proto {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Origin;

    #[test]
    fn steps_are_commands() {
        let eth1 = Device { index: 2, name: "eth1".to_owned() };
        let prefix = |text| Prefix::parse(text).unwrap();
        let route = |destination: Prefix, gateway: &str, metric| Route {
            destination,
            metric,
            hop: Hop::One { device: 2, gateway: Some(gateway.parse().unwrap()), source: None },
            origin: Origin::Set,
            protocol: Route::PROTOCOL_STATIC,
        };
        let v4 = route(Family::V4.everything(), "10.0.1.1", 1);
        let v6 = route(prefix("fd07::/32"), "fe80::1", 1024);
        let shown = |step: Step| step.to_string();
        assert_eq!(shown(Step::Mtu(eth1.clone(), 1400)), "ip link set dev eth1 mtu 1400");
        assert_eq!(shown(Step::Link(eth1.clone(), LinkState::Down)), "ip link set dev eth1 down");
        assert_eq!(
            shown(Step::RemoveAddress(eth1.clone(), prefix("fd00::1/64"))),
            "ip -6 address del fd00::1/64 dev eth1"
        );
        assert_eq!(
            shown(Step::AddRoute(eth1.clone(), v4.clone())),
            "ip route add default via 10.0.1.1 dev eth1 metric 1 proto static"
        );
        assert_eq!(
            shown(Step::RemoveRoute(eth1.clone(), v4)),
            "ip route del default via 10.0.1.1 dev eth1 metric 1"
        );
        assert_eq!(
            shown(Step::ReplaceRoute(eth1, v6)),
            "ip -6 route replace fd07::/32 via fe80::1 dev eth1 metric 1024 proto static"
        );
    }
}
