//! Which addresses come and which go.

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Extras, Wanted};
use crate::machine::{Address, Link, Origin};
use crate::prefix::{Family, Prefix};
use crate::step::{Device, Step};

/// What comes, and what goes after that.
pub(super) fn steps(present: &[(&Wanted<'_>, &Link)]) -> (Vec<Step>, Vec<Step>) {
    let owners: HashMap<IpAddr, u32> = present
        .iter()
        .flat_map(|(device, _)| {
            device.addresses.iter().flatten().map(|prefix| (prefix.address(), device.link.index))
        })
        .collect();
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for (device, link) in present {
        let Some(wanted) = &device.addresses else { continue };
        let goes = |own: &&Address| {
            let has_other_place = owners.contains_key(&own.prefix.address());
            own.origin == Origin::Set
                && !wanted.contains(&own.prefix)
                && (has_other_place || device.extras == Extras::Remove)
        };
        let going: Vec<Prefix> = link.addresses.iter().filter(goes).map(|own| own.prefix).collect();
        // The kernel has an IPv6 address once on a device: another prefix length needs it gone first.
        let is_in_the_way = |prefix: &&Prefix| {
            prefix.family() == Family::V6 && wanted.iter().any(|new| new.address() == prefix.address())
        };
        let name = || device.device();
        added.extend(going.iter().filter(is_in_the_way).map(|prefix| Step::RemoveAddress(name(), *prefix)));
        let missing = wanted.iter().filter(|new| !link.addresses.iter().any(|own| own.prefix == **new));
        added.extend(missing.map(|new| Step::AddAddress(name(), *new)));
        let last = going.iter().filter(|prefix| !is_in_the_way(prefix)).copied();
        // The first of a network last: the kernel takes the others away with it.
        removed.extend(last.clone().rev().map(|prefix| Step::RemoveAddress(name(), prefix)));
        removed.extend(restored(&name(), link, wanted, last, &going));
    }
    (added, removed)
}

/// The kernel takes an IPv4 network's other addresses away with its first one, unless `promote_secondaries` is set.
fn restored(
    device: &Device,
    link: &Link,
    wanted: &[Prefix],
    last: impl Iterator<Item = Prefix>,
    going: &[Prefix],
) -> Vec<Step> {
    let networks: Vec<Prefix> =
        last.filter(|prefix| prefix.family() == Family::V4).map(Prefix::network).collect();
    let own = link.addresses.iter().filter(|own| own.origin == Origin::Set).map(|own| own.prefix);
    let mut staying: Vec<Prefix> = own.filter(|prefix| !going.contains(prefix)).collect();
    staying.extend(wanted.iter().filter(|new| !staying.contains(new)).copied().collect::<Vec<_>>());
    staying
        .into_iter()
        .filter(|prefix| networks.contains(&prefix.network()))
        .map(|prefix| Step::RestoreAddress(device.clone(), prefix))
        .collect()
}
