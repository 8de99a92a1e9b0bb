//! A server's change of health, in one locked step: the balancer, its queue, the workers, the books, the log.

use std::sync::Arc;

use base::clock;
use state::check::CheckReport;
use state::queue::Redistribute;
use state::server::{ADMIN_DRAIN, ADMIN_MAINT, ADMIN_UNRESOLVED, Health, Role, Warmup};
use state::{Proxy, Server};

use super::report;
use crate::shared::Shared;
use crate::worker::Message;

/// The servers of a backend that take requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usable {
    pub(super) active: usize,
    pub(super) backup: usize,
}

impl Usable {
    pub(super) fn of(proxy: &Proxy) -> Usable {
        let servers = proxy.servers.load();
        let count = |role| servers.iter().filter(|server| server.role == role && server.is_usable()).count();
        Usable { active: count(Role::Active), backup: count(Role::Backup) }
    }

    pub(super) fn is_none(self) -> bool {
        self.active + self.backup == 0
    }
}

/// What a change came to, for the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) to: Health,
    /// Whether the server had been asked to finish: its going down is expected.
    pub(super) was_leaving: bool,
    /// Requests that moved, to other servers or to this one.
    pub(super) requeued: usize,
    pub(super) usable: Usable,
    pub(super) backend_went_down: bool,
}

/// Gives a server another health, with everything that follows from it; nothing happens when it has that health
/// already or is in maintenance. `cause` is the check that found it, unless that was told before. Whoever sets
/// [`Health::Starting`] moves the server on from there. Answers whether anything changed.
pub fn set_health(shared: &Shared, server: &Arc<Server>, to: Health, cause: Option<&CheckReport>) -> bool {
    let proxy = shared.runtime.proxy(server.proxy);
    let Some(change) = apply(shared, proxy, server, to) else { return false };
    if change.to == Health::Down {
        tell_workers(shared, server);
    }
    report::change(shared, server, &change, cause);
    true
}

fn apply(shared: &Shared, proxy: &Proxy, server: &Arc<Server>, to: Health) -> Option<Change> {
    let _changing = proxy.changing.lock();
    let from = server.health();
    let is_same = from == to || is_rising(from) && is_rising(to);
    if is_same || server.admin() & (ADMIN_MAINT | ADMIN_UNRESOLVED) != 0 {
        return None;
    }
    let was_none = Usable::of(proxy).is_none();
    server.set_warmup(if to == Health::Starting { Warmup::at(0, 1) } else { Warmup::DONE });
    server.set_health(to);
    let requeued = proxy.server_changed(server, whom(shared, server));
    let usable = Usable::of(proxy);
    let now = clock::now();
    if to == Health::Down {
        server.uptime.went_down(now)
    } else {
        server.uptime.came_up(now)
    }
    let backend_went_down = !was_none && usable.is_none();
    if backend_went_down {
        proxy.uptime.went_down(now);
    } else if was_none && !usable.is_none() {
        proxy.uptime.came_up(now);
    }
    let was_leaving = from == Health::Stopping || server.admin() & ADMIN_DRAIN != 0;
    Some(Change { to, was_leaving, requeued, usable, backend_went_down })
}

/// A server that warms up is up.
fn is_rising(health: Health) -> bool {
    matches!(health, Health::Up | Health::Starting)
}

/// Whether those who wait for a server that goes away choose again: with `option redispatch`, unless `option persist`
/// keeps them.
pub(super) fn whom(shared: &Shared, server: &Server) -> Redistribute {
    let options = &shared.config.proxy(server.proxy).options;
    if options.redispatch != 0 && !options.persist.is_on() {
        Redistribute::Free
    } else {
        Redistribute::Nobody
    }
}

/// Idle connections to a server that is down are worth nothing; its sessions end where the configuration says so.
pub(super) fn tell_workers(shared: &Shared, server: &Server) {
    let run = shared.server(server);
    for mailbox in shared.mailboxes.lock().iter() {
        mailbox.send(Message::ServerDown { pool: run.pool, ends_sessions: run.shuts_sessions_down });
    }
}
