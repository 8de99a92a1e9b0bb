//! A server: where it is, whether it takes traffic, how much of it, and what it did so far.
//!
//! What an operator or a check changes at run time is atomic; everything else is fixed when the runtime is built.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use base::{ProxyId, ServerId, clock};
use net::Endpoint;

use crate::balance::HashKey;
use crate::check::CheckState;
use crate::counters::{Gauge, PerWorker, ServerCounters};
use crate::label::Label;
use crate::uptime::Uptime;

/// Whether a server is used in turn with the others or only when none of them is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// In the farm.
    Active,
    /// Only when no active server is usable.
    Backup,
}

/// What checks (or their absence) say of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Health {
    /// Down.
    Down = 0,
    /// Coming up again under `slowstart`.
    Starting = 1,
    /// Up.
    Up = 2,
    /// Answering, but asking for no new sessions (a 404 under `disable-on-404`).
    Stopping = 3,
}

/// Maintenance by the configuration or an operator (`disabled`, `disable server`).
pub const ADMIN_MAINT: u8 = 1;
/// No new sessions but persistent ones (`set server ... state drain`).
pub const ADMIN_DRAIN: u8 = 2;
/// Maintenance because its name does not resolve.
pub const ADMIN_UNRESOLVED: u8 = 4;
/// Maintenance because the server that it tracks is in maintenance.
pub const ADMIN_MAINT_INHERITED: u8 = 8;
/// Draining because the server that it tracks is.
pub const ADMIN_DRAIN_INHERITED: u8 = 16;
/// In maintenance, for whatever reason.
pub const ADMIN_OUT: u8 = ADMIN_MAINT | ADMIN_UNRESOLVED | ADMIN_MAINT_INHERITED;
/// Draining, for whatever reason.
pub const ADMIN_DRAINING: u8 = ADMIN_DRAIN | ADMIN_DRAIN_INHERITED;
/// It is gone (`del server`): nothing ends that.
const ADMIN_REMOVED: u8 = 128;

/// Steps from no weight to the full one that a server under `slowstart` takes.
pub const WARMUP_STEPS: u32 = 16;

/// How far a server is in its `slowstart`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warmup {
    /// Its weight in steps of a sixteenth, 1 to [`WARMUP_STEPS`].
    pub step: u32,
    /// Its connection limit in per cent of the full one, 0 to 100.
    pub percent: u32,
}

impl Warmup {
    /// Over, or never begun.
    pub const DONE: Warmup = Warmup { step: WARMUP_STEPS, percent: 100 };

    /// Where a server is `elapsed_s` seconds after it came up with `slowstart_s`.
    #[must_use]
    pub fn at(elapsed_s: u32, slowstart_s: u32) -> Warmup {
        if elapsed_s >= slowstart_s {
            return Warmup::DONE;
        }
        let share = |of: u32| u64::from(of) * u64::from(elapsed_s) / u64::from(slowstart_s);
        let small = |n: u64| u32::try_from(n).unwrap_or(WARMUP_STEPS);
        Warmup { step: small(share(WARMUP_STEPS)) + 1, percent: small(share(100)) }
    }

    fn pack(self) -> u32 {
        self.step << 8 | self.percent
    }

    fn unpack(packed: u32) -> Self {
        Warmup { step: packed >> 8, percent: packed & 0xff }
    }
}

/// What is fixed about a server when it is built.
#[derive(Debug, Clone)]
pub struct ServerSetup {
    /// Its place among its proxy's servers.
    pub id: ServerId,
    /// Its numeric id (`id N`, else counted from 1).
    pub puid: u32,
    /// Its name.
    pub name: Box<str>,
    /// The proxy it belongs to.
    pub proxy: ProxyId,
    /// Where connections go.
    pub endpoint: Endpoint,
    /// The value of the persistence cookie that means this server.
    pub cookie: Option<Box<[u8]>>,
    /// Weight, 0 to 256.
    pub weight: u32,
    /// In the farm or in reserve.
    pub role: Role,
    /// Concurrent sessions, 0 for no limit.
    pub maxconn: u32,
    /// Dynamic lower limit under `fullconn`, 0 for none.
    pub minconn: u32,
    /// Queued requests, 0 for no limit.
    pub maxqueue: u32,
    /// Initial `ADMIN_*` flags.
    pub admin: u8,
}

impl ServerSetup {
    /// A server of weight 1 without limits, whose persistent id is 1.
    #[must_use]
    pub fn plain(proxy: ProxyId, id: ServerId, name: &str, endpoint: Endpoint) -> ServerSetup {
        ServerSetup {
            id,
            puid: 1,
            name: name.into(),
            proxy,
            endpoint,
            cookie: None,
            weight: 1,
            role: Role::Active,
            maxconn: 0,
            minconn: 0,
            maxqueue: 0,
            admin: 0,
        }
    }
}

