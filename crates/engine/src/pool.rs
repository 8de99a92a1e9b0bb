//! Idle server connections, kept by each worker: last in, first out, tested without a system call.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::clock::{self, Millis};
use net::PortLease;
use smallvec::SmallVec;
use state::Server;
use tls::Transport;
use tls::facts::Facts;

use crate::identity::Identity;
use crate::server_conn::Made;
use crate::shared::ServerRun;
use crate::worker::Worker;

/// A server connection between two requests.
pub(crate) struct Idle {
    conn: Option<Transport>,
    /// What is known of its TLS.
    pub(crate) tls: Option<Arc<Facts>>,
    pub(crate) server: Arc<Server>,
    /// When its last response ended.
    pub(crate) since: Millis,
    /// Requests it has carried.
    pub(crate) uses: u32,
    /// What a request must want to use it; `None` also while a pool keeps it under its identity.
    identity: Option<Box<Identity>>,
    /// Its port out of a range; dropped after `conn`.
    pub(crate) lease: Option<PortLease>,
    /// Whether its client has shown on it who it is.
    pub(crate) is_private: bool,
}

impl Idle {
    /// A connection whose last response ended now.
    pub(crate) fn new(
        conn: Transport,
        tls: Option<Arc<Facts>>,
        server: Arc<Server>,
        uses: u32,
        made: Made,
    ) -> Self {
        server.idle.enter();
        let Made { identity, lease, is_private } = made;
        Idle { conn: Some(conn), tls, server, since: clock::now(), uses, identity, lease, is_private }
    }

    /// Whether it is a connection to `server` of the kind that is wanted.
    pub(crate) fn is_the_one(&self, server: &Arc<Server>, wanted: &Wanted<'_>) -> bool {
        Arc::ptr_eq(&self.server, server) && self.identity.as_deref() == wanted.identity && self.fits(wanted)
    }

    /// Whether it is of the kind that is wanted, its identity aside.
    fn fits(&self, wanted: &Wanted<'_>) -> bool {
        (wanted.choice == Choice::Any || self.uses > 1) && (wanted.is_named || self.is_for(wanted.sni))
    }

    /// Whether the server has neither closed it nor said anything; no system call unless it did.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.conn.as_mut().is_some_and(Transport::is_alive_idle)
    }

    /// Whether it was made under this server name.
    pub(crate) fn is_for(&self, sni: Option<&str>) -> bool {
        self.tls.as_ref().and_then(|tls| tls.sni.as_deref()) == sni
    }

    /// The connection, idle no longer.
    pub(crate) fn into_conn(mut self) -> Transport {
        self.conn.take().expect("taken once, by value")
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.server.idle.leave();
    }
}

/// Which idle connections a request may take (`http-reuse`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Any.
    Any,
    /// Only those that have carried more than one request, so that the server is known to keep them.
    Proven,
}

/// Which idle connection a request can use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'w> {
    /// How far it must have been tried.
    pub(crate) choice: Choice,
    /// The server name of TLS that it must have been made under.
    pub(crate) sni: Option<&'w str>,
    /// Whether the identity says what is alike, in place of that name (`pool-conn-name`).
    pub(crate) is_named: bool,
    /// What it must have been made for.
    pub(crate) identity: Option<&'w Identity>,
}

/// The idle connections to one server, the oldest first.
#[derive(Default)]
struct Pool {
    /// Those that are alike.
    alike: Vec<Idle>,
    /// The others, by what they were made for. Whoever the clients are may be up to them, so that the hashes are not.
    /// A place stays for a while after its connection was taken: it is likely to come back.
    others: HashMap<Box<Identity>, SmallVec<[Idle; 1]>>,
    /// How many connections `others` holds.
    others_count: usize,
}

impl Pool {
    fn take(&mut self, wanted: &Wanted<'_>) -> Option<Idle> {
        let Some(identity) = wanted.identity else { return take_last(&mut self.alike, wanted) };
        let kept = self.others.get_mut(identity)?;
        let before = kept.len();
        let found = take_last(kept, wanted);
        self.others_count -= before - kept.len();
        found
    }

    fn give(&mut self, mut idle: Idle) {
        let Some(identity) = idle.identity.take() else { return self.alike.push(idle) };
        self.others_count += 1;
        match self.others.entry(identity) {
            Entry::Occupied(mut kept) => kept.get_mut().push(idle),
            Entry::Vacant(place) => {
                place.insert(SmallVec::new()).push(idle);
            }
        }
    }

    /// Closes those that have been idle since before `now` less `idle_ms`, at most half of them.
    fn purge_older(&mut self, idle_ms: u64, now: Millis) {
        let is_old = |idle: &Idle| now.since(idle.since) >= idle_ms;
        let count = self.alike.iter().take_while(|idle| is_old(idle)).count();
        self.alike.drain(..count.min(self.alike.len().div_ceil(2)));
        let mut left = self.others_count.div_ceil(2);
        let count = &mut self.others_count;
        self.others.retain(|_, kept| {
            let old = kept.iter().take_while(|idle| is_old(idle)).count().min(left);
            left -= old;
            *count -= old;
            kept.drain(..old);
            !kept.is_empty()
        });
    }

    fn is_empty(&self) -> bool {
        self.alike.is_empty() && self.others_count == 0
    }

    fn clear(&mut self) {
        self.alike.clear();
        self.others.clear();
        self.others_count = 0;
    }
}

/// Whether one more idle connection is worth keeping: as long as no more are open than were in use at once lately, or than
/// there are clients who may come back. (Clients that ask once each may not use what others left, under `http-reuse safe`;
/// without a bound every one of them would leave a connection behind.)
fn is_needed(server: &ServerRun, clients: u32) -> bool {
    let used = server.state.sessions.get();
    // Looked at with each request, and seldom changed: writing it would take it away from the other workers.
    let mut needed = server.needed.load(Relaxed);
    if used > needed {
        needed = server.needed.fetch_max(used, Relaxed).max(used);
    }
    used.saturating_add(server.state.idle.get()) <= needed.max(clients).saturating_add(server.idle_low)
}

