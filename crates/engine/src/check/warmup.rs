//! `slowstart`: a server that came up takes its full share step by step.

use std::rc::Rc;
use std::time::Duration;

use base::clock;
use state::queue::Redistribute;
use state::server::{ADMIN_MAINT, Health, Warmup};

use super::task::Checker;

/// Starts the steps of a server that has just come up.
pub(super) fn begin(checker: &Rc<Checker>) {
    let Some(slowstart_s) = checker.slowstart() else { return };
    if !checker.is_warming.replace(true) {
        net::spawn(run(checker.clone(), slowstart_s));
    }
}

async fn run(checker: Rc<Checker>, slowstart_s: u32) {
    steps(&checker, slowstart_s).await;
    checker.is_warming.set(false);
}

/// One step a second, or twenty in all where that is less.
async fn steps(checker: &Checker, slowstart_s: u32) {
    let server = &checker.server.state;
    let step = Duration::from_secs(1).max(Duration::from_secs(u64::from(slowstart_s)) / 20);
    loop {
        net::timer::sleep_until(clock::now().plus(step)).await;
        if server.admin() & ADMIN_MAINT != 0 || server.health() != Health::Starting {
            return;
        }
        let elapsed = u32::try_from(server.uptime.since_change_s(clock::now())).unwrap_or(u32::MAX);
        let warmup = Warmup::at(elapsed, slowstart_s);
        server.set_warmup(warmup);
        if warmup == Warmup::DONE {
            server.set_health(Health::Up);
        }
        tell(checker);
        if warmup == Warmup::DONE {
            return;
        }
    }
}

/// The balancer and those who wait see the new weight and limit.
fn tell(checker: &Checker) {
    let proxy = checker.shared.runtime.proxy(checker.server.state.proxy);
    let _changing = proxy.changing.lock();
    proxy.server_changed(&checker.server.state, Redistribute::Nobody);
}
