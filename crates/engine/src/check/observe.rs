//! `observe`: errors of traffic count against a server between its checks (chapter 5.2 "observe", "error-limit",
//! "on-error").

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use config::model::{CheckConfig, Observe, ObservedError};
use state::check::{CheckReport, CheckStatus};
use state::server::Health;

use super::added::{self, Order};
use super::task::Asked;
use super::{change, report};
use crate::shared::{ServerRun, Shared};

/// What traffic met at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A connection was made.
    Connection,
    /// None could be made.
    NoConnection,
    /// An answer, and no error of the server.
    GoodAnswer,
    /// The server answered with an error of its own.
    WrongAnswer,
    /// What it said was no HTTP.
    BrokenAnswer,
    /// No answer came in time.
    ReadTimeout,
    /// The connection was lost before it answered.
    Closed,
}

impl Seen {
    /// The words of the log.
    const fn text(self) -> &'static str {
        match self {
            Seen::Connection => "L4 successful connection",
            Seen::NoConnection => "L4 unsuccessful connection",
            Seen::GoodAnswer => "Correct http response",
            Seen::WrongAnswer => "Wrong http response",
            Seen::BrokenAnswer => "Invalid http response (headers)",
            Seen::ReadTimeout => "Read timeout (http)",
            Seen::Closed => "Close from server (http)",
        }
    }

    /// Whether it speaks for the server; `None`: it says nothing to who observes `what`.
    const fn is_good(self, what: Observe) -> Option<bool> {
        match (self, what) {
            (Seen::NoConnection, _) => Some(false),
            (Seen::Connection, Observe::Layer4) => Some(true),
            (Seen::Connection, Observe::Layer7) | (_, Observe::Layer4) => None,
            (Seen::GoodAnswer, Observe::Layer7) => Some(true),
            (_, Observe::Layer7) => Some(false),
        }
    }
}

/// Takes note of what traffic met. Costs a look at the server's line where nothing is observed.
pub(crate) fn saw(shared: &Arc<Shared>, server: &Arc<ServerRun>, seen: Seen) {
    if server.is_dispatch {
        return;
    }
    let Some(check) = &server.config(&shared.config).check else { return };
    let Some(is_good) = check.observe.and_then(|what| seen.is_good(what)) else { return };
    let errors = &server.state.observed_errors;
    if is_good {
        // Most follow good ones, and all workers look at this.
        if errors.load(Relaxed) != 0 {
            errors.store(0, Relaxed);
        }
        return;
    }
    let count = errors.fetch_add(1, Relaxed) + 1;
    if count >= check.error_limit {
        errors.store(0, Relaxed);
        server.state.observed_failures.fetch_add(1, Relaxed);
        react(shared, server, check, count, seen);
    }
}

/// The errors were too many.
fn react(shared: &Arc<Shared>, server: &Arc<ServerRun>, check: &CheckConfig, count: u32, seen: Seen) {
    let state = &server.state;
    if check.on_error != ObservedError::Fastinter {
        let text = format!("Detected {count} consecutive errors, last one was: {}", seen.text());
        let found = CheckReport::new(CheckStatus::HealthAnalyze).describe(text);
        let recorded = state.check.record_observed(found.clone(), |health| match check.on_error {
            ObservedError::SuddenDeath if health.now > health.rise => health.rise + 1,
            ObservedError::MarkDown => health.rise,
            ObservedError::SuddenDeath | ObservedError::FailCheck | ObservedError::Fastinter => health.now,
        });
        let logs_checks = shared.config.proxy(state.proxy).options.log_health_checks.is_on();
        if logs_checks && recorded.is_news {
            report::check(shared, state, Asked::Server, &found, recorded.health);
        }
        if recorded.health.now == 0 {
            change::set_health(shared, state, Health::Down, (!logs_checks).then_some(&found));
        }
    }
    if check.fastinter.is_some() {
        added::order(shared, Order::Hasten(state.proxy, state.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_for_a_server() {
        assert_eq!(Seen::Connection.is_good(Observe::Layer4), Some(true));
        assert_eq!(Seen::Connection.is_good(Observe::Layer7), None);
        assert_eq!(Seen::NoConnection.is_good(Observe::Layer7), Some(false));
        assert_eq!(Seen::WrongAnswer.is_good(Observe::Layer4), None);
        assert_eq!(Seen::WrongAnswer.is_good(Observe::Layer7), Some(false));
        assert_eq!(Seen::GoodAnswer.is_good(Observe::Layer7), Some(true));
    }
}