/// The last of those that fit and live; what is found dead on the way is closed.
fn take_last(kept: &mut impl Stack, wanted: &Wanted<'_>) -> Option<Idle> {
    while let Some(at) = kept.as_slice().iter().rposition(|idle| idle.fits(wanted)) {
        let mut idle = kept.take_at(at);
        if idle.is_alive() {
            return Some(idle);
        }
    }
    None
}

/// What idle connections are kept in.
trait Stack {
    fn as_slice(&self) -> &[Idle];
    fn take_at(&mut self, at: usize) -> Idle;
}

impl Stack for Vec<Idle> {
    fn as_slice(&self) -> &[Idle] {
        self
    }

    fn take_at(&mut self, at: usize) -> Idle {
        self.remove(at)
    }
}

impl Stack for SmallVec<[Idle; 1]> {
    fn as_slice(&self) -> &[Idle] {
        self
    }

    fn take_at(&mut self, at: usize) -> Idle {
        self.remove(at)
    }
}

/// One worker's idle connections, by the server's pool index.
pub(crate) struct Pools {
    pools: RefCell<Vec<Pool>>,
    /// Counts "sessions of this server end" messages, by pool; sessions compare with what they began with.
    shutdowns: Vec<Cell<u32>>,
    pub(crate) shutdown: tokio::sync::Notify,
}

impl Pools {
    pub(crate) fn new(servers: usize) -> Self {
        Pools {
            pools: RefCell::new((0..servers).map(|_| Pool::default()).collect()),
            shutdowns: (0..servers).map(|_| Cell::new(0)).collect(),
            shutdown: tokio::sync::Notify::new(),
        }
    }

    /// An idle connection that is still alive.
    pub(crate) fn take(&self, server: &ServerRun, wanted: &Wanted<'_>) -> Option<Idle> {
        self.pools.borrow_mut()[server.pool].take(wanted)
    }

    /// Keeps a connection whose response is over. It is closed instead where the server's limit is reached, or
    /// where those who could use it are too few (`clients` are connected to the frontend); of those that are alike
    /// another one is.
    pub(crate) fn give(
        &self,
        server: &ServerRun,
        conn: Transport,
        tls: Option<Arc<Facts>>,
        uses: u32,
        made: Made,
        clients: u32,
    ) {
        if server.state.idle.get() >= server.idle_max || !server.state.is_running() {
            return;
        }
        let pool = &mut self.pools.borrow_mut()[server.pool];
        if !pool.is_empty() && !is_needed(server, clients) {
            // Of those that are alike this one lives for sure, and its client may come back: another goes in its place.
            let replaced = if made.identity.is_none() { pool.alike.pop() } else { None };
            if replaced.is_none() {
                return;
            }
        }
        pool.give(Idle::new(conn, tls, server.state.clone(), uses, made));
    }

    /// Forgets a server's idle connections, and ends its sessions where asked.
    pub(crate) fn server_down(&self, pool: usize, ends_sessions: bool) {
        let closed = std::mem::take(&mut self.pools.borrow_mut()[pool]);
        drop(closed);
        if ends_sessions {
            self.shutdowns[pool].set(self.shutdowns[pool].get() + 1);
            self.shutdown.notify_waiters();
            // Sessions only wait for it where the configuration says that it may come; an operator may order it anywhere.
            net::worker::wake_all();
        }
    }

    /// How often sessions of this server were ended.
    pub(crate) fn shutdowns(&self, pool: usize) -> u32 {
        self.shutdowns[pool].get()
    }

    /// How many idle connections there are to each server, by pool.
    pub(crate) fn counts(&self) -> Vec<u32> {
        let pools = self.pools.borrow();
        let count = |pool: &Pool| pool.alike.len() + pool.others.values().map(SmallVec::len).sum::<usize>();
        pools.iter().map(|pool| u32::try_from(count(pool)).unwrap_or(u32::MAX)).collect()
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.pools.borrow_mut().iter_mut().for_each(Pool::clear);
    }

    /// Closes the connections that have been idle since before `now` less the server's purge delay, oldest first, and
    /// at most half of a pool at once so that a short lull does not cost all of them.
    fn purge_older(&self, worker: &Worker, now: Millis) {
        let mut pools = self.pools.borrow_mut();
        for server in worker.shared.proxies.iter().flat_map(|p| &p.servers) {
            pools[server.pool].purge_older(server.idle_ms, now);
        }
    }
}

/// How long the most connections that were in use at once count in full.
const NEED_REMEMBERED: Duration = Duration::from_secs(5);

/// Moves what each server is thought to need half the way to what it uses now.
fn forget_need(worker: &Worker) {
    for server in worker.shared.proxies.iter().flat_map(|p| &p.servers) {
        let used = server.state.sessions.get();
        let needed = server.needed.load(Relaxed);
        server.needed.store(used.max(needed.midpoint(used)), Relaxed);
    }
}

/// Purges a worker's pools twice a second: idle server connections, and working memory that was not needed.
pub(crate) async fn purge(worker: Rc<Worker>) {
    let mut forgets_at = clock::now().plus(NEED_REMEMBERED);
    loop {
        net::timer::sleep_until(clock::now().plus(Duration::from_millis(500))).await;
        worker.pools.purge_older(&worker, clock::now());
        worker.trim();
        if worker.index == 0 && clock::now() >= forgets_at {
            forgets_at = clock::now().plus(NEED_REMEMBERED);
            forget_need(&worker);
        }
    }
}
