//! Choosing a server (configuration manual, 4.2 "balance", "hash-type", "hash-balance-factor",
//! "hash-preserve-affinity", "option allbackups").
//!
//! A [`Balancer`] belongs to one backend. What a choice reads (who is usable, at what weight, the hash tables) is a
//! snapshot replaced by [`Balancer::server_changed`]; what a choice writes (turns, positions) is behind one lock held
//! for that choice. So the hash algorithms take no lock, and turns are exact across workers. The same servers, weights
//! and keys choose the same server as HAProxy does.

pub mod hash;
pub mod key;

mod farm;
mod leastconn;
mod map;
mod random;
mod ring;
mod roundrobin;
mod setup;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[rustfmt::skip]
pub(crate) mod vectors;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use arc_swap::ArcSwap;
use base::{ServerId, clock};
use parking_lot::Mutex;

pub use self::hash::{Function, HashType, Method, Modifier};
pub use self::key::{Query, UriKey, UriPart};
pub use self::ring::HashKey;
pub use self::setup::{Affinity, Algorithm, Backups, BalanceSetup, KeySource};

use self::farm::{Farm, Group, Table};
use self::leastconn::LeastConn;
use self::roundrobin::RoundRobin;
use crate::counters::Gauge;
use crate::server::Server;

/// What one choice depends on besides the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pick {
    /// The server that just failed this request: chosen only if there is no other.
    pub avoid: Option<ServerId>,
    /// Requests in the backend's own queue: while there are some, algorithms that go in turns choose nobody, so
    /// that newcomers do not overtake.
    pub queued: u32,
}

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// This one. A hash may choose a saturated one: the request then waits in that server's queue.
    Server(ServerId),
    /// All are saturated: the request waits in the backend's queue.
    Full,
    /// None is usable: 503.
    NoServer,
}

/// The backend's load, from which servers with `minconn` derive their limits.
#[derive(Debug)]
pub struct Load {
    /// Sessions of the backend, queued ones included: the same gauge as the proxy's.
    pub sessions: Arc<Gauge>,
    /// Sessions at which servers use their full `maxconn`.
    pub fullconn: AtomicU32,
}

impl Load {
    /// What `server` takes at once now, 0 for no limit.
    #[must_use]
    pub fn limit(&self, server: &Server) -> u32 {
        server.limit(self.sessions.get(), self.fullconn.load(Relaxed))
    }

    /// Whether a request sent to `server` now would have to wait.
    #[must_use]
    pub fn is_saturated(&self, server: &Server) -> bool {
        let limit = self.limit(server);
        limit != 0 && (server.queued.get() > 0 || server.served.get() >= limit)
    }
}

/// What choices write.
#[derive(Debug)]
struct Turns {
    roundrobin: RoundRobin,
    leastconn: LeastConn,
    /// The next place in the map.
    map_next: usize,
    /// The last place on the ring.
    ring_last: Option<usize>,
    /// The server that `sticky` holds on to.
    sticky: Option<ServerId>,
}

/// Chooses a backend's servers.
#[derive(Debug)]
pub struct Balancer {
    setup: BalanceSetup,
    load: Load,
    /// Slots held on all its servers.
    served: AtomicU32,
    farm: ArcSwap<Farm>,
    turns: Mutex<Turns>,
}

impl Balancer {
    /// A balancer over `servers`, as they are now.
    #[must_use]
    pub fn new(setup: BalanceSetup, load: Load, servers: &[Arc<Server>]) -> Self {
        let farm = Farm::new(&setup, servers);
        let turns = Turns {
            roundrobin: RoundRobin::new(&farm),
            leastconn: LeastConn::new(&farm),
            map_next: 0,
            ring_last: None,
            sticky: farm.first_usable(),
        };
        Balancer {
            setup,
            load,
            served: AtomicU32::new(0),
            farm: ArcSwap::from_pointee(farm),
            turns: Mutex::new(turns),
        }
    }

