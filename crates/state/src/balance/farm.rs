//! Who of a backend is usable, at what weight, and the tables made from that: one immutable snapshot.

use std::sync::Arc;

use base::ServerId;

use super::map::Map;
use super::ring::Ring;
use super::{Algorithm, Backups, BalanceSetup, Method};
use crate::server::{Role, Server, WARMUP_STEPS};

/// One server as the balancer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// Whether it takes requests.
    pub(super) is_usable: bool,
    /// In the farm or in reserve.
    pub(super) role: Role,
    /// Its weight in the algorithm's own unit.
    pub(super) weight: u32,
    /// The weights of the usable servers of its role before it.
    pub(super) weight_before: u32,
}

/// Sums over the usable servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    /// Active ones.
    pub(super) active: u32,
    /// Backup ones.
    pub(super) backup: u32,
    /// Their weights.
    pub(super) weight_active: u32,
    /// Their weights.
    pub(super) weight_backup: u32,
    /// The weights of those in use.
    pub(super) weight: u32,
    /// How many are in use.
    pub(super) used: u32,
}

/// Who is in use now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// All usable ones of a role.
    Role(Role),
    /// The first backup alone: even when it is saturated.
    One(ServerId),
}

/// What hashes, `random` and `static-rr` look servers up in.
#[derive(Debug)]
pub(super) enum Table {
    /// Nothing.
    None,
    /// An array.
    Map(Map),
    /// A ring of points.
    Ring(Ring),
}

/// The snapshot.
#[derive(Debug)]
pub(super) struct Farm {
    /// All servers, by id.
    pub(super) members: Vec<Member>,
    /// Sums.
    pub(super) totals: Totals,
    /// The only backup server that works when no active one does, without `option allbackups`.
    pub(super) first_backup: Option<ServerId>,
    /// All servers in the order of their numeric ids, for `first` alone.
    pub(super) by_puid: Vec<ServerId>,
    /// For hashes.
    pub(super) table: Table,
    unit: Unit,
}

/// The algorithm's unit of weight: its own is `configured * scale / divisor`, rounded up.
#[derive(Debug, Clone, Copy)]
struct Unit {
    scale: Scale,
    divisor: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Sixteenths, of which `slowstart` leaves some out.
    Sixteenths,
    /// Whole weights; `slowstart` has no effect.
    Whole,
    /// All servers weigh the same.
    Equal,
}

impl Unit {
    fn new(setup: &BalanceSetup, servers: &[Arc<Server>]) -> Self {
        let scale = match (setup.algorithm, setup.hash_type.method) {
            (Algorithm::StaticRr, _) | (Algorithm::Hash(_), Method::MapBased) => Scale::Whole,
            (Algorithm::Sticky, _) => Scale::Equal,
            (Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::First, _)
            | (Algorithm::Random { .. }, _)
            | (Algorithm::Hash(_), Method::Consistent) => Scale::Sixteenths,
        };
        let divisor = match scale {
            Scale::Whole => {
                servers.iter().fold(0, |divisor, server| gcd(divisor, server.initial_weight)).max(1)
            }
            Scale::Sixteenths | Scale::Equal => 1,
        };
        Unit { scale, divisor }
    }

    fn weight_of(self, server: &Server) -> u32 {
        match self.scale {
            Scale::Sixteenths => server.weight() * server.warmup().step,
            Scale::Whole => server.weight().div_ceil(self.divisor),
            Scale::Equal => 1,
        }
    }

