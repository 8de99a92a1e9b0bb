//! What health checks found out about a server (management guide, chapter 9.1: the columns `check_status` to
//! `check_health`, `chkfail`).
//!
//! Health is a number between 0 and `rise + fall - 1`; below `rise` the server is down. A failure takes one away, and
//! all of it as soon as it falls below `rise`; a success adds one, and fills it up as soon as it reaches `rise`. A
//! server starts at `rise`: up, but one failure away from being down.

use parking_lot::Mutex;

/// What a check ended with, by HAProxy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckStatus {
    /// None has ended yet.
    #[default]
    Initializing,
    /// The socket could not be made or broke: `SOCKERR`.
    SocketError,
    /// The connection was accepted: `L4OK`.
    L4Ok,
    /// It was not accepted in time: `L4TOUT`.
    L4Timeout,
    /// It was refused, or there is no way: `L4CON`.
    L4Connection,
    /// The TLS handshake succeeded: `L6OK`.
    L6Ok,
    /// It was not done in time: `L6TOUT`.
    L6Timeout,
    /// It failed: `L6RSP`.
    L6Response,
    /// The answer did not come in time: `L7TOUT`.
    L7Timeout,
    /// It was none: `L7RSP`.
    L7Response,
    /// It was what was expected: `L7OK`.
    L7Ok,
    /// The server answers and wants no new sessions: `L7OKC`.
    L7OkConditionally,
    /// It was a wrong status: `L7STS`.
    L7Status,
    /// An agent answered without a word on health: `CHECKED`.
    Neutral,
    /// Errors of traffic under `observe`: `HANA`.
    HealthAnalyze,
    /// The program of `option external-check` ended with another code than 0: `PROCERR`.
    ProcessError,
    /// It did not end in time: `PROCTOUT`.
    ProcessTimeout,
    /// It ended with 0: `PROCOK`.
    ProcessOk,
}

/// What a status means for health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// Nothing yet.
    Unknown,
    /// Neither for nor against it.
    Neutral,
    /// Against the server.
    Failed,
    /// For it.
    Passed,
    /// For it, but it takes no new sessions.
    PassedConditionally,
}

impl CheckStatus {
    /// The short name that `show stat` and `http-check send-state` use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CheckStatus::Initializing => "INI",
            CheckStatus::SocketError => "SOCKERR",
            CheckStatus::L4Ok => "L4OK",
            CheckStatus::L4Timeout => "L4TOUT",
            CheckStatus::L4Connection => "L4CON",
            CheckStatus::L6Ok => "L6OK",
            CheckStatus::L6Timeout => "L6TOUT",
            CheckStatus::L6Response => "L6RSP",
            CheckStatus::L7Timeout => "L7TOUT",
            CheckStatus::L7Response => "L7RSP",
            CheckStatus::L7Ok => "L7OK",
            CheckStatus::L7OkConditionally => "L7OKC",
            CheckStatus::L7Status => "L7STS",
            CheckStatus::Neutral => "CHECKED",
            CheckStatus::HealthAnalyze => "HANA",
            CheckStatus::ProcessError => "PROCERR",
            CheckStatus::ProcessTimeout => "PROCTOUT",
            CheckStatus::ProcessOk => "PROCOK",
        }
    }

    /// The words that logs use.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            CheckStatus::Initializing => "Initializing",
            CheckStatus::SocketError => "Socket error",
            CheckStatus::L4Ok => "Layer4 check passed",
            CheckStatus::L4Timeout => "Layer4 timeout",
            CheckStatus::L4Connection => "Layer4 connection problem",
            CheckStatus::L6Ok => "Layer6 check passed",
            CheckStatus::L6Timeout => "Layer6 timeout",
            CheckStatus::L6Response => "Layer6 invalid response",
            CheckStatus::L7Timeout => "Layer7 timeout",
            CheckStatus::L7Response => "Layer7 invalid response",
            CheckStatus::L7Ok => "Layer7 check passed",
            CheckStatus::L7OkConditionally => "Layer7 check conditionally passed",
            CheckStatus::L7Status => "Layer7 wrong status",
            CheckStatus::Neutral => "No status change",
            CheckStatus::HealthAnalyze => "Health analyze",
            CheckStatus::ProcessError => "External check error",
            CheckStatus::ProcessTimeout => "External check timeout",
            CheckStatus::ProcessOk => "External check passed",
        }
    }

    /// What it means for health.
    #[must_use]
    pub const fn result(self) -> CheckResult {
        match self {
            CheckStatus::Initializing => CheckResult::Unknown,
            CheckStatus::Neutral => CheckResult::Neutral,
            CheckStatus::L4Ok | CheckStatus::L6Ok | CheckStatus::L7Ok | CheckStatus::ProcessOk => {
                CheckResult::Passed
            }
            CheckStatus::L7OkConditionally => CheckResult::PassedConditionally,
            CheckStatus::SocketError
            | CheckStatus::L4Timeout
            | CheckStatus::L4Connection
            | CheckStatus::L6Timeout
            | CheckStatus::L6Response
            | CheckStatus::L7Timeout
            | CheckStatus::L7Response
            | CheckStatus::L7Status
            | CheckStatus::HealthAnalyze
            | CheckStatus::ProcessError
            | CheckStatus::ProcessTimeout => CheckResult::Failed,
        }
    }

    /// Whether a code of the checked protocol, or of a program, belongs to it.
    #[must_use]
    pub const fn has_code(self) -> bool {
        matches!(
            self,
            CheckStatus::L7Ok
                | CheckStatus::L7OkConditionally
                | CheckStatus::L7Status
                | CheckStatus::ProcessError
                | CheckStatus::ProcessTimeout
                | CheckStatus::ProcessOk
        )
    }
}

