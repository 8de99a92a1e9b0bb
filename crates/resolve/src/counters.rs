//! What is counted of a name server: written by the thread that asks it, read by everybody.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A figure of a name server, in the order that lists have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Questions sent.
    Sent,
    /// Questions that could not be sent.
    SendError,
    /// Good answers.
    Valid,
    /// Answers that changed a server's address.
    Update,
    /// Answers with another name; nobody counts them, as in HAProxy.
    Cname,
    /// Answers with another name that leads nowhere.
    CnameError,
    /// Answers without records.
    AnyErr,
    /// Answers that there is no such name.
    Nx,
    /// Questions without answers; nobody counts them, as in HAProxy.
    Timeout,
    /// Answers that refuse.
    Refused,
    /// Answers with another error.
    Other,
    /// What is no answer to the question.
    Invalid,
    /// Messages that are too long.
    TooBig,
    /// Answers that were cut short.
    Truncated,
    /// Answers to questions that nobody asks any more.
    Outdated,
}

/// What is told of a figure.
#[derive(Debug, Clone, Copy)]
pub struct CounterRow {
    /// The figure.
    pub counter: Counter,
    /// Its name as a column and as a metric.
    pub name: &'static str,
    /// Its name in `show resolvers`.
    pub shown: &'static str,
    /// What it means, in one line.
    pub brief: &'static str,
}

const fn row(counter: Counter, name: &'static str, shown: &'static str, brief: &'static str) -> CounterRow {
    CounterRow { counter, name, shown, brief }
}

/// All figures.
pub static COUNTERS: [CounterRow; 15] = [
    row(Counter::Sent, "sent", "sent", "Questions sent"),
    row(Counter::SendError, "send_error", "snd_error", "Questions that could not be sent"),
    row(Counter::Valid, "valid", "valid", "Answers that were good"),
    row(Counter::Update, "update", "update", "Answers that changed a server's address"),
    row(Counter::Cname, "cname", "cname", "Answers with another name"),
    row(
        Counter::CnameError,
        "cname_error",
        "cname_error",
        "Answers with another name that could not be followed",
    ),
    row(Counter::AnyErr, "any_err", "any_err", "Answers without any address"),
    row(Counter::Nx, "nx", "nx", "Answers that there is no such name"),
    row(Counter::Timeout, "timeout", "timeout", "Questions that were not answered in time"),
    row(Counter::Refused, "refused", "refused", "Answers that refused the question"),
    row(Counter::Other, "other", "other", "Answers with another error"),
    row(Counter::Invalid, "invalid", "invalid", "Answers that were no DNS"),
    row(Counter::TooBig, "too_big", "too_big", "Answers that were too long"),
    row(Counter::Truncated, "truncated", "truncated", "Answers that were cut short"),
    row(Counter::Outdated, "outdated", "outdated", "Answers that came too late"),
];

/// The figures of one name server.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; COUNTERS.len()]);

impl Counters {
    /// Counts one more.
    pub fn bump(&self, counter: Counter) {
        self.0[counter as usize].fetch_add(1, Relaxed);
    }

    /// The figure now.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_the_order_of_the_enum() {
        for (position, row) in COUNTERS.iter().enumerate() {
            assert_eq!(row.counter as usize, position);
        }
    }
}
