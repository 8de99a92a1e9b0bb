//! Idle server connections, kept by each worker: last in, first out, tested without a system call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{self, Millis};
use net::Conn;
use state::Server;

use crate::shared::ServerRun;
use crate::worker::Worker;

/// A server connection between two requests.
pub(crate) struct Idle {
    conn: Option<Conn>,
    pub(crate) server: Arc<Server>,
    /// When its last response ended.
    pub(crate) since: Millis,
    /// Requests it has carried.
    pub(crate) uses: u32,
}

impl Idle {
    /// A connection whose last response ended now.
    pub(crate) fn new(conn: Conn, server: Arc<Server>, uses: u32) -> Self {
        server.idle.enter();
        Idle { conn: Some(conn), server, since: clock::now(), uses }
    }

    /// Whether the server has neither closed it nor said anything; no system call unless it did.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.conn.as_mut().is_some_and(Conn::is_alive_idle)
    }

    /// The connection.
    pub(crate) fn conn(&self) -> &Conn {
        self.conn.as_ref().expect("taken by value only")
    }

    /// The connection, idle no longer.
    pub(crate) fn into_conn(mut self) -> Conn {
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

/// One worker's idle connections, by the server's pool index.
pub(crate) struct Pools {
    pools: RefCell<Vec<Vec<Idle>>>,
    /// Counts "sessions of this server end" messages, by pool; sessions compare with what they began with.
    shutdowns: Vec<Cell<u32>>,
    pub(crate) shutdown: tokio::sync::Notify,
}

impl Pools {
    pub(crate) fn new(servers: usize) -> Self {
        Pools {
            pools: RefCell::new((0..servers).map(|_| Vec::new()).collect()),
            shutdowns: (0..servers).map(|_| Cell::new(0)).collect(),
            shutdown: tokio::sync::Notify::new(),
        }
    }

    /// An idle connection that is still alive.
    pub(crate) fn take(&self, server: &ServerRun, choice: Choice) -> Option<Idle> {
        let mut pools = self.pools.borrow_mut();
        let pool = &mut pools[server.pool];
        while let Some(at) = pool.iter().rposition(|idle| choice == Choice::Any || idle.uses > 1) {
            let mut idle = pool.remove(at);
            if idle.is_alive() {
                return Some(idle);
            }
        }
        None
    }

    /// Keeps a connection whose response is over. It is closed instead where the server's limit is reached.
    pub(crate) fn give(&self, server: &ServerRun, conn: Conn, uses: u32) {
        if server.state.idle.get() >= server.idle_max || !server.state.is_running() {
            return;
        }
        let idle = Idle::new(conn, server.state.clone(), uses);
        self.pools.borrow_mut()[server.pool].push(idle);
    }

    /// Forgets a server's idle connections, and ends its sessions where asked.
    pub(crate) fn server_down(&self, pool: usize, ends_sessions: bool) {
        let closed = std::mem::take(&mut self.pools.borrow_mut()[pool]);
        drop(closed);
        if ends_sessions {
            self.shutdowns[pool].set(self.shutdowns[pool].get() + 1);
            self.shutdown.notify_waiters();
        }
    }

    /// How often sessions of this server were ended.
    pub(crate) fn shutdowns(&self, pool: usize) -> u32 {
        self.shutdowns[pool].get()
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.pools.borrow_mut().iter_mut().for_each(Vec::clear);
    }

    /// Closes the connections that have been idle since before `now` less the server's purge delay, oldest first, and
    /// at most half of a pool at once so that a short lull does not cost all of them.
    fn purge_older(&self, worker: &Worker, now: Millis) {
        let mut pools = self.pools.borrow_mut();
        for server in worker.shared.proxies.iter().flat_map(|p| &p.servers) {
            let pool = &mut pools[server.pool];
            let old = pool.iter().take_while(|idle| now.since(idle.since) >= server.idle_ms).count();
            let count = old.min(pool.len().div_ceil(2));
            pool.drain(..count);
        }
    }
}

/// Purges a worker's pools twice a second: idle server connections, and working memory that was not needed.
pub(crate) async fn purge(worker: Rc<Worker>) {
    loop {
        net::timer::sleep_until(clock::now().plus(Duration::from_millis(500))).await;
        worker.pools.purge_older(&worker, clock::now());
        worker.trim();
    }
}
