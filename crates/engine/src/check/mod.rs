//! Health checks: one control thread, one task for each checked server (configuration manual, chapter 5.2 "check",
//! "inter", "rise", "fall", "check-ssl" and their relatives; `option httpchk`, `http-check`, `option ssl-hello-chk`).
//!
//! ```text
//!   wait --interval--> probe --report--> CheckState --health--> change: balancer, queue, workers, log
//!    ^                                                             |
//!    +-------------------------------------------------------------+
//! ```
//! A check never keeps the thread busy: it connects, sends and reads as any session does. Nothing here decides for a
//! server in maintenance; its checks rest.

mod added;
mod admin;
mod change;
mod hello;
mod http;
mod probe;
mod report;
mod schedule;
mod task;
mod tls;
mod warmup;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base::clock;
use config::model::CheckKind;

use crate::shared::{ServerRun, Shared};
use schedule::FirstChecks;
use task::Checker;

pub(crate) use added::{Checks, begin};
pub use admin::{Administration, close_idle, end_sessions, set_administration};
pub use change::set_health;
pub(crate) use report::alert;

/// How often the thread looks whether it is to end.
const STOP_LOOK: Duration = Duration::from_millis(500);

/// Starts the control thread. `None` when no server is checked, or when the machine refuses a thread, which is told.
/// It ends by itself when a soft stop begins.
pub fn spawn(shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    notice_later_kinds(shared);
    let servers = checked_servers(shared);
    if servers.is_empty() {
        return None;
    }
    servers.iter().for_each(|server| configure(shared, server));
    added::spawn(shared, servers)
}

/// Tells a server's state how it is checked.
fn configure(shared: &Shared, server: &ServerRun) {
    if let Some(check) = &server.config(&shared.config).check {
        server.state.check.configure(check.rise, check.fall);
    }
    if let Some(restored) = server.restored {
        restored.restore_checks(&server.state);
    }
}

/// Servers with `check`, in the order of the file, whose kind of check is carried out.
fn checked_servers(shared: &Shared) -> Vec<Arc<ServerRun>> {
    let mut found = Vec::new();
    for proxy in shared.config.proxies.iter().filter(|proxy| !proxy.is_disabled) {
        if matches!(proxy.check, CheckKind::Later(_)) {
            continue;
        }
        let servers = proxy.servers.iter().filter(|server| server.check.is_some());
        found.extend(servers.filter_map(|server| shared.proxy(proxy.id).servers.get(server.id)));
    }
    found
}

/// Kinds of checks that are understood but not carried out yet: their servers count as up.
fn notice_later_kinds(shared: &Shared) {
    for proxy in &shared.config.proxies {
        if let CheckKind::Later(kind) = proxy.check
            && proxy.servers.iter().any(|server| server.check.is_some())
        {
            let title = report::title(proxy.sides);
            let text =
                format!("{title} '{}': '{kind}' is not carried out yet; its servers count as up", proxy.name);
            report::notice(shared, proxy.id, &text);
        }
    }
}

async fn run(shared: Arc<Shared>, servers: Vec<Arc<ServerRun>>, mut arrivals: added::Arrivals) {
    let began = clock::now();
    let configs = servers.iter().filter_map(|server| task::config_of(&shared, server));
    let first = FirstChecks::new(configs, &shared.config.global);
    for (position, server) in servers.into_iter().enumerate() {
        let checker = Rc::new(Checker::new(shared.clone(), server));
        let at = began.plus(first.delay(position, checker.config()));
        net::spawn(task::run(checker, at));
    }
    while !shared.is_stopping() {
        let arrived = tokio::select! {
            arrived = arrivals.recv() => arrived,
            () = net::timer::sleep_until(clock::now().plus(STOP_LOOK)) => None,
        };
        if let Some(server) = arrived {
            net::spawn(task::run(Rc::new(Checker::new(shared.clone(), server)), clock::now()));
        }
    }
}
