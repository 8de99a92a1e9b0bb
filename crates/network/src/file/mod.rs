//! The appliance's network file: sections of `service network DEVICE`, checked.
//!
//! ```text
//!   service network eth1
//!       auto on
//!       ip   address 10.0.1.2/24
//!       ip   route   default 10.0.1.1 metric 1
//!       mtu 1500
//! ```
//! [`read`] finds everything that the file alone can show, with line and column; what only the machine knows, such as
//! which devices there are, is found by [`crate::plan`].

mod check;
mod lines;
mod parse;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use diag::{Diagnostics, FileId, Span};

use crate::machine::{Route, RouteKey};
use crate::prefix::{Family, Prefix};

/// What a file says. Without errors, all of it is consistent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkFile {
    /// The sections, in order.
    pub devices: Vec<Device>,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The device's name, and where it stands.
    pub name: Placed<String>,
    /// `auto`.
    pub auto: Auto,
    /// `mtu`, in bytes.
    pub mtu: Option<u32>,
    /// `ip address`, in order.
    pub addresses: Vec<Placed<Prefix>>,
    /// `ip route`, in order.
    pub routes: Vec<Placed<RouteLine>>,
}

/// Whether the device is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auto {
    /// It is up, with its addresses and routes. Also what a section without the word means.
    #[default]
    On,
    /// It is down.
    Off,
}

/// `ip route`: packets to a network leave through the section's device to this gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLine {
    /// Where to; `default` is everything in the gateway's family.
    pub destination: Prefix,
    /// The next machine.
    pub gateway: IpAddr,
    /// The lower wins; `None` is the kernel's own choice.
    pub metric: Option<u32>,
}

/// A value and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// The words that said it.
    pub span: Span,
}

/// Reads a file and finds what is wrong with it. The returned file holds what could be understood; it is only
/// meaningful without errors.
#[must_use]
pub fn read(id: FileId, text: &[u8]) -> (NetworkFile, Diagnostics) {
    let mut diags = Diagnostics::new();
    let file = parse::parse(id, text, &mut diags);
    check::check(&file, &mut diags);
    diags.sort_by_place();
    (file, diags)
}

impl RouteLine {
    /// The metric as the kernel keeps it.
    #[must_use]
    pub fn kernel_metric(&self) -> u32 {
        match (self.destination.family(), self.metric) {
            (Family::V4, metric) => metric.unwrap_or(0),
            // The kernel takes 0 for "whatever is usual" here.
            (Family::V6, None | Some(0)) => Route::METRIC_V6,
            (Family::V6, Some(metric)) => metric,
        }
    }

    /// What makes two routes the same one.
    #[must_use]
    pub fn key(&self) -> RouteKey {
        RouteKey { destination: self.destination, metric: self.kernel_metric() }
    }
}
