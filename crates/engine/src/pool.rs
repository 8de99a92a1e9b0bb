//! Idle server connections, kept by each worker: last in, first out, tested without a system call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base::clock::{self, Millis};
use state::Server;
use tls::Transport;
use tls::facts::Facts;

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
}

impl Idle {
    /// A connection whose last response ended now.
    pub(crate) fn new(conn: Transport, tls: Option<Arc<Facts>>, server: Arc<Server>, uses: u32) -> Self {
        server.idle.enter();
        Idle { conn: Some(conn), tls, server, since: clock::now(), uses }
    }

    /// Whether the server has neither closed it nor said anything; no system call unless it did.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.conn.as_mut().is_some_and(Transport::is_alive_idle)
    }

    /// Whether it was made under this server name.
    pub(crate) fn is_for(&self, sni: Option<&str>) -> bool {
        self.tls.as_ref().and_then(|tls| tls.sni.as_deref()) == sni
    }

    /// The connection.
    pub(crate) fn conn(&self) -> &Transport {
        self.conn.as_ref().expect("taken by value only")
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

    /// An idle connection that is still alive, of those made under the server name `sni`.
    pub(crate) fn take(&self, server: &ServerRun, choice: Choice, sni: Option<&str>) -> Option<Idle> {
        let mut pools = self.pools.borrow_mut();
        let pool = &mut pools[server.pool];
        let fits = |idle: &Idle| (choice == Choice::Any || idle.uses > 1) && idle.is_for(sni);
        while let Some(at) = pool.iter().rposition(fits) {
            let mut idle = pool.remove(at);
            if idle.is_alive() {
                return Some(idle);
            }
        }
        None
    }

    /// Keeps a connection whose response is over. It is closed instead where the server's limit is reached.
    pub(crate) fn give(&self, server: &ServerRun, conn: Transport, tls: Option<Arc<Facts>>, uses: u32) {
        if server.state.idle.get() >= server.idle_max || !server.state.is_running() {
            return;
        }
        let idle = Idle::new(conn, tls, server.state.clone(), uses);
        self.pools.borrow_mut()[server.pool].push(idle);
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
