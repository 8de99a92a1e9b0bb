//! `balance leastconn`: the server with the fewest requests for its weight; equal ones in turn.
//!
//! The order is `(requests + 1) / weight`: who would be least loaded with one more. A server without a request comes
//! before all others whatever its weight. Queued requests count. Among equals the one that has stood at its place
//! longest is next, and a server gets a new place whenever its order changes: idle servers are used in turn.

use std::sync::Arc;

use base::ServerId;

use super::farm::Farm;
use crate::server::{Role, Server};

/// The highest weight: 256 in sixteenths.
const WEIGHT_MAX: u64 = 256 * 16;

/// A server's place: its load for its weight, and when it got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    load: u64,
    since: u64,
}

/// The places of a backend's servers, by id.
#[derive(Debug)]
pub(super) struct LeastConn {
    places: Vec<(Place, u32)>,
    moves: u64,
}

impl LeastConn {
    pub(super) fn new(farm: &Farm) -> Self {
        let mut all = LeastConn { places: Vec::new(), moves: 0 };
        for member in &farm.members {
            all.moves += 1;
            all.places.push((Place { load: 0, since: all.moves }, member.weight));
        }
        all
    }

    /// Follows what changed between two snapshots: who comes or changes goes to the end of its equals.
    pub(super) fn update(&mut self, before: &Farm, farm: &Farm, servers: &[Arc<Server>]) {
        self.places.truncate(farm.members.len());
        for (index, member) in farm.members.iter().enumerate() {
            if before
                .members
                .get(index)
                .is_some_and(|was| (was.is_usable, was.weight) == (member.is_usable, member.weight))
            {
                continue;
            }
            self.moves += 1;
            let place = Place { load: load(&servers[index], member.weight), since: self.moves };
            match self.places.get_mut(index) {
                Some(at) => *at = (place, member.weight),
                None => self.places.push((place, member.weight)),
            }
        }
    }

    /// A request came to or left `server`.
    pub(super) fn reposition(&mut self, server: &Server) {
        if let Some((place, weight)) = self.places.get_mut(server.id.index()) {
            let load = load(server, *weight);
            if load != place.load {
                self.moves += 1;
                *place = Place { load, since: self.moves };
            }
        }
    }

    /// The least loaded server of `role` that has room; `avoid` only if there is no other.
    pub(super) fn next(
        &self,
        farm: &Farm,
        role: Role,
        avoid: Option<ServerId>,
        has_room: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let with_room = self
            .places
            .iter()
            .zip(&farm.members)
            .enumerate()
            .filter(|(_, (_, member))| member.is_usable && member.role == role)
            .map(|(index, ((place, _), _))| (ServerId::from_index(index), *place))
            .filter(|(id, _)| has_room(*id));
        with_room.min_by_key(|(id, place)| (avoid == Some(*id), *place)).map(|(id, _)| id)
    }
}

fn load(server: &Server, weight: u32) -> u64 {
    match u64::from(server.served.get()) + u64::from(server.queued.get()) {
        0 => 0,
        requests => (requests + 1) * WEIGHT_MAX / u64::from(weight.max(1)),
    }
}
