//! Networks: reading them, and finding the longest one that holds an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::index::{Duplicates, Hit, Place};
use super::parse::{PatternWhy, shown};

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

/// Networks of one family, flattened: the address space cut at every border, with the longest network of each piece.
#[derive(Debug, Default)]
struct Flat<A> {
    starts: Vec<A>,
    /// Every [`STEP`]th of `starts`, every one of these, ...: the smallest last. A look-up goes down from there, so
    /// that it fetches a line or two of each level, and of the large ones nothing else.
    levels: Vec<Vec<A>>,
    /// For each of `starts` the longest network there; a copy, since most look-ups need no more.
    pieces: Vec<Option<FlatNet>>,
    nets: Vec<FlatNet>,
}

#[derive(Debug, Clone, Copy)]
struct FlatNet {
    place: Place,
    /// The next shorter network around it.
    parent: u32,
    /// Addresses that it spans as a power of two: the shorter its prefix, the higher.
    width: u32,
}

/// How much smaller each level is than the one below: 64 bytes of IPv4 addresses.
const STEP: usize = 16;
const NONE: u32 = u32::MAX;
/// The rank of a network of the address's own family, less its width.
const OWN_FAMILY: u32 = 512;
/// What is taken off the rank of a network of the other family.
const OTHER_FAMILY: u32 = 256;

/// A network's first and last address, its pattern's place, and its width as a power of two.
type Bounds<A> = (A, A, Place, u32);

impl<A: Copy + Ord> Flat<A> {
    /// From networks, each either within another or apart from it; of equal ones the first in order counts, the
    /// others become its duplicates. `after` is the next address.
    fn new(mut bounds: Vec<Bounds<A>>, same: &mut Duplicates, after: impl Fn(A) -> Option<A>) -> Self {
        bounds.sort_by_key(|(first, last, place, _)| (*first, std::cmp::Reverse(*last), *place));
        let mut flat = Flat { starts: Vec::new(), levels: Vec::new(), pieces: Vec::new(), nets: Vec::new() };
        // The networks around the current address, outermost first: last address and number.
        let mut around: Vec<(A, u32)> = Vec::new();
        let mut before: Option<Bounds<A>> = None;
        for bound @ (first, last, place, width) in bounds {
            if let Some((_, _, original, _)) = before.filter(|b| (b.0, b.1) == (first, last)) {
                same.add(original, place);
                continue;
            }
            before = Some(bound);
            flat.close(&mut around, Some(first), &after);
            let parent = around.last().map_or(NONE, |(_, net)| *net);
            let number = u32::try_from(flat.nets.len()).unwrap_or(NONE);
            flat.nets.push(FlatNet { place, parent, width });
            flat.cut(first, number);
            around.push((last, number));
        }
        flat.close(&mut around, None, &after);
        flat.raise();
        flat
    }

    /// Makes the levels above `starts`.
    fn raise(&mut self) {
        while let below = self.levels.last().unwrap_or(&self.starts)
            && below.len() > STEP
        {
            let level = below.iter().copied().step_by(STEP).collect();
            self.levels.push(level);
        }
    }

    /// How many of `starts` are not behind `addr`.
    fn count_up_to(&self, addr: A) -> usize {
        let mut count = 0;
        for level in self.levels.iter().rev().chain([&self.starts]) {
            // The last that is not behind the address on the level above, if any, is the first of these.
            let from = usize::saturating_sub(count, 1) * STEP;
            let chunk = &level[from..level.len().min(from + STEP)];
            count = from + chunk.iter().filter(|start| **start <= addr).count();
        }
        count
    }

    /// Ends the networks that lie wholly before `until`.
    fn close(&mut self, around: &mut Vec<(A, u32)>, until: Option<A>, after: &impl Fn(A) -> Option<A>) {
        while let Some((last, _)) = around.last().copied() {
            if until.is_some_and(|until| until <= last) {
                return;
            }
            around.pop();
            if let Some(next) = after(last) {
                self.cut(next, around.last().map_or(NONE, |(_, net)| *net));
            }
        }
    }

