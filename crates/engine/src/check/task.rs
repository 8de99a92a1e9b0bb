//! The life of one server's checks, and of its agent's.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base::clock::{self, Millis};
use config::ProxyConfig;
use config::model::{CheckConfig, CheckKind, CheckProgram, CheckScript};
use net::timer::Timer;
use state::check::{CheckReport, CheckState, CheckStatus, Recorded};
use state::server::ADMIN_OUT;
use tokio::sync::Notify;

use super::script::{self, Outcome};
use super::tls::TlsChecks;
use super::{agent, program, report, schedule, verdict};
use crate::shared::{ServerRun, Shared};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The server itself.
    Server,
    /// Its agent.
    Agent,
}

/// How it is asked.
#[derive(Debug, Clone)]
pub(super) enum Means {
    /// By a script.
    Script(Arc<CheckScript>),
    /// By a program.
    Program(Arc<CheckProgram>),
}

/// How the servers of a proxy are checked, `server` with its own script.
pub(super) fn means_of(check: &CheckConfig, proxy: &ProxyConfig) -> Means {
    match (&check.script, &proxy.check) {
        (Some(script), _) | (None, CheckKind::Script(script)) => Means::Script(script.clone()),
        (None, CheckKind::Program(program)) => Means::Program(program.clone()),
    }
}

/// One checked server, or one agent.
pub(super) struct Checker {
    pub(super) shared: Arc<Shared>,
    pub(super) server: Arc<ServerRun>,
    pub(super) asked: Asked,
    pub(super) means: Means,
    /// Intervals, address and port.
    pub(super) config: CheckConfig,
    /// How checks use TLS, if they may.
    pub(super) tls: Option<TlsChecks>,
    /// Set when errors of traffic want the next check early.
    is_hastened: Cell<bool>,
    haste: Notify,
}

impl Checker {
    /// The checks of a server; `None`: it has none.
    pub(super) fn of_server(shared: &Arc<Shared>, server: &Arc<ServerRun>) -> Option<Rc<Checker>> {
        let line = server.config(&shared.config);
        let config = line.check.clone()?;
        let means = means_of(&config, shared.config.proxy(server.state.proxy));
        let tls = TlsChecks::of(line);
        Some(Rc::new(Checker {
            shared: shared.clone(),
            server: server.clone(),
            asked: Asked::Server,
            means,
            config,
            tls,
            is_hastened: Cell::new(false),
            haste: Notify::new(),
        }))
    }

    /// The agent of a server; `None`: it has none. Agents are asked in clear and without a PROXY header.
    pub(super) fn of_agent(
        shared: &Arc<Shared>,
        server: &Arc<ServerRun>,
        script: &Arc<CheckScript>,
    ) -> Option<Rc<Checker>> {
        let line = server.config(&shared.config);
        if !line.agent.is_on {
            return None;
        }
        let config = CheckConfig {
            inter: line.agent.inter.unwrap_or(line.check_params.inter),
            rise: agent::RISE,
            fall: agent::FALL,
            addr: line.agent.addr.clone(),
            port: line.agent.port,
            ..CheckConfig::default()
        };
        Some(Rc::new(Checker {
            shared: shared.clone(),
            server: server.clone(),
            asked: Asked::Agent,
            means: Means::Script(script.clone()),
            config,
            tls: None,
            is_hastened: Cell::new(false),
            haste: Notify::new(),
        }))
    }

    /// Its backend.
    pub(super) fn proxy(&self) -> &ProxyConfig {
        self.shared.config.proxy(self.server.state.proxy)
    }

    /// What is known by these checks.
    pub(super) fn state(&self) -> &CheckState {
        match self.asked {
            Asked::Server => &self.server.state.check,
            Asked::Agent => &self.server.state.agent,
        }
    }

    /// Whether checks rest: in maintenance, which agents can end, or switched off.
    fn is_paused(&self) -> bool {
        let is_out = self.asked == Asked::Server && self.server.state.admin() & ADMIN_OUT != 0;
        is_out || !self.state().is_enabled()
    }

    /// Wants the next check early.
    pub(super) fn hasten(&self) {
        self.is_hastened.set(true);
        self.haste.notify_one();
    }
}

/// Checks for as long as the server is there, the first time at `at`.
pub(super) async fn run(checker: Rc<Checker>, mut at: Millis) {
    loop {
        wait(&checker, at).await;
        if checker.server.state.is_removed() {
            return;
        }
        if checker.is_paused() {
            at = clock::now().plus(checker.config.inter);
            continue;
        }
        checker.state().begin();
        checker.is_hastened.set(false);
        let began = clock::now();
        // What a check needs while it runs goes away with it.
        let outcome = Box::pin(attempt(&checker)).await;
        let duration_ms = Some(clock::now().since(began));
        conclude(&checker, &outcome, duration_ms);
        drop(outcome);
        at = clock::now().plus(interval(&checker));
    }
}

/// Waits until `at`, or less where haste is wanted meanwhile.
async fn wait(checker: &Checker, mut at: Millis) {
    let mut timer = Timer::new();
    timer.set(at);
    loop {
        let mut haste = pin!(checker.haste.notified());
        let is_due = poll_fn(|cx| {
            if timer.poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            haste.as_mut().poll(cx).map(|()| false)
        })
        .await;
        if is_due {
            return;
        }
        let early = clock::now().plus(interval(checker));
        if early < at {
            at = early;
            timer.set(at);
        }
    }
}

async fn attempt(checker: &Rc<Checker>) -> Outcome {
    match &checker.means {
        Means::Script(script) => script::run(checker, script).await,
        Means::Program(program) => Outcome::of(program::run(checker, program).await),
    }
}

/// The time to the next check.
fn interval(checker: &Checker) -> Duration {
    let server = &checker.server.state;
    let health = checker.state().health();
    let interval = match checker.config.fastinter.filter(|_| checker.is_hastened.get()) {
        Some(fastinter) => fastinter,
        None => schedule::interval(&checker.config, health, server.health()),
    };
    // A check that is due all the time would keep the thread for itself.
    let interval = interval.max(Duration::from_millis(1));
    match checker.shared.config.global.spread_checks {
        0 => interval,
        percent => schedule::spread(interval, percent, schedule::random()),
    }
}

/// Records an outcome and does what it means.
fn conclude(checker: &Rc<Checker>, outcome: &Outcome, duration_ms: Option<u64>) {
    let report = CheckReport { duration_ms, ..outcome.report.clone() };
    let state = checker.state();
    let (report, recorded) = match &outcome.agent_line {
        Some(line) => agent::conclude(checker, line, duration_ms),
        None if checker.asked == Asked::Agent => {
            let recorded = state.record_agent(report.clone(), None);
            (report, recorded)
        }
        None => {
            let recorded = state.record(report.clone());
            (report, recorded)
        }
    };
    tell(checker, &report, recorded);
    let logs_checks = checker.proxy().options.log_health_checks.is_on();
    // What was just told is not told twice.
    let cause = (!logs_checks).then_some(&report);
    verdict::follow(&checker.shared, &checker.server, checker.asked, &report, cause);
}

/// `option log-health-checks`.
fn tell(checker: &Checker, report: &CheckReport, recorded: Recorded) {
    if recorded.is_news && checker.proxy().options.log_health_checks.is_on() {
        report::check(&checker.shared, &checker.server.state, checker.asked, report, recorded.health);
    }
    if report.status.result() == state::check::CheckResult::Passed {
        checker.server.state.observed_errors.store(0, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A status without anything that belongs to it.
pub(super) fn bare(status: CheckStatus) -> CheckReport {
    CheckReport::new(status)
}
