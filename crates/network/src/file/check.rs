//! What lines say together: networks, gateways, doubles.

use std::collections::HashMap;
use std::net::IpAddr;

use diag::{Diagnostic, Diagnostics, Span};

use super::{Device, NetworkFile, Placed, RouteLine};
use crate::machine::RouteKey;
use crate::prefix::{Family, Prefix};

/// RFC 8200 section 5: a link that carries less cannot have IPv6.
const MTU_MIN_V6: u32 = 1280;
/// The metric of the routes that the kernel makes of IPv6 addresses.
const METRIC_CONNECTED_V6: u32 = 256;

pub(super) fn check(file: &NetworkFile, diags: &mut Diagnostics) {
    let mut devices: HashMap<&str, Span> = HashMap::new();
    let mut addresses: HashMap<IpAddr, (Span, &str)> = HashMap::new();
    let mut routes: HashMap<RouteKey, (Span, &str)> = HashMap::new();
    for device in &file.devices {
        let name = device.name.value.as_str();
        if let Some(first) = devices.insert(name, device.name.span) {
            let text = format!("`{name}` has a section already, in line {}", first.line);
            diags.push(Diagnostic::error(text).at(device.name.span));
        }
        for address in &device.addresses {
            check_address(*address, diags);
            if let Some((first, other)) = addresses.insert(address.value.address(), (address.span, name)) {
                let text =
                    format!("{} is set twice: see `{other}`, line {}", address.value.address(), first.line);
                diags.push(Diagnostic::error(text).at(address.span));
            }
        }
        for route in &device.routes {
            check_route(device, route, diags);
            if let Some(first) = routes.insert(route.value.key(), (route.span, name)) {
                diags.push(double_route(route, first));
            }
        }
        check_mtu(device, diags);
    }
}

fn double_route(route: &Placed<RouteLine>, (first, other): (Span, &str)) -> Diagnostic {
    let RouteKey { destination, metric } = route.value.key();
    let what = if destination.is_default() {
        format!("two default routes of metric {metric}")
    } else {
        format!("two routes to {destination} of metric {metric}")
    };
    let problem = Diagnostic::error(format!("{what}: the other one is `{other}`'s, line {}", first.line));
    problem.at(route.span).note("give one of them another `metric`: the lower one wins")
}

fn check_address(address: Placed<Prefix>, diags: &mut Diagnostics) {
    let prefix = address.value;
    let ip = prefix.address();
    let wrong = if ip.is_unspecified() || ip.is_multicast() || prefix.is_default() {
        Some("no machine can have it")
    } else if prefix.broadcast().is_some_and(|broadcast| IpAddr::V4(broadcast) == ip) {
        Some("that is the network's broadcast address")
    } else if prefix.broadcast().is_some() && prefix.network().address() == ip {
        Some("that is the network itself")
    } else {
        None
    };
    if let Some(why) = wrong {
        diags.push(Diagnostic::error(format!("{prefix} is no address for a device: {why}")).at(address.span));
    }
}

fn check_route(device: &Device, route: &Placed<RouteLine>, diags: &mut Diagnostics) {
    let line = route.value;
    let mut error = |text: String| diags.push(Diagnostic::error(text).at(route.span));
    let network = line.destination.network();
    if line.destination != network {
        error(format!("{} is no network: did you mean {network}", line.destination));
    }
    if line.destination.family() != Family::of(line.gateway) {
        return error(format!("{} cannot be reached through {}", line.destination, line.gateway));
    }
    if line.gateway.is_unspecified() || line.gateway.is_multicast() {
        return error(format!("{} cannot be a gateway", line.gateway));
    }
    let connected_metric = match line.destination.family() {
        Family::V4 => 0,
        Family::V6 => METRIC_CONNECTED_V6,
    };
    let networks = || device.addresses.iter().map(|address| address.value);
    if networks().any(|own| own.network() == network) && line.kernel_metric() == connected_metric {
        error(format!("{network} is the network of `{}` itself", device.name.value));
    }
    if networks().any(|own| own.address() == line.gateway) {
        error(format!("the gateway {} is an address of `{}` itself", line.gateway, device.name.value));
    } else if !is_link_local(line.gateway) && !networks().any(|own| own.contains(line.gateway)) {
        let text = format!("the gateway {} is on no network of `{}`", line.gateway, device.name.value);
        let known: Vec<String> = networks().map(|own| own.network().to_string()).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
        diags.push(Diagnostic::error(text).at(route.span).note(format!("its networks: {known}")));
    }
}

/// Each device has that network without saying so (RFC 4291 section 2.5.6).
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

fn check_mtu(device: &Device, diags: &mut Diagnostics) {
    let v6 = device.addresses.iter().find(|address| address.value.family() == Family::V6);
    if let (Some(mtu), Some(address)) = (device.mtu, v6)
        && mtu < MTU_MIN_V6
    {
        let text =
            format!("IPv6 needs an `mtu` of at least {MTU_MIN_V6}; that of `{}` is {mtu}", device.name.value);
        diags.push(Diagnostic::error(text).at(address.span));
    }
}
