//! What an operator or the resolution of its name decides about a server: maintenance, draining, back to work; its
//! connections. One locked step each, as for changes of health.

use std::sync::Arc;

use base::clock;
use logs::Level;
use state::Server;
use state::queue::Redistribute;
use state::server::{
    ADMIN_DRAIN, ADMIN_DRAIN_INHERITED, ADMIN_DRAINING, ADMIN_MAINT, ADMIN_MAINT_INHERITED, ADMIN_OUT,
    ADMIN_UNRESOLVED, Health, Warmup,
};

use super::added;
use super::change::{Change, Usable, relieve_backups, tell_workers, whom};
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

/// Puts a server into a state, with everything that follows from it, for servers that track it as well. Answers whether
/// anything changed.
pub fn set_administration(shared: &Arc<Shared>, server: &Arc<Server>, to: Administration) -> bool {
    set_along(shared, server, to, Origin::Own, CHAIN_MAX)
}

/// Puts a server into maintenance because its name has no address, for the reason `cause`; answers whether it was not there
/// for such a reason already.
pub(super) fn lose_address(shared: &Arc<Shared>, server: &Arc<Server>, cause: &'static str) -> bool {
    set_along(shared, server, Administration::Maintenance, Origin::Name(cause), CHAIN_MAX)
}

/// Ends that maintenance.
pub(super) fn regain_address(shared: &Arc<Shared>, server: &Arc<Server>) -> bool {
    set_along(shared, server, Administration::Ready, Origin::Name(""), CHAIN_MAX)
}

/// How long chains of servers that track each other are followed.
const CHAIN_MAX: usize = 64;

/// Who wants a server in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Somebody said so of the server itself.
    Own,
    /// It was said of the server that it tracks; with what the name servers say of that one, or nothing.
    Tracked(&'static str),
    /// The name servers say this of its name.
    Name(&'static str),
}

impl Origin {
    /// Why, where name servers say so.
    fn cause(self) -> &'static str {
        match self {
            Origin::Own => "",
            Origin::Tracked(cause) | Origin::Name(cause) => cause,
        }
    }

    /// The same behind what became of the server.
    fn told_cause(self) -> String {
        match self.cause() {
            "" => String::new(),
            cause => format!(" ({cause})"),
        }
    }

    fn is_name(self) -> bool {
        matches!(self, Origin::Name(_))
    }
}

fn set_along(
    shared: &Arc<Shared>,
    server: &Arc<Server>,
    to: Administration,
    origin: Origin,
    chain_max: usize,
) -> bool {
    let Some((change, told)) = apply(shared, server, to, origin) else { return false };
    if to == Administration::Maintenance {
        tell_workers(shared, server);
    } else if server.is_running() {
        relieve_backups(shared, server);
    }
    if let Some(told) = told {
        report::administered(shared, server, &change, &told);
    }
    if chain_max > 0 {
        for (proxy, id) in &added::trackers(shared, (server.proxy, server.id)) {
            if let Some(tracker) = shared.runtime.proxy(*proxy).servers.get(id.index()) {
                set_along(shared, &tracker, to, Origin::Tracked(origin.cause()), chain_max - 1);
            }
        }
    }
    true
}

/// The flags to set and to clear.
fn flags(to: Administration, origin: Origin) -> (u8, u8) {
    let (maint, drain) = match origin {
        Origin::Own => (ADMIN_MAINT, ADMIN_DRAIN),
        Origin::Tracked(_) => (ADMIN_MAINT_INHERITED, ADMIN_DRAIN_INHERITED),
        Origin::Name(_) => (ADMIN_UNRESOLVED, 0),
    };
    match to {
        Administration::Ready => (0, maint | drain),
        Administration::Drain => (drain, maint),
        Administration::Maintenance => (maint, drain),
    }
}

