//! Who waits for what comes of a load, and what was told meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ::control::master::{Loaded, Reload};
use tokio::sync::oneshot;

/// More than this is not kept of what a load told.
const LOG_BYTES_MAX: usize = 256 * 1024;

/// Loads so far, the one that is under way, and the one that is to follow.
#[derive(Debug, Default)]
pub(super) struct Reloads {
    /// All but the first.
    pub(super) count: u32,
    /// Failures since the last success.
    pub(super) failed: u32,
    /// How the old worker goes when the one that is loading is ready.
    pub(super) how: Option<Reload>,
    /// Asked for by a signal while another was under way.
    pub(super) next: Option<Reload>,
    /// What was told during the last load.
    pub(super) logs: Vec<u8>,
    /// Shown in prompts.
    pub(super) has_failed: Arc<AtomicBool>,
    waiting: Vec<oneshot::Sender<Loaded>>,
}

impl Reloads {
    /// A load begins.
    pub(super) fn begin(&mut self, how: Reload) {
        self.how = Some(how);
        self.logs.clear();
    }

    /// Whether one is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.how.is_some()
    }

    /// Keeps what was told.
    pub(super) fn log(&mut self, text: &[u8]) {
        if self.logs.len() + text.len() <= LOG_BYTES_MAX {
            self.logs.extend_from_slice(text);
        }
    }

    /// Answers when the load that is under way has ended, or at once.
    pub(super) fn wait(&mut self, answer: oneshot::Sender<Loaded>) {
        if self.is_under_way() {
            self.waiting.push(answer);
        } else {
            let _ = answer.send(self.result());
        }
    }

    fn result(&self) -> Loaded {
        Loaded { is_success: self.failed == 0, logs: self.logs.clone() }
    }

    /// The load has succeeded. Returns how the old worker goes.
    pub(super) fn succeed(&mut self) -> Reload {
        self.failed = 0;
        self.end()
    }

    /// The load has failed.
    pub(super) fn fail(&mut self) {
        self.failed = self.failed.saturating_add(1);
        self.end();
    }

    fn end(&mut self) -> Reload {
        self.has_failed.store(self.failed > 0, Relaxed);
        let how = self.how.take().unwrap_or(Reload::Soft);
        let result = self.result();
        for answer in self.waiting.drain(..) {
            // Whoever does not wait any more needs no answer.
            let _ = answer.send(result.clone());
        }
        how
    }

    /// As `show proc` counts.
    pub(super) fn counted(&self) -> String {
        format!("{} [failed: {}]", self.count, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_learn_what_came_of_it() {
        let mut reloads = Reloads::default();
        reloads.begin(Reload::Hard);
        reloads.log(b"one\n");
        let (answer, mut first) = oneshot::channel();
        reloads.wait(answer);
        assert!(first.try_recv().is_err());
        assert_eq!(reloads.succeed(), Reload::Hard);
        assert_eq!(first.try_recv().unwrap(), Loaded { is_success: true, logs: b"one\n".to_vec() });
        reloads.begin(Reload::Soft);
        reloads.fail();
        let (answer, mut second) = oneshot::channel();
        reloads.wait(answer);
        assert_eq!(second.try_recv().unwrap(), Loaded { is_success: false, logs: Vec::new() });
        assert!(reloads.has_failed.load(Relaxed));
        assert_eq!(reloads.counted(), "0 [failed: 1]");
    }
}
