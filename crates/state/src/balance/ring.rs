//! The ring behind `hash-type consistent` and `balance random` (configuration manual, 4.2 "hash-type", 5.2
//! "hash-key"): each server has as many points as its weight has sixteenths, at places that depend on nothing but
//! its own key, so that another server's coming and going moves none of them.

use std::net::IpAddr;
use std::sync::Arc;

use base::ServerId;
use twox_hash::XxHash32;

use super::farm::Farm;
use super::hash::full;
use crate::server::{Role, Server};

/// Numeric ids are this far apart: the points of the heaviest server.
const POINTS_MAX: u32 = 256 * 16;

/// What a server's points depend on (`hash-key`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HashKey {
    /// The numeric id, of which 20 bits count.
    #[default]
    Id,
    /// The numeric id, all of it.
    Id32,
    /// The address; the numeric id of servers without an IP address.
    Addr,
    /// Address and port.
    AddrPort,
    /// The server's `guid`.
    Guid(Box<str>),
}

impl HashKey {
    fn seed(&self, server: &Server) -> u32 {
        match (self, server.endpoint().inet()) {
            (HashKey::Addr, Some(addr)) => seed_of_ip(addr.ip(), 0),
            (HashKey::AddrPort, Some(addr)) => seed_of_ip(addr.ip(), full(u32::from(addr.port()))),
            (HashKey::Guid(guid), _) => XxHash32::oneshot(0, guid.as_bytes()),
            (HashKey::Id32, _) => full(server.puid.to_be()),
            (HashKey::Id | HashKey::Addr | HashKey::AddrPort, _) => server.puid.wrapping_mul(POINTS_MAX),
        }
    }
}

fn seed_of_ip(ip: IpAddr, key: u32) -> u32 {
    match ip {
        // The number as it lies in memory: HAProxy hashes it unconverted.
        IpAddr::V4(addr) => full(key.wrapping_add(u32::from_ne_bytes(addr.octets()))),
        IpAddr::V6(addr) => XxHash32::oneshot(key, &addr.octets()),
    }
}

/// One of a server's points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    at: u32,
    server: ServerId,
}

/// The points of the usable servers in ascending order.
#[derive(Debug)]
pub(super) struct Ring {
    active: Vec<Point>,
    backup: Vec<Point>,
}

impl Ring {
    pub(super) fn new(farm: &Farm, servers: &[Arc<Server>], keys: &[HashKey]) -> Self {
        let mut ring = Ring { active: Vec::new(), backup: Vec::new() };
        for (index, member) in farm.members.iter().enumerate().filter(|(_, member)| member.is_usable) {
            let own = servers[index].hash_key.get();
            let seed = own.or_else(|| keys.get(index)).unwrap_or(&HashKey::Id).seed(&servers[index]);
            let server = ServerId::from_index(index);
            let points = match member.role {
                Role::Active => &mut ring.active,
                Role::Backup => &mut ring.backup,
            };
            points.extend((0..member.weight).map(|n| Point { at: full(seed.wrapping_add(n)), server }));
        }
        ring.active.sort_unstable();
        ring.backup.sort_unstable();
        ring
    }

    fn points(&self, role: Role) -> &[Point] {
        match role {
            Role::Active => &self.active,
            Role::Backup => &self.backup,
        }
    }

    /// The server nearest to `hash`, the lower one of two equally near; from there upwards the first that `accepts`.
    /// If none does, the ring's last.
    pub(super) fn at(&self, role: Role, hash: u32, accepts: impl Fn(ServerId) -> bool) -> Option<ServerId> {
        let points = self.points(role);
        let last = points.len().checked_sub(1)?;
        let above = points.partition_point(|point| point.at < hash);
        let above = if above > last { 0 } else { above };
        let below = above.checked_sub(1).unwrap_or(last);
        let is_below_nearer = hash.wrapping_sub(points[below].at) <= points[above].at.wrapping_sub(hash);
        let start = if is_below_nearer { below } else { above };
        let mut around = points[start..].iter().chain(points);
        let found = around.find(|point| accepts(point.server));
        Some(found.unwrap_or(&points[last]).server)
    }

    /// The server with room that follows place `last`, which is moved to it; `avoid` only if there is no other.
    pub(super) fn next(
        &self,
        role: Role,
        last: &mut Option<usize>,
        avoid: Option<ServerId>,
        has_room: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let points = self.points(role);
        let start = last.map_or(0, |last| last + 1).min(points.len());
        let mut avoided = None;
        for place in (start..points.len()).chain(0..start) {
            let id = points[place].server;
            if !has_room(id) {
                continue;
            }
            if avoid != Some(id) {
                *last = Some(place);
                return Some(id);
            }
            avoided = Some((id, place));
        }
        *last = avoided.map(|(_, place)| place);
        avoided.map(|(id, _)| id)
    }

    /// Where place `at` of an older ring is now; its successor if it is gone.
    pub(super) fn same_place(&self, role: Role, old: &Ring, at: usize) -> Option<usize> {
        let point = old.points(role).get(at)?;
        let points = self.points(role);
        let place = points.partition_point(|other| other < point);
        if place < points.len() { Some(place) } else { (!points.is_empty()).then_some(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(u32, u32)]) -> Ring {
        let active = points.iter().map(|(at, server)| Point { at: *at, server: ServerId(*server) }).collect();
        Ring { active, backup: Vec::new() }
    }

    #[test]
    fn the_nearest_point_wins_and_the_ring_is_round() {
        let ring = ring(&[(100, 0), (200, 1), (4_000_000_000, 2)]);
        let at = |hash| ring.at(Role::Active, hash, |_| true).unwrap().0;
        assert_eq!((at(140), at(150), at(151)), (0, 0, 1));
        assert_eq!((at(4_100_000_000), at(u32::MAX), at(0)), (2, 0, 0));
        assert_eq!(ring.at(Role::Backup, 1, |_| true), None);
    }

    #[test]
    fn who_does_not_accept_is_passed_over_upwards() {
        let ring = ring(&[(100, 0), (200, 1), (300, 2)]);
        assert_eq!(ring.at(Role::Active, 300, |id| id.0 != 2), Some(ServerId(0)));
        assert_eq!(ring.at(Role::Active, 100, |_| false), Some(ServerId(2)), "the last one if nobody does");
    }

    #[test]
    fn a_place_survives_the_others() {
        let old = ring(&[(100, 0), (200, 1), (300, 2)]);
        let new = ring(&[(100, 0), (300, 2)]);
        assert_eq!(new.same_place(Role::Active, &old, 2), Some(1));
        assert_eq!(new.same_place(Role::Active, &old, 1), Some(1), "gone: its successor");
        assert_eq!(ring(&[]).same_place(Role::Active, &old, 1), None);
    }
}
