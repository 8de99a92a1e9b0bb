//! Idle server connections. Each worker keeps its own, last in, first out, and tests them without a system call; one that
//! has none takes another worker's over.

mod idle_conns;
mod kept;
mod purge;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::Arc;

use base::clock::{self, Millis};
use config::model::IdleSharing;
use state::Server;
use tls::Transport;
use tls::facts::Facts;

use crate::identity::Identity;
use crate::server_conn::{Lease, Made};
use crate::shared::ServerRun;
use idle_conns::Reach;

pub(crate) use idle_conns::IdleConns;
pub(crate) use purge::purge;

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
    /// What it occupies; dropped after `conn`.
    pub(crate) lease: Lease,
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

    /// Takes it over from the worker that kept it.
    fn come_here(&mut self) {
        if let Some(conn) = &mut self.conn {
            conn.come_here();
        }
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

/// A worker's part in idle connections, which lie with their servers.
pub(crate) struct Pools {
    worker: usize,
    sharing: IdleSharing,
    /// The servers that it keeps connections to, or kept some to until lately.
    listed: RefCell<Vec<Arc<ServerRun>>>,
    /// Counts "sessions of this server end" messages, by pool; sessions compare with what they began with.
    shutdowns: RefCell<Vec<u32>>,
    pub(crate) shutdown: tokio::sync::Notify,
}

impl Pools {
    /// Those of the worker with this number.
    pub(crate) fn new(worker: usize, sharing: IdleSharing) -> Self {
        Pools {
            worker,
            sharing,
            listed: RefCell::default(),
            shutdowns: RefCell::default(),
            shutdown: tokio::sync::Notify::new(),
        }
    }

    /// An idle connection that is still alive: of this worker, else of another.
    pub(crate) fn take(&self, server: &ServerRun, wanted: &Wanted<'_>) -> Option<Idle> {
        // All workers' together must be enough for one to be taken over (`pool-low-conn`).
        let is_enough = || server.state.idle.get() >= server.idle_low.max(1);
        let reach = if self.sharing == IdleSharing::On && is_enough() { Reach::All } else { Reach::Own };
        server.idle_conns.take(self.worker, wanted, reach)
    }

    /// Closes an idle connection to a server, this worker's rather than another's; false: there is none.
    pub(crate) fn close_one(&self, server: &ServerRun) -> bool {
        server.idle_conns.close_one(self.worker)
    }

    /// Keeps a connection whose response is over. It is closed instead where the server's limit is reached, or
    /// where those who could use it are too few (`clients` are connected to the frontend); of those that are alike
    /// another one is.
    pub(crate) fn give(
        &self,
        server: &Arc<ServerRun>,
        conn: Transport,
        tls: Option<Arc<Facts>>,
        uses: u32,
        made: Made,
        clients: u32,
    ) {
        if server.state.idle.get() >= server.idle_max || server.idle_ms == 0 || !server.state.is_running() {
            return;
        }
        let mut own = server.idle_conns.own(self.worker);
        let mut replaced = None;
        if !own.is_empty() && !purge::is_needed(server, clients) {
            // Of those that are alike this one lives for sure, and its client may come back: another goes in its place.
            replaced = if made.identity.is_none() { own.take_alike() } else { None };
            if replaced.is_none() {
                return;
            }
        }
        own.give(Idle::new(conn, tls, server.state.clone(), uses, made));
        let was_listed = std::mem::replace(&mut own.is_listed, true);
        drop(own);
        drop(replaced);
        if !was_listed {
            self.listed.borrow_mut().push(server.clone());
        }
    }

    /// Forgets a server's idle connections, and ends its sessions where asked.
    pub(crate) fn server_down(&self, pool: usize, ends_sessions: bool) {
        let mut listed = self.listed.borrow_mut();
        if let Some(at) = listed.iter().position(|server| server.pool == pool) {
            self.forget(&listed.swap_remove(at));
        }
        drop(listed);
        if ends_sessions {
            let mut shutdowns = self.shutdowns.borrow_mut();
            if shutdowns.len() <= pool {
                shutdowns.resize(pool + 1, 0);
            }
            shutdowns[pool] += 1;
            self.shutdown.notify_waiters();
            // Sessions only wait for it where the configuration says that it may come; an operator may order it anywhere.
            net::worker::wake_all();
        }
    }

    /// How often sessions of this server were ended.
    pub(crate) fn shutdowns(&self, pool: usize) -> u32 {
        self.shutdowns.borrow().get(pool).copied().unwrap_or(0)
    }

    /// How many idle connections it keeps to each of `servers` servers, by pool.
    pub(crate) fn counts(&self, servers: usize) -> Vec<u32> {
        let mut counts = vec![0; servers];
        for server in self.listed.borrow().iter() {
            if let Some(count) = counts.get_mut(server.pool) {
                *count = server.idle_conns.count(self.worker);
            }
        }
        counts
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        let listed = self.listed.take();
        listed.iter().for_each(|server| self.forget(server));
    }

    /// Closes what it keeps to a server that is no longer listed.
    fn forget(&self, server: &ServerRun) {
        let closed = server.idle_conns.made_own(self.worker).map(|mut own| std::mem::take(&mut *own));
        drop(closed);
    }

    /// Closes the connections that have been idle since before `now` less their server's purge delay, the oldest first.
    fn purge(&self, now: Millis) {
        self.listed.borrow_mut().retain(|server| {
            let Some(mut own) = server.idle_conns.made_own(self.worker) else { return false };
            own.purge(server.idle_ms, now);
            own.is_listed = !own.is_empty();
            own.is_listed
        });
    }
}

/// A worker that ends leaves no connection behind.
impl Drop for Pools {
    fn drop(&mut self) {
        self.clear();
    }
}