    fn to_configured(self, weight: u32) -> u32 {
        match self.scale {
            Scale::Sixteenths => weight.div_ceil(WARMUP_STEPS),
            Scale::Whole => weight.saturating_mul(self.divisor),
            Scale::Equal => weight,
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Farm {
    pub(super) fn new(setup: &BalanceSetup, servers: &[Arc<Server>]) -> Self {
        let unit = Unit::new(setup, servers);
        let mut farm = Farm {
            members: Vec::with_capacity(servers.len()),
            totals: Totals::default(),
            first_backup: None,
            by_puid: Vec::new(),
            table: Table::None,
            unit,
        };
        for (index, server) in servers.iter().enumerate() {
            let weight = unit.weight_of(server);
            farm.add(setup, ServerId::from_index(index), server, weight);
        }
        farm.sum_up();
        farm.table = match (setup.algorithm, setup.hash_type.method) {
            (Algorithm::StaticRr, _) | (Algorithm::Hash(_), Method::MapBased) => Table::Map(Map::new(&farm)),
            (Algorithm::Random { .. }, _) | (Algorithm::Hash(_), Method::Consistent) => {
                Table::Ring(Ring::new(&farm, servers, &setup.hash_keys))
            }
            (Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::First | Algorithm::Sticky, _) => {
                Table::None
            }
        };
        if setup.algorithm == Algorithm::First {
            farm.by_puid = (0..servers.len()).map(ServerId::from_index).collect();
            farm.by_puid.sort_by_key(|id| servers[id.index()].puid);
        }
        farm
    }

    fn add(&mut self, setup: &BalanceSetup, id: ServerId, server: &Server, weight: u32) {
        let is_usable = weight > 0 && server.is_usable();
        let totals = &mut self.totals;
        let (count, sum) = match server.role {
            Role::Active => (&mut totals.active, &mut totals.weight_active),
            Role::Backup => (&mut totals.backup, &mut totals.weight_backup),
        };
        self.members.push(Member { is_usable, role: server.role, weight, weight_before: *sum });
        if is_usable {
            *count += 1;
            *sum = sum.saturating_add(weight);
            if server.role == Role::Backup && setup.backups == Backups::First && self.first_backup.is_none() {
                self.first_backup = Some(id);
            }
        }
    }

    fn sum_up(&mut self) {
        let totals = &mut self.totals;
        (totals.weight, totals.used) = match self.first_backup {
            _ if totals.active > 0 => (totals.weight_active, totals.active),
            Some(id) => (self.members[id.index()].weight, 1),
            None => (totals.weight_backup, totals.backup),
        };
    }

    /// Who is in use.
    pub(super) fn group(&self) -> Group {
        match self.first_backup {
            _ if self.totals.active > 0 => Group::Role(Role::Active),
            Some(id) => Group::One(id),
            None => Group::Role(Role::Backup),
        }
    }

    pub(super) fn is_usable(&self, id: ServerId) -> bool {
        self.members.get(id.index()).is_some_and(|member| member.is_usable)
    }

    pub(super) fn has_role(&self, id: ServerId, role: Role) -> bool {
        self.members.get(id.index()).is_some_and(|member| member.role == role)
    }

    /// Whether it belongs to those in use, provided that it is usable.
    pub(super) fn may_serve(&self, id: ServerId) -> bool {
        match self.group() {
            Group::One(only) => only == id,
            Group::Role(role) => self.has_role(id, role),
        }
    }

    /// The first of those in use.
    pub(super) fn first_usable(&self) -> Option<ServerId> {
        (0..self.members.len())
            .map(ServerId::from_index)
            .find(|id| self.is_usable(*id) && self.may_serve(*id))
    }

    pub(super) fn to_configured(&self, weight: u32) -> u32 {
        self.unit.to_configured(weight)
    }

    /// Where the ring place `at` of `before` is now; its successor if it is gone.
    pub(super) fn same_place(&self, before: &Farm, at: usize) -> Option<usize> {
        match (&self.table, &before.table, self.group(), before.group()) {
            (Table::Ring(ring), Table::Ring(old), Group::Role(role), Group::Role(was)) if role == was => {
                ring.same_place(role, old, at)
            }
            (Table::None | Table::Map(_) | Table::Ring(_), _, _, _) => None,
        }
    }

    /// The requests that a server may have under `hash-balance-factor` when the backend has `requests` in all:
    /// its share by weight of `requests * factor / 100`, rounded up, at least 1.
    pub(super) fn bounded_load(&self, id: ServerId, requests: u32, factor: u32) -> u32 {
        let member = &self.members[id.index()];
        let total = u64::from(self.totals.weight.max(1));
        let slots = (u64::from(requests) * u64::from(factor)).div_ceil(100);
        let (each, rest) = (slots / total, slots % total);
        let (before, weight) = (u64::from(member.weight_before), u64::from(member.weight));
        // What does not divide is handed out in the order of the servers.
        let share = (before + weight) * rest / total - before * rest / total;
        u32::try_from(weight * each + share).unwrap_or(u32::MAX).max(1)
    }
}
