//! What reaches the thread of all checks from elsewhere: servers that come after the start (`add server`), for the first of
//! which the thread is started where there was nothing to check before; haste that errors of traffic ask for; servers
//! that came up by another one's checks and start slowly.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use base::{ProxyId, ServerId};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use state::check::Disabled;
use tokio::sync::mpsc;

use super::report;
use crate::resolve::NameOrder;
use crate::shared::{ServerRun, Shared};
use state::Server;

/// One thing for the thread to do.
pub(super) enum Order {
    /// Check a server from now on.
    Check(Arc<ServerRun>),
    /// Make its next check early.
    Hasten(ProxyId, ServerId),
    /// Lead it through `slowstart`.
    Warm(Arc<ServerRun>),
    /// Ask name servers.
    Name(NameOrder),
}

/// Where orders wait for the thread of the checks.
pub(super) type Orders = mpsc::UnboundedReceiver<Order>;

/// Servers by the one that they track.
type Trackers = FxHashMap<(ProxyId, ServerId), Vec<(ProxyId, ServerId)>>;

/// The way to the thread of the checks, once it runs; and who tracks whom.
#[derive(Default)]
pub(crate) struct Checks {
    way: Mutex<Option<mpsc::UnboundedSender<Order>>>,
    trackers: OnceLock<Trackers>,
    /// Those of servers that came later.
    later: Mutex<Trackers>,
}

/// The servers that track `server`, those that came last first.
pub(super) fn trackers(shared: &Shared, server: (ProxyId, ServerId)) -> Vec<(ProxyId, ServerId)> {
    let found = shared.checks.trackers.get_or_init(|| {
        let mut found = Trackers::default();
        for proxy in &shared.config.proxies {
            for server in &proxy.servers {
                if let Some(tracked) = server.track {
                    found.entry(tracked).or_default().push((proxy.id, server.id));
                }
            }
        }
        found
    });
    let later = shared.checks.later.lock();
    let all = [found.get(&server), later.get(&server)];
    let mut all: Vec<_> = all.into_iter().flatten().flatten().copied().collect();
    all.reverse();
    all
}

/// A server that came later follows `tracked` from now on, and begins as it is.
pub(crate) fn follow(shared: &Shared, server: &ServerRun, tracked: (ProxyId, ServerId)) {
    let state = &server.state;
    shared.checks.later.lock().entry(tracked).or_default().push((state.proxy, state.id));
    super::start_as_tracked(shared, state, Some(tracked));
}

/// A server that goes follows nobody any more.
pub(crate) fn unfollow(shared: &Shared, server: &Server) {
    let mut later = shared.checks.later.lock();
    later.values_mut().for_each(|trackers| trackers.retain(|other| *other != (server.proxy, server.id)));
    later.retain(|_, trackers| !trackers.is_empty());
}

/// Lets the thread of the checks have one more server, if it is to be checked; starts it if it does not run. No check is made
/// before an operator says so (`enable health`).
pub(crate) fn begin(shared: &Arc<Shared>, server: Arc<ServerRun>) {
    let line = server.config(&shared.config);
    if line.check.is_none() && !line.agent.is_on {
        return;
    }
    super::configure(shared, &server);
    server.state.check.set_disabled(Disabled::Yes);
    server.state.agent.set_disabled(Disabled::Yes);
    order(shared, Order::Check(server));
}

/// Has name servers asked.
pub(crate) fn order_name(shared: &Arc<Shared>, name: NameOrder) {
    order(shared, Order::Name(name));
}

/// Gives an order; starts the thread if it does not run.
pub(super) fn order(shared: &Arc<Shared>, order: Order) {
    let mut way = shared.checks.way.lock();
    let order = match way.as_ref() {
        Some(sender) => match sender.send(order) {
            Ok(()) => return,
            Err(refused) => refused.0,
        },
        None => order,
    };
    *way = start(shared, Vec::new()).map(|(sender, _)| sender);
    if let Some(sender) = way.as_ref() {
        // A thread that ended at once has nothing to check.
        let _ = sender.send(order);
    }
}

/// Starts the thread with the servers of the configuration.
pub(super) fn spawn(shared: &Arc<Shared>, servers: Vec<Arc<ServerRun>>) -> Option<JoinHandle<()>> {
    let (sender, thread) = start(shared, servers)?;
    *shared.checks.way.lock() = Some(sender);
    Some(thread)
}

type Started = (mpsc::UnboundedSender<Order>, JoinHandle<()>);

fn start(shared: &Arc<Shared>, servers: Vec<Arc<ServerRun>>) -> Option<Started> {
    let (sender, orders) = mpsc::unbounded_channel();
    let for_thread = shared.clone();
    let started = std::thread::Builder::new().name("checks".to_owned()).spawn(move || {
        if let Err(error) = net::worker::run(super::run(for_thread.clone(), servers, orders)) {
            report::alert(&for_thread, &format!("health checks cannot run: {error}"));
        }
    });
    match started {
        Ok(thread) => Some((sender, thread)),
        Err(error) => {
            report::alert(shared, &format!("health checks cannot run: {error}"));
            None
        }
    }
}
