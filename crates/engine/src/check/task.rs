//! The life of one server's checks.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use base::clock::{self, Millis};
use config::ProxyConfig;
use config::model::CheckConfig;
use state::check::{CheckReport, CheckResult, Recorded};
use state::server::{ADMIN_MAINT, ADMIN_UNRESOLVED, Health};

use super::tls::TlsCheck;
use super::{change, probe, report, schedule, warmup};
use crate::shared::{ServerRun, Shared};

/// How `server` is checked, if it is.
pub(super) fn config_of<'s>(shared: &'s Shared, server: &'s ServerRun) -> Option<&'s CheckConfig> {
    server.config(&shared.config).check.as_ref()
}

/// One checked server.
pub(super) struct Checker {
    pub(super) shared: Arc<Shared>,
    pub(super) server: Arc<ServerRun>,
    /// How checks use TLS, if they do.
    pub(super) tls: Option<TlsCheck>,
    /// Whether a task moves it through `slowstart`.
    pub(super) is_warming: Cell<bool>,
}

impl Checker {
    pub(super) fn new(shared: Arc<Shared>, server: Arc<ServerRun>) -> Self {
        let proxy = shared.config.proxy(server.state.proxy);
        let tls = TlsCheck::of(server.config(&shared.config), &proxy.check);
        Checker { shared, server, tls, is_warming: Cell::new(false) }
    }

    /// Its backend.
    pub(super) fn proxy(&self) -> &ProxyConfig {
        self.shared.config.proxy(self.server.state.proxy)
    }

    /// How it is checked.
    pub(super) fn config(&self) -> &CheckConfig {
        config_of(&self.shared, &self.server).expect("only servers with `check` have a checker")
    }

    /// Whether checks rest: in maintenance, or switched off.
    fn is_paused(&self) -> bool {
        let state = &self.server.state;
        state.admin() & (ADMIN_MAINT | ADMIN_UNRESOLVED) != 0 || !state.check.is_enabled()
    }
}

/// Checks one server for as long as it is there, the first time at `at`.
pub(super) async fn run(checker: Rc<Checker>, mut at: Millis) {
    loop {
        net::timer::sleep_until(at).await;
        if checker.server.state.is_removed() {
            return;
        }
        if checker.is_paused() {
            at = clock::now().plus(checker.config().inter);
            continue;
        }
        checker.server.state.check.begin();
        let report = probe::run(&checker).await;
        conclude(&checker, report);
        at = next(&checker);
    }
}

fn next(checker: &Checker) -> Millis {
    let state = &checker.server.state;
    let interval = schedule::interval(checker.config(), state.check.health(), state.health());
    let percent = checker.shared.config.global.spread_checks;
    // A check that is due all the time would keep the thread for itself.
    let interval = interval.max(std::time::Duration::from_millis(1));
    clock::now().plus(if percent > 0 {
        schedule::spread(interval, percent, schedule::random())
    } else {
        interval
    })
}

/// Records a report and does what it means.
fn conclude(checker: &Rc<Checker>, report: CheckReport) {
    let result = report.status.result();
    let recorded = checker.server.state.check.record(report.clone());
    let logs_checks = checker.proxy().options.log_health_checks.is_on();
    if logs_checks && recorded.is_news {
        report::check(&checker.shared, &checker.server.state, &report, recorded.health);
    }
    let Some(to) = outcome(checker, result, recorded) else { return };
    // What was just told is not told twice.
    let cause = (!logs_checks).then_some(&report);
    let changed = change::set_health(&checker.shared, &checker.server.state, to, cause);
    if changed && to == Health::Starting {
        warmup::begin(checker);
    }
}

/// The health that the server has from now on; `None`: as it was.
fn outcome(checker: &Checker, result: CheckResult, recorded: Recorded) -> Option<Health> {
    match result {
        CheckResult::Failed if recorded.health.now == 0 => Some(Health::Down),
        CheckResult::Passed if recorded.health.is_up() => {
            let is_slow = checker.slowstart().is_some();
            Some(if is_slow { Health::Starting } else { Health::Up })
        }
        CheckResult::PassedConditionally if recorded.health.is_up() => Some(Health::Stopping),
        CheckResult::Failed
        | CheckResult::Passed
        | CheckResult::PassedConditionally
        | CheckResult::Unknown => None,
    }
}

impl Checker {
    /// `slowstart`, in seconds, rounded up.
    pub(super) fn slowstart(&self) -> Option<u32> {
        let millis = self.server.config(&self.shared.config).slowstart?.as_millis();
        u32::try_from(millis.div_ceil(1000)).ok().filter(|seconds| *seconds > 0)
    }
}