/// Bytes of a description that are kept.
const DESCRIPTION_BYTES_MAX: usize = 127;

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// How.
    pub status: CheckStatus,
    /// The status of the checked protocol or a program's exit code, where [`CheckStatus::has_code`] says so.
    pub code: i32,
    /// How long it took; `None` for one that was not timed.
    pub duration_ms: Option<u64>,
    /// What the server or the system said about it; may be empty.
    pub description: Vec<u8>,
}

impl CheckReport {
    /// A status without anything that belongs to it.
    #[must_use]
    pub fn new(status: CheckStatus) -> Self {
        CheckReport { status, ..CheckReport::default() }
    }

    /// Adds what was said.
    #[must_use]
    pub fn describe(self, description: impl Into<Vec<u8>>) -> Self {
        let mut description = description.into();
        description.truncate(DESCRIPTION_BYTES_MAX);
        CheckReport { description, ..self }
    }
}

/// Health as a number; see the top of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCount {
    /// From 0 to `rise + fall - 1`.
    pub now: u32,
    /// Successes in a row that bring a server up.
    pub rise: u32,
    /// Failures in a row that take it down.
    pub fall: u32,
}

impl HealthCount {
    /// As good as it gets.
    #[must_use]
    pub fn full(self) -> u32 {
        self.rise.saturating_add(self.fall).saturating_sub(1)
    }

    /// Whether it is enough for being up.
    #[must_use]
    pub fn is_up(self) -> bool {
        self.now >= self.rise
    }

    /// What logs and statistics show: steps above down of `fall`, or steps towards up of `rise`.
    #[must_use]
    pub fn shown(self) -> (u32, u32) {
        if self.is_up() { (self.now - self.rise + 1, self.fall) } else { (self.now, self.rise) }
    }

    /// One failure; false if there was nothing left to take.
    fn fail(&mut self) -> bool {
        if self.now == 0 {
            return false;
        }
        self.now -= 1;
        if !self.is_up() {
            self.now = 0;
        }
        true
    }

    /// One success; false if there was nothing left to add.
    fn pass(&mut self) -> bool {
        if self.now >= self.full() {
            return false;
        }
        self.now += 1;
        if self.is_up() {
            self.now = self.full();
        }
        true
    }
}

/// Where a server's checks or its agent's go, as the runtime API changed it; `None`: as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckPlace {
    /// The address.
    pub addr: Option<std::net::IpAddr>,
    /// The port.
    pub port: Option<u16>,
    /// What an agent is sent first.
    pub send: Option<Vec<u8>>,
}

