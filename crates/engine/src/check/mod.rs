//! Health checks: one control thread, one task for each checked server and each agent (configuration manual, chapter 5.2
//! "check", "agent-check", "inter", "rise", "fall", "observe", "track" and their relatives; chapter 4.2 `tcp-check`,
//! `http-check` and the options that choose a kind of check; `healthcheck` sections).
//!
//! ```text
//!   wait --interval--> script or program --report--> CheckState --verdict--> change: balancer, queue, workers, log
//!    ^                                                  ^                       |
//!    |                              observe (traffic) --+                       +--> servers that track this one
//!    +--------------------------------------------------------------------------+
//! ```
//! A check never keeps the thread busy: it connects, sends and reads as any session does. Nothing here decides for a
//! server in maintenance; its checks rest, its agent does not.

mod added;
mod address;
mod admin;
mod agent;
mod change;
mod connect;
mod custom;
mod expect;
mod hello;
mod http;
mod observe;
mod program;
mod report;
mod reuse;
mod schedule;
mod script;
mod task;
mod tls;
mod verdict;
mod warmup;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base::clock::{self, Millis};
use base::{ProxyId, ServerId};
use config::model::InitState;
use rustc_hash::FxHashMap;
use state::Server;
use state::queue::Redistribute;
use state::server::{ADMIN_MAINT, ADMIN_MAINT_INHERITED, Health};

use crate::resolve::{self, Sections};
use crate::shared::{ServerRun, Shared};
use added::Order;
use schedule::FirstChecks;
use task::Checker;

pub(crate) use added::{Checks, begin, follow, order_name, unfollow};
pub(crate) use address::{Port, set_port, unset_address};
pub use address::{Updater, address_of, set_address, set_weight};
pub use admin::{Administration, close_idle, end_sessions, set_administration};
pub use change::set_health;
pub(crate) use observe::{Seen, saw};
pub(crate) use report::{alert, notice, renamed as tell_renamed, title};
pub use reuse::Kept;

/// How often the thread looks whether it is to end.
const STOP_LOOK: Duration = Duration::from_millis(500);

/// Starts the control thread. `None` when there is nothing to check, or when the machine refuses a thread, which is told.
/// It ends by itself when a soft stop begins, unless names are to be resolved for those who are still there.
pub fn spawn(shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    let mut checked = Vec::new();
    for proxy in shared.config.proxies.iter().filter(|proxy| !proxy.is_disabled) {
        for server in proxy.servers.iter().filter_map(|server| shared.proxy(proxy.id).servers.get(server.id))
        {
            configure(shared, &server);
            let line = server.config(&shared.config);
            if line.check.is_some() || line.agent.is_on {
                checked.push(server);
            }
        }
    }
    follow_tracked(shared);
    if checked.is_empty() && !resolve::is_needed(shared) { None } else { added::spawn(shared, checked) }
}

/// Tells a server's state how it is checked, and what it starts with.
fn configure(shared: &Shared, server: &ServerRun) {
    let line = server.config(&shared.config);
    let state = &server.state;
    if line.agent.is_on {
        state.agent.configure(agent::RISE, agent::FALL);
        if let Some(restored) = &server.restored {
            restored.restore_agent(state);
        }
    }
    let Some(check) = &line.check else { return };
    state.check.configure(check.rise, check.fall);
    if let Some(restored) = &server.restored {
        return restored.restore_checks(state);
    }
    match line.init_state {
        InitState::Up => {}
        InitState::FullyUp => state.check.start_with(|health| health.full()),
        InitState::Down => {
            state.check.start_with(|health| health.rise - 1);
            start_down(shared, state);
        }
        InitState::FullyDown => {
            state.check.start_with(|_| 0);
            start_down(shared, state);
        }
    }
}

/// A server begins down.
fn start_down(shared: &Shared, server: &Arc<Server>) {
    server.set_health(Health::Down);
    server.uptime.went_down(clock::now());
    shared.runtime.proxy(server.proxy).server_changed(server, Redistribute::Nobody);
}

/// Servers begin as those that they track do.
fn follow_tracked(shared: &Arc<Shared>) {
    for proxy in &shared.config.proxies {
        for line in proxy.servers.iter().filter(|line| line.track.is_some()) {
            let Some(server) = shared.runtime.proxy(proxy.id).servers.get(line.id.index()) else { continue };
            start_as_tracked(shared, &server, line.track);
        }
    }
}