    /// Chooses a server for a request whose key hashes to `key`: see [`Balancer::key_hash`] and
    /// [`Balancer::source_hash`]. Algorithms other than hashes ignore it; hashes without one go in turns.
    #[must_use]
    pub fn pick(&self, servers: &[Arc<Server>], key: Option<u32>, request: Pick) -> Picked {
        let farm = self.farm.load();
        if farm.totals.weight == 0 {
            return Picked::NoServer;
        }
        let chosen = match (self.setup.algorithm, key) {
            (Algorithm::RoundRobin | Algorithm::StaticRr | Algorithm::First, _)
                if self.must_queue(request) =>
            {
                None
            }
            (Algorithm::RoundRobin, _) => self.pick_roundrobin(servers, request),
            (Algorithm::LeastConn, _) => self.pick_leastconn(servers, request),
            (Algorithm::First, _) => self.pick_first(&farm, servers, request),
            (Algorithm::Random { draws }, _) => self.pick_random(&farm, servers, request, draws),
            (Algorithm::Hash(source), key) if farm.totals.used == 1 && source.is_idle_for_one(key) => {
                self.pick_hash(&farm, servers, request, 0)
            }
            (Algorithm::Hash(_), Some(hash)) => self.pick_hash(&farm, servers, request, hash),
            (Algorithm::StaticRr | Algorithm::Hash(_), _) => self.pick_in_turn(servers, request),
            (Algorithm::Sticky, _) => self.turns.lock().sticky,
        };
        chosen.map_or(Picked::Full, Picked::Server)
    }

    /// The hash of a key by this backend's `hash-type`.
    #[must_use]
    pub fn key_hash(&self, key: &[u8]) -> u32 {
        hash::key_hash(&self.setup.hash_type, key)
    }

    /// The hash of a client's address by this backend's `hash-type`.
    #[must_use]
    pub fn source_hash(&self, source: IpAddr) -> u32 {
        hash::source_hash(&self.setup.hash_type, source)
    }

    /// What it was built with.
    #[must_use]
    pub fn setup(&self) -> &BalanceSetup {
        &self.setup
    }

    /// The backend's load.
    #[must_use]
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// A slot of `server` was taken; [`crate::queue::Queue`] says so.
    pub fn server_taken(&self, server: &Server) {
        self.served.fetch_add(1, Relaxed);
        self.reposition(server);
    }

    /// A slot of `server` was given back; [`crate::queue::Queue`] says so.
    pub fn server_released(&self, server: &Server) {
        self.served.fetch_sub(1, Relaxed);
        self.reposition(server);
    }

    fn reposition(&self, server: &Server) {
        if self.setup.algorithm == Algorithm::LeastConn {
            self.turns.lock().leastconn.reposition(server);
        }
    }

    /// Takes note of servers' new weight, health, administrative state, address or number.
    pub fn server_changed(&self, servers: &[Arc<Server>]) {
        let mut turns = self.turns.lock();
        let before = self.farm.load_full();
        let farm = Farm::new(&self.setup, servers);
        match self.setup.algorithm {
            Algorithm::RoundRobin => turns.roundrobin.update(&before, &farm),
            Algorithm::LeastConn => turns.leastconn.update(&before, &farm, servers),
            Algorithm::Hash(_) => {
                turns.ring_last = turns.ring_last.and_then(|at| farm.same_place(&before, at));
            }
            Algorithm::Sticky => {
                let stays = turns.sticky.filter(|id| farm.may_serve(*id) && farm.is_usable(*id));
                turns.sticky = stays.or_else(|| farm.first_usable());
            }
            Algorithm::StaticRr | Algorithm::First | Algorithm::Random { .. } => {}
        }
        self.farm.store(Arc::new(farm));
    }

    /// Servers that take requests in turn with others: what `nbsrv` returns.
    #[must_use]
    pub fn usable(&self) -> u32 {
        self.farm.load().totals.used
    }