    fn cut(&mut self, start: A, owner: u32) {
        if self.starts.last() == Some(&start) {
            self.pieces.pop();
            self.starts.pop();
        }
        self.starts.push(start);
        self.pieces.push(self.net(owner));
    }

    /// `None` for [`NONE`].
    fn net(&self, number: u32) -> Option<FlatNet> {
        self.nets.get(usize::try_from(number).ok()?).copied()
    }

    /// The longest network around `addr` whose pattern, or a duplicate of it, is alive.
    fn find(&self, addr: A, same: &Duplicates, alive: &impl Fn(Place) -> bool) -> Option<Hit> {
        let mut longest = *self.pieces.get(self.count_up_to(addr).checked_sub(1)?)?;
        while let Some(net) = longest {
            if let Some(place) = same.first(net.place, alive) {
                return Some(Hit { place, rank: OWN_FAMILY - net.width });
            }
            longest = self.net(net.parent);
        }
        None
    }
}

/// Networks of both families by place.
#[derive(Debug)]
pub(super) struct Networks {
    v4: Flat<u32>,
    v6: Flat<u128>,
    odd: Vec<(u32, u32, Place)>,
    same: Duplicates,
}

impl Networks {
    pub(super) fn new(nets: &[Network]) -> Self {
        let mut same = Duplicates::default();
        let (mut v4, mut v6, mut odd) = (Vec::new(), Vec::new(), Vec::new());
        for (place, net) in (0..).zip(nets) {
            match *net {
                Network::V4 { addr, mask } => {
                    let (addr, mask) = (u32::from(addr), u32::from(mask));
                    if mask.leading_ones() + mask.trailing_zeros() >= 32 {
                        v4.push((addr & mask, addr | !mask, place, mask.trailing_zeros()));
                    } else {
                        odd.push((addr & mask, mask, place));
                    }
                }
                Network::V6 { addr, prefix } => {
                    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                    let addr = u128::from(addr);
                    v6.push((addr & mask, addr | !mask, place, mask.trailing_zeros()));
                }
            }
        }
        let v4 = Flat::new(v4, &mut same, |addr| addr.checked_add(1));
        let v6 = Flat::new(v6, &mut same, |addr| addr.checked_add(1));
        Networks { v4, v6, odd, same }
    }

    /// The longest network around `addr`: of its own family first, then of the other if it has a form there, then
    /// the networks with odd masks in their order.
    pub(super) fn find(&self, addr: IpAddr, alive: &impl Fn(Place) -> bool) -> Option<Hit> {
        let v4 = |addr: Ipv4Addr| self.v4.find(u32::from(addr), &self.same, alive);
        let v6 = |addr: Ipv6Addr| self.v6.find(u128::from(addr), &self.same, alive);
        let odd = |addr: Ipv4Addr| {
            let holds = |(net, mask): (u32, u32)| u32::from(addr) & mask == net;
            let mut found =
                self.odd.iter().filter(|(net, mask, place)| holds((*net, *mask)) && alive(*place));
            found.next().map(|(_, _, place)| Hit { place: *place, rank: 0 })
        };
        let other = |hit: Hit| Hit { rank: hit.rank - OTHER_FAMILY, ..hit };
        match addr {
            IpAddr::V4(addr) => {
                v4(addr).or_else(|| v6(addr.to_ipv6_mapped()).map(other)).or_else(|| odd(addr))
            }
            IpAddr::V6(addr) => v6(addr).or_else(|| {
                let addr = v6_to_v4(addr)?;
                v4(addr).map(other).or_else(|| odd(addr))
            }),
        }
    }
}

/// For patterns of method `ip`.
pub(super) fn network(text: &[u8]) -> Result<Network, PatternWhy> {
    Network::parse(text).ok_or_else(|| PatternWhy::Address(shown(text)))
}

#[cfg(test)]
mod tests;