/// Everything that checks know about a server, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFacts {
    /// Whether the server is checked at all.
    pub is_configured: bool,
    /// Whether checks were switched off at run time (`disable health`).
    pub is_disabled: bool,
    /// Whether one is under way.
    pub is_running: bool,
    /// Health.
    pub health: HealthCount,
    /// The last check.
    pub last: CheckReport,
    /// Failures that took health away.
    pub failures: u64,
    /// Where checks go, if that was changed at run time.
    pub place: Option<Box<CheckPlace>>,
}

/// What checks know about a server; shared by the thread that checks and those that show it.
#[derive(Debug)]
pub struct CheckState(Mutex<CheckFacts>);

impl Default for CheckState {
    fn default() -> Self {
        CheckState(Mutex::new(CheckFacts {
            is_configured: false,
            is_disabled: false,
            is_running: false,
            health: HealthCount { now: 1, rise: 1, fall: 1 },
            last: CheckReport::default(),
            failures: 0,
            place: None,
        }))
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Whether health or the kind of result changed: what `option log-health-checks` writes about.
    pub is_news: bool,
    /// Health now.
    pub health: HealthCount,
}

impl CheckState {
    /// Says that the server is checked. Both counts are at least 1.
    pub fn configure(&self, rise: u32, fall: u32) {
        let (rise, fall) = (rise.max(1), fall.max(1));
        let mut facts = self.0.lock();
        facts.is_configured = true;
        facts.health = HealthCount { now: rise, rise, fall };
    }

    /// A copy of everything.
    #[must_use]
    pub fn facts(&self) -> CheckFacts {
        self.0.lock().clone()
    }

    /// Health now.
    #[must_use]
    pub fn health(&self) -> HealthCount {
        self.0.lock().health
    }

    /// Whether checks are to be made.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        let facts = self.0.lock();
        facts.is_configured && !facts.is_disabled
    }

    /// Switches checks off or on again (`disable health`, `enable health`).
    pub fn set_disabled(&self, disabled: Disabled) {
        self.0.lock().is_disabled = disabled == Disabled::Yes;
    }

    /// Sets health from outside: to the brink of down when the server leaves maintenance, to full or to nothing when
    /// an operator says so (`set server ... health`). Beyond what is possible counts as full.
    pub fn set_health(&self, now: u32) {
        let mut facts = self.0.lock();
        facts.health.now = now.min(facts.health.full());
    }

    /// A check begins.
    pub fn begin(&self) {
        self.0.lock().is_running = true;
    }

    /// A check ended.
    pub fn record(&self, report: CheckReport) -> Recorded {
        let mut facts = self.0.lock();
        facts.is_running = false;
        let changed = match report.status.result() {
            CheckResult::Unknown | CheckResult::Neutral => {
                facts.last = report;
                return Recorded { is_news: false, health: facts.health };
            }
            CheckResult::Failed => {
                let changed = facts.health.fail();
                facts.failures += u64::from(changed);
                changed
            }
            CheckResult::Passed | CheckResult::PassedConditionally => facts.health.pass(),
        };
        let is_news = changed || report.status != facts.last.status;
        facts.last = report;
        Recorded { is_news, health: facts.health }
    }
}

impl CheckState {
    /// An agent answered, or could not be reached: that alone takes no health away. `health` is what the answer makes
    /// of it; beyond what is possible counts as full.
    pub fn record_agent(&self, report: CheckReport, health: Option<u32>) -> Recorded {
        if let Some(health) = health {
            self.set_health(health);
        }
        if report.status.result() != CheckResult::Failed || report.status.has_code() {
            return self.record(report);
        }
        let mut facts = self.0.lock();
        facts.is_running = false;
        let is_news = report.status != facts.last.status;
        facts.last = report;
        Recorded { is_news, health: facts.health }
    }

    /// Starts with another health than the brink of down (`init-state`).
    pub fn start_with(&self, health: impl FnOnce(HealthCount) -> u32) {
        let mut facts = self.0.lock();
        facts.health.now = health(facts.health).min(facts.health.full());
    }

