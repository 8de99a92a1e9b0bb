//! How many idle connections are worth keeping, and for how long (configuration manual, chapter 5.2 "pool-purge-delay").

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::clock;

use crate::shared::ServerRun;
use crate::worker::Worker;

/// How long the most connections that were in use at once count in full.
const NEED_REMEMBERED: Duration = Duration::from_secs(5);
/// Between two purges of a worker.
const PURGE_INTERVAL: Duration = Duration::from_millis(500);

/// Whether one more idle connection is worth keeping: as long as no more are open than were in use at once lately, or than
/// there are clients who may come back. (Clients that ask once each may not use what others left, under `http-reuse safe`;
/// without a bound every one of them would leave a connection behind.)
pub(super) fn is_needed(server: &ServerRun, clients: u32) -> bool {
    let used = server.state.sessions.get();
    // Looked at with each request, and seldom changed: writing it would take it away from the other workers.
    let mut needed = server.needed.load(Relaxed);
    if used > needed {
        needed = server.needed.fetch_max(used, Relaxed).max(used);
    }
    used.saturating_add(server.state.idle.get()) <= needed.max(clients).saturating_add(server.idle_low)
}

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
        net::timer::sleep_until(clock::now().plus(PURGE_INTERVAL)).await;
        worker.pools.purge(clock::now());
        worker.trim();
        if worker.index == 0 && clock::now() >= forgets_at {
            forgets_at = clock::now().plus(NEED_REMEMBERED);
            forget_need(&worker);
        }
    }
}