fn apply(
    shared: &Shared,
    server: &Arc<Server>,
    to: Administration,
    origin: Origin,
) -> Option<(Change, Option<Administered>)> {
    let proxy = shared.runtime.proxy(server.proxy);
    let _changing = proxy.changing.lock();
    let before = server.admin();
    let (set, clear) = flags(to, origin);
    let after = (before | set) & !clear;
    if after == before {
        return None;
    }
    let was_none = Usable::of(proxy).is_none();
    let former = Former {
        was_maintained: before & MAINTAINED != 0,
        was_drained: before & ADMIN_DRAINING != 0,
        health: server.health(),
    };
    server.change_admin(set, clear);
    let is_maintained = after & MAINTAINED != 0;
    if former.was_maintained && !is_maintained {
        come_back(shared, server);
    }
    let whom = if is_maintained { Redistribute::Free } else { whom(shared, server) };
    let requeued = proxy.server_changed(server, whom);
    let usable = Usable::of(proxy);
    let now = clock::now();
    if is_maintained {
        server.uptime.went_down(now);
    } else if former.was_maintained || former.health != Health::Down {
        server.uptime.came_up(now);
    }
    let backend_went_down = !was_none && usable.is_none();
    if backend_went_down {
        proxy.uptime.went_down(now);
    } else if was_none && !usable.is_none() {
        proxy.uptime.came_up(now);
    }
    let health = if is_maintained { Health::Down } else { Health::Up };
    let change = Change { to: health, was_leaving: true, requeued, usable, backend_went_down };
    let host = || shared.server(server).fqdn(&shared.config).unwrap_or_else(|| "(null)".into());
    Some((change, administered(to, origin, &former, after, &host)))
}

/// What a server was before it was administered.
struct Former {
    was_maintained: bool,
    was_drained: bool,
    health: Health,
}

/// How a change of the administrative state is told, if it is; `after` are the flags that it left, `host` the name whose
/// address it may be about.
fn administered(
    to: Administration,
    origin: Origin,
    former: &Former,
    after: u8,
    host: &dyn Fn() -> Box<str>,
) -> Option<Administered> {
    let &Former { was_maintained, was_drained, health } = former;
    let was_down = health == Health::Down;
    let is_maintained = after & MAINTAINED != 0;
    let (text, has_consequences) = match to {
        Administration::Maintenance if was_maintained && origin.is_name() => return None,
        Administration::Maintenance if was_maintained => ("enters maintenance".to_owned(), false),
        Administration::Maintenance if was_down => {
            (format!("was DOWN and now enters maintenance{}", origin.told_cause()), false)
        }
        Administration::Maintenance => {
            (format!("is going DOWN for maintenance{}", origin.told_cause()), true)
        }
        Administration::Ready if origin.is_name() => (regained(&host(), after), false),
        _ if is_maintained => ("is leaving forced maintenance but remains in maintenance".to_owned(), false),
        Administration::Drain => ("enters drain state".to_owned(), true),
        Administration::Ready => (ready(origin, was_maintained, was_drained && was_down).to_owned(), false),
    };
    // Who goes away as announced alarms nobody.
    let is_gone = was_maintained || was_down || health == Health::Stopping;
    let is_sudden = to == Administration::Maintenance && !is_gone;
    let level = if is_sudden { Level::Alert } else { Level::Notice };
    Some(Administered { text, level, has_consequences, names_tracked: after & ADMIN_MAINT == 0 })
}

/// A server that is ready again by somebody's word.
fn ready(origin: Origin, was_maintained: bool, is_down: bool) -> &'static str {
    match (origin, was_maintained, is_down) {
        (Origin::Own, true, _) => "is UP/READY (leaving forced maintenance)",
        (Origin::Tracked(_) | Origin::Name(_), true, _) => "is UP/READY (leaving maintenance)",
        (_, false, true) => "is DOWN (leaving forced drain)",
        (_, false, false) => "is UP (leaving forced drain)",
    }
}

/// A server whose host has an address again.
fn regained(host: &str, after: u8) -> String {
    match after {
        _ if after & MAINTAINED != 0 => format!("('{host}') resolves again but remains in maintenance"),
        _ if after & ADMIN_DRAINING != 0 => format!("('{host}') is UP/DRAIN (resolves again)"),
        _ => format!("('{host}') is UP/READY (resolves again)"),
    }
}

/// In maintenance, by somebody's word or for want of an address.
const MAINTAINED: u8 = ADMIN_OUT;

/// A server that leaves maintenance is up, but one failed check takes it down again.
fn come_back(shared: &Shared, server: &Server) {
    for check in [&server.check, &server.agent] {
        check.set_health(check.health().rise);
    }
    server.set_warmup(Warmup::DONE);
    let tracked = shared.server(server).config(&shared.config).track;
    let tracked = tracked.and_then(|(proxy, id)| shared.runtime.proxy(proxy).servers.get(id.index()));
    server.set_health(match tracked.map(|tracked| tracked.health()) {
        Some(Health::Down) => Health::Down,
        _ => Health::Up,
    });
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
