//! What the result of a check means for its server: down, up, stopping, or nothing. Checks, agents and tracked servers all
//! have a say; a server is up when none of them says otherwise.

use std::sync::Arc;

use state::check::{CheckReport, CheckResult, CheckState, CheckStatus};
use state::server::{ADMIN_OUT, Health};

use super::change;
use super::task::Asked;
use crate::shared::{ServerRun, Shared};

/// Changes the server's health as a report and everything else that is known want it.
pub(super) fn follow(
    shared: &Arc<Shared>,
    server: &Arc<ServerRun>,
    asked: Asked,
    report: &CheckReport,
    cause: Option<&CheckReport>,
) {
    if let Some(to) = outcome(shared, server, asked, report) {
        change::set_health(shared, &server.state, to, cause);
    }
}

/// The health that the server has from now on; `None`: as it was.
fn outcome(shared: &Shared, server: &ServerRun, asked: Asked, report: &CheckReport) -> Option<Health> {
    let state = &server.state;
    let own = match asked {
        Asked::Server => &state.check,
        Asked::Agent => &state.agent,
    };
    match report.status.result() {
        // An agent that is not reached says nothing about its server.
        CheckResult::Failed if asked == Asked::Agent && report.status != CheckStatus::L7Status => None,
        CheckResult::Failed if own.health().now == 0 => Some(Health::Down),
        CheckResult::Passed if may_be_up(shared, server) => {
            let is_stopping = state.health() == Health::Stopping;
            // Only the check that stopped a server lets it go on.
            (asked == Asked::Server || !is_stopping).then(|| rising(shared, server))
        }
        CheckResult::PassedConditionally if asked == Asked::Server && may_be_up(shared, server) => {
            Some(Health::Stopping)
        }
        CheckResult::Failed
        | CheckResult::Passed
        | CheckResult::PassedConditionally
        | CheckResult::Neutral
        | CheckResult::Unknown => None,
    }
}

/// Up, by way of `slowstart` where the line has one.
pub(super) fn rising(shared: &Shared, server: &ServerRun) -> Health {
    match slowstart_s(shared, server) {
        Some(_) => Health::Starting,
        None => Health::Up,
    }
}

/// `slowstart`, in seconds, rounded up.
pub(super) fn slowstart_s(shared: &Shared, server: &ServerRun) -> Option<u32> {
    let millis = server.config(&shared.config).slowstart?.as_millis();
    u32::try_from(millis.div_ceil(1000)).ok().filter(|seconds| *seconds > 0)
}

/// Whether neither maintenance, nor checks, nor an agent, nor a tracked server keeps it down.
fn may_be_up(shared: &Shared, server: &ServerRun) -> bool {
    let state = &server.state;
    let is_fine = |check: &CheckState| !check.is_enabled() || check.health().is_up();
    let tracked_is_down = || {
        let (proxy, id) = server.config(&shared.config).track?;
        let tracked = shared.runtime.proxy(proxy).servers.get(id.index())?;
        Some(tracked.health() == Health::Down)
    };
    state.admin() & ADMIN_OUT == 0
        && is_fine(&state.check)
        && is_fine(&state.agent)
        && tracked_is_down() != Some(true)
}
