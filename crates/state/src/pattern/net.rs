//! Networks: reading them, and finding the longest one that holds an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::flat::{FlatV4, FlatV6, NONE, Number, Span};
use super::index::{Duplicates, Place};
use super::parse::{PatternWhy, shown};
use super::text::index;

/// The IPv4 address that an IPv6 address stands for: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`) or 6to4
/// (`2002:aabb:ccdd::`).
#[must_use]
pub fn v6_to_v4(addr: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match addr.segments() {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

/// A network as a pattern or an argument (`ipmask`) names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// An IPv4 network.
    V4 {
        /// Its address; bits outside of the mask do not matter.
        addr: Ipv4Addr,
        /// Its mask, which need not be contiguous.
        mask: Ipv4Addr,
    },
    /// An IPv6 network.
    V6 {
        /// Its address; bits behind the prefix do not matter.
        addr: Ipv6Addr,
        /// The prefix's length, 0 to 128.
        prefix: u8,
    },
}

impl Network {
    /// Reads `1.2.3.4`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Network> {
        let text = std::str::from_utf8(text).ok()?;
        let (addr, mask) = text.rsplit_once('/').map_or((text, None), |(addr, mask)| (addr, Some(mask)));
        let length = |text: &str, max: u8| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u8>().ok()).flatten().filter(|n| *n <= max)
        };
        match addr.parse().ok()? {
            IpAddr::V4(addr) => {
                let mask = match mask {
                    None => Ipv4Addr::BROADCAST,
                    Some(mask) if mask.contains('.') => mask.parse().ok()?,
                    Some(mask) => Ipv4Addr::from(prefix_mask(length(mask, 32)?)),
                };
                Some(Network::V4 { addr, mask })
            }
            IpAddr::V6(addr) => {
                let prefix = mask.map_or(Some(128), |mask| length(mask, 128))?;
                Some(Network::V6 { addr, prefix })
            }
        }
    }
}

fn prefix_mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

/// The rank of a network of the address's own family, less its width.
const OWN_FAMILY: u32 = 512;
/// The same for a network of the other family.
const OTHER_FAMILY: u32 = 256;

/// Networks of both families by place.
#[derive(Debug)]
pub(super) struct Networks {
    v4: FlatV4,
    v6: FlatV6,
    odd: Vec<(u32, u32, Place)>,
    same: Duplicates,
    /// For each place the next shorter network around it.
    parents: Vec<u32>,
}

/// Networks of one family, each either within another or apart from it; of equal ones the first in order counts, the
/// others become its duplicates.
fn distinct<A: Number>(mut spans: Vec<Span<A>>, same: &mut Duplicates) -> Vec<Span<A>> {
    spans.sort_by_key(|span| (span.first, std::cmp::Reverse(span.last), span.owner));
    spans.dedup_by(|later, first| {
        let is_same = (later.first, later.last) == (first.first, first.last);
        if is_same {
            same.add(first.owner, later.owner);
        }
        is_same
    });
    spans
}

impl Networks {
    pub(super) fn new(nets: &[Network]) -> Self {
        let mut same = Duplicates::default();
        let (mut v4, mut v6, mut odd) = (Vec::new(), Vec::new(), Vec::new());
        for (owner, net) in (0..).zip(nets) {
            match *net {
                Network::V4 { addr, mask } => {
                    let (addr, mask) = (u32::from(addr), u32::from(mask));
                    if is_contiguous(mask) {
                        v4.push(Span { first: addr & mask, last: addr | !mask, owner });
                    } else {
                        odd.push((addr & mask, mask, owner));
                    }
                }
                Network::V6 { addr, prefix } => {
                    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                    let addr = u128::from(addr);
                    v6.push(Span { first: addr & mask, last: addr | !mask, owner });
                }
            }
        }
        let mut parents = vec![NONE; nets.len()];
        let mut is_within = |owner: u32, around: u32| parents[index(owner)] = around;
        let v4 = FlatV4::new(distinct(v4, &mut same), NONE, &mut is_within);
        let v6 = FlatV6::new(distinct(v6, &mut same), NONE, &mut is_within);
        Networks { v4, v6, odd, same, parents }
    }

    /// The longest network around `addr`: of its own family first, then of the other if it has a form there, then
    /// the networks with odd masks in their order.
    pub(super) fn find(&self, addr: IpAddr, alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let v4 = |addr: Ipv4Addr| self.first_alive(self.v4.owner(u32::from(addr)), alive);
        let v6 = |addr: Ipv6Addr| self.first_alive(self.v6.owner(u128::from(addr)), alive);
        let odd = |addr: Ipv4Addr| {
            let holds = |(net, mask): (u32, u32)| u32::from(addr) & mask == net;
            let mut found =
                self.odd.iter().filter(|(net, mask, place)| holds((*net, *mask)) && alive(*place));
            found.next().map(|(_, _, place)| *place)
        };
        match addr {
            IpAddr::V4(addr) => v4(addr).or_else(|| v6(addr.to_ipv6_mapped())).or_else(|| odd(addr)),
            IpAddr::V6(addr) => v6(addr).or_else(|| {
                let addr = v6_to_v4(addr)?;
                v4(addr).or_else(|| odd(addr))
            }),
        }
    }

    /// The first from `net` outwards whose pattern, or a duplicate of it, is alive.
    fn first_alive(&self, net: u32, alive: &impl Fn(Place) -> bool) -> Option<Place> {
        let mut net = net;
        while net != NONE {
            if let Some(place) = self.same.first(net, alive) {
                return Some(place);
            }
            net = *self.parents.get(index(net))?;
        }
        None
    }
}

fn is_contiguous(mask: u32) -> bool {
    mask.leading_ones() + mask.trailing_zeros() >= 32
}

/// How good the network that is written as `pattern` is for `addr`, beside others around it: the higher the better.
pub(super) fn rank(pattern: &[u8], addr: IpAddr) -> u32 {
    match Network::parse(pattern) {
        Some(Network::V4 { mask, .. }) if is_contiguous(u32::from(mask)) => {
            let family = if addr.is_ipv4() { OWN_FAMILY } else { OTHER_FAMILY };
            family - u32::from(mask).trailing_zeros()
        }
        Some(Network::V6 { prefix, .. }) => {
            let family = if addr.is_ipv6() { OWN_FAMILY } else { OTHER_FAMILY };
            family - 128_u32.saturating_sub(u32::from(prefix))
        }
        Some(Network::V4 { .. }) | None => 0,
    }
}

/// For patterns of method `ip`.
pub(super) fn network(text: &[u8]) -> Result<Network, PatternWhy> {
    Network::parse(text).ok_or_else(|| PatternWhy::Address(shown(text)))
}

#[cfg(test)]
mod tests;
