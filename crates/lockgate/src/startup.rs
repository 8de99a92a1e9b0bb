//! What is told while the process starts, kept for `show startup-logs`; a worker's also goes to its master.
//!
//! One list for the whole process, because everything that tells something anywhere belongs to it.

use std::sync::{Mutex, PoisonError};

use diag::{Diagnostics, Format, Sources};

use crate::worker;

/// More than this is not kept.
const BYTES_MAX: usize = 256 * 1024;

/// `None` once the start is over.
static LOGS: Mutex<Option<Vec<u8>>> = Mutex::new(Some(Vec::new()));

/// Keeps what was told, as long as the process starts.
pub(crate) fn keep(told: &Diagnostics, sources: &Sources) {
    let mut logs = LOGS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(logs) = logs.as_mut() else { return };
    let text = diag::render(told, sources, Format::Haproxy, std::process::id());
    if let Some(link) = worker::link() {
        link.tell(&text);
    }
    if logs.len() + text.len() <= BYTES_MAX {
        logs.extend_from_slice(text.as_bytes());
    }
}

/// The start is over. Returns what was told.
pub(crate) fn finish() -> Vec<u8> {
    LOGS.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_kept_until_the_start_is_over() {
        let mut told = Diagnostics::new();
        told.push(diag::Diagnostic::warning("it rains"));
        keep(&told, &Sources::new());
        let logs = String::from_utf8(finish()).unwrap();
        assert!(logs.contains("[WARNING]") && logs.contains("it rains"), "{logs}");
        keep(&told, &Sources::new());
        assert!(finish().is_empty());
    }
}
