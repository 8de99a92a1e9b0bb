//! Checks over connections that requests use: one that is idle is taken, and given back when the answer is there
//! (configuration manual, chapter 5.2 "check-reuse-pool", "check-pool-conn-name").
//!
//! ```text
//! idle connections of the server --taken--> check --answer complete, nobody wants it closed--> a worker's list
//!                            none? a new one -^    --else--> closed
//! ```
//! This thread keeps no idle connections, so it takes them from the workers' lists. As a request under `http-reuse` is
//! judged by how many went before it, and a check is always the first, `safe` lends it none.

use std::sync::Arc;

use config::model::{CheckConnect, CheckProtocol, CheckScript, HttpReuse};
use tls::Transport;
use tls::facts::Facts;

use super::task::{Asked, Checker};
use crate::identity::Identity;
use crate::pool::{Choice, Wanted};
use crate::server_conn::{Lease, Made};
use crate::worker::Message;

/// What makes a connection of a check one that requests can use.
pub(super) struct Pooled {
    tls: Option<Arc<Facts>>,
    identity: Option<Box<Identity>>,
    lease: Lease,
    /// Requests that it has carried.
    uses: u32,
}

impl Pooled {
    /// A new connection that may be kept.
    pub(super) fn new(checker: &Checker, conn: &mut Transport, port: Option<net::PortLease>) -> Pooled {
        let tls = conn.tls_mut().map(|stream| {
            let facts = Arc::new(stream.facts());
            stream.settle();
            facts
        });
        Pooled { tls, identity: identity(checker), lease: Lease { _port: port, _seat: None }, uses: 0 }
    }

    /// One more request goes over it.
    pub(super) fn use_again(&mut self) {
        self.uses += 1;
    }

    /// Gives the connection to a worker, always the same one for a server.
    pub(super) fn give_back(self, checker: &Checker, conn: Transport) {
        let Pooled { tls, identity, lease, uses } = self;
        let server = checker.server.clone();
        let mailboxes = checker.shared.mailboxes.lock();
        let Some(at) = server.pool.checked_rem(mailboxes.len()) else { return };
        let made = Made { identity, lease, is_private: false };
        mailboxes[at].send(Message::Keep(Box::new(Kept { server, conn, tls, uses, made })));
    }
}

/// A connection on its way to a worker.
pub struct Kept {
    server: Arc<crate::shared::ServerRun>,
    conn: Transport,
    tls: Option<Arc<Facts>>,
    uses: u32,
    made: Made,
}

impl Kept {
    /// Puts it among the idle connections of the calling worker.
    pub(crate) fn keep(self, pools: &crate::pool::Pools) {
        let Kept { server, mut conn, tls, uses, made } = self;
        conn.come_here();
        pools.give(&server, conn, tls, uses, made, 0);
    }
}

/// Whether a connection of a check may be one of those that requests use: `check-reuse-pool`, for requests of HTTP that
/// go where and how those of clients go.
pub(super) fn is_wanted(checker: &Checker, script: &CheckScript, connect: &CheckConnect) -> bool {
    let check = &checker.config;
    let (server, line) = (&checker.server, checker.server.config(&checker.shared.config));
    let goes_elsewhere = check.addr.is_some() || check.port.is_some() || checker.state().place().is_some();
    let is_otherwise = check.sends_proxy
        || check.via_socks4
        || line.tls.checks
        || line.tls.refuses_checks
        || !line.tls.check_alpn.is_empty()
        || server.proxy_header.is_some()
        || server.follows_client;
    let says_nothing = connect.is_default
        && connect.addr.is_none()
        && connect.port.is_none()
        && connect.alpn.is_none()
        && !(connect.uses_tls || connect.sends_proxy || connect.via_socks4);
    check.reuses_pool
        && checker.asked == Asked::Server
        && script.protocol == CheckProtocol::Http
        && says_nothing
        && !goes_elsewhere
        && !is_otherwise
}

/// An idle connection that `http-reuse` lends to a request that comes first; `sni` is the name that a new one would tell.
pub(super) fn take(checker: &Checker, sni: Option<&str>) -> Option<(Transport, Pooled)> {
    let backend = checker.proxy();
    let retry_on = &backend.retry_on;
    let is_retried = retry_on.conn_failure && retry_on.empty_response && retry_on.response_timeout;
    let choice = match backend.http_reuse {
        HttpReuse::Never => return None,
        HttpReuse::Safe | HttpReuse::Aggressive | HttpReuse::Always if is_retried => Choice::Any,
        HttpReuse::Safe => return None,
        HttpReuse::Aggressive => Choice::Proven,
        HttpReuse::Always => Choice::Any,
    };
    let server = &checker.server;
    let identity = identity(checker);
    let is_named = server.route.as_ref().is_some_and(|route| route.is_named());
    let named = checker.config.pool_conn_name.as_deref().and_then(|name| std::str::from_utf8(name).ok());
    let sni = if server.tls().is_some() { named.or(sni) } else { None };
    let wanted = Wanted { choice, sni, is_named, identity: identity.as_deref() };
    let mut idle = server.idle_conns.take_any(&wanted)?;
    let (tls, lease, uses) = (idle.tls.clone(), std::mem::take(&mut idle.lease), idle.uses);
    Some((idle.into_conn(), Pooled { tls, identity, lease, uses }))
}

/// `check-pool-conn-name`, where connections of the server are told apart by such a name. Under TLS they are by the name
/// that the server was told, unless `pool-conn-name` says otherwise.
fn identity(checker: &Checker) -> Option<Box<Identity>> {
    let server = &checker.server;
    let is_named = server.route.as_ref().is_some_and(|route| route.is_named()) || server.tls().is_none();
    let name = checker.config.pool_conn_name.as_deref().filter(|_| is_named)?;
    Some(Box::new(Identity::named(name)))
}