/// A server begins as the one that it tracks.
fn start_as_tracked(shared: &Shared, server: &Arc<Server>, track: Option<(ProxyId, ServerId)>) {
    let Some(tracked) = end_of_track(shared, track) else { return };
    if tracked.admin() & ADMIN_MAINT != 0 {
        server.change_admin(ADMIN_MAINT_INHERITED, 0);
        shared.runtime.proxy(server.proxy).server_changed(server, Redistribute::Nobody);
    }
    if tracked.health() == Health::Down {
        start_down(shared, server);
    }
}

/// The server at the end of a chain of `track` words; chains that lead back to themselves end somewhere.
pub(crate) fn end_of_track(shared: &Shared, mut track: Option<(ProxyId, ServerId)>) -> Option<Arc<Server>> {
    const CHAIN_MAX: usize = 64;
    let mut last = None;
    for _ in 0..CHAIN_MAX {
        let Some((proxy, id)) = track else { break };
        last = Some((proxy, id));
        track = shared.config.proxy(proxy).servers.get(id.index()).and_then(|line| line.track);
    }
    let (proxy, id) = last?;
    shared.runtime.proxy(proxy).servers.get(id.index())
}

/// The tasks of the thread.
struct Tasks {
    shared: Arc<Shared>,
    agent_script: Arc<config::model::CheckScript>,
    /// Checks that errors of traffic can hasten.
    observed: FxHashMap<(ProxyId, ServerId), Rc<Checker>>,
    /// All checks that were begun.
    checks: Vec<net::Task>,
    /// Name servers.
    names: Sections,
}

impl Tasks {
    /// The checks of a server and its agent's.
    fn checkers(&mut self, server: &Arc<ServerRun>) -> impl Iterator<Item = Rc<Checker>> + use<> {
        let check = Checker::of_server(&self.shared, server);
        if let Some(check) = check.as_ref().filter(|check| check.config.observe.is_some()) {
            self.observed.insert((server.state.proxy, server.state.id), check.clone());
        }
        let agent = Checker::of_agent(&self.shared, server, &self.agent_script);
        check.into_iter().chain(agent)
    }

    /// Begins to check, the first time at `at`.
    fn begin(&mut self, checker: Rc<Checker>, at: Millis) {
        self.checks.retain(|check| !check.is_finished());
        self.checks.push(net::spawn(task::run(checker, at)));
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Check(server) => {
                for checker in self.checkers(&server) {
                    self.begin(checker, clock::now());
                }
            }
            Order::Name(order) => self.names.carry_out(order),
            Order::Hasten(proxy, server) => {
                if let Some(checker) = self.observed.get(&(proxy, server)) {
                    checker.hasten();
                }
            }
            Order::Warm(server) => warmup::begin(&self.shared, &server),
        }
    }
}

async fn run(shared: Arc<Shared>, servers: Vec<Arc<ServerRun>>, mut orders: added::Orders) {
    let began = clock::now();
    let agent_script = Arc::new(agent::script());
    let mut tasks = Tasks {
        shared: shared.clone(),
        agent_script,
        observed: FxHashMap::default(),
        checks: Vec::new(),
        names: Sections::start(&shared),
    };
    let checkers: Vec<Rc<Checker>> = servers.iter().flat_map(|server| tasks.checkers(server)).collect();
    let first = FirstChecks::new(checkers.iter().map(|checker| &checker.config), &shared.config.global);
    for (position, checker) in checkers.into_iter().enumerate() {
        let at = began.plus(first.delay(position, &checker.config));
        tasks.begin(checker, at);
    }
    while !shared.is_stopping() || !tasks.names.is_empty() {
        if shared.is_stopping() {
            // Nobody comes any more for whom it matters how servers are.
            tasks.checks.drain(..).for_each(net::Task::abort);
        }
        let order = tokio::select! {
            order = orders.recv() => order,
            () = net::timer::sleep_until(clock::now().plus(STOP_LOOK)) => None,
        };
        if let Some(order) = order {
            tasks.carry_out(order);
        }
    }
}