    /// Usable active servers.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.farm.load().totals.active
    }

    /// Usable backup servers.
    #[must_use]
    pub fn backup(&self) -> u32 {
        self.farm.load().totals.backup
    }

    /// The weights of the servers in use, added up, in the configuration's unit.
    #[must_use]
    pub fn total_weight(&self) -> u32 {
        let farm = self.farm.load();
        farm.to_configured(farm.totals.weight)
    }

    /// A server's weight now, `slowstart` considered, in the configuration's unit.
    #[must_use]
    pub fn effective_weight(&self, server: ServerId) -> u32 {
        let farm = self.farm.load();
        farm.members.get(server.index()).map_or(0, |member| farm.to_configured(member.weight))
    }

    /// Whether `server` is one of those that requests without persistence go to now: usable, and active or needed.
    /// Only those serve the backend's own queue.
    #[must_use]
    pub fn is_in_use(&self, server: ServerId) -> bool {
        let farm = self.farm.load();
        farm.is_usable(server) && farm.may_serve(server)
    }

    /// Slots held on all servers.
    #[must_use]
    pub fn served(&self) -> u32 {
        self.served.load(Relaxed)
    }

    /// Whether a queue at the backend proves that all servers are full.
    fn must_queue(&self, request: Pick) -> bool {
        request.queued > 0 && self.served() > 0 && request.queued != self.load.sessions.get()
    }

    fn has_room(&self, servers: &[Arc<Server>], id: ServerId) -> bool {
        servers.get(id.index()).is_some_and(|server| !self.load.is_saturated(server))
    }

    fn pick_roundrobin(&self, servers: &[Arc<Server>], request: Pick) -> Option<ServerId> {
        let mut turns = self.turns.lock();
        let farm = self.farm.load();
        match farm.group() {
            Group::One(id) => Some(id),
            Group::Role(role) => {
                turns.roundrobin.next(&farm, role, request.avoid, |id| self.has_room(servers, id))
            }
        }
    }

    fn pick_leastconn(&self, servers: &[Arc<Server>], request: Pick) -> Option<ServerId> {
        let turns = self.turns.lock();
        let farm = self.farm.load();
        match farm.group() {
            Group::One(id) => Some(id),
            Group::Role(role) => {
                turns.leastconn.next(&farm, role, request.avoid, |id| self.has_queue_room(servers, id))
            }
        }
    }

    /// Whether a request could at least wait at the server within its `maxqueue`.
    fn has_queue_room(&self, servers: &[Arc<Server>], id: ServerId) -> bool {
        let Some(server) = servers.get(id.index()) else { return false };
        let limit = self.load.limit(server);
        limit == 0 || server.served.get() + server.queued.get() < limit.saturating_add(server.maxqueue)
    }

    fn pick_first(&self, farm: &Farm, servers: &[Arc<Server>], request: Pick) -> Option<ServerId> {
        let role = match farm.group() {
            Group::One(id) => return Some(id),
            Group::Role(role) => role,
        };
        let mut avoided = None;
        for id in farm.by_puid.iter().copied().filter(|id| farm.is_usable(*id) && farm.has_role(*id, role)) {
            if self.has_room(servers, id) {
                if request.avoid != Some(id) {
                    return Some(id);
                }
                avoided = Some(id);
            }
        }
        avoided
    }

    fn pick_random(
        &self,
        farm: &Farm,
        servers: &[Arc<Server>],
        request: Pick,
        draws: u32,
    ) -> Option<ServerId> {
        let mut best: Option<ServerId> = None;
        for _ in 0..draws.max(1) {
            let drawn = self.pick_hash(farm, servers, request, random::next())?;
            best = Some(match best {
                Some(best) if best != drawn => random::less_loaded(farm, servers, best, drawn, clock::now())?,
                _ => drawn,
            });
        }
        best.filter(|id| self.has_room(servers, *id))
    }

    fn pick_hash(&self, farm: &Farm, servers: &[Arc<Server>], request: Pick, hash: u32) -> Option<ServerId> {
        match (&farm.table, farm.group()) {
            (Table::None, _) => None,
            (Table::Map(map), _) => map.at(hash),
            (Table::Ring(_), Group::One(id)) => Some(id),
            (Table::Ring(ring), Group::Role(role)) => {
                ring.at(role, hash, |id| request.avoid != Some(id) && self.takes_hash(farm, servers, id))
            }
        }
    }

    /// Whether bounded loads and `hash-preserve-affinity` let a key's request go to this server.
    fn takes_hash(&self, farm: &Farm, servers: &[Arc<Server>], id: ServerId) -> bool {
        let Some(server) = servers.get(id.index()) else { return false };
        let served = server.served.get();
        let factor = self.setup.hash_balance_factor;
        if factor != 0 && served >= farm.bounded_load(id, self.served().saturating_add(1), factor) {
            return false;
        }
        let limit = match self.setup.affinity {
            Affinity::Always => 0,
            Affinity::Maxconn | Affinity::Maxqueue => self.load.limit(server),
        };
        match self.setup.affinity {
            Affinity::Maxconn if limit != 0 => served < limit,
            Affinity::Maxqueue if limit != 0 && server.maxqueue != 0 => {
                served.saturating_add(server.queued.get()) < limit.saturating_add(server.maxqueue)
            }
            Affinity::Always | Affinity::Maxconn | Affinity::Maxqueue => true,
        }
    }

    /// In turns over the map or the ring: `static-rr`, and hashes without a key.
    fn pick_in_turn(&self, servers: &[Arc<Server>], request: Pick) -> Option<ServerId> {
        let mut turns = self.turns.lock();
        let farm = self.farm.load();
        let has_room = |id| self.has_room(servers, id);
        match (&farm.table, farm.group()) {
            (Table::None, _) => None,
            (Table::Map(map), _) => map.next(&mut turns.map_next, request.avoid, has_room),
            (Table::Ring(_), Group::One(id)) => Some(id),
            (Table::Ring(ring), Group::Role(role)) => {
                ring.next(role, &mut turns.ring_last, request.avoid, has_room)
            }
        }
    }
}
