//! Which of a name's addresses a server gets (configuration manual, chapter 5.2 `resolve-prefer`, `resolve-net`,
//! `resolve-opts`).
//!
//! Each address has points: 8 for the family that is preferred, 4 for a preferred network, 2 if no other server of the backend
//! has it, 1 if the server has it already. The first of the best is taken; the next server begins behind it.

use std::net::IpAddr;

use crate::message::{Data, Families, Family};
use crate::records::{Key, Records};
use crate::service::Member;

/// Which family is preferred (`resolve-prefer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preference {
    /// IPv4.
    V4,
    /// IPv6.
    #[default]
    V6,
}

impl Preference {
    fn is(self, family: Family) -> bool {
        (self == Preference::V4) == (family == Family::V4)
    }
}

/// Whether servers of a backend may have the same address (`resolve-opts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// `prevent-dup-ip`: they may not.
    #[default]
    Prevented,
    /// `allow-dup-ip`.
    Allowed,
}

/// A network (`resolve-net`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// An address in it.
    pub ip: IpAddr,
    /// How many bits of that count.
    pub bits: u8,
}

impl Network {
    fn has(&self, ip: IpAddr) -> bool {
        let shared = |a: u128, b: u128, width: u8| {
            let rest = width.saturating_sub(self.bits);
            (a ^ b).checked_shr(rest.into()).unwrap_or(0) == 0
        };
        match (self.ip, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => shared(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => shared(a.to_bits(), b.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What is preferred.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// The family.
    pub family: Preference,
    /// The networks; none: all alike.
    pub networks: Vec<Network>,
    /// What other servers have.
    pub duplicates: Duplicates,
}

impl Preferences {
    /// Whether an address is in a preferred network; `None`: networks of the other family exclude it, unless one of its own
    /// stands before them.
    fn is_preferred(&self, ip: IpAddr) -> Option<bool> {
        for network in &self.networks {
            if Family::of(network.ip) != Family::of(ip) {
                return None;
            }
            if network.has(ip) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// What is to become of a server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It stays.
    Keep,
    /// It is this one from now on.
    Change(IpAddr),
    /// There is none for it.
    Nothing,
}

/// The points of the best that can be: nothing better follows.
const POINTS_MAX: u32 = 15;

/// The best address so far.
#[derive(Default)]
struct Best {
    points: Option<u32>,
    key: Option<Key>,
    is_current: bool,
    v4: Option<IpAddr>,
    v6: Option<IpAddr>,
}

impl Records {
    /// Chooses an address for a server that has `current`, or for somebody who asks once.
    pub(crate) fn choose(
        &mut self,
        preferences: &Preferences,
        families: Families,
        current: Option<IpAddr>,
        owner: Option<Member>,
    ) -> Choice {
        if owner.is_some_and(|owner| self.has(owner)) {
            return Choice::Keep;
        }
        let mut best = Best::default();
        for key in self.around() {
            let Some((ip, points)) = self.points(key, preferences, families, current, owner) else {
                continue;
            };
            if best.points.is_some_and(|best| best >= points) {
                continue;
            }
            let slot = if ip.is_ipv4() { &mut best.v4 } else { &mut best.v6 };
            *slot = Some(ip);
            best.points = Some(points);
            best.key = Some(key);
            best.is_current = current == Some(ip);
            if points == POINTS_MAX {
                break;
            }
        }
        let Some(key) = best.key else { return Choice::Nothing };
        self.next = self.behind(key);
        if let Some((owner, record)) = owner.zip(self.get_mut(key)) {
            record.holders.push(owner);
        }
        let chosen = match preferences.family {
            Preference::V4 => best.v4.or(best.v6),
            Preference::V6 => best.v6.or(best.v4),
        };
        match chosen {
            Some(ip) if !best.is_current => Choice::Change(ip),
            Some(_) | None => Choice::Keep,
        }
    }

    /// An address and its points; `None`: it is not to be had.
    fn points(
        &self,
        key: Key,
        preferences: &Preferences,
        families: Families,
        current: Option<IpAddr>,
        owner: Option<Member>,
    ) -> Option<(IpAddr, u32)> {
        let record = self.get(key)?;
        let Data::Address(ip) = record.data else { return None };
        if !families.take(Family::of(ip)) {
            return None;
        }
        let is_taken =
            owner.is_some_and(|owner| record.holders.iter().any(|holder| holder.group == owner.group));
        if is_taken && preferences.duplicates == Duplicates::Prevented {
            return None;
        }
        let of_family = preferences.family.is(Family::of(ip));
        let of_network = preferences.is_preferred(ip)?;
        let points = [(of_family, 8), (of_network, 4), (!is_taken, 2), (current == Some(ip), 1)];
        Some((ip, points.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Answer;
    use base::clock::Millis;

    fn records(ips: &[&str]) -> Records {
        let mut records = Records::default();
        let list = ips.iter().map(|ip| Data::Address(ip.parse().unwrap())).collect();
        records.merge(&Answer { records: list, additional: Vec::new() }, Millis(1));
        records
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn member(group: usize, place: usize) -> Option<Member> {
        Some(Member { group, place })
    }

    #[test]
    fn families_and_networks_are_preferred() {
        let all = ["10.0.0.1", "192.168.0.1", "2001:db8::1"];
        let choose =
            |preferences: &Preferences, families| records(&all).choose(preferences, families, None, None);
        let plain = Preferences::default();
        assert_eq!(choose(&plain, Families::Both), Choice::Change(ip("2001:db8::1")));
        let network = |text: &str, bits| Preferences {
            family: Preference::V4,
            networks: vec![Network { ip: ip(text), bits }],
            ..Preferences::default()
        };
        assert_eq!(choose(&network("192.168.0.0", 16), Families::Both), Choice::Change(ip("192.168.0.1")));
        assert_eq!(choose(&network("10.0.0.0", 8), Families::V4), Choice::Change(ip("10.0.0.1")));
        assert_eq!(records(&["::1"]).choose(&plain, Families::V4, None, None), Choice::Nothing);
        assert!(Network { ip: ip("::"), bits: 0 }.has(ip("2001::")));
    }

    #[test]
    fn servers_of_a_backend_have_addresses_of_their_own() {
        let mut records = records(&["10.0.0.1", "10.0.0.2"]);
        let plain = Preferences { family: Preference::V4, ..Preferences::default() };
        let mut choose = |member| records.choose(&plain, Families::Both, None, member);
        let Choice::Change(first) = choose(member(0, 0)) else { panic!() };
        let Choice::Change(second) = choose(member(0, 1)) else { panic!() };
        assert_ne!(first, second);
        assert_eq!(choose(member(0, 2)), Choice::Nothing);
        assert_eq!(choose(member(0, 0)), Choice::Keep, "it has one of these");
        assert!(matches!(choose(member(1, 0)), Choice::Change(_)), "another backend");
        let shared = Preferences { duplicates: Duplicates::Allowed, ..plain };
        assert!(matches!(records.choose(&shared, Families::Both, None, member(0, 2)), Choice::Change(_)));
    }

    #[test]
    fn an_address_that_is_still_told_stays() {
        let mut records = records(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        let plain = Preferences::default();
        let current = Some(ip("10.0.0.3"));
        assert_eq!(records.choose(&plain, Families::Both, current, member(0, 0)), Choice::Keep);
    }
}