/// One server of a backend.
#[derive(Debug)]
pub struct Server {
    /// Its place among its proxy's servers.
    pub id: ServerId,
    /// Its numeric id.
    pub puid: u32,
    /// Its name; who changes it holds the proxy's lock for changes.
    pub name: Label,
    /// The proxy it belongs to.
    pub proxy: ProxyId,
    cookie: ArcSwapOption<Box<[u8]>>,
    /// In the farm or in reserve.
    pub role: Role,
    /// The weight it was configured with.
    pub initial_weight: u32,
    /// Dynamic lower limit under `fullconn`, 0 for none.
    pub minconn: u32,
    /// Queued requests, 0 for no limit.
    pub maxqueue: u32,
    /// Sessions now.
    pub sessions: Gauge,
    /// Slots held now: requests assigned to it that are not done, those that only wait for it not counted. What
    /// `maxconn` limits and `leastconn` compares.
    pub served: Gauge,
    /// Requests waiting for this very server.
    pub queued: Gauge,
    /// Idle connections kept to it by all workers.
    pub idle: Gauge,
    /// Its counters.
    pub counters: PerWorker<ServerCounters>,
    endpoint: ArcSwap<Endpoint>,
    weight: AtomicU32,
    maxconn: AtomicU32,
    admin: AtomicU8,
    health: AtomicU8,
    warmup: AtomicU32,
    /// Counts every change of health or administration, so that holders of cached facts notice.
    pub generation: AtomicU64,
    /// What checks found out.
    pub check: CheckState,
    /// What its agent said.
    pub agent: CheckState,
    /// Errors of traffic in a row, under `observe`.
    pub observed_errors: AtomicU32,
    /// How often they were too many (`hanafail`).
    pub observed_failures: AtomicU64,
    /// What its place in a consistent hash comes from, where it came after the start.
    pub hash_key: OnceLock<HashKey>,
    /// Since when it has been up or down.
    pub uptime: Uptime,
}

impl Server {
    /// A server as configured: up until a check says otherwise, unless its setup disables it. A `minconn` above
    /// `maxconn` raises it; without a `minconn` below it the limit is static.
    #[must_use]
    pub fn new(setup: ServerSetup, workers: usize) -> Self {
        let maxconn = setup.maxconn.max(setup.minconn);
        Server {
            id: setup.id,
            puid: setup.puid,
            name: Label::new(setup.name),
            proxy: setup.proxy,
            cookie: ArcSwapOption::from(setup.cookie.map(Arc::new)),
            role: setup.role,
            initial_weight: setup.weight,
            minconn: if setup.minconn < maxconn { setup.minconn } else { 0 },
            maxqueue: setup.maxqueue,
            sessions: Gauge::default(),
            served: Gauge::default(),
            queued: Gauge::default(),
            idle: Gauge::default(),
            counters: PerWorker::new(workers),
            endpoint: ArcSwap::from_pointee(setup.endpoint),
            weight: AtomicU32::new(setup.weight),
            maxconn: AtomicU32::new(maxconn),
            admin: AtomicU8::new(setup.admin),
            health: AtomicU8::new(Health::Up as u8),
            warmup: AtomicU32::new(Warmup::DONE.pack()),
            generation: AtomicU64::new(0),
            check: CheckState::default(),
            agent: CheckState::default(),
            observed_errors: AtomicU32::new(0),
            observed_failures: AtomicU64::new(0),
            hash_key: OnceLock::new(),
            uptime: Uptime::new(clock::now()),
        }
    }

    /// Where connections go now.
    #[must_use]
    pub fn endpoint(&self) -> Arc<Endpoint> {
        self.endpoint.load_full()
    }

    /// Sends new connections elsewhere from now on.
    pub fn set_endpoint(&self, endpoint: Endpoint) {
        self.endpoint.store(Arc::new(endpoint));
        self.generation.fetch_add(1, Relaxed);
    }

    /// The value of the persistence cookie that means this server.
    #[must_use]
    pub fn cookie(&self) -> Option<Arc<Box<[u8]>>> {
        self.cookie.load_full()
    }

    /// Changes the cookie that means this server.
    pub fn set_cookie(&self, cookie: Option<Box<[u8]>>) {
        self.cookie.store(cookie.map(Arc::new));
    }

