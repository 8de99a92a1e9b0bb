//! The way from what a machine's network is to what it shall be, as a list of steps; no system call is made here.
//!
//! Only devices that the file names are touched. On those:
//! - every address and route of the file is there afterwards, with its prefix length and its metric;
//! - other addresses stay (leases, addresses that fail over from another machine), except those that the file gives
//!   another prefix length or another device;
//! - for each network that the file has routes to, routes that somebody set to the same network by the same device go;
//!   routes to other networks stay, and so does what the kernel or a router's advertisement made.
//!
//! The order is such that no network is without a route that had one before and has one after: what is new comes
//! first, what changes is replaced in one step, what is too much goes last.

mod addresses;
#[cfg(test)]
mod properties;
mod routes;
#[cfg(test)]
mod tests;

use diag::{Diagnostic, Diagnostics, nearest};

use crate::file::{self, Auto, NetworkFile};
use crate::machine::{Hop, Link, Origin, Route, Snapshot};
use crate::prefix::Prefix;
use crate::step::{Device, LinkState, Step};

/// What a device shall be.
struct Wanted<'a> {
    link: &'a Link,
    state: LinkState,
    mtu: Option<u32>,
    /// `None`: as they are.
    addresses: Option<Vec<Prefix>>,
    routes: Vec<WantedRoute>,
    extras: Extras,
}

struct WantedRoute {
    route: Route,
    /// For what is in its way.
    span: Option<diag::Span>,
}

/// What happens to addresses and routes that are not wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extras {
    /// They stay, unless they contradict what is wanted.
    Keep,
    /// They go.
    Remove,
}

impl Wanted<'_> {
    fn device(&self) -> Device {
        Device { index: self.link.index, name: self.link.name.clone() }
    }
}

/// The steps from `now` to what the file says; none when all is so already.
///
/// # Errors
/// Devices that are not there, and routes of other devices that are in the way, each with its place in the file.
pub fn plan(file: &NetworkFile, now: &Snapshot) -> Result<Vec<Step>, Diagnostics> {
    let mut diags = Diagnostics::new();
    let mut wanted = Vec::new();
    for device in &file.devices {
        match now.link(&device.name.value) {
            Some(link) => wanted.push(from_section(device, link)),
            None => diags.push(no_device(device, now)),
        }
    }
    let steps = steps(&wanted, now, &mut diags);
    if diags.has_errors() { Err(diags) } else { Ok(steps) }
}

/// The steps from `now` back to what `before` says of the devices that a file names.
#[must_use]
pub fn plan_back(file: &NetworkFile, before: &Snapshot, now: &Snapshot) -> Vec<Step> {
    let links = file.devices.iter().filter_map(|device| before.link(&device.name.value));
    let wanted: Vec<Wanted<'_>> = links.map(|link| from_snapshot(link, before)).collect();
    // What was there before is in nobody's way.
    steps(&wanted, now, &mut Diagnostics::new())
}

fn no_device(device: &file::Device, now: &Snapshot) -> Diagnostic {
    let name = &device.name.value;
    let names: Vec<&str> = now.links.iter().map(|link| link.name.as_str()).collect();
    let problem =
        Diagnostic::error(format!("there is no device `{name}` on this machine")).at(device.name.span);
    let problem = match nearest(name, names.iter().copied()) {
        Some(guess) => problem.suggest(guess),
        None => problem,
    };
    problem.note(format!("its devices: {}", names.join(", ")))
}

fn from_section<'a>(device: &file::Device, link: &'a Link) -> Wanted<'a> {
    let route = |placed: &file::Placed<file::RouteLine>| WantedRoute {
        route: Route {
            destination: placed.value.destination,
            metric: placed.value.kernel_metric(),
            hop: Hop::One { device: link.index, gateway: Some(placed.value.gateway), source: None },
            origin: Origin::Set,
            protocol: Route::PROTOCOL_STATIC,
        },
        span: Some(placed.span),
    };
    match device.auto {
        Auto::On => Wanted {
            link,
            state: LinkState::Up,
            mtu: device.mtu,
            addresses: Some(device.addresses.iter().map(|address| address.value).collect()),
            routes: device.routes.iter().map(route).collect(),
            extras: Extras::Keep,
        },
        // Its addresses and routes wait until it is on.
        Auto::Off => Wanted {
            link,
            state: LinkState::Down,
            mtu: device.mtu,
            addresses: None,
            routes: Vec::new(),
            extras: Extras::Keep,
        },
    }
}

fn from_snapshot<'a>(link: &'a Link, before: &Snapshot) -> Wanted<'a> {
    let is_own = |route: &&Route| {
        route.origin == Origin::Set && matches!(route.hop, Hop::One { device, .. } if device == link.index)
    };
    let own = before.routes.iter().filter(is_own);
    let set = link.addresses.iter().filter(|address| address.origin == Origin::Set);
    Wanted {
        link,
        state: if link.is_up { LinkState::Up } else { LinkState::Down },
        mtu: Some(link.mtu),
        addresses: Some(set.map(|address| address.prefix).collect()),
        routes: own.map(|route| WantedRoute { route: route.clone(), span: None }).collect(),
        extras: Extras::Remove,
    }
}

/// All steps, in the order in which they can be carried out.
fn steps(wanted: &[Wanted<'_>], now: &Snapshot, diags: &mut Diagnostics) -> Vec<Step> {
    let mut steps = Vec::new();
    let current = |device: &Wanted<'_>| now.links.iter().find(|link| link.index == device.link.index);
    let present: Vec<(&Wanted<'_>, &Link)> =
        wanted.iter().filter_map(|device| Some((device, current(device)?))).collect();
    for (device, link) in &present {
        steps.extend(device.mtu.filter(|mtu| *mtu != link.mtu).map(|mtu| Step::Mtu(device.device(), mtu)));
    }
    let changes = |state: LinkState| {
        let differs = move |(device, link): &&(&Wanted<'_>, &Link)| {
            device.state == state && link.is_up != (state == LinkState::Up)
        };
        present.iter().filter(differs).map(move |(device, _)| Step::Link(device.device(), state))
    };
    steps.extend(changes(LinkState::Up));
    let (added, removed) = addresses::steps(&present);
    steps.extend(added);
    let (set, unset) = routes::steps(&present, now, diags);
    steps.extend(set);
    steps.extend(unset);
    steps.extend(removed);
    steps.extend(changes(LinkState::Down));
    steps
}