    /// Errors of traffic count as a failed check that was never made; `before` adjusts health first.
    pub fn record_observed(&self, report: CheckReport, before: impl FnOnce(HealthCount) -> u32) -> Recorded {
        self.start_with(before);
        let was_running = self.0.lock().is_running;
        let recorded = self.record(report);
        self.0.lock().is_running = was_running;
        recorded
    }

    /// Changes where checks go, or what an agent is sent (`set server ... check-addr`, `agent-send`); from the next
    /// check on.
    pub fn change_place(&self, change: impl FnOnce(&mut CheckPlace)) {
        change(self.0.lock().place.get_or_insert_default());
    }

    /// Where checks go, if that was changed at run time.
    #[must_use]
    pub fn place(&self) -> Option<Box<CheckPlace>> {
        self.0.lock().place.clone()
    }
}

/// Whether checks are switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// They are.
    Yes,
    /// They are not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healths(state: &CheckState, statuses: &[CheckStatus]) -> Vec<u32> {
        statuses.iter().map(|status| state.record(CheckReport::new(*status)).health.now).collect()
    }

    #[test]
    fn one_failure_at_the_start_is_enough() {
        let state = CheckState::default();
        state.configure(2, 3);
        assert!(state.health().is_up());
        assert_eq!(healths(&state, &[CheckStatus::L4Connection]), [0]);
        assert_eq!(state.facts().failures, 1);
    }

    #[test]
    fn fall_failures_take_down_and_rise_successes_bring_up() {
        use CheckStatus::{L4Ok, L4Timeout};
        let state = CheckState::default();
        state.configure(2, 3);
        assert_eq!(healths(&state, &[L4Ok, L4Ok, L4Timeout, L4Timeout]), [4, 4, 3, 2]);
        assert_eq!(healths(&state, &[L4Ok]), [4], "a success forgives");
        assert_eq!(healths(&state, &[L4Timeout, L4Timeout, L4Timeout, L4Timeout]), [3, 2, 0, 0]);
        assert_eq!(healths(&state, &[L4Ok, L4Timeout, L4Ok, L4Ok]), [1, 0, 1, 4]);
        assert_eq!(state.facts().failures, 6, "failures of a server that is down do not count");
    }

    #[test]
    fn what_logs_show() {
        let health = |now| HealthCount { now, rise: 2, fall: 3 }.shown();
        assert_eq!((health(4), health(2), health(1), health(0)), ((3, 3), (1, 3), (1, 2), (0, 2)));
    }

    #[test]
    fn news_are_changes() {
        let state = CheckState::default();
        state.configure(1, 1);
        let is_news = |status| state.record(CheckReport::new(status)).is_news;
        assert!(is_news(CheckStatus::L7Ok), "the first");
        assert!(!is_news(CheckStatus::L7Ok));
        assert!(is_news(CheckStatus::L7OkConditionally));
        assert!(is_news(CheckStatus::L7Status));
        assert!(!is_news(CheckStatus::L7Status));
        assert!(is_news(CheckStatus::L7Timeout), "another way of failing");
    }

    #[test]
    fn agents_decide_by_what_they_say_alone() {
        let state = CheckState::default();
        state.configure(1, 1);
        let lost = state.record_agent(CheckReport::new(CheckStatus::L4Connection), None);
        assert_eq!((lost.health.now, lost.is_news), (1, true));
        let down = state.record_agent(CheckReport::new(CheckStatus::L7Status), Some(0));
        assert_eq!((down.health.now, down.is_news), (0, true));
        assert_eq!(state.facts().failures, 0);
        let quiet = state.record_agent(CheckReport::new(CheckStatus::Neutral), None);
        assert_eq!((quiet.health.now, quiet.is_news), (0, false));
        assert_eq!(state.record_agent(CheckReport::new(CheckStatus::L7Ok), Some(u32::MAX)).health.now, 1);
    }

    #[test]
    fn descriptions_are_cut() {
        let report = CheckReport::new(CheckStatus::L7Status).describe(vec![b'x'; 500]);
        assert_eq!(report.description.len(), DESCRIPTION_BYTES_MAX);
    }
}