    /// Weight now, 0 to 256.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.weight.load(Relaxed)
    }

    /// Changes the weight; the caller tells the balancer.
    pub fn set_weight(&self, weight: u32) {
        self.weight.store(weight.min(256), Relaxed);
        self.generation.fetch_add(1, Relaxed);
    }

    /// Concurrent sessions allowed, 0 for no limit.
    #[must_use]
    pub fn maxconn(&self) -> u32 {
        self.maxconn.load(Relaxed)
    }

    /// Changes the limit of concurrent sessions.
    pub fn set_maxconn(&self, maxconn: u32) {
        self.maxconn.store(maxconn, Relaxed);
    }

    /// The `ADMIN_*` flags.
    #[must_use]
    pub fn admin(&self) -> u8 {
        self.admin.load(Relaxed)
    }

    /// Sets and clears `ADMIN_*` flags; the caller tells the balancer.
    pub fn change_admin(&self, set: u8, clear: u8) {
        let _ = self.admin.fetch_update(Relaxed, Relaxed, |have| Some((have | set) & !clear));
        self.generation.fetch_add(1, Relaxed);
    }

    /// Whether it was taken off its proxy's list.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.admin() & ADMIN_REMOVED != 0
    }

    /// Notes that it is gone; it stays in maintenance.
    pub(crate) fn mark_removed(&self) {
        self.change_admin(ADMIN_REMOVED | ADMIN_MAINT, 0);
    }

    /// What checks say.
    #[must_use]
    pub fn health(&self) -> Health {
        match self.health.load(Relaxed) {
            0 => Health::Down,
            1 => Health::Starting,
            3 => Health::Stopping,
            _ => Health::Up,
        }
    }

    /// Records what a check found; the caller tells the balancer.
    pub fn set_health(&self, health: Health) {
        self.health.store(health as u8, Relaxed);
        self.generation.fetch_add(1, Relaxed);
    }

    /// How far `slowstart` has got.
    #[must_use]
    pub fn warmup(&self) -> Warmup {
        Warmup::unpack(self.warmup.load(Relaxed))
    }

    /// Records how far `slowstart` has got; the caller tells the balancer, and the queue when the limit rose.
    pub fn set_warmup(&self, warmup: Warmup) {
        self.warmup.store(warmup.pack(), Relaxed);
    }

    /// The sessions it takes at once now, 0 for no limit: between `minconn` and `maxconn` in the proportion of the
    /// backend's `sessions` to its `fullconn`, less while it warms up.
    #[must_use]
    pub fn limit(&self, sessions: u32, fullconn: u32) -> u32 {
        let maxconn = self.maxconn();
        if maxconn == 0 {
            return 0;
        }
        let limit = if self.minconn == 0 || sessions >= fullconn {
            maxconn
        } else {
            let share = u64::from(sessions) * u64::from(maxconn) / u64::from(fullconn);
            self.minconn.max(u32::try_from(share).unwrap_or(maxconn))
        };
        match self.warmup().percent {
            100 => limit,
            percent => u32::try_from(u64::from(limit) * u64::from(percent) / 100).unwrap_or(limit).max(1),
        }
    }

    /// Whether it runs: not down and not in maintenance. Persistent sessions may still go to it.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.admin() & ADMIN_OUT == 0 && self.health() != Health::Down
    }

    /// Whether it takes requests that are not bound to it: running, not draining, not stopping. Those that waited
    /// for one that does not are sent elsewhere.
    #[must_use]
    pub fn takes_new(&self) -> bool {
        self.is_running() && self.admin() & ADMIN_DRAINING == 0 && self.health() != Health::Stopping
    }

    /// Whether balancing may choose it: it takes requests and has a weight.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.takes_new() && self.weight() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(minconn: u32, maxconn: u32) -> Server {
        let setup = ServerSetup {
            id: ServerId(0),
            puid: 1,
            name: "s".into(),
            proxy: ProxyId(0),
            endpoint: Endpoint::Unix(b"/run/s".to_vec()),
            cookie: None,
            weight: 1,
            role: Role::Active,
            maxconn,
            minconn,
            maxqueue: 0,
            admin: 0,
        };
        Server::new(setup, 1)
    }

    #[test]
    fn the_limit_grows_with_the_load() {
        let dynamic = server(10, 50);
        assert_eq!(dynamic.limit(0, 100), 10);
        assert_eq!(dynamic.limit(60, 100), 30);
        assert_eq!(dynamic.limit(100, 100), 50);
        assert_eq!(server(0, 50).limit(0, 100), 50);
        assert_eq!(server(20, 5).limit(0, 100), 20, "minconn raises maxconn");
        assert_eq!(server(0, 0).limit(1000, 1), 0);
    }

    #[test]
    fn slowstart_lowers_weight_and_limit() {
        assert_eq!(Warmup::at(0, 20), Warmup { step: 1, percent: 0 });
        assert_eq!(Warmup::at(10, 20), Warmup { step: 9, percent: 50 });
        assert_eq!(Warmup::at(20, 20), Warmup::DONE);
        let warming = server(0, 50);
        warming.set_warmup(Warmup::at(10, 20));
        assert_eq!(warming.limit(0, 1), 25);
        warming.set_warmup(Warmup::at(0, 20));
        assert_eq!(warming.limit(0, 1), 1);
    }
}
