//! `slowstart`: a server that came up takes its full share step by step.

use std::sync::Arc;
use std::time::Duration;

use base::clock;
use state::Server;
use state::queue::Redistribute;
use state::server::{ADMIN_OUT, Health, Warmup};

use super::verdict;
use crate::shared::{ServerRun, Shared};

/// Starts the steps of a server that has just come up. Those of an earlier time that it came up go on with it; the share
/// is told by the time since it came up, so both say the same.
pub(super) fn begin(shared: &Arc<Shared>, server: &Arc<ServerRun>) {
    let Some(slowstart_s) = verdict::slowstart_s(shared, server) else { return };
    net::spawn(steps(shared.clone(), server.state.clone(), slowstart_s));
}

/// One step a second, or twenty in all where that is less.
async fn steps(shared: Arc<Shared>, server: Arc<Server>, slowstart_s: u32) {
    let step = Duration::from_secs(1).max(Duration::from_secs(u64::from(slowstart_s)) / 20);
    loop {
        net::timer::sleep_until(clock::now().plus(step)).await;
        if server.admin() & ADMIN_OUT != 0 || server.health() != Health::Starting {
            return;
        }
        let elapsed = u32::try_from(server.uptime.since_change_s(clock::now())).unwrap_or(u32::MAX);
        let warmup = Warmup::at(elapsed, slowstart_s);
        server.set_warmup(warmup);
        if warmup == Warmup::DONE {
            server.set_health(Health::Up);
        }
        tell(&shared, &server);
        if warmup == Warmup::DONE {
            return;
        }
    }
}

/// The balancer and those who wait see the new weight and limit.
fn tell(shared: &Shared, server: &Arc<Server>) {
    let proxy = shared.runtime.proxy(server.proxy);
    let _changing = proxy.changing.lock();
    proxy.server_changed(server, Redistribute::Nobody);
}
