//! A server's change of health, in one locked step: the balancer, its queue, the workers, the books, the log.

use std::sync::Arc;

use base::clock;
use state::check::CheckReport;
use state::queue::Redistribute;
use state::server::{ADMIN_DRAINING, ADMIN_OUT, Health, Role, Warmup};
use state::{Proxy, Server};

use super::added::{self, Order};
use super::{report, verdict};
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

/// How long chains of servers that track each other are followed.
const CHAIN_MAX: usize = 64;

/// Gives a server another health, with everything that follows from it, for servers that track it as well; nothing happens
/// when it has that health already or is in maintenance. `cause` is the check that found it, unless that was told
/// before. [`Health::Starting`] leads it up slowly. Answers whether anything changed.
pub fn set_health(
    shared: &Arc<Shared>,
    server: &Arc<Server>,
    to: Health,
    cause: Option<&CheckReport>,
) -> bool {
    set_along(shared, server, to, cause, CHAIN_MAX)
}

fn set_along(
    shared: &Arc<Shared>,
    server: &Arc<Server>,
    to: Health,
    cause: Option<&CheckReport>,
    chain_max: usize,
) -> bool {
    let proxy = shared.runtime.proxy(server.proxy);
    let Some(change) = apply(shared, proxy, server, to) else { return false };
    match change.to {
        Health::Down => tell_workers(shared, server),
        Health::Starting => added::order(shared, Order::Warm(shared.server(server))),
        Health::Up | Health::Stopping => {}
    }
    if is_rising(change.to) {
        relieve_backups(shared, server);
    }
    report::change(shared, server, &change, cause);
    if chain_max > 0 {
        for (proxy, id) in &added::trackers(shared, (server.proxy, server.id)) {
            let Some(tracker) = shared.runtime.proxy(*proxy).servers.get(id.index()) else { continue };
            let to = if is_rising(to) { verdict::rising(shared, &shared.server(&tracker)) } else { to };
            set_along(shared, &tracker, to, None, chain_max - 1);
        }
    }
    true
}

/// `on-marked-up shutdown-backup-sessions`: the sessions of backup servers end when the server is there again.
pub(super) fn relieve_backups(shared: &Shared, server: &Server) {
    if !shared.server(server).config(&shared.config).ends_backup_sessions {
        return;
    }
    let servers = shared.runtime.proxy(server.proxy).servers.load();
    for backup in servers.iter().filter(|backup| backup.role == Role::Backup && backup.id != server.id) {
        super::end_sessions(shared, backup);
    }
}

fn apply(shared: &Shared, proxy: &Proxy, server: &Arc<Server>, to: Health) -> Option<Change> {
    let _changing = proxy.changing.lock();
    let from = server.health();
    let is_same = from == to || is_rising(from) && is_rising(to);
    if is_same || server.admin() & ADMIN_OUT != 0 {
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
    let was_leaving = from == Health::Stopping || server.admin() & ADMIN_DRAINING != 0;
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
