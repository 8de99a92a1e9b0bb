//! What an operator decides about a server: maintenance, draining, back to work; its connections. One locked step each,
//! as for changes of health.

use std::sync::Arc;

use base::clock;
use logs::Level;
use state::Server;
use state::queue::Redistribute;
use state::server::{ADMIN_DRAIN, ADMIN_MAINT, Health, Warmup};

use super::change::{Change, Usable, tell_workers, whom};
use super::report::{self, Administered};
use crate::shared::Shared;
use crate::worker::Message;

/// What an operator wants of a server (`set server ... state`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administration {
    /// Nothing more: checks decide.
    Ready,
    /// No new sessions but persistent ones.
    Drain,
    /// No sessions, no checks.
    Maintenance,
}

/// Puts a server into a state, with everything that follows from it. Answers whether anything changed.
pub fn set_administration(shared: &Shared, server: &Arc<Server>, to: Administration) -> bool {
    let Some((change, told)) = apply(shared, server, to) else { return false };
    if to == Administration::Maintenance {
        tell_workers(shared, server);
    }
    report::administered(shared, server, &change, told);
    true
}

fn apply(shared: &Shared, server: &Arc<Server>, to: Administration) -> Option<(Change, Administered)> {
    let proxy = shared.runtime.proxy(server.proxy);
    let _changing = proxy.changing.lock();
    let before = server.admin();
    let (was_maintained, was_drained) = (before & ADMIN_MAINT != 0, before & ADMIN_DRAIN != 0);
    let (set, clear) = match to {
        Administration::Ready => (0, ADMIN_MAINT | ADMIN_DRAIN),
        Administration::Drain => (ADMIN_DRAIN, ADMIN_MAINT),
        Administration::Maintenance => (ADMIN_MAINT, ADMIN_DRAIN),
    };
    if (before | set) & !clear == before {
        return None;
    }
    let was_none = Usable::of(proxy).is_none();
    let was_down = server.health() == Health::Down;
    let was_stopping = server.health() == Health::Stopping;
    server.change_admin(set, clear);
    if was_maintained {
        come_back(server);
    }
    let whom = if to == Administration::Maintenance { Redistribute::Free } else { whom(shared, server) };
    let requeued = proxy.server_changed(server, whom);
    let usable = Usable::of(proxy);
    let now = clock::now();
    if to == Administration::Maintenance {
        server.uptime.went_down(now);
    } else if was_maintained || !was_down {
        server.uptime.came_up(now);
    }
    let backend_went_down = !was_none && usable.is_none();
    if backend_went_down {
        proxy.uptime.went_down(now);
    } else if was_none && !usable.is_none() {
        proxy.uptime.came_up(now);
    }
    let health = if to == Administration::Maintenance { Health::Down } else { Health::Up };
    let change = Change { to: health, was_leaving: true, requeued, usable, backend_went_down };
    let (text, has_consequences) = match to {
        Administration::Maintenance if was_down => ("was DOWN and now enters maintenance", false),
        Administration::Maintenance => ("is going DOWN for maintenance", true),
        Administration::Drain => ("enters drain state", true),
        Administration::Ready if was_maintained => ("is UP/READY (leaving forced maintenance)", false),
        Administration::Ready if was_drained && was_down => ("is DOWN (leaving forced drain)", false),
        Administration::Ready => ("is UP (leaving forced drain)", false),
    };
    // Who goes away as announced alarms nobody.
    let is_sudden = to == Administration::Maintenance && !was_down && !was_stopping;
    let level = if is_sudden { Level::Alert } else { Level::Notice };
    Some((change, Administered { text, level, has_consequences }))
}

/// A server that leaves maintenance is up, but one failed check takes it down again.
fn come_back(server: &Server) {
    let health = server.check.health();
    server.check.set_health(health.rise);
    server.set_warmup(Warmup::DONE);
    server.set_health(Health::Up);
}

/// Closes the idle connections to a server, as they lead to an address that is not its own any more.
pub fn close_idle(shared: &Shared, server: &Server) {
    send(shared, server, false);
}

/// Ends the sessions of a server, and closes its idle connections (`shutdown sessions server`).
pub fn end_sessions(shared: &Shared, server: &Server) {
    send(shared, server, true);
}

fn send(shared: &Shared, server: &Server, ends_sessions: bool) {
    let pool = shared.server(server).pool;
    for mailbox in shared.mailboxes.lock().iter() {
        mailbox.send(Message::ServerDown { pool, ends_sessions });
    }
}
